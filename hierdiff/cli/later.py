"""What a later release brings: the names are taken, and say so."""

from typing import Any

import click

from hierdiff.errors import NotYetError


def _later(name: str, what: str) -> click.Command:
    def refuse(**given: Any) -> None:
        raise NotYetError(f"'hierdiff {name}' comes with a later release; it will {what}", about=name)

    settings = {"ignore_unknown_options": True}
    rest = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    text = f"Not in this release. It will {what}."
    return click.Command(name, callback=refuse, params=[rest], help=text, context_settings=settings)


resume = _later("resume", "go on with a run that was cut short")
serve = _later("serve", "serve canvases and documents over HTTP")
mcp = _later("mcp", "serve as a tool for agents")

"""Approving: the plan is shown before anything is drawn, and a person says yes, no, or changes it."""

import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import final

import click

from hierdiff.budget import budgeted
from hierdiff.cli.lazy import LazyBackend
from hierdiff.errors import MisuseError
from hierdiff.modes import shaped
from hierdiff.outline import Outline
from hierdiff.plugins import load, open_backend, open_planner
from hierdiff.protocols import Capabilities
from hierdiff.quote import Pace, quoted
from hierdiff.report.columns import fitted
from hierdiff.report.news import quote_line
from hierdiff.report.plain import count
from hierdiff.report.terminal import View
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.writer import Approve


@final
class Asking:
    """Asks at a terminal. Raises MisuseError at once where there is none: nobody could answer."""

    def __init__(self) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise MisuseError(
                "--approve asks a person, and this is no terminal; leave it out, or plan first ('hierdiff plan GOAL "
                "--out outline.yaml'), look at the file, and write it ('hierdiff write --outline outline.yaml')"
            )

    def on(
        self, view: View, request: Request, capabilities: Capabilities, settings: Settings, pace: Pace | None
    ) -> Approve:
        """What a writer asks: shows the plan with what it would take, and gives what the person makes of it."""

        async def approve(outline: Outline) -> Outline | None:
            with view.paused(), _interruptible():
                try:
                    while True:
                        quote = quoted(shaped(outline, request), capabilities, settings, request.mode, pace)
                        _show(outline, quote_line(quote))
                        answer = click.prompt("Write it? [y]es, [n]o, [e]dit", err=True, default="y").strip().lower()
                        if answer in ("y", "yes"):
                            return outline
                        if answer in ("n", "no"):
                            return None
                        if answer in ("e", "edit"):
                            outline = await _edited(outline, request)
                except (KeyboardInterrupt, click.Abort, EOFError):
                    return None

        return approve


def _show(outline: Outline, quote: str) -> None:
    click.echo(fitted(outline.title, 100), err=True)
    for section in outline.reading_order:
        indent = "  " * outline.level(section.id)
        waits = [outline.section(one).title for one in outline.sources(section.id)] if section.budget else []
        after = f", after {fitted(', '.join(waits), 60)}" if waits else ""
        words = f" ({count(section.budget, 'word')}{after})" if section.budget else ""
        click.echo(f"{indent}{fitted(section.title, 80)}{words}", err=True)
    click.echo(quote, err=True)


async def _edited(outline: Outline, request: Request) -> Outline:
    """The plan as it comes back from the editor; what is wrong with it is said, and the plan stays as it was."""
    with tempfile.TemporaryDirectory(prefix="hierdiff-") as folder:
        path = Path(folder) / "outline.yaml"
        path.write_text(str(load("outlines", "yaml")(outline)), encoding="utf-8")
        try:
            click.edit(filename=str(path), extension=".yaml")
            planner = open_planner(f"manual:{path}")
            changed = await planner.plan(request, LazyBackend(lambda: open_backend("scripted:")))
            words = sum(leaf.budget for leaf in changed.leaves)
            return budgeted(changed, words or request.words)
        except (MisuseError, click.ClickException, ValueError) as error:
            said = error.format_message() if isinstance(error, click.ClickException) else str(error)
            click.echo(f"the plan stays as it was: {fitted(said, 400)}", err=True)
            return outline


@contextmanager
def _interruptible() -> Generator[None]:
    """While it is open, Ctrl-C breaks the question off; the run's own handler would only hear of it afterwards."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

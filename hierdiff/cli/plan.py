"""hierdiff plan: the outline of a document, for a person to read and to change."""

import asyncio
from pathlib import Path
from typing import Any

import click

from hierdiff.budget import budgeted
from hierdiff.cli.editing import edited
from hierdiff.cli.errors import say
from hierdiff.cli.files import Target
from hierdiff.cli.lazy import LazyBackend
from hierdiff.cli.options import FILE, Ask, apart, request
from hierdiff.cli.outcome import print_exactly
from hierdiff.cli.running import terminable
from hierdiff.errors import FileError, MisuseError
from hierdiff.outline import Outline
from hierdiff.plugins import load, open_backend, open_planner
from hierdiff.protocols import Backend, Planner
from hierdiff.report.bars import Bars
from hierdiff.report.plain import count
from hierdiff.report.terminal import can_draw, errors_console
from hierdiff.request import Request

ENDINGS = (".yaml", ".yml")


@click.command("plan")
@request
@click.option("--out", type=FILE, metavar="FILE", help="Where to write it (.yaml).  [default: standard output]")
@click.option("--edit", is_flag=True, help="Open it in $VISUAL or $EDITOR before it is written; needs --out.")
def plan(out: Path | None, edit: bool, **given: Any) -> None:
    """Plan a document on GOAL and stop there: the outline as YAML, to be edited and given to 'write --outline'.

    With --outline it reads that file instead: so Markdown headings become YAML, and a file is checked.

    \b
    Examples:
      hierdiff plan "How a small town can cut flood damage" --words 2000 --out outline.yaml
      hierdiff plan --outline headings.md
    """
    ask = Ask(**given)
    if edit and out is None:
        raise MisuseError("--edit needs a file to write to: --out outline.yaml")
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise FileError(f"{out} is no outline file: its name must end in {' or '.join(ENDINGS)}", about=str(out))
    asked, planner = ask.plan()
    if out is not None:
        apart(out, (ask.facts,))
    target = None if out is None else Target(out)
    outline = _planned(asked, planner, ask.backend)
    text = str(load("outlines", "yaml")(outline))
    if edit:
        text, outline = edited(text, lambda file: _read(file, asked))
    if target is None:
        print_exactly(text)
        return
    target.write(text.encode("utf-8"))
    say(f"{target.path}: {count(len(outline.sections), 'section')}, {count(asked.words, 'word')}")


def _read(file: Path, asked: Request) -> Outline:
    """The outline in an edited file, with budgets."""
    backend = LazyBackend(lambda: open_backend("none:"))
    return asyncio.run(open_planner(f"manual:{file}").plan(asked, backend))


def _planned(asked: Request, planner: Planner, uri: str) -> Outline:
    """The planner's outline with its budgets, as a run would have it. The backend is opened if the planner uses it."""
    console = errors_console()
    with terminable(), Bars(console, "planning", live=can_draw(console)) as bars:
        backend = LazyBackend(lambda: open_backend(uri, told=bars.told))
        return budgeted(asyncio.run(_plan(asked, planner, backend)), asked.words)


async def _plan(asked: Request, planner: Planner, backend: Backend) -> Outline:
    try:
        return await planner.plan(asked, backend)
    finally:
        await backend.close()

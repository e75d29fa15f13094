"""hierdiff quote: what a document would take, before anything is drawn."""

import asyncio
from pathlib import Path
from typing import Any

import click

from hierdiff.cli.lazy import LazyBackend
from hierdiff.cli.options import Ask, as_json, options, request
from hierdiff.cli.outcome import print_json
from hierdiff.cli.running import terminable
from hierdiff.errors import MisuseError
from hierdiff.events import Quoted
from hierdiff.modes import shaped, sized
from hierdiff.outline import Outline
from hierdiff.pace import measured_pace, past_pace
from hierdiff.plugins import open_backend
from hierdiff.protocols import Backend, Planner
from hierdiff.quote import quoted
from hierdiff.report.bars import Bars
from hierdiff.report.news import span
from hierdiff.report.plain import count, one_line
from hierdiff.report.terminal import can_draw, errors_console
from hierdiff.request import Mode, Request
from hierdiff.settings import Settings

_OUTLINES = (".yaml", ".yml", ".md", ".markdown")
_MODES: tuple[Mode, ...] = ("dag", "flat", "sequential", "blind")


@click.command("quote")
@request
@options(
    click.option("--measure", is_flag=True, help="Fill one short canvas first, to know the backend's pace."),
    click.option(
        "--mode", type=click.Choice(_MODES), default="dag", show_default=True, help="How it would be written."
    ),
    as_json,
)
def quote(measure: bool, as_json: bool, **given: Any) -> None:
    """Say what a document on GOAL would take: tokens, forward passes, memory, the longest way, time.

    GOAL may be an outline file. Time is quoted from the logs of earlier runs on the same backend, or from --measure;
    without either none is quoted.

    \b
    Examples:
      hierdiff quote outline.yaml
      hierdiff quote "How a small town can cut flood damage" --words 5000 --measure --json
    """
    goal = given.get("goal")
    if goal is not None and goal.lower().endswith(_OUTLINES) and Path(goal).expanduser().is_file():
        if given.get("outline") is not None:
            raise MisuseError("two outline files were given; name one")
        given |= {"goal": None, "outline": Path(goal)}
    ask = Ask(**given)
    asked, planner = ask.plan()
    outline, found = _quoted(asked, planner, ask.backend, measure=measure)
    if as_json:
        print_json(quote_as_json(outline, found))
        return
    for line in _lines(outline, found):
        click.echo(line)


def _quoted(asked: Request, planner: Planner, uri: str, *, measure: bool) -> tuple[Outline, Quoted]:
    console = errors_console()
    with terminable(), Bars(console, "planning", live=can_draw(console)) as bars:
        backend = LazyBackend(lambda: open_backend(uri, told=bars.told))
        return asyncio.run(_quote(asked, planner, backend, measure=measure))


async def _quote(asked: Request, planner: Planner, backend: Backend, *, measure: bool) -> tuple[Outline, Quoted]:
    try:
        outline = shaped(sized(await planner.plan(asked, backend), asked), asked)
        capabilities = backend.capabilities
        pace = await measured_pace(backend) if measure else past_pace(capabilities)
        return outline, quoted(outline, capabilities, Settings(), asked.mode, pace)
    finally:
        await backend.close()


def quote_as_json(outline: Outline, found: Quoted) -> dict[str, Any]:
    """What `quote --json` prints; `seconds` is a pair, or null where no pace is known."""
    return {
        "title": outline.title,
        "words": sum(leaf.budget for leaf in outline.leaves),
        "sections": len(outline.leaves),
        "canvases": found.canvases,
        "tokens": found.tokens,
        "forwards": found.forwards,
        "resident_tokens": found.resident_tokens,
        "critical_tokens": found.critical_tokens,
        "critical_sections": list(found.critical),
        "seconds": None if found.seconds is None else list(found.seconds),
        "basis": found.basis,
    }


def _lines(outline: Outline, found: Quoted) -> list[str]:
    titles = [one_line(outline.section(one).title) for one in found.critical]
    chain = " -> ".join(titles[:6]) + (f" -> … ({len(titles)} in all)" if len(titles) > 6 else "")
    time = "not known; give --measure, or run it once" if found.seconds is None else span(found.seconds)
    words = count(sum(leaf.budget for leaf in outline.leaves), "word")
    rows = (
        ("document", f"{one_line(outline.title)}: {words} in {count(len(outline.leaves), 'section')}"),
        ("work", f"{count(found.tokens, 'token')} on {count(found.canvases, 'canvas', 'canvases')}"),
        ("forwards", f"{found.forwards:,} at most, at one token a canvas and forward"),
        ("memory", f"{count(found.resident_tokens, 'token')} of canvases open at once"),
        ("longest", f"{count(found.critical_tokens, 'token')} one after another: {chain}"),
        ("time", f"{time} ({found.basis})"),
    )
    return [f"{name:<9} {text}" for name, text in rows]

"""A plan of many sections, and a backend that fills every canvas at once: what is left is the cost of orchestration."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.document import Cost
from hierdiff.events import Finished
from hierdiff.outline import Edge, Outline, Section
from hierdiff.protocols import Capabilities, TokenScore, Way
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.spans import Span
from hierdiff.testing import ScriptedPlanner
from hierdiff.writer import Writer

WORDS, UNDER, WAITS = 20, 10, 3
"""Words of a section, sections under one parent, and every which section waits for the one before it."""
_VERBS = ["rises", "falls", "turns", "holds", "breaks", "moves", "rests", "waits", "opens", "closes"]
_NOUNS = ["river", "wall", "field", "gauge", "school", "bridge", "harbour", "valley", "orchard", "station"]


def text_of(section: str) -> str:
    """Twenty words of which few stand twice."""
    start = sum(map(ord, section))
    words = [f"{_NOUNS[(start + 3 * n) % 10]} {_VERBS[(start + 7 * n) % 10]}" for n in range(WORDS // 2)]
    return f"{' '.join(words)}.".capitalize()


def plan(count: int) -> Outline:
    """So many sections in chapters, a third of them waiting for the one before."""
    sections: list[Section] = []
    edges: list[Edge] = []
    for number in range(count):
        parent = f"c{number // UNDER}"
        if number % UNDER == 0:
            sections.append(Section(id=parent, title=f"Chapter {number // UNDER}", order=number // UNDER))
        name = f"s{number}"
        sections.append(Section(id=name, title=f"Section {number}", parent=parent, order=number, budget=WORDS))
        if number % WAITS == 1:
            edges.append(Edge(kind="depends_on", source=name, target=f"s{number - 1}"))
    return Outline(title="Plan", sections=tuple(sections), edges=tuple(edges))


@final
class Instant:
    """Fills every canvas in one step without cost."""

    capabilities = Capabilities(name="instant", context=100_000, tokens_per_word=1.0)
    cost = Cost()

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The canvas, full."""
        text = text_of(canvas.section)
        yield canvas.changed(pieces=(Ink(text=text, by="model", tokens=WORDS),))

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """Nothing is scored."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


async def carried_out(count: int) -> tuple[float, int]:
    """Seconds that a run of so many sections takes from the finished plan to the finished document, and its words."""
    outline = plan(count)
    writer = Writer(ScriptedPlanner(outline), Instant(), detectors=(), settings=Settings(rounds=0))
    started, words = time.perf_counter(), 0
    async for event in writer.stream(Request(goal="Overhead")):
        if isinstance(event, Finished):
            words = event.document.words
    return time.perf_counter() - started, words

"""Random plans whose canvases take given steps, carried out by the Writer in virtual time: nothing sleeps."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import final

import networkx as nx

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

SLOTS = 8
_ROUNDS = 64
"""Turns of the event loop within which whatever can go on has gone on."""


def made(seed: int, count: int = 24) -> Outline:
    """A random plan: lengths lognormal about 300 words, from 64 to 1,024; each section waits for any earlier one with
    a probability that differs from plan to plan, from nothing to a fifth."""
    random = Random(seed)
    share = random.choice((0.0, 0.05, 0.1, 0.2))
    sections = [
        Section(id=f"s{n}", title=f"S {n}", order=n, budget=min(1024, max(64, round(random.lognormvariate(5.7, 0.6)))))
        for n in range(count)
    ]
    edges = [
        Edge(kind="depends_on", source=f"s{n}", target=f"s{m}")
        for n in range(count)
        for m in range(n)
        if random.random() < share
    ]
    return Outline(title=f"Plan {seed}", sections=tuple(sections), edges=tuple(edges))


@final
class Clocked:
    """Fills a canvas in as many steps of virtual time as it has tokens, all open canvases taking each step together."""

    capabilities = Capabilities(name="clocked", rows=SLOTS, comfortable=1100, context=100_000, tokens_per_word=1.0)
    cost = Cost()

    def __init__(self) -> None:
        self.now = 0
        self._waiting: list[tuple[int, int, asyncio.Event]] = []
        self._count = 0

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The canvas, full, when its steps have gone by."""
        full = asyncio.Event()
        self._count += 1
        heapq.heappush(self._waiting, (self.now + canvas.width, self._count, full))
        await full.wait()
        text = " ".join(f"word{n}" for n in range(canvas.width))
        yield canvas.changed(pieces=(Ink(text=text, by="model", tokens=canvas.width),))

    async def tick(self) -> None:
        """Let time go by, for ever: always to the next canvas that is full, when nothing else goes on."""
        while True:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            if self._waiting:
                self.now, _, full = heapq.heappop(self._waiting)
                full.set()

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """Nothing is scored."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


async def steps(outline: Outline) -> int:
    """The steps that the Writer takes for a plan."""
    backend = Clocked()
    writer = Writer(ScriptedPlanner(outline), backend, detectors=(), settings=Settings(rounds=0, redraws=0))
    ticking = asyncio.create_task(backend.tick())
    try:
        async for event in writer.stream(Request(goal="Steps")):
            if isinstance(event, Finished):
                assert len(event.document.sections) == len(outline.leaves)
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
    return backend.now


def bound(outline: Outline) -> float:
    """The steps below which nothing can be: the longest way, or all work shared by the slots."""
    ways: dict[str, int] = {}
    for name in nx.topological_sort(outline.graph):
        behind = max((ways[one] for one in outline.graph.predecessors(name)), default=0)
        ways[name] = behind + outline.section(name).budget
    return max(max(ways.values()), sum(leaf.budget for leaf in outline.leaves) / SLOTS)


def barrier(outline: Outline) -> int:
    """The steps of level after level: a level begins when the one before is finished whole."""
    total = 0
    for level in nx.topological_generations(outline.graph):
        free = [0] * SLOTS
        for name in level:
            heapq.heapreplace(free, free[0] + outline.section(name).budget)
        total += max(free)
    return total

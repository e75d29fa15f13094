"""A backend of your own: this one stands in front of another and never does the same work twice.

A canvas says everything that its filling depends on, so an equal one may be given the answer that it had before.

    python examples/own_backend.py "Tides" --backend torch:smol
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import hierdiff
from hierdiff.protocols import Way
from hierdiff.spans import Span
from hierdiff.testing import check_backend


class Remembering:
    """Fills canvases with another backend and remembers how each one ended."""

    def __init__(self, inner: hierdiff.Backend) -> None:
        self._inner = inner
        self._known: dict[hierdiff.Canvas, hierdiff.Canvas] = {}
        self.saved = 0

    @property
    def capabilities(self) -> hierdiff.Capabilities:
        """Those of the backend behind it."""
        return self._inner.capabilities

    @property
    def cost(self) -> hierdiff.Cost:
        """The work that was really done."""
        return self._inner.cost

    async def fill(self, canvas: hierdiff.Canvas) -> AsyncIterator[hierdiff.Canvas]:
        """The canvas with ever fewer holes. `aclosing` passes an early close on, so that the work stops there too."""
        if canvas in self._known:
            self.saved += 1
            yield self._known[canvas]
            return
        async with aclosing(cast("AsyncGenerator[hierdiff.Canvas]", self._inner.fill(canvas))) as states:
            async for state in states:
                if not state.holes:
                    self._known[canvas] = state
                yield state

    async def score(self, canvas: hierdiff.Canvas, way: Way | None = None, within: Span | None = None):
        """How likely each token is."""
        return list(await self._inner.score(canvas, way, within))

    async def close(self) -> None:
        """Close the backend behind it."""
        await self._inner.close()


async def run(goal: str, words: int, uri: str) -> None:
    """Check the contract that every backend keeps, then write the same document twice."""
    backend = Remembering(hierdiff.open_backend(uri))
    try:
        await check_backend(backend)
        for turn in ("first", "second"):
            before = backend.cost.forwards
            document = await hierdiff.write(goal, words=words, backend=backend)
            print(f"{turn}: {document.words} words, {backend.cost.forwards - before} forward passes")
        print(f"{backend.saved} canvases were known")
    finally:
        await backend.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a document twice with a backend that remembers.")
    parser.add_argument("goal")
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--backend", default="torch:smol")
    given = parser.parse_args()
    asyncio.run(run(given.goal, given.words, given.backend))

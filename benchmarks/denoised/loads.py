"""Block sizes by load: how fast many canvases are written at once."""

import asyncio
import time
from collections.abc import Sequence

from hierdiff.canvas import Canvas
from hierdiff_torch import TorchBackend
from hierdiff_torch.models.loaded import Loaded

Block = int | None
"""Tokens of a block; None leaves the choice to the engine."""


async def pace(backend: TorchBackend, canvases: Sequence[Canvas]) -> float:
    """Tokens a second that stand in the end, with all canvases open at once."""

    async def filled(canvas: Canvas) -> int:
        last = canvas
        async for step in backend.fill(canvas):
            last = step
        return last.tokens

    started = time.perf_counter()
    tokens = await asyncio.gather(*map(filled, canvases))
    return sum(tokens) / (time.perf_counter() - started)


async def paces(
    model: Loaded, canvases: Sequence[Canvas], counts: Sequence[int], blocks: Sequence[Block], rounds: int
) -> dict[tuple[int, Block], list[float]]:
    """For every count of open canvases and every block, tokens a second in each round; the blocks take turns, and
    another one begins in each round."""
    backends = {block: TorchBackend(model, rows=max(counts), block=block) for block in blocks}
    found: dict[tuple[int, Block], list[float]] = {(count, block): [] for count in counts for block in blocks}
    for backend in backends.values():
        await pace(backend, canvases[-1:])
    for number in range(rounds):
        for count in counts:
            mine = [canvas.changed(id=f"{at}", seed=canvas.seed + number) for at, canvas in enumerate(canvases[:count])]
            first = number % len(blocks)
            for block in [*blocks[first:], *blocks[:first]]:
                found[count, block].append(await pace(backends[block], mine))
    for backend in backends.values():
        await backend.close()
    return found

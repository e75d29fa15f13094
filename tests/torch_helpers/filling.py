"""Filling canvases in tests: with a backend, or with texts of the test's own."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from hierdiff.canvas import Canvas
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.script import HoleState, canvas_of
from hierdiff_torch.vocabulary import Vocabulary


async def states(backend: TorchBackend, canvas: Canvas) -> list[Canvas]:
    """All that `fill` gives for a canvas."""
    return [state async for state in backend.fill(canvas)]


async def finished(backend: TorchBackend, canvas: Canvas) -> Canvas:
    """A canvas without holes."""
    return (await states(backend, canvas))[-1]


def opened(backend: TorchBackend, canvas: Canvas) -> "aclosing[AsyncGenerator[Canvas]]":
    """`fill` as a context that closes it."""
    return aclosing(cast("AsyncGenerator[Canvas]", backend.fill(canvas)))


def filled(canvas: Canvas, texts: Sequence[str], vocabulary: Vocabulary) -> Canvas:
    """The canvas as if its holes had been filled with these texts, one each, to the end."""
    return canvas_of(canvas, [HoleState(vocabulary.encode(text), "sentence") for text in texts], vocabulary)

"""LazyBackend: a backend that is opened when somebody first needs it, and never if nobody does."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import final

from hierdiff.canvas import Canvas
from hierdiff.document import Cost
from hierdiff.protocols import Backend, Capabilities, TokenScore, Way
from hierdiff.spans import Span


@final
class LazyBackend:
    """Stands for what `opens` gives. A revision whose values are all known is done without any model."""

    def __init__(self, opens: Callable[[], Backend]) -> None:
        self._opens = opens
        self._opened: Backend | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the backend can do; asking opens it."""
        return self._backend().capabilities

    @property
    def cost(self) -> Cost:
        """The work done; none while it is not open."""
        return Cost() if self._opened is None else self._opened.cost

    def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The backend's own `fill`."""
        return self._backend().fill(canvas)

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """The backend's own `score`."""
        return await self._backend().score(canvas, way, within)

    async def close(self) -> None:
        """Close the backend, if it was ever opened."""
        if self._opened is not None:
            await self._opened.close()

    def _backend(self) -> Backend:
        if self._opened is None:
            self._opened = self._opens()
        return self._opened

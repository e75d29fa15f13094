"""Sight: a model's scores of a text with both sides in sight, in whichever way a backend can, and what that may cost.

Hidden tokens on the canvas where the model sees both sides, else the text that follows put into the prompt; never from
the left alone, which cannot see an early error and blames the later, right mention instead.
"""

import math
from collections.abc import Sequence
from typing import final

from hierdiff.canvas import Canvas
from hierdiff.document import Document
from hierdiff.errors import MisuseError
from hierdiff.protocols import Backend, TokenScore, Way
from hierdiff.spans import Span

DRAFT = 11
"""Token-rows that a draft takes for each of its tokens, where the document does not say what it took."""
WINDOW, STRIDES = 64, 8
"""Tokens that are scored with one prompt, and passes that hide each word once."""
LETTERS = 6
"""Characters of an English word, with the blank behind it."""


@final
class Sight:
    """Asks one backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._ways: tuple[Way, ...] = ()

    @property
    def spent(self) -> int:
        """Token-rows that the backend has computed so far."""
        return self._backend.cost.rows

    def affordable(self, document: Document) -> int:
        """Token-rows that judging may take: what the draft took, or what such a draft usually takes."""
        return document.cost.rows or round(DRAFT * document.words * self._backend.capabilities.tokens_per_word)

    def expected(self, shown: int, read: int) -> int:
        """Token-rows at most that scoring `read` characters takes when `shown` are shown."""
        tokens = self._backend.capabilities.tokens_per_word / LETTERS
        passes = STRIDES if self._own()[0] == "stride" else math.ceil(read * tokens / WINDOW)
        return round(passes * shown * tokens)

    async def scores(self, canvas: Canvas, within: Span) -> Sequence[TokenScore]:
        """The scores of the tokens that meet a span. Raises BackendError; MisuseError where the backend has no such
        way."""
        self._ways = self._own()
        while True:
            try:
                scores = await self._backend.score(canvas, self._ways[0], within)
                return [one for one in scores if one.stop > within.start and one.start < within.stop]
            except MisuseError:
                if len(self._ways) == 1:
                    raise
                self._ways = self._ways[1:]

    def _own(self) -> tuple[Way, ...]:
        """The ways to try, the likeliest first."""
        first = self._backend.capabilities.infill == "canvas"
        return self._ways or (("stride", "suffix") if first else ("suffix", "stride"))

"""Likelihood: whether a new text is as likely, where it stands, as the one it replaces.

The mean log-probability of a window, what stands around the span and the span itself, by the model that wrote it. It
compares two texts in one place, so what is rare there is rare for both; it is never used to say which side of a
contradiction is wrong.
"""

import asyncio
from collections.abc import Sequence
from statistics import fmean
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.document import Document
from hierdiff.protocols import Backend
from hierdiff.spans import Span

WORDS = 32
"""Words on each side that belong to the window."""
_LETTERS = 8 * WORDS
"""Characters in which so many words surely begin."""
FALL = 0.3
"""Nats a token that a window may be less likely than before."""


@final
class Likelihood:
    """Scores windows of documents on a backend."""

    def __init__(self, backend: Backend, shared: str) -> None:
        self._backend, self._shared = backend, shared

    async def of(self, document: Document, spans: Sequence[Span]) -> float:
        """The mean log-probability of a token in the windows around spans, in nats."""
        scored = await asyncio.gather(*(self._window(document, span) for span in spans))
        tokens = [one for window in scored for one in window]
        return fmean(tokens) if tokens else 0.0

    async def _window(self, document: Document, span: Span) -> list[float]:
        part = document.at(span.start)
        body = part.body if part is not None else Span(start=0, stop=len(document.text))
        start = _back(document.text, max(body.start, span.start - _LETTERS), span.start)
        stop = min(body.stop, span.stop + _LETTERS)
        text = document.text[start:stop]
        name = part.id if part is not None else "text"
        canvas = Canvas(id=f"{name}?{span.start}", section=name, pieces=(Ink(text=text),), shared=self._shared)
        scores = await self._backend.score(canvas)
        return [one.logprob for one in scores if one.stop > 0 and text[one.start : one.stop].strip()]


def _back(text: str, start: int, stop: int) -> int:
    """The first place from `start` on at which a word begins, before `stop`."""
    while start < stop and not text[start - 1 : start].isspace() and start > 0:
        start += 1
    return start

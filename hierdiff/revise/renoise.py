"""Re-noise: open chosen spans again on the backend, several candidates in one batch."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast, final

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.context.contexts import Contexts
from hierdiff.document import Document, Draft, Part, count_words
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend
from hierdiff.seeds import seed_of
from hierdiff.spans import Span

_AROUND = 1500
_REST = 12
"""Tokens that the rest of a sentence is likely to take."""
_WIDTHS = (1.0, 0.8, 1.2, 1.0)


@final
class Renoise:
    """Makes candidates. The canvas is the section's text around the span, so that both sides are known."""

    def __init__(self, backend: Backend, templates: Templates, contexts: Contexts | None, seed: int) -> None:
        self._backend, self._templates, self._contexts, self._seed = backend, templates, contexts, seed

    async def candidates(self, document: Document, spans: Sequence[Span], count: int, attempt: int) -> list[list[str]]:
        """`count` lists of texts, one text a span. Widths vary around the old text's, seeds with `attempt`."""
        parts = [document.at(span.start) for span in spans]
        filled = [
            [
                self._fill(self._canvas(document, part, span, number, attempt))
                for part, span in zip(parts, spans, strict=True)
            ]
            for number in range(count)
        ]
        texts = await asyncio.gather(*(one for candidate in filled for one in candidate))
        return [list(texts[at : at + len(spans)]) for at in range(0, len(texts), len(spans))]

    def _canvas(self, document: Document, part: Part | None, span: Span, number: int, attempt: int) -> Canvas:
        body = part.body if part is not None else Span(start=0, stop=len(document.text))
        start, stop = max(body.start, span.start - _AROUND), min(body.stop, span.stop + _AROUND)
        name = part.id if part is not None else "text"
        old = span.of(document.text)
        words = max(6, count_words(old)) * _WIDTHS[number % len(_WIDTHS)]
        width = max(4, round(words * self._backend.capabilities.tokens_per_word))
        hole = Hole(width=width, close="sentence", hint=old[:80], ban=(old,))
        if not len(span):
            hole = Hole(width=_REST, most=4 * _REST, close="span", hint="the rest of the sentence")
        identity = f"{name}@{span.start}~{attempt}.{number}"
        return Canvas.renoise(
            Draft(section=name, text=document.text[start:stop]),
            [span.moved(-start)],
            holes={0: hole},
            shared=self._shared(document),
            own=self._own(document, part),
            seed=seed_of(self._seed, identity),
            id=identity,
        )

    def _shared(self, document: Document) -> str:
        if self._contexts is not None:
            return self._contexts.shared
        return self._templates.render("revise", title=document.title)

    def _own(self, document: Document, part: Part | None) -> str:
        if self._contexts is not None and document.outline is not None and part is not None:
            return self._contexts.own(document.outline.section(part.id), {})
        return self._templates.render("respan", section=part.title if part is not None else document.title)

    async def _fill(self, canvas: Canvas) -> str:
        last = canvas
        async with aclosing(cast(AsyncGenerator[Canvas], self._backend.fill(canvas))) as states:
            async for state in states:
                last = state
        text = "".join(last.filled)
        words = " ".join(text.split())
        stands = canvas.pieces[0].text[-1:] if isinstance(canvas.pieces[0], Ink) else ""
        return f" {words}" if stands.isalnum() and (text[:1].isspace() or words[:1].isalnum()) else words

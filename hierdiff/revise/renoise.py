"""Re-noise: open chosen spans again on the backend, several candidates in one batch.

A candidate is a canvas: the section's text around the span as ink, the span as a hole, so that both sides are known. A
value that is known can stand as ink in the middle of its clause; then only the words around it are denoised.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast, final

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.context.contexts import Contexts
from hierdiff.document import Document, Draft, Part, count_words
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend
from hierdiff.revise.scales import Scale, widened
from hierdiff.seeds import seed_of
from hierdiff.spans import Span
from hierdiff.tree import is_tree

_AROUND = 1500
_REST = 12
"""Tokens that the rest of a sentence is likely to take."""
_WIDTHS = (1.0, 0.8, 1.2, 1.5)
"""Widths of a clause's or a sentence's candidates, as parts of the old one's."""
_STEPS = (0, -1, 1, 2)
"""Words that the candidates of a value have more than the old one."""
_SENTENCE_WORDS = 6
_ENDS = ".!?…"
_SUFFIX = re.compile(r"(?:ed|e?s|d|ing|ings|ly|ers?|al|ions?|ments?|ness|able|ity)\b")
"""Ends of words that are no words: a text that begins so, without a blank, goes on in the middle of one."""
_CONTINUES = "the rest of the sentence"
_END = re.compile(r"(?<=\w{2})[.!?…][\"”’')\]]*(?=\s|$)")


@final
class Renoise:
    """Makes candidates for one document."""

    def __init__(self, backend: Backend, templates: Templates, contexts: Contexts | None, seed: int) -> None:
        self._backend, self._templates, self._contexts, self._seed = backend, templates, contexts, seed

    async def candidates(
        self, document: Document, spans: Sequence[Span], count: int, attempt: int, banned: Sequence[str] = ()
    ) -> list[list[str]]:
        """`count` lists of texts, one text a span. Widths vary around the old text's, seeds with `attempt`; none of
        `banned` comes again."""
        filled = [
            [self._fill(self._canvas(document, span, number, attempt, banned)) for span in spans]
            for number in range(count)
        ]
        texts = await asyncio.gather(*(one for candidate in filled for one in candidate))
        return [list(texts[at : at + len(spans)]) for at in range(0, len(texts), len(spans))]

    async def around(
        self, document: Document, span: Span, value: str, count: int, attempt: int, scale: Scale
    ) -> tuple[Span, list[str]]:
        """The span's clause or sentence, and `count` texts for it in which `value` stands as it is."""
        wide = widened(document, span, scale)
        text = document.text
        before, after = text[wide.start : span.start], text[span.stop : wide.stop]
        whole = f"{before}{value}{after}"
        holes = {0: self._words(before, attempt), 1: self._words(after, attempt)}
        asked = [(number, side) for number, side in enumerate((before, after)) if side.strip()]
        if not asked:
            return wide, []

        async def one(number: int) -> str:
            identity = f"{self._name(document, wide)}@{wide.start}~{attempt}+{number}"
            pieces: list[Ink | Hole] = [Ink(text=text[max(0, wide.start - _AROUND) : wide.start])]
            pieces += [holes[0]] if before.strip() else [Ink(text=before)]
            pieces += [Ink(text=value)]
            pieces += [holes[1]] if after.strip() else [Ink(text=after)]
            pieces += [Ink(text=text[wide.stop : wide.stop + _AROUND])]
            canvas = Canvas(
                id=identity,
                section=self._name(document, wide),
                pieces=tuple(piece for piece in pieces if isinstance(piece, Hole) or piece.text),
                shared=self._shared(document),
                own=self._own(document, document.at(wide.start)),
                seed=seed_of(self._seed, identity),
            )
            filled = list((await self._filled(canvas)).filled)
            sides = [filled.pop(0) if side.strip() else side for side in (before, after)]
            return f"{_spaced(sides[0], before)}{value}{_spaced(sides[1], after)}"

        made = await asyncio.gather(*(one(number) for number in range(count)))
        return wide, [text for text in made if text != whole]

    def _words(self, side: str, attempt: int) -> Hole:
        """A hole for the words on one side of a value."""
        per_word = self._backend.capabilities.tokens_per_word
        width = max(1, round((count_words(side) or 1) * per_word))
        return Hole(width=width, most=2 * width + 4, close="span", hint=side.strip()[:80])

    def _canvas(self, document: Document, span: Span, number: int, attempt: int, banned: Sequence[str]) -> Canvas:
        part = document.at(span.start)
        body = part.body if part is not None and part.body.holds(span) else Span(start=0, stop=len(document.text))
        start, stop = max(body.start, span.start - _AROUND), min(body.stop, span.stop + _AROUND)
        identity = f"{self._name(document, span)}@{span.start}~{attempt}.{number}"
        return Canvas.renoise(
            Draft(section=self._name(document, span), text=document.text[start:stop]),
            [span.moved(-start)],
            holes={0: self._hole(document, span, number, banned)},
            shared=self._shared(document),
            own=self._own(document, part),
            seed=seed_of(self._seed, identity),
            id=identity,
        )

    def _hole(self, document: Document, span: Span, number: int, banned: Sequence[str]) -> Hole:
        old = span.of(document.text)
        ban = tuple(dict.fromkeys(text for text in (old, *banned) if text))
        per_word = self._backend.capabilities.tokens_per_word
        if is_tree(document):
            width = max(4, round(max(6, count_words(old)) * _WIDTHS[number % len(_WIDTHS)] * per_word))
            return Hole(width=width, close="line", form="free", hint=old[:80], ban=ban)
        if not len(span):
            return Hole(width=_REST, most=4 * _REST, close="span", hint=_CONTINUES, ban=ban)
        if old.rstrip()[-1:] in _ENDS:
            words = max(_SENTENCE_WORDS, count_words(old)) * _WIDTHS[number % len(_WIDTHS)]
            return Hole(width=max(4, round(words * per_word)), close="sentence", hint=old[:80], ban=ban)
        words = max(1, count_words(old) + _STEPS[number % len(_STEPS)])
        width = max(1, round(words * per_word))
        return Hole(width=width, most=2 * width + 4, close="span", hint=old[:80], ban=ban)

    def _name(self, document: Document, span: Span) -> str:
        part = document.at(span.start)
        return part.id if part is not None else "text"

    def _shared(self, document: Document) -> str:
        if self._contexts is not None:
            return self._contexts.shared
        return self._templates.render("revise_code" if is_tree(document) else "revise", title=document.title)

    def _own(self, document: Document, part: Part | None) -> str:
        if self._contexts is not None and document.outline is not None and part is not None:
            return self._contexts.own(document.outline.section(part.id), {})
        template = "respan_code" if is_tree(document) else "respan"
        return self._templates.render(template, section=part.title if part is not None else document.title)

    async def _filled(self, canvas: Canvas) -> Canvas:
        last = canvas
        async with aclosing(cast(AsyncGenerator[Canvas], self._backend.fill(canvas))) as states:
            async for state in states:
                last = state
        return last

    async def _fill(self, canvas: Canvas) -> str:
        """What was filled in, on one line; of what continues a sentence only as far as that goes."""
        text = "".join((await self._filled(canvas)).filled)
        words = " ".join(text.split())
        stands = canvas.pieces[0].text[-1:] if isinstance(canvas.pieces[0], Ink) else ""
        if canvas.holes[0].hint == _CONTINUES and (end := _END.search(words)) is not None:
            words = words[: end.end()].rstrip()
        apart = text[:1].isspace() or (words[:1].isalnum() and not _SUFFIX.match(words))
        return f" {words}" if stands.isalnum() and apart and words else words


def _spaced(text: str, like: str) -> str:
    """A text with the blanks of another at its ends."""
    words = " ".join(text.split())
    left = like[: len(like) - len(like.lstrip())]
    right = like[len(like.rstrip()) :]
    return f"{left}{words}{right}" if words else like

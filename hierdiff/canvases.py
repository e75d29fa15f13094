"""Canvases: a section, or several that are fused, as a canvas; and a filled canvas as their drafts."""

import re
from collections.abc import Mapping, Sequence
from typing import final

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.course import Course
from hierdiff.document import Draft
from hierdiff.opening import CodeOpening, opening_of
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Capabilities
from hierdiff.request import Request
from hierdiff.seeds import seed_of

_SENTENCE = re.compile(r".*[.!?…][\"”’')\]]*(?=\s|$)", re.DOTALL)
_LEAD = 400
"""Characters of the first half that the second half is shown."""


@final
class Canvases:
    """Makes the canvases of one run."""

    def __init__(self, capabilities: Capabilities, request: Request, course: Course) -> None:
        self._per_word, self._request, self._course = capabilities.tokens_per_word, request, course
        self._code: CodeOpening | None = None
        self._planned: Outline | None = None

    def tokens(self, words: int) -> int:
        """The tokens that so many words take."""
        return max(1, round(words * self._per_word))

    def room(self, tokens: int) -> int:
        """The words that fit into so many tokens."""
        return int(tokens / self._per_word)

    def canvas(self, sections: Sequence[Section], told: Mapping[str, Draft], attempt: int = 0) -> Canvas:
        """The canvas of one section or of fused ones; another `attempt` has another seed."""
        first = sections[0]
        name = first.id if not attempt else f"{first.id}#{attempt}"
        code = self._opening
        opened = self._canvas(first, told) if code is None else code.canvas(first)
        canvas = opened.changed(id=name, seed=seed_of(self._request.seed, name))
        if len(sections) == 1 or code is not None:
            return canvas
        pieces: list[Ink | Hole] = []
        for section in sections:
            pieces += [*([Ink(text=between(section))] if pieces else []), self._hole(section, section.budget)]
        own = "\n\n".join(self._course.own(section, told) for section in sections)
        return canvas.changed(pieces=tuple(pieces), own=own)

    def halves(self, section: Section, told: Mapping[str, Draft], attempt: int) -> tuple[Canvas, Canvas]:
        """A section's canvas in two of half its width each."""
        first, second = (self.canvas([section], told, attempt + number) for number in (0, 1))
        words = section.budget // 2
        return (
            first.changed(pieces=(self._hole(section, section.budget - words),)),
            second.changed(pieces=(self._hole(section, words),)),
        )

    def drafts(self, canvas: Canvas, sections: Sequence[Section]) -> tuple[Draft, ...]:
        """The drafts on a filled canvas, one a section."""
        code = self._opening
        return drafts_of(canvas, sections) if code is None else (code.settled(canvas),)

    def cut(self, canvas: Canvas, sections: Sequence[Section]) -> tuple[Draft, ...]:
        """The drafts on a canvas that was given up: whole sentences of prose, whole statements of code."""
        code = self._opening
        if code is not None:
            return (code.settled(canvas, cut=True),)
        found: list[Draft] = []
        for draft in drafts_of(canvas, sections):
            whole = _SENTENCE.match(draft.text)
            found.append(draft.changed(text=whole.group() if whole is not None else "", ending="cut"))
        return tuple(found)

    @property
    def _opening(self) -> CodeOpening | None:
        """What opens the leaves of a plan for code, as the plan is now."""
        if self._request.kind == "code" and self._planned is not self._course.outline:
            self._planned = self._course.outline
            self._code = opening_of(self._request, self._planned, self._course.templates, self._per_word)
        return self._code

    def _canvas(self, section: Section, told: Mapping[str, Draft]) -> Canvas:
        tokens = self.tokens(section.budget)
        return Canvas.open(
            section.id,
            width=tokens,
            shared=self._course.contexts.shared,
            own=self._course.own(section, told),
            seed=seed_of(self._request.seed, section.id),
            hint=section.topic or section.title,
        )

    def _hole(self, section: Section, words: int) -> Hole:
        return Hole(width=self.tokens(words), hint=section.topic or section.title)


def after(canvas: Canvas, text: str) -> Canvas:
    """The canvas with the end of a text as what stands right before it."""
    return canvas.changed(lead=f"{text[-_LEAD:]}\n\n")


def between(section: Section) -> str:
    """The ink between two sections that share a canvas."""
    return f"\n\n## {section.title}\n\n"


def drafts_of(canvas: Canvas, sections: Sequence[Section]) -> tuple[Draft, ...]:
    """The drafts on a filled canvas, one a section, parted where the headings stand."""
    parts: list[list[Ink]] = [[]]
    for piece in canvas.pieces:
        heading = between(sections[len(parts)]) if len(parts) < len(sections) else None
        if isinstance(piece, Ink) and piece.by == "given" and piece.text == heading:
            parts.append([])
            continue
        if isinstance(piece, Ink):
            parts[-1].append(piece)
    parts += [[] for _ in range(len(sections) - len(parts))]
    return tuple(_draft(section.id, part) for section, part in zip(sections, parts, strict=True))


def _draft(section: str, inks: Sequence[Ink]) -> Draft:
    own = [ink for ink in inks if ink.by == "model"]
    text = paragraphs("".join(ink.text for ink in inks))
    ending = own[-1].ending if own else "sentence"
    return Draft(section=section, text=text, tokens=sum(ink.tokens for ink in own), ending=ending)


def paragraphs(text: str) -> str:
    """Prose as Markdown paragraphs: a line's end, which Markdown would join, becomes a blank line."""
    return re.sub(r"[ \t]*\n\s*", "\n\n", text.strip())

"""Draft and Document: a section's text, and the joined whole with offsets both ways.

A Document is its text, to the character. Its parts only point into it: joining writes the text once, and everything
after that (finding, rewriting) keeps every character that it does not mean to change.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, Self

from markdown_it import MarkdownIt
from pydantic import Field, model_validator

from hierdiff.errors import CanvasError
from hierdiff.evidence import Evidence
from hierdiff.findings import Finding, Revision
from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.spans import Span
from hierdiff.values import Value

Ending = Literal["eos", "sentence", "line", "length", "cut"]


class Draft(Value):
    """The text of one section as its canvas left it. `tokens` were generated for it; `ending` says why it stopped.

    `sure` is how sure the model was of each token when it committed it, where it says so; it is kept in no log.
    """

    section: str
    text: str
    tokens: int = Field(default=0, ge=0)
    ending: Ending = "sentence"
    sure: tuple[float, ...] = Field(default=(), exclude=True, repr=False)


class Part(Value):
    """A section's place in a document's text: its heading line (empty if it has none) and its body, as spans.

    `path` is that of a file in a tree, with forward slashes; its body is then the file's text, to the character.
    `sure` is that of its draft, as long as its text is the draft's.
    """

    id: str
    title: str
    level: int = Field(ge=0)
    heading: Span
    body: Span
    path: str | None = None
    sure: tuple[float, ...] = Field(default=(), exclude=True, repr=False)

    def sure_after(self, span: Span) -> tuple[float, ...]:
        """What is still known of that when a span of the document has been rewritten."""
        return () if span.start <= self.body.stop and self.body.start <= span.stop else self.sure


class Cost(Value):
    """What a document took: forward passes, token-rows forwarded, tokens generated, canvases opened, seconds."""

    forwards: int = 0
    rows: int = 0
    tokens: int = 0
    canvases: int = 0
    seconds: float = 0.0


class Document(Value):
    """The joined text, where each section lies in it, the plan and the evidence behind it, what was revised,
    what is unresolved."""

    title: str = ""
    text: str
    sections: tuple[Part, ...] = ()
    outline: Outline | None = None
    ledger: Ledger = Field(default_factory=Ledger)
    evidence: Evidence = Field(default_factory=Evidence)
    findings: tuple[Finding, ...] = ()
    revisions: tuple[Revision, ...] = ()
    cost: Cost = Field(default_factory=Cost)
    run: str | None = None

    @model_validator(mode="after")
    def _parts_in_order(self) -> Self:
        last = 0
        for part in self.sections:
            edges = (last, part.heading.start, part.heading.stop, part.body.start, part.body.stop, len(self.text))
            if any(right < left for left, right in pairwise(edges)):
                raise CanvasError(f"section '{part.id}' does not lie inside the document's text", about=part.id)
            last = part.body.stop
        return self

    @property
    def words(self) -> int:
        """Words of the bodies, headings left out."""
        return sum(count_words(part.body.of(self.text)) for part in self.sections)

    @property
    def unresolved(self) -> tuple[Finding, ...]:
        """The findings that still stand: nothing found is ever hidden."""
        return self.findings

    def part(self, section: str) -> Part:
        """The part of that id; raises CanvasError if there is none."""
        for part in self.sections:
            if part.id == section:
                return part
        raise CanvasError(f"the document has no section '{section}'", about=section)

    def body(self, section: str) -> str:
        """The text of a section, without its heading."""
        return self.part(section).body.of(self.text)

    def outward(self, section: str, span: Span) -> Span:
        """A span of a section's body as a span of the document."""
        body = self.part(section).body
        out = span.moved(body.start)
        if not body.holds(out):
            raise CanvasError(f"span {span.start}..{span.stop} lies outside section '{section}'", about=section)
        return out

    def inward(self, span: Span) -> tuple[str, Span]:
        """The section whose body or heading holds a span of the document, and the span counted from its body's start.

        A span in a heading, or outside every body, raises CanvasError: it belongs to no draft.
        """
        for part in self.sections:
            if part.body.holds(span):
                return part.id, span.moved(-part.body.start)
        raise CanvasError(f"span {span.start}..{span.stop} lies in no section's body")

    def at(self, offset: int) -> Part | None:
        """The part whose heading or body holds the character at `offset`, or None for what lies before the first."""
        for part in self.sections:
            if part.heading.start <= offset < max(part.body.stop, part.heading.stop):
                return part
        return None

    def replaced(self, span: Span, text: str) -> "Document":
        """The same document with one span rewritten, every other character as it was, and the parts moved along."""
        if span.stop > len(self.text):
            raise CanvasError(f"span {span.start}..{span.stop} lies outside a text of {len(self.text)} characters")
        by = len(text) - len(span)
        places = [place for part in self.sections for place in (part.heading, part.body)]
        edges = [edge for place in places for edge in (place.start, place.stop)]
        grows = self._growing_edge(edges, span)
        moved = [
            edge + by if (edge >= span.stop and number >= grows) else min(edge, max(span.start, span.stop + by))
            for number, edge in enumerate(edges)
        ]
        parts = tuple(
            part.changed(
                heading=Span(start=a, stop=b),
                body=Span(start=c, stop=d),
                sure=part.sure_after(span),
            )
            for part, (a, b, c, d) in zip(self.sections, _by_part(moved), strict=True)
        )
        return self.changed(text=self.text[: span.start] + text + self.text[span.stop :], sections=parts)

    def _growing_edge(self, edges: Sequence[int], span: Span) -> int:
        """The first of the parts' edges that moves: the end of the body that holds the span, so that a body grows and
        the heading after it gives way."""
        for number, part in enumerate(self.sections):
            if part.body.holds(span):
                return 4 * number + 3
        return next((number for number, edge in enumerate(edges) if edge > span.start), len(edges))


def _by_part(edges: Sequence[int]) -> Iterable[tuple[int, int, int, int]]:
    """The edges of one part after the other: heading start and stop, body start and stop."""
    for at in range(0, len(edges), 4):
        yield edges[at], edges[at + 1], edges[at + 2], edges[at + 3]


_WORD = re.compile(r"\w[\w'’-]*")


def count_words(text: str) -> int:
    """Words as a reader counts them: runs of letters and digits, hyphens and apostrophes inside."""
    return len(_WORD.findall(text))


def join(outline: Outline, drafts: Mapping[str, Draft], *, title: str | None = None) -> Document:
    """Sections in reading order under headings of their level, one blank line between, as one Markdown text.

    Drafts that are missing (a run that was cut short) are left out with their headings, unless something below stands.
    """
    title = outline.title if title is None else title
    text = f"# {title}\n" if title else ""
    parts: list[Part] = []
    for section in outline.reading_order:
        if not any(leaf in drafts for leaf in outline.leaves_of(section.id)):
            continue
        text += "\n" if text else ""
        level = min(outline.level(section.id) + 1, 6)
        start = len(text)
        text += f"{'#' * level} {section.title}\n"
        heading = Span(start=start, stop=len(text))
        body = Span(start=len(text), stop=len(text))
        if section.id in drafts:
            text += "\n"
            start = len(text)
            text += drafts[section.id].text.strip() + "\n"
            body = Span(start=start, stop=len(text))
        sure = drafts[section.id].sure if section.id in drafts else ()
        parts.append(Part(id=section.id, title=section.title, level=level, heading=heading, body=body, sure=sure))
    return Document(title=title, text=text, sections=tuple(parts), outline=outline, ledger=outline.ledger)


def parse(text: str, *, title: str = "", ledger: Ledger | None = None) -> Document:
    """Anybody's Markdown as a Document: its headings cut it into parts, its text stays as it is, to the character.

    Text before the first heading, or a text without any, is a part with an empty heading and level 0.
    """
    starts = line_starts(text)
    headings = list(_headings(text))
    parts: list[Part] = []
    taken: dict[str, int] = {}
    first = starts[headings[0][0]] if headings else len(text)
    if text[:first].strip():
        parts.append(_part(taken, title or "text", 0, Span(start=0, stop=0), Span(start=0, stop=first)))
    for number, (line, stop, level, name) in enumerate(headings):
        heading = Span(start=starts[line], stop=starts[stop])
        end = starts[headings[number + 1][0]] if number + 1 < len(headings) else len(text)
        parts.append(_part(taken, name, level, heading, Span(start=heading.stop, stop=end)))
    name = title or next((name for _, _, level, name in headings if level == 1), "")
    return Document(title=name, text=text, sections=tuple(parts), ledger=ledger or Ledger())


def line_starts(text: str) -> list[int]:
    """Where each line begins, counting lines as Markdown does (LF, CRLF, CR), and the end of the text."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
    return starts if starts[-1] == len(text) else [*starts, len(text)]


def _headings(text: str) -> Iterable[tuple[int, int, int, str]]:
    tokens = MarkdownIt("commonmark").disable("inline").parse(text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map is not None and token.level == 0:
            yield token.map[0], token.map[1], int(token.tag[1:]), inline.content


def _part(taken: dict[str, int], name: str, level: int, heading: Span, body: Span) -> Part:
    """A part with an id of its own; `taken` has the ids so far, and the number that each was last continued with."""
    slug = re.sub(r"[^\w]+", "-", name.lower()).strip("-") or "section"
    unique = slug
    while unique in taken:
        taken[slug] += 1
        unique = f"{slug}-{taken[slug]}"
    taken[unique] = 1
    return Part(id=unique, title=name or slug, level=level, heading=heading, body=body)

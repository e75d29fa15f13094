"""Frozen: what a revision may not touch, and how much of the rest it may in one round.

Frozen is what the user keeps as it is, between `<!-- keep -->` and `<!-- /keep -->`, and for new text of a model also
headings, code and quoted blocks: they are not the model's to write. In a tree of code all else is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import final

from hierdiff.detectors.reading.prose import read
from hierdiff.document import Document
from hierdiff.spans import Span
from hierdiff.tree import is_tree

SECTION_SHARE, DOCUMENT_SHARE = 0.25, 0.12
"""The most of a section, and of the document, that one round opens for new text."""
TIMES = 3
"""How often one place is opened."""
_KEEP = re.compile(r"<!--[ \t]*(/?)keep[ \t]*-->", re.I)


def kept(text: str) -> tuple[Span, ...]:
    """What the user has marked as not to be touched; a mark that is never closed holds to the end."""
    found: list[Span] = []
    start: int | None = None
    for mark in _KEEP.finditer(text):
        if mark[1] and start is not None:
            found.append(Span(start=start, stop=mark.end()))
            start = None
        elif not mark[1] and start is None:
            start = mark.start()
    return (*found, Span(start=start, stop=len(text))) if start is not None else tuple(found)


@final
class Frozen:
    """What of one document may not change."""

    def __init__(self, document: Document) -> None:
        self._kept = kept(document.text)
        starts = tuple(part.heading.start for part in document.sections)
        self._prose = None if is_tree(document) else read(document.text, starts)
        self._headings = [part.heading for part in document.sections if len(part.heading)]

    def holds(self, span: Span) -> bool:
        """Whether the user keeps some of a span."""
        return any(_share(span, one) for one in self._kept)

    def renews(self, span: Span) -> bool:
        """Whether a model may write a span anew."""
        if self.holds(span) or any(_share(span, one) for one in self._headings):
            return False
        if self._prose is None:
            return True
        ends = (span.start, max(span.start, span.stop - 1))
        prose = self._prose
        return all(prose.in_language(end, quotes=False) for end in ends)


def _share(span: Span, other: Span) -> bool:
    """Whether two spans meet; an empty one meets what lies around it."""
    return span.meets(other) or (not len(span) and other.start < span.start < other.stop)


@final
class Room:
    """How much of a document one round may still open for new text. The first span of each section always has room, so
    that short sections can be mended at all."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = DOCUMENT_SHARE * len(document.text)
        self._used: Counter[str] = Counter()
        self._opened: set[str] = set()

    def takes(self, spans: Sequence[Span]) -> bool:
        """Whether the spans may be opened too; if so they count."""
        sizes: Counter[str] = Counter()
        limits: dict[str, float] = {}
        for span in spans:
            part = self._document.at(span.start)
            name = part.id if part is not None else ""
            sizes[name] += len(span)
            limits[name] = SECTION_SHARE * (len(part.body) if part is not None else len(self._document.text))
        first = not self._opened.intersection(sizes)
        fits = sum(sizes.values()) <= self._left and all(
            self._used[name] + size <= limits[name] for name, size in sizes.items()
        )
        if not fits and not (first and (not self._opened or sum(sizes.values()) <= self._left)):
            return False
        self._opened.update(sizes)
        self._used.update(sizes)
        self._left -= sum(sizes.values())
        return True


@final
class Times:
    """How often each place of the given text has been opened."""

    def __init__(self) -> None:
        self._opened: Counter[tuple[int, int]] = Counter()

    def spent(self, spans: Iterable[Span]) -> bool:
        """Whether a span covers a place that was opened `TIMES` times."""
        return any(
            sum(count for (start, stop), count in self._opened.items() if start <= span.start and span.stop <= stop)
            >= TIMES
            for span in spans
        )

    def opened(self, span: Span) -> None:
        """Count a span of the given text."""
        self._opened[span.start, span.stop] += 1

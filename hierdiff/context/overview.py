"""Overview: the outline as the sections of a document are told it.

All are told the same: every section a line, as long as that fits; of a larger outline only its chapters (the top
sections). A section of such an outline is also told its own chapter, or as much of it around itself as fits.
"""

from typing import final

from hierdiff.context.measure import Lines, Measure
from hierdiff.outline import Outline, Section

LEAST_CHAPTERS = 2
"""Chapters that an overview must have to be worth its place."""


@final
class Overview:
    """The lines of an outline, made once, and which of them whom are told."""

    def __init__(self, outline: Outline, measure: Measure, tokens: int) -> None:
        self._outline = outline
        self._levels = _levels(outline)
        order = outline.reading_order
        self._all = Lines([self._line(number, section) for number, section in enumerate(order)], measure)
        self.whole = self._all.cost() <= tokens
        self.shared: tuple[str, ...] = self._all.lines if self.whole else ()
        self._chapters: dict[str, tuple[int, int]] = {}
        if not self.whole:
            self._shorten(measure, tokens)

    @property
    def tokens(self) -> int:
        """What the shared lines cost, if they are all of them."""
        return self._all.cost() if self.whole else 0

    def chapter(self, section: Section, tokens: int) -> tuple[str, ...]:
        """The lines of a section's own chapter, if the shared ones leave them out: all of them, or those around it."""
        place = self._outline.place(section.id)
        if self.whole or self._all.cost(place, place + 1) > tokens:
            return ()
        start, stop = self._chapters.get(section.id, (0, len(self._all)))
        if self._all.cost(start, stop) > tokens:
            start, stop = self._all.around(place, start, stop, tokens)
        return self._all.lines[start:stop]

    def _line(self, place: int, section: Section) -> str:
        indent = "  " * (self._levels[section.id] - 1)
        return f"{indent}{place + 1}. {section.title}{f': {section.topic}' if section.topic else ''}"

    def _shorten(self, measure: Measure, tokens: int) -> None:
        """Chapters by their titles, as many as fit, and where each begins and ends in the lines."""
        tops = self._outline.children(None)
        places = [self._outline.place(top.id) for top in tops]
        titles = Lines([f"{place + 1}. {top.title}" for top, place in zip(tops, places, strict=True)], measure)
        kept = len(titles) if titles.cost() <= tokens else titles.first(tokens - measure.tokens(_more(len(titles))))
        if kept >= LEAST_CHAPTERS:
            more = [_more(len(titles) - kept)] if kept < len(titles) else []
            self.shared = (*titles.lines[:kept], *more)
        order = self._outline.reading_order
        for start, stop in zip(places, [*places[1:], len(order)], strict=True):
            if stop - start > 1:
                self._chapters |= {order[place].id: (start, stop) for place in range(start, stop)}


def _more(count: int) -> str:
    return f"(and {count:,} more)"


def _levels(outline: Outline) -> dict[str, int]:
    levels: dict[str, int] = {}
    for section in outline.reading_order:
        levels[section.id] = 1 if section.parent is None else levels[section.parent] + 1
    return levels

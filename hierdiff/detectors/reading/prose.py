"""Prose: a text read once for all detectors: headings, blocks, sentences, each with its exact characters.

The last few texts are kept, because all detectors read the same one after the other.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import final

from hierdiff.detectors.reading.lines import Line, read_lines
from hierdiff.detectors.reading.masks import masked, without_code
from hierdiff.detectors.reading.words import word_set


@dataclass(slots=True, frozen=True)
class Heading:
    """A heading: its line(s) `start..stop`, its marks (none if underlined), its level, where its title stands."""

    start: int
    stop: int
    level: int
    marks: tuple[int, int] | None
    title_start: int
    title_stop: int
    title: str


@dataclass(slots=True, frozen=True)
class Block:
    """A paragraph or the text of a list item, `kind` says which, and the same characters masked."""

    start: int
    stop: int
    kind: str
    plain: str


@dataclass(slots=True, frozen=True)
class Sentence:
    """One sentence: its characters in the text, the same ones masked, and the number of its block."""

    start: int
    stop: int
    plain: str
    block: int


@final
class Prose:
    """The language of a text: what the detectors look at, and nothing that only looks like it."""

    def __init__(self, text: str, breaks: Sequence[int]) -> None:
        self.text = text
        self.lines, self.open_fences = read_lines(text, breaks)
        self.headings = tuple(_headings(text, self.lines))
        self.blocks = tuple(_blocks(text, self.lines, frozenset(breaks)))
        self.sentences = tuple(_sentences(text, self.blocks))
        self._shown: dict[int, str] = {}

    def in_language(self, offset: int, *, quotes: bool = True) -> bool:
        """Whether an offset lies in no code; with `quotes` false, in no quoted block either."""
        at = bisect_right(self.lines, offset, key=lambda line: line.start) - 1
        if at < 0 or self.lines[at].kind == "code" or (self.lines[at].kind == "quote" and not quotes):
            return False
        line = self.lines[at]
        if at not in self._shown:
            self._shown[at] = without_code(self.text[line.start : line.stop])
        shown, place = self._shown[at], offset - line.start
        return place >= len(shown) or shown[place] == self.text[offset]


@lru_cache(maxsize=4)
def read(text: str, breaks: tuple[int, ...] = ()) -> Prose:
    """The prose of a text. `breaks` are the offsets where sections begin."""
    return Prose(text, breaks)


def _headings(text: str, lines: Sequence[Line]) -> Iterator[Heading]:
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.kind == "heading":
            first = number
            raw = text[line.start : line.stop]
            atx = raw.lstrip().startswith("#" * line.level) and lines[number].level > 0
            while not atx and number + 1 < len(lines) and _goes_on(lines[number + 1], line):
                number += 1
            yield _heading(text, lines[first], lines[number], atx)
        number += 1


def _goes_on(line: Line, first: Line) -> bool:
    return line.kind == "heading" and line.level == first.level


def _heading(text: str, first: Line, last: Line, atx: bool) -> Heading:
    start, stop = first.start, last.stop
    marks = None
    left = start
    if atx:
        at = text.index("#", start)
        marks = (at, at + first.level)
        left = marks[1]
    title = text[left:stop]
    if atx and title.rstrip().endswith("#"):
        closed = title.rstrip().rstrip("#")
        title = closed if not closed or closed[-1] in " \t" else title
    left += len(title) - len(title.lstrip())
    title = title.strip()
    return Heading(start, stop, first.level, marks, left, left + len(title), title)


def _blocks(text: str, lines: Sequence[Line], breaks: frozenset[int]) -> Iterator[Block]:
    """Lines that belong together: a paragraph, or one list item's paragraph."""
    open_line: Line | None = None
    stop = 0
    for line in lines:
        ends = line.kind not in ("prose", "list") or line.opens or line.start in breaks
        if open_line is not None and (ends or line.kind != open_line.kind):
            yield _block(text, open_line, stop)
            open_line = None
        if line.kind in ("prose", "list"):
            open_line = open_line or line
            stop = line.stop
    if open_line is not None:
        yield _block(text, open_line, stop)


def _block(text: str, first: Line, stop: int) -> Block:
    raw = text[first.text : stop]
    start = first.text + len(raw) - len(raw.lstrip())
    raw = raw.strip()
    return Block(start, start + len(raw), first.kind, masked(raw))


_STOP = re.compile(
    r"(?<![.!?…])[.!?…]{1,8}[\"'”’)\]»]{0,4}(?=\s)|[。！？]+[”’」』）]*|(?:  |\\)(?=\r?\n)|\r?\n(?=[ \t]*\r?\n)"
)
_SHORT = word_set(
    """
    e.g i.e cf vs viz etc al ca approx resp incl excl no nos vol pp p fig figs eq eqs sec secs ch chap mr mrs ms
    dr prof sr jr st mt rev gen gov sen rep capt col sgt lt inc ltd co corp dept est min max jan feb mar apr jun
    jul aug sep sept oct nov dec a.m p.m u.s u.k
    """
)
_EMPHASIS = frozenset("*_~")
_LAST = re.compile(r"[^\s(\[\"“‘']+$")


def _sentences(text: str, blocks: Sequence[Block]) -> Iterator[Sentence]:
    for number, block in enumerate(blocks):
        raw = text[block.start : block.stop]
        for start, stop in _cuts(block.plain):
            while start and raw[start - 1] in _EMPHASIS:
                start -= 1
            while stop < len(raw) and raw[stop] in _EMPHASIS:
                stop += 1
            yield Sentence(block.start + start, block.start + stop, block.plain[start:stop], number)


def _cuts(plain: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a block begin and end, without the blanks between them."""
    last = 0
    for match in (*_STOP.finditer(plain), None):
        if match is not None and not _ends(plain, last, match):
            continue
        stop = match.end() if match is not None else len(plain)
        piece = plain[last:stop]
        start = last + len(piece) - len(piece.lstrip())
        if piece.strip():
            yield start, last + len(piece.rstrip())
        last = stop


def _ends(plain: str, last: int, match: re.Match[str]) -> bool:
    """Whether a mark ends a sentence: no abbreviation or initial before it, no small letter after it."""
    if match.group()[0] != ".":
        return True
    after = plain[match.end() : match.end() + 40].lstrip()[:1]
    if after.islower():
        return False
    if len(match.group()) > 1:
        return True
    word = _LAST.search(plain[max(last, match.start() - 30) : match.start()])
    token = word.group().lower() if word else ""
    return not (token in _SHORT or (len(token) == 1 and token.isalpha()))

"""Mentions: the figures of a whole document, each with the words around it that say what it is a figure of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hierdiff.detectors.reading.figures import Figure, figures
from hierdiff.detectors.reading.masks import masked
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading
from hierdiff.detectors.reading.words import PLAIN, content, stem

WINDOW = 8
LONGEST = 4000
APART = 100
"""What parts the numbers of table rows, which are no neighbours of any sentence."""
_ROW = re.compile(
    r"[ \t]*\|?[ \t]*(?P<label>[^|\d\s][^|\d]{1,120}?)(?P<gap>[ \t]*\|[ \t]*)"
    r"(?P<value>[^|\s][^|]{0,60}?)[ \t]*\|?[ \t]*"
)
_MAYBE = re.compile(
    r"[0-9]|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|[a-z]+ty|hundred|dozen)\b", re.I
)
_WALL = re.compile(r"[;:]\s|\s[–—]\s|—")
_OTHER = re.compile(
    r"\b(?:another|additional|further|extra|previous|previously|former|formerly|originally|once|targets?|goal|instead|not"
    r"|every|first|would|could|might|should|versus|vs|compared|half|double|twice|remaining|other|next|last|each"
    r"|planned|proposed|projected|than|default|minimum|maximum|min|max|least|most|up to|example|e\.g|for instance"
    r"|say|same|own|(?:increas|decreas|reduc|grow)\w*"
    r"|(?:rose|fell|grew|rise|fall|cut|drop\w*|rais\w+) by|until|limited)\b",
    re.I,
)
_OPEN = re.compile(r"\b(?:if|within|after|limit)\b", re.I)
_FORMULA = frozenset("=<>≤≥×÷≈^")
_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.|nearly|almost|some|over|under|more than|less than|fewer than|up to"
    r"|at least|at most|close to|circa|c\.|ca\.|~|estimated|an?)[ \u00a0]?$",
    re.I,
)


@dataclass(slots=True, frozen=True)
class Word:
    """A word of a sentence: its stem, its text, where it begins, and whether it carries meaning."""

    stem: str
    text: str
    at: int
    content: bool


@dataclass(slots=True, frozen=True)
class Said:
    """A sentence that holds figures: its words, its figures, its number and section; `listed`: no running text."""

    sentence: Sentence
    number: int
    section: str
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    listed: bool = False

    def place(self, start: int, stop: int) -> Place:
        """Characters of the sentence as characters of the document."""
        return self.sentence.start + start, self.sentence.start + stop

    def index(self, figure: Figure) -> int:
        """How many words begin before the figure."""
        return sum(word.at < figure.start for word in self.words)

    def near(self, figure: Figure, window: int = WINDOW) -> list[tuple[int, Word]]:
        """The content words around a figure, with their distance in words, not beyond a colon or dash.

        What stands right behind one is said of what stands before it: `Length of the wall: 4 km`.
        """
        plain = self.sentence.plain
        walls = [0, *(wall.end() for wall in _WALL.finditer(plain, 0, figure.start))]
        left = walls[-1] if len(walls) == 1 or plain[walls[-1] : figure.start].strip() else walls[-2]
        wall = _WALL.search(plain, figure.stop)
        right = wall.start() if wall else len(plain)
        before = self.index(figure)
        found: list[tuple[int, Word]] = []
        for number, word in enumerate(self.words):
            inside = figure.start <= word.at < figure.stop
            distance = before - number if number < before else number - before
            if word.content and not inside and left <= word.at < right and distance <= window:
                found.append((distance, word))
        return found

    def other(self, figure: Figure, characters: int = 40, *, named: bool = False) -> bool:
        """Whether words before the figure say that it is not the plain fact: a target, an increase, a condition.

        Where the sentence has `named` its subject in full, `after 30 seconds` and `the limit of 30` do state it.
        """
        before = self.sentence.plain[max(0, figure.start - characters) : figure.start]
        return bool(_OTHER.search(before) or (not named and _OPEN.search(before)))

    def computed(self, figure: Figure) -> bool:
        """Whether the figure stands in a formula."""
        before, after = self.sentence.plain[: figure.start].rstrip(), self.sentence.plain[figure.stop :].lstrip()
        return before[-1:] in _FORMULA or after[:1] in _FORMULA

    def hedged(self, figure: Figure) -> bool:
        """Whether the figure is given as a rough one."""
        return bool(_HEDGE.search(self.sentence.plain[max(0, figure.start - 16) : figure.start]))


def said(reading: Reading) -> Iterator[Said]:
    """The sentences that hold figures, in order. What is longer than any sentence is a table or a dump."""
    commas = reading.commas
    for number, sentence in enumerate(reading.prose.sentences):
        if len(sentence.plain) > LONGEST or not _MAYBE.search(sentence.plain):
            continue
        found = figures(sentence.plain, commas=commas)
        if found:
            listed = reading.prose.blocks[sentence.block].kind == "list"
            section = reading.section(sentence.start)
            yield Said(sentence, number, section, word_list(sentence.plain), tuple(found), listed)


def rows(reading: Reading) -> Iterator[Said]:
    """The rows of two cells, a name and a figure, read as `name: figure`; their numbers lie beyond all sentences'."""
    commas, number = reading.commas, len(reading.prose.sentences) + APART
    for line in reading.prose.lines:
        match = _ROW.fullmatch(reading.text, line.start, line.stop) if line.kind == "table" else None
        if match is None or not _MAYBE.search(match["value"]):
            continue
        label, gap, value = match["label"], match["gap"], match["value"]
        plain = masked(label) + " " * max(0, len(gap) - 2) + (": " if len(gap) > 1 else " ") + masked(value)
        found = figures(plain, commas=commas)
        number += APART
        if len(found) == 1 and found[0].start >= match.start("value") - match.start("label"):
            sentence = Sentence(match.start("label"), match.end("value"), plain, -1)
            yield Said(sentence, number, reading.section(line.start), word_list(plain), tuple(found), True)


def word_list(plain: str) -> tuple[Word, ...]:
    """The words of a masked sentence; hyphenated ones count by their parts."""
    return tuple(
        Word(stem(match.group()), match.group(), match.start(), content(match.group()))
        for match in PLAIN.finditer(plain)
    )

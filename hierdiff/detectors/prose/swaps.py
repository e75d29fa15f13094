"""Swaps: another name in the place of one that the ledger knows, told by the words around it that say what it names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hierdiff.detectors.reading.reading import Reading, short
from hierdiff.detectors.reading.spellings import Token, is_name, place, surface
from hierdiff.detectors.reading.words import stem, stems
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.ledger import Item

LEAST_WORDS = 2
"""A subject of fewer words than these is met by chance."""
REACH = 6


@dataclass(slots=True, frozen=True)
class _Wanted:
    """A name of the ledger: what it names, by stems, and the words of the name itself."""

    item: Item
    about: frozenset[str]
    words: frozenset[str]


def swaps(reading: Reading, document: Document, row: Sequence[Token]) -> Iterator[Finding]:
    """Names of several words that stand where the ledger's name ought to."""
    wanted = [
        _Wanted(item, about, frozenset(word.lower() for word in item.value.split()))
        for item in document.ledger.items
        if item.kind in ("person", "entity") and item.value and len(item.value.split()) > 1
        if len(about := stems(item.about)) >= LEAST_WORDS
    ]
    known = {text.lower() for item in document.ledger.items for text in (item.value or "", *item.aliases) if text}
    for sentence in _sentences(row) if wanted else ():
        runs = list(_names(sentence))
        if not runs:
            continue
        here = frozenset(stem(token.text) for token in sentence)
        texts = {surface(run).lower() for run in runs}
        for one in wanted:
            value = " ".join((one.item.value or "").split())
            free = [run for run in runs if not any(surface(run).lower() in text for text in known)]
            if not one.about <= here or len(free) != 1 or value.lower() in texts or not _apart(free[0], one.words):
                continue
            if not _near(sentence, free[0], one.about):
                continue
            reason = f"The facts have '{short(value)}' for '{short(one.item.about)}', not '{short(surface(free[0]))}'."
            yield reading.finding(one.item.kind, [place(free[0])], reason, expected=value)


def _sentences(row: Sequence[Token]) -> Iterator[Sequence[Token]]:
    first = 0
    for at in range(1, len(row) + 1):
        if at == len(row) or row[at].sentence != row[first].sentence:
            yield row[first:at]
            first = at


def _names(sentence: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Runs of two to four capitalised words; at the sentence's beginning the first word may be none of the name."""
    at = 0
    while at < len(sentence):
        stop = at
        while stop < len(sentence) and is_name(sentence[stop].text) and (stop == at or sentence[stop].joint == " "):
            stop += 1
        if 2 <= stop - at <= 4 and not (sentence[at].opens and sentence[at].text.lower() in ("the", "a", "an", "in")):
            yield sentence[at:stop]
        elif 3 <= stop - at <= 5 and sentence[at].opens:
            yield sentence[at + 1 : stop]
        at = max(stop, at + 1)


def _apart(run: Sequence[Token], words: frozenset[str]) -> bool:
    """Whether a name is another one altogether or shares only what such names share: not a form of the right one."""
    return not any(token.text.lower() in words for token in run[:1])


def _near(sentence: Sequence[Token], run: Sequence[Token], about: frozenset[str]) -> bool:
    """Whether the words that say what is named stand close to the name."""
    at = next(number for number, token in enumerate(sentence) if token is run[0])
    around = sentence[max(0, at - REACH) : at + len(run) + REACH]
    return about <= frozenset(stem(token.text) for token in around)

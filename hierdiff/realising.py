"""Realising: what a finished text says of an item of the ledger, and where a text says what was expected of one.

Read with the detectors' own readers: figures with their units, dates, and the words of a sentence that say what it is
about. What cannot be read is not guessed at.
"""

import re
from collections.abc import Iterator

from hierdiff.detectors.reading.figures import Figure, figures
from hierdiff.detectors.reading.prose import Sentence, read
from hierdiff.detectors.reading.words import stems
from hierdiff.ledger import NAME_KINDS, NUMBER_KINDS, Item
from hierdiff.spans import Span

LONGEST_CLAIM = 300
"""Characters of a claim's sentence at most."""
_NAME = re.compile(r"\b[A-Z][\w’'-]{0,40}(?: (?:(?:of|de|van|von|the) )?[A-Z][\w’'-]{0,40}){0,5}")
_ACRONYM = re.compile(r"\b[A-Z][A-Z0-9]{1,9}s?\b")
_QUOTED = re.compile(r"[\"“*_`]{1,2}([^\"”*_`\n]{2,60})[\"”*_`]{1,2}")
_SYMBOL = re.compile(
    r"\b(?:def|class|fn|func|function|struct|interface|type)[ \t]+(\w{1,80}[ \t]*(?:\([^()\n]{0,300}\))?)"
)


def value_in(text: str, item: Item) -> str | None:
    """What a text says the item is, as it is written there, or None where it does not say it clearly.

    The sentence that shares most words with the item's subject is taken, and the value of its kind nearest to them.
    """
    if item.kind == "symbol":
        found = next((match[1].strip() for match in _SYMBOL.finditer(text)), None)
        return found
    subject = stems(" ".join((item.about, item.id.replace("_", " ").replace("-", " "), *item.aliases)))
    best: tuple[float, str] | None = None
    for sentence in read(text).sentences:
        shared = len(subject & stems(sentence.plain))
        if shared or not subject:
            for value, distance in _values(sentence, item, subject):
                rank = shared - distance / 1000
                if best is None or rank > best[0]:
                    best = (rank, value)
    return best[1] if best is not None else None


def agrees(item: Item, told: str, value: str) -> bool:
    """Whether two values of an item say the same: equal as figures, else equal but for case and spaces."""
    if item.kind in NUMBER_KINDS or item.kind == "date":
        one, two = _figure(item, told), _figure(item, value)
        if one is not None and two is not None:
            return one.kind == two.kind and one.unit == two.unit and one.equals(two)
    return " ".join(told.split()).casefold() == " ".join(value.split()).casefold()


def places_of(text: str, item: Item, value: str) -> list[Span]:
    """Where a text states this value: its figure in any spelling, else the words themselves."""
    wanted = _figure(item, value) if item.kind in NUMBER_KINDS or item.kind == "date" else None
    if wanted is None:
        pattern = r"\s+".join(re.escape(word) for word in value.split())
        return [Span(start=m.start(), stop=m.end()) for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.I)]
    found: list[Span] = []
    for sentence in read(text).sentences:
        for figure in figures(sentence.plain):
            if figure.kind == wanted.kind and figure.unit == wanted.unit and figure.equals(wanted):
                found.append(Span(start=sentence.start + figure.start, stop=sentence.start + figure.stop))
    return found


def _values(sentence: Sentence, item: Item, subject: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The values of the item's kind in one sentence, each with its distance in characters from the subject's words."""
    plain = sentence.plain
    at = _subject_at(plain, subject)
    if item.kind in NUMBER_KINDS or item.kind == "date":
        for figure in figures(plain):
            if _fits(figure, item):
                yield plain[figure.start : figure.stop], min((abs(figure.start - one) for one in at), default=0)
    elif item.kind in NAME_KINDS:
        patterns = (_ACRONYM,) if item.kind == "acronym" else (_QUOTED, _NAME) if item.kind == "term" else (_NAME,)
        for pattern in patterns:
            for match in pattern.finditer(plain):
                name = match[match.re.groups]
                if match.start() > 0 or " " in name:
                    yield name, min((abs(match.start() - one) for one in at), default=0)
    elif item.kind == "claim" and len(plain) <= LONGEST_CLAIM:
        yield " ".join(plain.split()), 0


def _subject_at(plain: str, subject: frozenset[str]) -> list[int]:
    return [match.start() for match in re.finditer(r"\w+", plain) if stems(match.group()) & subject]


def _fits(figure: Figure, item: Item) -> bool:
    """Whether a figure may be the value of an item of that kind."""
    if item.kind == "quantity":
        return figure.kind == "quantity"
    if item.kind == "count":
        return figure.kind in ("count", "number")
    return figure.kind == item.kind


def _figure(item: Item, value: str) -> Figure | None:
    source = f"version {value}" if item.kind == "version" and not value.lower().startswith("v") else value
    if item.kind == "percent" and not any(one.kind == "percent" for one in figures(source)):
        source = f"{source}%"
    return next(iter(figures(source)), None)

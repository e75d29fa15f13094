"""Acronyms: what `Mean Sea Level (MSL)` spells out, and the same letters spelled out otherwise."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import PLAIN, folded, singular, word_set
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.ledger import Ledger

_GIVEN = re.compile(r"[ \u00a0\n]\((?P<letters>[A-Z][A-Z0-9]{1,7})(?P<plural>s?)\)")
_LETTERS = re.compile(r"(?<![\w./#(-])(?P<letters>[A-Z][A-Z0-9]{1,7})(?![\w(/-])")
_LEAST_LETTERS = 3
_SMALL = word_set("of and the for in on to a an de la du der die und with by")


@dataclass(slots=True, frozen=True)
class _Expansion:
    """Words that spell an acronym out, each with its place."""

    letters: str
    words: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def key(self) -> str:
        return " ".join(singular(word) for word in self.words)


@final
class Acronyms:
    """Finds letters that are spelled out in two ways, and letters that stand before the place that spells them out.

    The ledger's expansion stands, or the one given most often, or first.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "acronyms")
        groups: dict[str, list[_Expansion]] = defaultdict(list)
        for sentence in reading.prose.sentences:
            for match in _GIVEN.finditer(sentence.plain):
                found = _expansion(sentence, match)
                if found is not None:
                    groups[found.letters].append(found)
        facts = _facts(document.ledger)
        twice = [one for letters, group in groups.items() for one in _rivals(reading, group, facts.get(letters))]
        return in_order([*twice, *_early(reading, groups)])


def _rivals(reading: Reading, group: list[_Expansion], fact: tuple[str, ...] | None) -> Iterator[Finding]:
    """Expansions that differ from the ledger's, or from the one given most often, or first."""
    votes = Counter(one.key for one in group)
    right = fact or max(group, key=lambda one: votes[one.key]).words
    key = " ".join(singular(word) for word in right)
    stands = [one for one in group if one.key == key]
    for one in group:
        if one.key != key and folded(one.key) != folded(key):
            yield _finding(reading, one, right, stands)


def _early(reading: Reading, groups: dict[str, list[_Expansion]]) -> Iterator[Finding]:
    """Letters in running text before they are spelled out for the first time."""
    wanted = {letters: group[0] for letters, group in groups.items() if len(letters) >= _LEAST_LETTERS}
    entries = Entries(reading.prose.headings)
    for sentence in reading.prose.sentences:
        for match in _LETTERS.finditer(sentence.plain) if wanted else ():
            given = wanted.get(match["letters"])
            if given is None:
                continue
            del wanted[match["letters"]]
            start = sentence.start + match.start()
            if start >= given.places[0][0] or given.places[0][0] <= sentence.stop or entries.holds(start):
                continue
            if reading.prose.blocks[sentence.block].kind == "list" or entries.holds(given.places[0][0]):
                continue
            place = (start, start + len(match["letters"]))
            reason = f"{match['letters']} is used here, but is spelled out only later."
            expected = f"{reading.text[given.places[0][0] : given.places[-1][1]]} ({match['letters']})"
            against = [(given.places[0][0], given.places[-1][1])]
            expected = " ".join(expected.split())
            yield reading.finding("used before defined", [place], reason, expected=expected, against=against)


def _facts(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """Acronym and expansion of the ledger's items, whichever of value, about, id and aliases holds which."""
    found: dict[str, tuple[str, ...]] = {}
    for item in ledger.items:
        if item.kind != "acronym":
            continue
        told = [text for text in (item.value, item.about, *item.aliases, item.id) if text]
        letters = next((text.replace(".", "") for text in told if re.fullmatch(r"[A-Z][A-Z0-9.]{1,8}", text)), None)
        for text in told:
            words = tuple(match.group() for match in PLAIN.finditer(text))
            if letters and len(words) > 1 and _spells(words, letters):
                found.setdefault(letters, words)
    return found


def _spells(words: tuple[str, ...], letters: str) -> bool:
    big = [word[0].upper() for word in words if word.lower() not in _SMALL]
    return letters in ("".join(big), "".join(word[0].upper() for word in words))


def _expansion(sentence: Sentence, match: re.Match[str]) -> _Expansion | None:
    """The words right before an acronym in brackets whose initials are its letters."""
    letters = match["letters"]
    before = sentence.plain[max(0, match.start() - 200) : match.start()]
    offset = sentence.start + max(0, match.start() - 200)
    found = list(PLAIN.finditer(before))[-2 * len(letters) :]
    for size in range(2, len(found) + 1):
        run = found[-size:]
        words = tuple(one.group() for one in run)
        inside = before[run[0].start() :]
        if words[0].lower() in _SMALL or not re.fullmatch(r"[\w\s'’‑-]+", inside):
            continue
        if _spells(words, letters):
            return _Expansion(letters, words, tuple((offset + one.start(), offset + one.end()) for one in run))
    return None


def _finding(reading: Reading, one: _Expansion, right: tuple[str, ...], stands: list[_Expansion]) -> Finding:
    """Only the words that differ, if both have as many; else all of them."""
    first, last = 0, len(one.words)
    if len(right) == last:
        differ = [number for number in range(last) if singular(one.words[number]) != singular(right[number])]
        first, last = differ[0], differ[-1] + 1
        expected = " ".join(right[first:last])
    else:
        expected = " ".join(right)
    if one.words[first].islower():
        expected = expected.lower()
    place = (one.places[first][0], one.places[last - 1][1])
    against = [(other.places[0][0], other.places[-1][1]) for other in stands[:3]]
    here, there = short(" ".join(one.words)), short(" ".join(right))
    reason = f"{one.letters} is spelled out as '{here}' here, but as '{there}' elsewhere."
    return reading.finding("acronym", [place], reason, expected=expected, against=against)

"""Acronyms: what `Mean Sea Level (MSL)` spells out, and the same letters spelled out otherwise."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading, short
from hierdiff.detectors.reading.words import PLAIN, folded, singular, word_set
from hierdiff.findings import Finding
from hierdiff.ledger import Ledger

_GIVEN = re.compile(r"[ \u00a0\n]\((?P<letters>[A-Z][A-Z0-9]{1,7})(?P<plural>s?)\)")
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


def acronyms(reading: Reading, ledger: Ledger) -> Iterator[Finding]:
    """Expansions that differ from the ledger's, or from the one given most often, or first."""
    groups: dict[str, list[_Expansion]] = defaultdict(list)
    near: list[tuple[Sentence, re.Match[str]]] = []
    for sentence in reading.prose.sentences:
        for match in _GIVEN.finditer(sentence.plain):
            near.append((sentence, match))
            found = _expansion(sentence, match)
            if found is not None:
                groups[found.letters].append(found)
    facts = _facts(ledger)
    for letters, group in groups.items():
        votes = Counter(one.key for one in group)
        right = facts.get(letters) or max(group, key=lambda one: votes[one.key]).words
        key = " ".join(singular(word) for word in right)
        stands = [one for one in group if one.key == key]
        for one in group:
            if one.key != key and folded(one.key) != folded(key):
                yield _finding(reading, one, right, stands)


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

"""Order: what comes before what, said one way here and the other way there.

A sentence that puts two things in order (`A before B`, `after B, A`, `A comes first, then B`) is read as a pair of word
sets. Two sentences that put the same two things the other way round contradict each other. More sentences outvote
fewer, of two the first stands; but as words only look alike, each is a hint that a second vote has to confirm.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import PLAIN, content, stem, word_set
from hierdiff.document import Document
from hierdiff.findings import Finding

COMMON = 24
"""Sentences that share a word at most, beyond which it tells nothing."""
MAJORITY = 1.0
"""What a majority weighs, in nats of a judge."""
WORDS = 9
"""Words on each side that are looked at."""
SHARE = 0.5
"""The share of its words that the smaller side has to have in common with the other sentence's."""

_TURNS = {
    "before": ("after", True),
    "after": ("before", False),
    "precedes": ("follows", True),
    "precede": ("follow", True),
    "follows": ("precedes", False),
    "follow": ("precede", False),
    "preceded by": ("followed by", False),
    "followed by": ("preceded by", True),
    "first": ("last", True),
    "last": ("first", False),
}
"""What turns a pair round, what would turn it the other way, and whether what stands before it comes first."""
_TURN = re.compile(r"\b(before|after|preceded by|followed by|precedes?|follows?)\b", re.I)
_RANK = re.compile(
    r"\b(?:comes?|came|is|are|was|were|goes|go|happens?)\s+(first|last)\b(?=[^.]{0,60}(?:,|\bthen\b))", re.I
)
_WALL = re.compile(r"[.;:!?()]|\s[–—]\s")
_MAYBE = re.compile(r"\b(?:if|unless|whether|may|might|could|would|never|example)\b|[?]", re.I)
_PLAIN = word_set(
    """
    begin start started starts begins end ends ended finish finished complete completed come comes came go goes happen
    happens done ready only soon shortly immediately long day days week weeks month months year years hour hours time
    just well right directly still then second third next work works use used
    """
)


@dataclass(slots=True, frozen=True)
class _Pair:
    """Two things in order: the words of what comes first, of what comes then, and the word that says so."""

    first: frozenset[str]
    then: frozenset[str]
    place: Place
    number: int

    def same(self, other: "_Pair") -> int:
        """1 if the other says the same of the same things, -1 if the opposite, 0 if it is of other things."""
        if abs(self.number - other.number) < 1:
            return 0
        straight = _alike(self.first, other.first) and _alike(self.then, other.then)
        turned = _alike(self.first, other.then) and _alike(self.then, other.first)
        return int(straight) - int(turned)


def _alike(one: frozenset[str], two: frozenset[str]) -> bool:
    return bool(one & two) and len(one & two) >= SHARE * min(len(one), len(two))


@final
class Order:
    """Finds sentences that put the same two things in opposite orders."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "order")
        pairs = [pair for number, one in enumerate(reading.prose.sentences) for pair in _pairs(one, number)]
        return in_order(_found(reading, pairs))


def _pairs(sentence: Sentence, number: int) -> Iterator[_Pair]:
    """What a sentence puts in order, if it says so plainly and once."""
    plain = sentence.plain
    if len(plain) > 400 or _MAYBE.search(plain):
        return
    turns = [*_TURN.finditer(plain), *_RANK.finditer(plain)]
    if len(turns) != 1:
        return
    start, stop = turns[0].span(1)
    left, right = _sides(plain, turns[0].start(), stop)
    if not plain[:start].strip() and "," in right:
        right, _, left = right.partition(",")
    before, after = _stems(left, last=True), _stems(right, last=False)
    one, two = before - after, after - before
    if not one or not two:
        return
    first, then = (one, two) if _TURNS[turns[0][1].lower()][1] else (two, one)
    yield _Pair(first, then, (sentence.start + start, sentence.start + stop), number)


def _sides(plain: str, start: int, stop: int) -> tuple[str, str]:
    """What stands on both sides of a place, no further than the next full mark."""
    walls = [wall.end() for wall in _WALL.finditer(plain, 0, start)]
    wall = _WALL.search(plain, stop)
    return plain[walls[-1] if walls else 0 : start], plain[stop : wall.start() if wall else len(plain)]


def _stems(text: str, *, last: bool) -> frozenset[str]:
    words = [match.group() for match in PLAIN.finditer(text)]
    near = words[-WORDS:] if last else words[:WORDS]
    return frozenset(stem(word) for word in near if content(word) and word.lower() not in _PLAIN)


def _found(reading: Reading, pairs: Sequence[_Pair]) -> Iterator[Finding]:
    by_stem: dict[str, list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        for one in pair.first | pair.then:
            by_stem[one].append(number)
    for number, pair in enumerate(pairs):
        near = {other for one in pair.first | pair.then if len(by_stem[one]) <= COMMON for other in by_stem[one]}
        said = {other: pair.same(pairs[other]) for other in sorted(near) if other != number}
        ours = 1 + sum(one > 0 for one in said.values())
        against = [other for other, one in said.items() if one < 0]
        tie = len(against) == ours == 1
        if len(against) > ours or (tie and against[0] < number):
            yield _finding(reading, pair, [pairs[other] for other in against], tie=tie)


def _finding(reading: Reading, pair: _Pair, against: Sequence[_Pair], *, tie: bool) -> Finding:
    said, stands = reading.text[slice(*pair.place)], reading.text[slice(*against[0].place)]
    things = f"{short(' '.join(sorted(pair.first)))} and {short(' '.join(sorted(pair.then)))}"
    return reading.finding(
        "order",
        [pair.place],
        f"The text puts {things} in one order here, and in the other elsewhere.",
        expected=_turned(said),
        against=[other.place for other in against],
        instead=_turned(stands),
        hard=False,
    ).changed(lean=0.0 if tie else MAJORITY)


def _turned(word: str) -> str:
    """The word that puts two things the other way round, as large as it was."""
    other = _TURNS[word.lower()][0]
    return other[:1].upper() + other[1:] if word[:1].isupper() else other

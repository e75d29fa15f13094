"""Rivals: figures of one subject held against each other, where no ledger says which is right."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import final

from rapidfuzz.distance import OSA

from hierdiff.detectors.prose.facts import MEASURES
from hierdiff.detectors.prose.mentioned import Mention, mention_of, stated
from hierdiff.detectors.reading.figures import Figure
from hierdiff.detectors.reading.mentions import Said
from hierdiff.detectors.reading.reading import Reading, short
from hierdiff.detectors.reading.restyle import correction
from hierdiff.detectors.reading.words import stem, word_set
from hierdiff.findings import Finding

ROUGH = 0.05
RATIO = 8.0
COMMON = 40
SMALL = 10
APART = 1
_DATED = frozenset({"year", "date"})
_KINDS = frozenset({"quantity", "percent", "money", "count", "year", "date"})
_ATTRIBUTES = frozenset(
    stem(word) for word in word_set("length height width depth thickness weight area volume age speed cost distance")
) | {"population"}
_EVENTS = frozenset(
    stem(word)
    for word in word_set(
        """
    founded established built opened completed born died signed began launched adopted started closed published
    invented elected destroyed ratified created constructed finished inaugurated introduced ends ended expires
    appeared released release launched launch starts opens closes opening issued
    """
    )
)
_OPPOSITES = tuple(
    frozenset(stem(word) for word in line.split())
    for line in """
    north south east west northern southern eastern western central inner outer upper lower middle left right top bottom
    first second third fourth fifth last final initial next previous
    minimum maximum min max least most average median peak typical total
    before after early late earlier later old new former current recent
    men women male female boys girls children adults
    summer winter spring autumn morning evening night noon january february march april june july august september
    small large big short long low high medium tiny huge
    rural urban public private national local regional
    input output read write client server source target send receive upload download
    best worst good bad optimistic pessimistic
    one two three four five six
    domestic foreign internal external
    """.strip().splitlines()
)


def rivals(reading: Reading, sayings: Sequence[Said], settled: Collection[int]) -> Iterator[Finding]:
    """One finding for each figure that the majority, or the first mention, of the same subject contradicts.

    Figures that begin where `settled` says are left out: the ledger has spoken about them.
    """
    groups: dict[str, list[Mention]] = defaultdict(list)
    for saying in sayings:
        for figure in saying.figures:
            if saying.sentence.start + figure.start in settled:
                continue
            if (
                _plain(figure)
                and not saying.other(figure, 8 if figure.kind in _DATED else 25, named=stated(saying, figure))
                and not saying.computed(figure)
            ):
                groups[figure.unit].append(mention_of(saying, figure))
    for group in groups.values():
        if len(group) > 1:
            yield from _Group(group).find(reading)


def _plain(figure: Figure) -> bool:
    """Whether a figure is one that a document would state of one thing only: no type name, no day of every year."""
    dated = figure.date is None or bool(figure.date.year and figure.date.month)
    return figure.kind in _KINDS and not figure.loose and figure.high is None and dated and figure.unit != "bits"


@final
class _Group:
    """The mentions of one dimension, found by the words they share."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.mentions = mentions
        self.by_stem: dict[str, list[int]] = defaultdict(list)
        for number, mention in enumerate(mentions):
            for one in mention.near:
                self.by_stem[one].append(number)
        self.by_head: dict[frozenset[str], list[int]] = defaultdict(list)
        for number, mention in enumerate(mentions):
            if mention.figure.kind == "count":
                self.by_head[mention.figure.head].append(number)
        self.by_shape: dict[int, list[int]] = defaultdict(list)
        for number, mention in enumerate(mentions):
            if (shape := _shape(mention.figure)) and len(self.by_shape[shape]) < COMMON:
                self.by_shape[shape].append(number)

    def find(self, reading: Reading) -> Iterator[Finding]:
        for number, mention in enumerate(self.mentions):
            strong, weak = self._others(number)
            rival = _outvoted(mention, strong, weak)
            if rival is not None:
                yield _finding(reading, mention, rival, [*strong, *weak])

    def _others(self, number: int) -> tuple[list[Mention], list[Mention]]:
        """The mentions that surely, and those that perhaps, are of the same subject."""
        mention = self.mentions[number]
        near: Counter[int] = Counter(
            other
            for one in mention.near
            if len(self.by_stem[one]) <= COMMON
            for other in self.by_stem[one]
            if other != number
        )
        near.update(other for other in self.by_shape.get(_shape(mention.figure), ()) if other != number)
        near.update(self._counted(number))
        strong: list[Mention] = []
        weak: list[Mention] = []
        for other in sorted(near):
            tie = _tie(mention, self.mentions[other])
            if tie:
                (strong if tie == 2 else weak).append(self.mentions[other])
        return strong, weak

    def _counted(self, number: int) -> Iterator[int]:
        """The mentions that give the number of all the things that one counts, or count what it gives the number of."""
        mention = self.mentions[number]
        group = self.by_head.get(mention.figure.head, ()) if mention.figure.kind == "count" else ()
        if len(group) <= COMMON:
            yield from (other for other in group if self.mentions[other].numbered != mention.numbered)


def _shape(figure: Figure) -> int:
    """How many digits a count has, if it is so exact that it is hardly met twice by chance; else 0."""
    digits = f"{figure.value:.0f}"
    exact = figure.kind == "count" and figure.value == int(figure.value) and len(digits.rstrip("0")) >= 3
    return len(digits) if exact else 0


def _near_miss(one: Figure, two: Figure) -> bool:
    """Whether two exact counts of the same things differ by a digit or two, as a slip does."""
    same = _shape(one) == _shape(two) > 0 and one.unit == two.unit
    return same and OSA.distance(f"{one.value:.0f}", f"{two.value:.0f}") <= 2


def _tie(one: Mention, two: Mention) -> int:
    """2: surely the same subject, 1: perhaps, 0: not."""
    if abs(one.saying.number - two.saying.number) <= APART or (one.listed and two.listed) or _differs(one, two):
        return 0
    shared, bound = one.near & two.near, one.bound & two.bound
    least = min(len(one.near), len(two.near))
    if _other_unit(one.figure, two.figure) and len(shared) >= 2:
        return 2
    if one.figure.kind in _DATED:
        return 2 if shared & _EVENTS and len(shared) >= 2 and 2 * len(shared) >= least else 0
    if one.figure.kind == "count" and max(one.figure.value, two.figure.value) <= SMALL:
        if one.numbered != two.numbered and one.figure.head == two.figure.head:
            return 2
        return 2 if len(shared) >= 4 and len(shared) >= 0.8 * least else 0
    if len(shared) >= 3 and len(shared) >= 0.6 * least:
        return 2
    if len(bound - one.figure.head) >= 2 or (len(shared) >= 2 and bound and len(shared) >= 0.75 * least):
        return 2
    if len(shared) >= 2 and one.bound & shared and two.bound & shared and shared >= _least(one, two):
        return 2
    if _same_things(one, two):
        return 2 if one.numbered != two.numbered else 1
    return 1 if _near_miss(one.figure, two.figure) or 2 * len(shared) >= max(2, least) else 0


def _least(one: Mention, two: Mention) -> frozenset[str]:
    """The fewer words of the two, without those that only say what is measured."""
    return min(one.near - MEASURES, two.near - MEASURES, key=len)


def _same_things(one: Mention, two: Mention) -> bool:
    """Whether two counts are of the same things, named in the same words, and of the same size."""
    low, high = sorted((one.figure.value, two.figure.value))
    return one.figure.kind == "count" and one.figure.head == two.figure.head and low > SMALL and 2 * low >= high


def _other_unit(one: Figure, two: Figure) -> bool:
    """Whether the same numeral, more than a single digit, stands before two units of one dimension."""
    same = one.unit == two.unit and one.kind == two.kind == "quantity" and one.factor != two.factor
    numeral = one.value / one.factor
    return same and abs(numeral - two.value / two.factor) < 1e-9 * abs(numeral) and numeral not in range(10)


def _differs(one: Mention, two: Mention) -> bool:
    """Whether something says that two figures are of different things, times or measures."""
    for group in _OPPOSITES:
        ours, theirs = one.near & group, two.near & group
        if ours != theirs and ours and theirs:
            return True
    measures = _ATTRIBUTES - {"population"} if one.figure.kind == "quantity" else _ATTRIBUTES
    ours, theirs = one.near & measures, two.near & measures
    if (ours and theirs and ours.isdisjoint(theirs)) or (one.names - two.names and two.names - one.names):
        return True
    if one.years and two.years and one.years.isdisjoint(two.years):
        return True
    if one.figure.date is not None and two.figure.date is not None:
        return not one.figure.date.comparable(two.figure.date)
    low, high = sorted((abs(one.figure.value), abs(two.figure.value)))
    return (
        one.figure.kind != "year" and not (high > 0 and low * RATIO >= high) and not _other_unit(one.figure, two.figure)
    )


def _agree(one: Mention, two: Mention) -> bool:
    """Whether two figures are the same value: equal, one rounded, or near enough where one is called rough."""
    if one.figure.equals(two.figure):
        return True
    if one.figure.kind in _DATED:
        return False
    low, high = sorted((one.figure.value, two.figure.value))
    off = (high - low) / abs(high) if high else 0.0
    rough = one.saying.hedged(one.figure) or two.saying.hedged(two.figure)
    return (rough and off <= ROUGH) or (off <= 0.05 and high >= 1000 and (low % 100 == 0 or high % 100 == 0))


def _outvoted(mention: Mention, strong: Sequence[Mention], weak: Sequence[Mention]) -> Mention | None:
    """The mention whose value stands instead: more often said, or, one against one, said first.

    Three values and more are a series, not a contradiction.
    """
    against = [other for other in strong if not _agree(mention, other)]
    if any(not _agree(other, against[0]) for other in against[1:]):
        return None
    backing = 1 + sum(_agree(mention, other) for other in (*strong, *weak))
    for rival in against:
        votes = sum(_agree(rival, other) for other in (*strong, *weak))
        first = rival.place < mention.place
        if votes > backing or (votes == backing and first and backing == 1):
            return rival
    for rival in weak:
        votes = sum(_agree(rival, other) for other in (*strong, *weak))
        enough = 2
        if backing == 1 and votes >= enough and not _agree(mention, rival):
            return rival
    return None


def _finding(reading: Reading, mention: Mention, rival: Mention, others: Sequence[Mention]) -> Finding:
    plain, source = mention.saying.sentence.plain, rival.saying.sentence.plain
    start, stop, expected = correction(plain, mention.figure, source, rival.figure, commas=reading.commas)
    against, instead = [other.place for other in others if _agree(other, rival)][:3], None
    if len(against) == 1 and not any(_agree(mention, other) for other in others):
        *place, instead = correction(source, rival.figure, plain, mention.figure, commas=reading.commas)
        against = [rival.saying.place(*place)]
    said, stands = reading.text[slice(*mention.place)], reading.text[slice(*rival.place)]
    reason = f"The text says {short(said)} here, but {short(stands)} of the same thing elsewhere."
    places = [mention.saying.place(start, stop)]
    return reading.finding(mention.figure.kind, places, reason, expected=expected, against=against, instead=instead)

"""Claims: sentences that say the same thing the other way round: negated, with an opposite word, in reverse order.

Two sentences are held against each other when nearly all of their words of content are the same. Where more sentences
say it one way than the other, the fewer are taken to be wrong, of two the second; but as words only look alike, each is
a hint that a second vote has to confirm.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import final

from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import PLAIN, content, stem, word_set
from hierdiff.document import Document
from hierdiff.findings import Finding

ALIKE = 0.75
"""The least share of content words that two sentences have in common, of all that either has."""
LEAST, COMMON, LONGEST = 3, 24, 60
"""Content words of a claim at least; sentences that share a word at most, beyond which it tells nothing; words of a
sentence at most."""

MOST = 6
"""Words at most in which the two may differ where they contradict each other."""
MAJORITY = 1.0
"""What a majority weighs, in nats of a judge."""

_NEGATORS = word_set(
    """
    not never no cannot without neither nor none hardly scarcely nothing nobody nowhere isn't aren't wasn't weren't
    don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't mustn't needn't fails failed fail
    """
)
_HELPERS = word_set("do does did will would can could should shall may might must has have had is are was were be been")
_OPPOSITES = tuple(
    tuple(side.split("/") for side in line.split())
    for line in """
    increase/increases/increased/increasing decrease/decreases/decreased/decreasing/reduce/reduces/reduced/reducing
    rise/rises/rose/risen/rising fall/falls/fell/fallen/falling
    grow/grows/grew/grown/growing shrink/shrinks/shrank/shrunk/shrinking
    raise/raises/raised/raising lower/lowers/lowered/lowering/cut/cuts/cutting
    gain/gains/gained lose/loses/lost
    improve/improves/improved/improving worsen/worsens/worsened/worsening
    strengthen/strengthens/strengthened weaken/weakens/weakened
    support/supports/supported/supporting oppose/opposes/opposed/opposing
    allow/allows/allowed/permit/permits/permitted forbid/forbids/forbidden/forbade/prohibit/prohibits/prohibited
    include/includes/included exclude/excludes/excluded
    accept/accepts/accepted reject/rejects/rejected
    open/opens/opened close/closes/closed
    always never
    all none
    above below
    more less/fewer
    most least/fewest
    higher lower
    larger/bigger/greater smaller
    longer shorter
    faster slower
    better worse
    safe unsafe/dangerous
    possible impossible
    legal illegal
    mandatory/compulsory/required optional/voluntary
    public private
    succeeds/succeeded/success failure/failed/fails
    enabled/enables/enable disabled/disables/disable
    present absent
    upstream downstream
    cheap/cheaper expensive
    """.strip().splitlines()
)
_SIDE = {
    word: (number, place)
    for number, sides in enumerate(_OPPOSITES)
    for place, side in enumerate(sides)
    for word in side
}
_RELATIVE = word_set("that which who whose")
_TURNS = word_set("because causes caused cause leads led lead produces produced")
_TURNING = _NEGATORS | _TURNS | frozenset(_SIDE)
_MAYBE = re.compile(
    r"\b(?:if|unless|whether|when|while|may|might|could|would|suppose|otherwise|example|e\.g)\b|[?]", re.I
)

_UNNAMED = re.compile(r"(?:This|That|These|Those|It|They|He|She|Such|Same|Not|Only)\b")


@dataclass(slots=True, frozen=True)
class _Claim:
    """A sentence as its words: where each stands, in lower case; the content ones as stems, in order."""

    start: int
    section: str
    number: int
    places: tuple[Place, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]

    @property
    def subject(self) -> frozenset[str]:
        """The content words, without those that only say which way it is."""
        return frozenset(self.stems)


@dataclass(slots=True, frozen=True)
class _Turn:
    """Two claims that contradict each other, by the words that do: in the one and in the other."""

    kind: str
    one: Place
    two: Place


@final
class Claims:
    """Finds sentences of different sections that say opposite things in nearly the same words."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "claims")
        claims = list(_claims(reading))
        alike, turned = _compared(claims)
        return in_order(_found(reading, claims, alike, turned))


def _claims(reading: Reading) -> Iterator[_Claim]:
    """The sentences that claim something of a thing that they name, outside of catalogues."""
    entries = Entries(reading.prose.headings)
    for number, sentence in enumerate(reading.prose.sentences):
        if reading.prose.blocks[sentence.block].kind == "list" or _MAYBE.search(sentence.plain):
            continue
        if BLOT in sentence.plain or _UNNAMED.match(sentence.plain) or entries.holds(sentence.start):
            continue
        found = list(PLAIN.finditer(sentence.plain))
        if not LEAST + 1 <= len(found) <= LONGEST:
            continue
        words = tuple(match.group().lower().replace("’", "'") for match in found)
        stems = tuple(stem(word) for word in words if content(word) and word not in _TURNING)
        if len(set(stems)) >= LEAST:
            places = tuple((sentence.start + match.start(), sentence.start + match.end()) for match in found)
            yield _Claim(sentence.start, reading.section(sentence.start), number, places, words, stems)


def _compared(claims: Sequence[_Claim]) -> tuple[Counter[int], dict[tuple[int, int], _Turn]]:
    """How many others say each claim the same way, and the pairs that say it the other way round."""
    by_stem: dict[str, list[int]] = defaultdict(list)
    for number, claim in enumerate(claims):
        for one in claim.subject:
            by_stem[one].append(number)
    alike: Counter[int] = Counter()
    turned: dict[tuple[int, int], _Turn] = {}
    for number, claim in enumerate(claims):
        shared: Counter[int] = Counter(
            other for one in claim.subject if len(by_stem[one]) <= COMMON for other in by_stem[one] if other > number
        )
        for other in sorted(other for other, count in shared.items() if count >= LEAST):
            if _same_subject(claim, claims[other]):
                turn = _turn(claim, claims[other])
                if turn is not None:
                    turned[number, other] = turn
                else:
                    alike[number] += 1
                    alike[other] += 1
    return alike, turned


def _same_subject(one: _Claim, two: _Claim) -> bool:
    both, either = len(one.subject & two.subject), len(one.subject | two.subject)
    return both >= ALIKE * either and abs(one.number - two.number) > 1


def _turn(one: _Claim, two: _Claim) -> _Turn | None:
    """What makes two sentences of one subject contradict each other, or None."""
    cuts = [
        cut for cut in SequenceMatcher(None, one.words, two.words, autojunk=False).get_opcodes() if cut[0] != "equal"
    ]
    if not cuts or "before" in one.words + two.words or "after" in one.words + two.words:
        return None
    negated = [any(word in _NEGATORS for word in one.words), any(word in _NEGATORS for word in two.words)]
    opposite = _opposites(one.words, two.words)
    if negated[0] != negated[1] and not opposite:
        turning = [cut for cut in cuts if _has(one, two, cut, _NEGATORS)]
        return _around(one, two, turning, "negation") if _only_negated(one, two, turning) else None
    if negated[0] == negated[1] and opposite:
        return _around(one, two, [cut for cut in cuts if _has(one, two, cut, opposite)], "opposite")
    if one.words != two.words and sorted(one.stems) == sorted(two.stems) and _swapped(one, two):
        first, last = cuts[0], cuts[-1]
        return _Turn("order", _place(one, first[1], last[2]), _place(two, first[3], last[4]))
    return None


def _only_negated(one: _Claim, two: _Claim, cuts: Sequence[tuple[str, int, int, int, int]]) -> bool:
    """Whether what differs beside a negator is the same words; `and cannot be changed` adds, and turns nothing."""
    ours = [word for _, a, b, _, _ in cuts for word in one.words[a:b]]
    theirs = [word for _, _, _, c, d in cuts for word in two.words[c:d]]
    before = [words[max(0, at - 2) : at] for _, a, _, c, _ in cuts for words, at in ((one.words, a), (two.words, c))]
    described = any(not _RELATIVE.isdisjoint(words) for words in before)
    return not described and _meant(ours) == _meant(theirs)


def _meant(words: Sequence[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if content(word) and word not in _NEGATORS)


def _opposites(one: Sequence[str], two: Sequence[str]) -> frozenset[str]:
    """Words of the two that are opposites of each other, where each has only its own side."""
    sides = [Counter(_SIDE[word] for word in words if word in _SIDE) for words in (one, two)]
    only = [set(sides[0]) - set(sides[1]), set(sides[1]) - set(sides[0])]
    pairs = {group for group, _ in only[0]} & {group for group, _ in only[1]}
    return frozenset(word for word in (*one, *two) if word in _SIDE and _SIDE[word][0] in pairs)


def _swapped(one: _Claim, two: _Claim) -> bool:
    """Whether the content words of the one come in the other in two runs that changed places around a turning word."""
    if not (set(one.words) & set(two.words) & _TURNS) or len(one.stems) != len(two.stems):
        return False
    doubled = one.stems + one.stems
    size = len(one.stems)
    return any(doubled[at : at + size] == two.stems for at in range(1, size))


def _has(one: _Claim, two: _Claim, cut: tuple[str, int, int, int, int], wanted: frozenset[str]) -> bool:
    _, a, b, c, d = cut
    return not wanted.isdisjoint((*one.words[a:b], *two.words[c:d]))


def _around(one: _Claim, two: _Claim, cuts: Sequence[tuple[str, int, int, int, int]], kind: str) -> _Turn | None:
    """The turn at those cuts. A word that is there on one side only takes its neighbour along: each has something."""
    if not cuts:
        return None
    a, b, c, d = cuts[0][1], cuts[-1][2], cuts[0][3], cuts[-1][4]
    while (a == b or c == d) and (b < len(one.words) and d < len(two.words)):
        b, d = b + 1, d + 1
    while (a == b or c == d) and a > 0 and c > 0:
        a, c = a - 1, c - 1
    if a == b or c == d or max(b - a, d - c) > MOST:
        return None
    return _Turn(kind, _place(one, a, b), _place(two, c, d))


def _place(claim: _Claim, first: int, last: int) -> Place:
    return claim.places[first][0], claim.places[max(first, last - 1)][1]


def _found(
    reading: Reading, claims: Sequence[_Claim], alike: Counter[int], turned: dict[tuple[int, int], _Turn]
) -> Iterator[Finding]:
    """One finding for each claim that is contradicted by one that stands; the worst contradiction of each."""
    seen: set[int] = set()
    for (first, second), turn in turned.items():
        ours, theirs = 1 + alike[first], 1 + alike[second]
        wrong, _ = (first, second) if ours < theirs else (second, first)
        if wrong in seen:
            continue
        seen.add(wrong)
        mine, other = (turn.one, turn.two) if wrong == first else (turn.two, turn.one)
        text = reading.text
        said, stands = text[slice(*mine)], text[slice(*other)]
        yield reading.finding(
            turn.kind,
            [mine],
            f"The text says {short(said)!r} here, but {short(stands)!r} of the same thing elsewhere.",
            expected=_cased(stands, said),
            against=[other],
            instead=_cased(said, stands),
            hard=False,
        ).changed(lean=0.0 if ours == theirs else MAJORITY)


def _cased(text: str, like: str) -> str:
    """A text with the first letter as large as that of another, unless that is a name's."""
    if like[:1].isupper() and text[:1].islower():
        return text[:1].upper() + text[1:]
    if like[:1].islower() and text[:1].isupper() and text[1:2].islower() and text.lower().split()[0] in _HELPERS:
        return text[:1].lower() + text[1:]
    return text

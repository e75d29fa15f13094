"""Known: figures held against the facts of the ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

from hierdiff.detectors.prose.facts import MEASURES, Fact, facts_of
from hierdiff.detectors.reading.figures import Figure
from hierdiff.detectors.reading.mentions import Said, Word, word_list
from hierdiff.detectors.reading.reading import Place, Reading, short
from hierdiff.detectors.reading.restyle import correction
from hierdiff.detectors.reading.words import singular, word_set
from hierdiff.findings import Finding
from hierdiff.ledger import Ledger

REACH = 9
YEAR_REACH = 6
ROUGH = 0.05
_ATTRIBUTES = word_set("length height width depth thickness")
_SHORTENERS = word_set("the this that its our their whose")
_LEADS = word_set("it its they their this these")


@dataclass(slots=True, frozen=True)
class _Claim:
    """A figure taken for a statement of a fact: how much of the subject stands there, how far from it.

    `read` is the figure as it compares with the fact's; `named`: the subject is there but for what is measured of it.
    """

    fact: Fact
    figure: Figure
    read: Figure
    named: bool
    fraction: float
    distance: int

    @property
    def rank(self) -> tuple[float, bool, int]:
        """Best fit first: the fuller subject, the same unit, the nearer words."""
        return -self.fraction, self.read.factor != self.fact.figure.factor, self.distance


@final
class Known:
    """The facts, found again by the words of their subjects."""

    def __init__(self, ledger: Ledger) -> None:
        self.facts = facts_of(ledger)
        self.settled: set[int] = set()
        """Where the figures stand that state a fact, rightly or not."""
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for number, fact in enumerate(self.facts):
            for one in frozenset[str]().union(*fact.subjects):
                self._by_stem[one].append(number)

    def find(self, reading: Reading, sayings: Sequence[Said]) -> Iterator[Finding]:
        """One finding for each figure that stands where a fact's value ought to stand."""
        wrong: list[tuple[Said, _Claim]] = []
        stands: dict[str, list[Place]] = defaultdict(list)
        for saying in sayings if self.facts else ():
            for claim in self._claims(reading, saying):
                self.settled.add(saying.place(claim.figure.start, claim.figure.stop)[0])
                if _agrees(saying, claim.fact, claim.read):
                    stands[claim.fact.item.id].append(saying.place(claim.figure.start, claim.figure.stop))
                else:
                    wrong.append((saying, claim))
        for saying, claim in wrong:
            yield _finding(reading, saying, claim, stands[claim.fact.item.id][:3])

    def _claims(self, reading: Reading, saying: Said) -> list[_Claim]:
        """Which figure of a sentence states which fact: each fact once, each figure once, the best fit first."""
        context = _context(reading, saying)
        votes = Counter(number for one in context for number in self._by_stem.get(one, ()))
        claims: list[_Claim] = []
        near = {
            figure: saying.near(figure, YEAR_REACH if figure.kind == "year" else REACH)
            for figure in (saying.figures if votes else ())
        }
        for number, votes_for in votes.items():
            fact = self.facts[number]
            if 2 * votes_for < min(map(len, fact.subjects)):
                continue
            for figure in saying.figures:
                known, read = fact.beside(saying, figure)
                seen = fact if known is fact.figure else replace(fact, figure=known)
                fit = _fit(saying, seen, figure, context, near[figure]) if _alike(seen, read) else None
                if fit is not None:
                    claims.append(_Claim(seen, figure, read, _named(seen, context), *fit))
        return _settled(saying, claims)


def _settled(saying: Said, claims: list[_Claim]) -> list[_Claim]:
    """A figure that agrees with a fact is that fact's; what is left goes to the best fit, and a tie to nobody."""
    agreed = [claim for claim in claims if _agrees(saying, claim.fact, claim.read)]
    facts = {claim.fact.item.id for claim in agreed}
    taken = {claim.figure for claim in agreed}
    left = [
        claim
        for claim in claims
        if claim.figure not in taken and claim.fact.item.id not in facts and not _set_aside(saying, claim)
    ]
    settled = list(agreed)
    for claim in sorted(left, key=lambda claim: claim.rank):
        rivals = [one for one in left if one.figure == claim.figure and one.rank == claim.rank]
        tie = any(not one.fact.figure.equals(claim.fact.figure) for one in rivals)
        if claim.figure not in taken and claim.fact.item.id not in facts and not tie:
            settled.append(claim)
        taken.add(claim.figure)
        facts.add(claim.fact.item.id)
    return settled


def _set_aside(saying: Said, claim: _Claim) -> bool:
    """Whether a figure may be another one than the fact's: one of a row, an end of a range, a target, a condition."""
    figure = claim.figure
    dated = figure.kind in ("year", "date")
    limit = saying.sentence.plain[: figure.start].endswith("limit of ")
    other = saying.other(figure, 8 if dated else 25, named=claim.named and (limit or figure.kind != "count"))
    return figure.loose or figure.high is not None or other or saying.computed(figure)


def _named(fact: Fact, context: frozenset[str]) -> bool:
    """Whether the words around name a fact's subject in full, but for what is measured of it."""
    return any((subject - MEASURES or subject) <= context for subject in fact.subjects)


def _alike(fact: Fact, figure: Figure) -> bool:
    """Whether a figure is of the kind of the fact: the same dimension, the same things counted."""
    known = fact.figure
    if fact.item.kind == "version":
        return figure.kind == "version" or (figure.kind == "number" and figure.factor == 1)
    if "number" in (figure.kind, known.kind) or fact.item.kind == "count":
        counted = {"number", "count"}
        subject = frozenset[str]().union(*fact.subjects) | known.head
        same = not figure.head or bool(figure.head & subject)
        money = known.kind == "number" and fact.item.kind == figure.kind == "money"
        return money or (figure.kind in counted and known.kind in counted and same)
    return figure.unit == known.unit


def _context(reading: Reading, saying: Said) -> frozenset[str]:
    """The stems of a sentence; with those of the one before if it begins with a pronoun."""
    found = frozenset(word.stem for word in saying.words if word.content)
    if saying.words and saying.words[0].text.lower() in _LEADS and saying.number and saying.sentence.block >= 0:
        before = reading.prose.sentences[saying.number - 1]
        if before.block == saying.sentence.block:
            found |= {word.stem for word in word_list(before.plain) if word.content}
    return found


def _fit(
    saying: Said, fact: Fact, figure: Figure, context: frozenset[str], near: Sequence[tuple[int, Word]]
) -> tuple[float, int] | None:
    """How much of a fact's subject a sentence names, and how many words from the figure; None if too little."""
    best: tuple[float, int] | None = None
    local = {word.stem for _, word in near} | set(figure.head)
    for subject in fact.subjects:
        matched = subject & context
        missing = {one for one in subject - context if one not in MEASURES}
        nouns = matched - MEASURES or matched
        reach = [distance for distance, word in near if word.stem in matched]
        reach += [1] * bool(figure.head & matched)
        if not matched or not reach or 2 * len(matched) < len(subject):
            continue
        if missing and not (nouns and _shortened(saying.words, nouns, subject)):
            continue
        if figure.kind == "year" and _names_another(saying, figure, subject):
            continue
        if (local & _ATTRIBUTES) - subject and not local & subject & _ATTRIBUTES and _ATTRIBUTES & subject:
            continue
        fit = (len(matched) / len(subject), min(reach))
        if best is None or (-fit[0], fit[1]) < (-best[0], best[1]):
            best = fit
    return best


def _names_another(saying: Said, figure: Figure, subject: frozenset[str]) -> bool:
    """Whether a year is part of another thing's name: `the 1957 Act`."""
    after = next((word for word in saying.words if word.at >= figure.stop), None)
    if after is None or not after.content or after.stem in subject:
        return False
    plain = saying.sentence.plain
    before = plain[max(0, figure.start - 5) : figure.start].lower().split()
    return not plain[figure.stop : after.at].strip() and (after.text[0].isupper() or before[-1:] == ["the"])


def _shortened(words: Sequence[Word], nouns: frozenset[str], subject: frozenset[str]) -> bool:
    """Whether a noun of the subject stands for all of it: `the wall`, but not `the north wall`, `the wall of X`."""
    for number, word in enumerate(words):
        if word.stem not in nouns or number == 0 or words[number - 1].text.lower() not in _SHORTENERS:
            continue
        after = [one.text.lower() for one in words[number + 1 : number + 2]]
        of = next((one for one in words[number + 2 : number + 5] if one.content), None)
        following = words[number + 1] if number + 1 < len(words) else None
        compound = (
            following is not None and following.content and following.stem not in subject and not after[0].endswith("s")
        )
        if not (after == ["of"] and of is not None and of.stem not in subject) and not compound:
            return True
    return False


def _agrees(saying: Said, fact: Fact, figure: Figure) -> bool:
    """Whether a figure says what the fact says: equal, within its range, rounded, or roughly so and called rough."""
    known = fact.figure
    if fact.item.kind == "version":
        numeral = figure.spelling if figure.kind == "version" else saying.sentence.plain[figure.from_ : figure.to]
        return known.spelling == numeral or known.spelling.startswith(numeral + ".")
    if figure.equals(known):
        return True
    if figure.date is not None or figure.kind == "year" or not known.value:
        return False
    if known.high is not None and figure.high is None:
        return known.value <= figure.value <= known.high
    off = abs(figure.value - known.value) / abs(known.value)
    return (saying.hedged(figure) and off <= ROUGH) or _rounded(figure, known)


def _rounded(figure: Figure, known: Figure) -> bool:
    """Whether a figure in full thousands is the fact rounded to them."""
    value = figure.value / figure.factor
    step = next((step for step in (1e9, 1e6, 1e5, 1e4, 1e3) if value >= step and value % step == 0), None)
    near = abs(figure.value - known.value) <= ROUGH * abs(known.value)
    return near and step is not None and round(known.value / figure.factor / step) * step == value


def _finding(reading: Reading, saying: Said, claim: _Claim, stands: Sequence[Place]) -> Finding:
    item, plain = claim.fact.item, saying.sentence.plain
    commas = reading.commas
    start, stop, expected = correction(plain, claim.read, claim.fact.source, claim.fact.figure, commas=commas)
    subject = item.about or singular(item.id.replace("_", " ").replace("-", " "))
    stated = plain[claim.figure.start : claim.figure.stop]
    reason = f"The facts give {short(item.value or '')} for '{short(subject)}', but the text says {short(stated)}."
    kind = claim.figure.kind if item.kind == "claim" else item.kind
    return reading.finding(kind, [saying.place(start, stop)], reason, expected=expected, against=stands)

"""Choose: which findings to act on in a round, and which spans to open for them.

A finding is an edge between what contradicts each other; whoever rewrites one side settles it, and one rewriting may
settle several. So a round is a weighted cover, taken greedily: again and again the side that settles most for its
weight. A side weighs more the more speaks for it: the ledger's owner and the majority stand, then what other sections
build on, then what comes first. What the user keeps has no weight that could be paid.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.code.statements import statement_around
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.revise.forms import CONTINUED
from hierdiff.revise.frozen import Frozen
from hierdiff.revise.scales import SCALES, merged, sentence_around, widened, without_gap
from hierdiff.spans import Quote, Span, between
from hierdiff.tree import is_tree

Key = tuple[str, str, str, tuple[str, ...]]

SENTENCES = frozenset({"repeats", "references", "structure", "seams"})
"""Detectors whose findings are of whole sentences: nothing smaller is opened for them."""
SHORT = 60
"""Characters of a span at most for which less than its sentence is opened first."""

OWNER, DEPENDANT, FIRST, LEAST = 4.0, 0.5, 0.25, 0.25
"""What a side weighs more as owner of a ledger item, for each section that waits for it, and for coming first; and the
least that any side weighs."""


@dataclass(frozen=True, slots=True)
class Target:
    """A side to rewrite: the finding it stands for (as it was found, and seen from this side), its spans in order of
    place, why this side; and what else that settles."""

    found: Finding
    finding: Finding
    spans: tuple[Span, ...]
    why: str = ""
    settles: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    found: Finding
    finding: Finding
    spans: tuple[Span, ...]
    weight: float
    why: str


def key_of(finding: Finding) -> Key:
    """What makes two findings the same one, wherever their spans have moved to."""
    return finding.detector, finding.kind, finding.section, tuple(span.text for span in finding.spans)


def choose(
    document: Document,
    findings: Iterable[Finding],
    tries: Mapping[Key, int],
    settled: Callable[[Span], bool] = lambda _: False,
) -> list[Target]:
    """The targets of a round, last in the text first, so that acting on one moves no other. Soft findings have none.

    `tries` says how often each finding was acted on before: the more often, the more of the text is opened. What is
    `settled` is no side of a contradiction that only order decided.
    """
    hard = [one for one in findings if one.hard]
    frozen, weights = Frozen(document), _Weights(document)
    sides = [side for one in hard for side in _sides(document, one, frozen, weights, tries.get(key_of(one), 0))]
    sides = [one for one in sides if one.finding.instead is None or not any(map(settled, one.spans))]
    return sorted(_cover(hard, sides), key=lambda target: target.spans[0].start, reverse=True)


def _cover(findings: Sequence[Finding], sides: Sequence[_Side]) -> Iterator[Target]:
    """Sides that settle all findings that can be settled, by greed, none overlapping another."""
    open_, taken = {id(one): one for one in findings}, list[Span]()
    left = sorted(sides, key=lambda side: (side.finding.expected is None, side.spans[0].start))
    settled_by = {id(side): [one for one in findings if _settles(side, one)] for side in left}
    while left:
        best = max(left, key=lambda side: sum(id(one) in open_ for one in settled_by[id(side)]) / side.weight)
        settles = [one for one in settled_by[id(best)] if id(one) in open_]
        left.remove(best)
        if not settles or any(one.meets(other) or one == other for one in best.spans for other in taken):
            continue
        taken += best.spans
        for one in settles:
            del open_[id(one)]
        yield Target(best.found, best.finding, best.spans, best.why, tuple(_without(settles, best.found)))


def _without(findings: Iterable[Finding], one: Finding) -> Iterator[Finding]:
    """The findings but that one."""
    return (other for other in findings if other is not one)


def _settles(side: _Side, finding: Finding) -> bool:
    """Whether rewriting a side settles a finding too: its own, and all whose spans go with it."""
    if finding is side.found:
        return True
    gone = side.finding.expected == ""
    return gone and all(any(one.holds(span) for one in side.spans) for span in finding.spans)


def _sides(document: Document, finding: Finding, frozen: Frozen, weights: "_Weights", tries: int) -> Iterator[_Side]:
    """The ways to settle a finding that are open: the detector's own, and the other one where only order decided."""
    for one, why in _ways(finding):
        spans = tuple(opened(document, one, tries))
        held = [frozen.holds(span) if one.expected is not None else not frozen.renews(span) for span in spans]
        if not any(held):
            yield _Side(finding, one, spans, weights.of(one), why)


def _ways(finding: Finding) -> Iterator[tuple[Finding, str]]:
    if finding.instead is None:
        more = len(finding.against)
        yield finding, f"{more} other places stand" if more > 1 else "the other place stands" if more else ""
        return
    doubted = "the model finds this side the less likely one"
    yield finding, doubted if finding.lean > 0 else "what was said first stands, nothing else decides"
    quotes = tuple(Quote(start=one.start, stop=one.stop, text=one.text) for one in finding.against)
    other = finding.changed(spans=quotes, against=finding.spans, expected=finding.instead, instead=finding.expected)
    yield other.changed(lean=-finding.lean), doubted if finding.lean < 0 else "the other side is kept or is built upon"


@final
class _Weights:
    """What speaks for each side of a document's contradictions."""

    def __init__(self, document: Document) -> None:
        self._document = document
        blocking = document.outline.blocking if document.outline is not None else ()
        self._built_upon = Counter(edge.target for edge in blocking)

    def of(self, finding: Finding) -> float:
        """The weight of the side that would be rewritten for a finding."""
        place = finding.spans[0].start
        part = self._document.at(place)
        section = part.id if part is not None else finding.section
        weight = 1.0 + DEPENDANT * self._built_upon[section]
        if finding.against and place < finding.against[0].start:
            weight += FIRST
        owned = [item.value for item in self._document.ledger.owned_by(section) if item.value]
        if any(value in quote.text for value in owned for quote in finding.spans):
            weight += OWNER
        return max(LEAST, weight - max(0.0, finding.lean))


def opened(document: Document, finding: Finding, tries: int = 0) -> list[Span]:
    """What is opened for a finding: its own spans where the text is known; else, try after try, the value, its clause,
    its sentence; in a tree of code the logical line."""
    spans = sorted((Span(start=one.start, stop=one.stop) for one in finding.spans), key=lambda span: span.start)
    if finding.expected == "":
        return [without_gap(document.text, span) for span in spans]
    if finding.expected is not None:
        return spans
    if is_tree(document):
        return merged(statement_around(document, span) for span in spans)
    if finding.kind in CONTINUED:
        return [Span(start=span.stop, stop=span.stop) for span in spans]
    if finding.detector in SENTENCES or any(len(span) > SHORT for span in spans):
        return merged(sentence_around(document, span) for span in spans)
    scale = SCALES[min(tries, len(SCALES) - 1)]
    return merged(widened(document, span, scale) for span in spans)


def outside(text: str, spans: Iterable[Span]) -> list[str]:
    """The pieces of a text that spans leave alone."""
    return between(text, sorted(spans, key=lambda span: span.start))

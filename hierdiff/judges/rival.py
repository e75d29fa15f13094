"""Rival: contradictions that a writing model sees, without having been trained to look for any.

Two sentences of one matter are held against each other: the one is put before the other, and the other is scored as it
is and turned round by a word. They contradict each other where the turned one is the likelier, and would not be so
without the first: what a model likes in any case, `first` more than `last`, tells nothing. As the other sentence always
stands before, it does not matter which of them is the earlier in the document. A `not` in the one makes a model expect
one in the other: then no `not` is put in.
"""

from collections.abc import Mapping, Sequence
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.detectors.reading.reading import short
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.pairs import Pair, Said, pairs, sayings
from hierdiff.judges.sight import Sight
from hierdiff.judges.turning import How, Turn, denied, turns
from hierdiff.protocols import Backend
from hierdiff.spans import Quote, Span

LEAD = 0.5
"""Nats in all by which the turned sentence must be the likelier one."""
SHIFTS: Mapping[How, float] = {"opposite": 2.0, "denied": 1.0}
"""Nats by which the other sentence must have moved that, by how the one was turned; a model never likes a `not`.
Calibrated on the calibration half of the planted documents, where a `not` taken out told nothing: in half of the pairs
the sentence without it was the likelier in any company. So that is not asked."""
WORDS, RARE, SHARE, MOST = 3, 6, 2, 8
"""Words of content of a sentence at least; sentences that a word may be in to be rare, rare words that two share at
least, and earlier sentences that one is held against."""
LONGEST = 240
"""Characters of a sentence at most: in a longer one a word decides nothing."""


@final
class Rival:
    """Finds contradictions with the backend's own model. `shifts` are in nats."""

    def __init__(self, backend: Backend, *, shifts: Mapping[How, float] = SHIFTS) -> None:
        self._backend, self._shifts = backend, shifts
        self._sight = Sight(backend)
        self._known: dict[tuple[str, str], float] = {}

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings, with a vote where this one agrees, and a soft one for each other contradiction; no more
        token-rows are spent than a draft takes. Raises BackendError where the model cannot be asked."""
        said = [one for one in sayings(document, WORDS) if len(one.text) <= LONGEST]
        found = sorted(pairs(said, rare=RARE, share=SHARE, most=MOST), key=lambda pair: -len(pair.shared))
        if not found or not self._backend.capabilities.scores:
            return findings
        own, most = list[Finding](), self._sight.spent + self._sight.affordable(document)
        for pair in found:
            if self._sight.spent >= most:
                break
            one = await self._weighed(document, pair)
            own += [] if one is None else [one]
        return told(findings, own)

    async def _weighed(self, document: Document, pair: Pair) -> Finding | None:
        """A finding for a pair, if one of the two is likelier the other way round; the clearest way."""
        best: tuple[float, Said, Said, Turn] | None = None
        for one, other in ((pair.then, pair.first), (pair.first, pair.then)):
            for turn in turns(one.text):
                if turn.how not in self._shifts or (turn.how == "denied" and denied(other.text)):
                    continue
                lead = await self._lead(other.text, one.text, turn)
                if lead < LEAD:
                    continue
                shift = lead - await self._lead("", one.text, turn)
                if shift >= max(self._shifts[turn.how], best[0] if best is not None else 0.0):
                    best = shift, one, other, turn
        return None if best is None else _finding(document, *best)

    async def _lead(self, before: str, text: str, turn: Turn) -> float:
        """How much likelier a sentence is turned, with another one before it, or none."""
        return await self._score(before, turn.of(text)) - await self._score(before, text)

    async def _score(self, before: str, text: str) -> float:
        """The log-probability of a sentence with another one before it."""
        if (before, text) not in self._known:
            whole = f"{before} {text}".lstrip()
            place = Span(start=len(whole) - len(text), stop=len(whole))
            canvas = Canvas(id="rival", section="text", pieces=(Ink(text=whole),))
            self._known[before, text] = sum(one.logprob for one in await self._sight.scores(canvas, place))
        return self._known[before, text]


def _finding(document: Document, shift: float, one: Said, other: Said, turn: Turn) -> Finding:
    """The word that would have to be another; what the whole sentence ought to be, a model has to write."""
    start, stop = turn.place.start, turn.place.stop
    if start == stop:
        start = one.text.rfind(" ", 0, start) + 1
    at = document.text.find(one.text[start:stop], one.place[0] + start, one.place[1])
    quote = Quote.cut(document.text, *((at, at + stop - start) if at >= 0 else one.place))
    stands = Quote.cut(document.text, *other.place)
    turned = short(turn.of(one.text))
    return Finding(
        detector="rival",
        kind="contradiction",
        section=one.section,
        spans=(quote,),
        reason=f"Beside '{short(stands.text)}' a model expects '{turned}' ({shift:.1f} nats more than alone).",
        against=(stands,),
        hard=False,
    )

"""Rival: contradictions that a writing model sees, without having been trained to look for any.

Two sentences of one matter are held against each other: the one is put before the other, and the other is scored as it
is and turned round by a word. Where the turned one is clearly the likelier, the two contradict each other. Both are
scored in one place, so that what is rare is rare for both; and as the other sentence always stands before, it does not
matter which of them is the earlier in the document.
"""

from collections.abc import Sequence
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.detectors.reading.reading import short
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.pairs import Pair, Said, pairs, sayings
from hierdiff.judges.sight import Sight
from hierdiff.judges.turning import Turn, turns
from hierdiff.protocols import Backend
from hierdiff.spans import Quote, Span

MARGIN = 3.0
"""Nats in all by which a sentence must be likelier the other way round; calibrated on the calibration half of the
planted documents, where 9 of 10 pairs above it were contradictions."""
WORDS, RARE, SHARE, MOST = 3, 6, 2, 8
"""Words of content of a sentence at least; sentences that a word may be in to be rare, rare words that two share at
least, and earlier sentences that one is held against."""
LONGEST = 240
"""Characters of a sentence at most: in a longer one a word decides nothing."""


@final
class Rival:
    """Finds contradictions with the backend's own model. `margin` is in nats."""

    def __init__(self, backend: Backend, *, margin: float = MARGIN) -> None:
        self._backend, self._margin = backend, margin
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
                gain = await self._score(other.text, turn.of(one.text)) - await self._score(other.text, one.text)
                if gain > max(self._margin, best[0] if best is not None else 0.0):
                    best = gain, one, other, turn
        return None if best is None else _finding(document, *best)

    async def _score(self, before: str, text: str) -> float:
        """The log-probability of a sentence with another one before it."""
        if (before, text) not in self._known:
            whole = f"{before} {text}"
            place = Span(start=len(before) + 1, stop=len(whole))
            canvas = Canvas(id="rival", section="text", pieces=(Ink(text=whole),))
            self._known[before, text] = sum(one.logprob for one in await self._sight.scores(canvas, place))
        return self._known[before, text]


def _finding(document: Document, gain: float, one: Said, other: Said, turn: Turn) -> Finding:
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
        reason=f"Beside '{short(stands.text)}' a model expects the opposite, '{turned}' ({gain:.1f} nats likelier).",
        against=(stands,),
        hard=False,
    )

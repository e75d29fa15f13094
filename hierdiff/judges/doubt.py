"""Doubt: which of two texts a model holds for the likelier one, where rules cannot decide.

The rival margin: both texts are put into the same place and scored there, with what follows in the prompt where the
model reads from left to right. What is rare in that place is rare for both, so only the contradiction is left. Surprise
from the left alone is never asked: it cannot see an early error, and blames the later, right mention instead.
"""

import asyncio
from collections.abc import Sequence
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.protocols import Backend
from hierdiff.spans import Quote, Span

MARGIN = 1.0
"""Nats in all by which one way to settle a contradiction has to be likelier than the other."""
MOST = 24
"""Findings that are weighed in one pass; more of them are left as they are."""
AROUND = 1200
"""Characters on each side that the model is shown."""
AFTER = 40
"""Characters behind the place that count too: they have to fit what stands before them."""


@final
class Doubt:
    """Votes on findings that only the order in the text has decided."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The same findings; those that nothing but order decided with a lean, and with a vote where it is clear."""
        asked = [one for one in findings if one.instead is not None and one.expected is not None][:MOST]
        if not asked or not self._backend.capabilities.scores:
            return findings
        leans = await asyncio.gather(*(self._lean(document, one) for one in asked))
        known = {id(one): lean for one, lean in zip(asked, leans, strict=True)}
        return [_voted(one, known[id(one)]) if id(one) in known else one for one in findings]

    async def _lean(self, document: Document, finding: Finding) -> float:
        """How much likelier the document is with the finding's spans rewritten than with the other side rewritten."""
        ours, theirs = finding.spans[0], finding.against[0]
        mine, others = await asyncio.gather(
            self._gain(document, ours, finding.expected or "", theirs),
            self._gain(document, theirs, finding.instead or "", ours),
        )
        return mine - others

    async def _gain(self, document: Document, quote: Quote, text: str, other: Span) -> float:
        """Nats that the place around a quote gains when `text` stands there instead. The other side is in sight."""
        start, stop = _shown(document, quote, other)
        before, after = document.text[start : quote.start], document.text[quote.stop : stop]
        now, then = await asyncio.gather(
            self._score(document, before, quote.text, after), self._score(document, before, text, after)
        )
        return then - now

    async def _score(self, document: Document, before: str, text: str, after: str) -> float:
        """Log-probability of the tokens of `text` in its place, and of the few words after it."""
        whole = f"{before}{text}{after}"
        place = Span(start=len(before), stop=min(len(whole), len(before) + len(text) + AFTER))
        canvas = Canvas(id=f"doubt@{len(before)}", section="text", pieces=(Ink(text=whole),))
        way = None if self._backend.capabilities.infill == "canvas" else "suffix"
        return sum(one.logprob for one in await self._backend.score(canvas, way, place))


def _shown(document: Document, quote: Quote, other: Span) -> tuple[int, int]:
    """What the model sees around a quote: as far as the other side, if that is not too far."""
    start, stop = max(0, quote.start - AROUND), min(len(document.text), quote.stop + AROUND)
    if other.start > quote.stop:
        return start, max(stop, min(other.stop + 200, quote.stop + 4 * AROUND, len(document.text)))
    return min(start, max(other.start - 200, quote.start - 4 * AROUND, 0)), stop


def _voted(finding: Finding, lean: float) -> Finding:
    """The finding with the lean of model and text together, and with a vote where that is clear."""
    lean += finding.lean
    if abs(lean) < MARGIN:
        return finding.changed(lean=round(lean, 3))
    return finding.changed(lean=round(lean, 3), hard=True, votes=(*finding.votes, "doubt"))

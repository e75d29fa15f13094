"""Reading: a document as one detector reads it: its prose, which section holds an offset, and how a finding is made."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import final

from hierdiff.detectors.reading.numerals import has_commas
from hierdiff.detectors.reading.prose import Prose, read
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.spans import Quote

Place = tuple[int, int]


@final
class Reading:
    """A document, its prose, and the name of the detector that reads it."""

    def __init__(self, document: Document, detector: str) -> None:
        self.document = document
        self.text = document.text
        self.detector = detector
        self._starts = [part.heading.start for part in document.sections]
        self.prose: Prose = read(document.text, tuple(self._starts))

    @cached_property
    def commas(self) -> bool:
        """Whether the text writes its decimals with a comma."""
        return has_commas(self.text)

    def section(self, offset: int) -> str:
        """The id of the part that holds an offset; before the first part, the first one's, or "" without any."""
        parts = self.document.sections
        if not parts:
            return ""
        return parts[max(0, bisect_right(self._starts, offset) - 1)].id

    def quote(self, place: Place) -> Quote:
        """The characters of a place, quoted."""
        return Quote.cut(self.text, *place)

    def finding(
        self,
        kind: str,
        spans: Iterable[Place],
        reason: str,
        *,
        expected: str | None = None,
        against: Iterable[Place] = (),
        instead: str | None = None,
        hard: bool = True,
    ) -> Finding:
        """A finding of this detector; its section is the one that holds the first span."""
        quotes = tuple(self.quote(place) for place in spans)
        return Finding(
            detector=self.detector,
            kind=kind,
            section=self.section(quotes[0].start),
            spans=quotes,
            reason=reason,
            expected=expected,
            against=tuple(self.quote(place) for place in against),
            instead=instead,
            hard=hard,
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by the place of their first span, as the seam promises them."""
    return sorted(findings, key=lambda finding: (finding.spans[0].start, finding.spans[0].stop, finding.kind))


def short(text: str, width: int = 60) -> str:
    """A quotation short enough for a reason: one line, cut with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"

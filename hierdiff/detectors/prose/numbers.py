"""Numbers: quantities, money, counts, years, dates and versions that contradict the facts or each other."""

from collections.abc import Iterable
from typing import final

from hierdiff.detectors.prose.known import Known
from hierdiff.detectors.prose.rivals import rivals
from hierdiff.detectors.reading.mentions import rows, said
from hierdiff.detectors.reading.reading import Reading, in_order
from hierdiff.document import Document
from hierdiff.findings import Finding


@final
class Numbers:
    """Finds figures that cannot all be true.

    First against the ledger, whose value is what ought to stand; then, for all that the ledger does not know, against
    each other: the majority stands, and of two the first.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "numbers")
        sayings = [*said(reading), *rows(reading)]
        known = Known(document.ledger)
        against_facts = list(known.find(reading, sayings))
        return in_order([*against_facts, *rivals(reading, sayings, known.settled)])

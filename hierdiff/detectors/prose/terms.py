"""Terms: one thing, one name. Names and terms that differ from the ledger's, or from the document's own usage."""

from collections.abc import Iterable
from typing import final

from hierdiff.detectors.prose.canon import Canon
from hierdiff.detectors.prose.variants import variants
from hierdiff.detectors.reading.reading import Reading, in_order
from hierdiff.detectors.reading.spellings import tokens
from hierdiff.document import Document
from hierdiff.findings import Finding


@final
class Terms:
    """Finds other names, slips and spellings for what has a name already.

    First the ledger's names, then terms that the document itself spells in two ways, of which the majority stands.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "terms")
        row = tokens(reading)
        named = list(Canon(document.ledger).find(reading, row))
        spoken_for = [(span.start, span.stop) for finding in named for span in finding.spans]
        return in_order([*named, *variants(reading, row, spoken_for)])

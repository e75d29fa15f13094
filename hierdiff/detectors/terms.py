"""Terms: one thing, one name. Names and terms that differ from the ledger's, or from the document's own usage."""
from collections.abc import Iterable
from typing import final
from hierdiff.document import Document
from hierdiff.findings import Finding

@final
class Terms:
    def find(self, document: Document) -> Iterable[Finding]:
        return []

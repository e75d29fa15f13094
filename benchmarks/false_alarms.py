"""False alarms: what the detectors find in documents that are taken to be right, by detector, for a thousand tokens.

    python benchmarks/false_alarms.py FILES... [--context] [--json]

A token is three quarters of a word. With `--context` every finding is printed with the line it stands in, so that a
person can say which of them are true: a real document has real faults.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hierdiff.detectors import standard
from hierdiff.document import count_words, parse
from hierdiff.findings import Finding
from hierdiff.revise.gate import find

WORDS_PER_TOKEN = 0.75
AIM = 0.2
AROUND = 60


@dataclass(frozen=True, slots=True)
class Checked:
    """One document: its text, what was found in it, and how long that took."""

    path: Path
    text: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def tokens(self) -> float:
        """Its length in tokens."""
        return count_words(self.text) / WORDS_PER_TOKEN


def checked(path: Path) -> Checked:
    """A file read and checked with the standard detectors and no facts."""
    text = path.read_bytes().decode("utf-8")
    begun = time.perf_counter()
    findings = tuple(find(standard(), parse(text)))
    return Checked(path, text, findings, time.perf_counter() - begun)


def rates(documents: Sequence[Checked]) -> dict[str, float]:
    """Findings per thousand tokens: by detector and kind, then all together."""
    counts = Counter(f"{one.detector}: {one.kind}" for document in documents for one in document.findings)
    tokens = sum(document.tokens for document in documents) or 1.0
    found = {name: 1000 * count / tokens for name, count in sorted(counts.items())}
    return {**found, "all": 1000 * sum(counts.values()) / tokens}


def in_context(document: Checked) -> Iterator[str]:
    """Every finding of a document on lines of its own."""
    for finding in document.findings:
        line = document.text.count("\n", 0, finding.spans[0].start) + 1
        yield f"{document.path}:{line} [{finding.detector}: {finding.kind}] {finding.reason}"
        for mark, quote in [("-", one) for one in finding.spans[:2]] + [("+", one) for one in finding.against[:1]]:
            before = document.text[max(0, quote.start - AROUND) : quote.start]
            after = document.text[quote.stop : quote.stop + AROUND]
            yield f"    {mark} " + " ".join(f"{before}⟦{quote.text[:200]}⟧{after}".split())
        if finding.expected is not None:
            yield f"    = {finding.expected[:200]!r}"


def main() -> None:
    """Read the arguments, check the files, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--context", action="store_true", help="print every finding with the text around it")
    parser.add_argument("--json", action="store_true", help="end with one JSON object of the figures")
    options = parser.parse_args()
    documents = [checked(path) for path in options.files]
    for document in documents:
        if options.context:
            print("\n".join(in_context(document)))
        rate = 1000 * len(document.findings) / max(document.tokens, 1.0)
        print(f"{rate:8.2f}  {len(document.findings):5d}  {document.tokens:9.0f} tokens  {document.path}")
    found = rates(documents)
    for name, rate in found.items():
        print(f"{rate:8.3f}  {name}")
    seconds = sum(document.seconds for document in documents)
    characters = sum(len(document.text) for document in documents)
    print(f"{len(documents)} documents, {characters / 1e6:.2f} million characters, {seconds:.1f} s; the aim is {AIM}")
    if options.json:
        print(json.dumps({"per_1k_tokens": found, "documents": len(documents), "seconds": seconds}))


if __name__ == "__main__":
    main()

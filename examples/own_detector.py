"""A detector of your own: it finds, and the run decides what to do about it.

This one takes out filler words. It knows what ought to stand in each place (nothing), so no model is asked; a finding
with `expected=None` would be re-noised by the backend instead.

    python examples/own_detector.py report.md
"""

import argparse
import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import hierdiff
from hierdiff.detectors import standard

FILLER = re.compile(r"\b(?:very|really|basically|actually|quite) ")


class Fillers:
    """Finds words that say nothing. Whatever has this method is a detector: nothing is subclassed or registered."""

    def find(self, document: hierdiff.Document) -> Iterable[hierdiff.Finding]:
        """One finding for each filler word, in order of place. Spans count characters of the whole document."""
        for part in document.sections:
            for match in FILLER.finditer(document.text, part.body.start, part.body.stop):
                yield hierdiff.Finding(
                    detector="fillers",
                    kind="filler",
                    section=part.id,
                    spans=(hierdiff.Quote.cut(document.text, match.start(), match.end()),),
                    reason=f"'{match[0].strip()}' says nothing",
                    expected="",
                )


async def revise(text: str, backend_uri: str) -> hierdiff.Document:
    """The text without fillers, and with whatever the usual detectors find put right."""
    backend = hierdiff.open_backend(backend_uri)
    try:
        writer = hierdiff.Writer(hierdiff.open_planner(), backend, detectors=[*standard(), Fillers()])
        return await writer.revise(hierdiff.parse(text))
    finally:
        await backend.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Revise a Markdown file with a detector of one's own.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--backend", default="torch:smol")
    given = parser.parse_args()
    document = asyncio.run(revise(given.file.read_text(encoding="utf-8"), given.backend))
    print(document.text, end="")
    for revision in document.revisions:
        verdict = "changed" if revision.accepted else f"left as it was ({revision.verdict})"
        print(f"{revision.start}: {revision.before!r} -> {revision.after!r}, {verdict}: {revision.reason}")
    for finding in document.unresolved:
        print(f"{finding.spans[0].start}: unresolved: {finding.reason}")


if __name__ == "__main__":
    main()

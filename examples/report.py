"""Write a report and watch it being written: every line is an event of the run.

python examples/report.py "How a small town can cut flood damage" --words 1000 --out report.md
python examples/report.py "Tides" --words 300 --backend scripted:
"""

import argparse
import asyncio
import sys
from pathlib import Path

import hierdiff
from hierdiff.events import Accepted, Drafted, Event, Finished, Found, Planned


def line(event: Event) -> str | None:
    """What a person wants to read of an event; None for the many small steps between."""
    match event:
        case Planned(outline=outline):
            return f"plan: {len(outline.leaves)} sections, " + ", ".join(leaf.title for leaf in outline.leaves)
        case Drafted(draft=draft, seconds=seconds):
            return f"written: {draft.section} ({draft.tokens} tokens, {seconds:.1f} s)"
        case Found(finding=finding):
            return f"found: {finding.kind} in {finding.section}: {finding.reason}"
        case Accepted(revision=revision):
            return f"changed: {revision.before!r} is now {revision.after!r}"
        case _:
            return None


async def write(request: hierdiff.Request, backend: str) -> hierdiff.Document:
    """The document, with a line on standard error for each thing that happens."""
    document = None
    async for event in hierdiff.stream(request, backend=backend):
        if said := line(event):
            print(said, file=sys.stderr)
        if isinstance(event, Finished):
            document = event.document
    assert document is not None  # a run that fails raises its error
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a report and watch it being written.")
    parser.add_argument("goal")
    parser.add_argument("--words", type=int, default=600)
    parser.add_argument("--backend", default="torch:smol")
    parser.add_argument("--out", type=Path, default=Path("report.md"))
    given = parser.parse_args()
    try:
        request = hierdiff.Request(goal=given.goal, words=given.words)
        document = asyncio.run(write(request, given.backend))
    except hierdiff.HierdiffError as error:
        sys.exit(f"error: {error}")
    given.out.write_text(document.text, encoding="utf-8")
    print(f"{given.out}: {document.words} words, {document.cost.forwards} forward passes")


if __name__ == "__main__":
    main()

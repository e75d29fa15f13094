"""Outcome: what came of a run, as a JSON object and as a few lines for people."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from hierdiff.events import Accepted, Finished, Found, RolledBack
from hierdiff.findings import Finding, Revision
from hierdiff.report.changes import change
from hierdiff.report.plain import count, one_line
from hierdiff.report.progress import Progress

MOST_SHOWN = 40
"""Findings and revisions that are printed; the others are counted."""


def finding_as_json(finding: Finding, shift: int = 0) -> dict[str, Any]:
    """A finding as every `--json` gives it. `shift` is added to offsets."""
    return {
        "detector": finding.detector,
        "kind": finding.kind,
        "section": finding.section,
        "spans": [
            {"start": span.start + shift, "stop": span.stop + shift, "text": span.text} for span in finding.spans
        ],
        "reason": finding.reason,
        "expected": finding.expected,
        "against": [
            {"start": span.start + shift, "stop": span.stop + shift, "text": span.text} for span in finding.against
        ],
        "instead": finding.instead,
        "hard": finding.hard,
        "votes": list(finding.votes),
        "lean": finding.lean,
    }


def revision_as_json(revision: Revision, shift: int = 0) -> dict[str, Any]:
    """A revision as every `--json` gives it; `verdict` says why one was rolled back."""
    return {
        "start": revision.start + shift,
        "stop": revision.stop + shift,
        "before": revision.before,
        "after": revision.after,
        "reason": revision.reason,
        "method": revision.method,
        "accepted": revision.accepted,
        "verdict": revision.verdict,
        "figures": dict(revision.figures),
    }


def written_as_json(finished: Finished, progress: Progress, *, out: Path, run: str, log: Path | None) -> dict[str, Any]:
    """What `write --json` prints."""
    document, cost = finished.document, finished.cost
    found = [event.finding for event in progress.changes if isinstance(event, Found)]
    return {
        "run": run,
        "log": None if log is None else str(log),
        "out": str(out),
        "title": document.title,
        "words": document.words,
        "target_words": progress.words,
        "sections": len(document.sections),
        "canvases": cost.canvases,
        "forwards": cost.forwards,
        "token_rows": cost.rows,
        "tokens": cost.tokens,
        "seconds": cost.seconds,
        "findings": len(found),
        "revisions": sum(revision.accepted for revision in document.revisions),
        "unresolved": len(document.unresolved),
        "found": [finding_as_json(finding) for finding in found],
        "revised": [revision_as_json(revision) for revision in document.revisions],
        "standing": [finding_as_json(finding) for finding in document.unresolved],
    }


def print_json(value: dict[str, Any]) -> None:
    """One object on standard output; letters stay letters where its encoding has them all."""
    wide = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf8")
    click.echo(json.dumps(value, ensure_ascii=not wide, indent=2))


def print_exactly(text: str) -> None:
    """A text on standard output byte for byte: UTF-8, line ends as they are, nothing taken out."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def print_changes(console: Console, progress: Progress, *, most: int = MOST_SHOWN) -> None:
    """Findings and revisions with the words around them."""
    for event in progress.changes[:most]:
        for line in change(event, progress, width=console.width):
            console.print(line, soft_wrap=False, highlight=False)
    if len(progress.changes) > most:
        console.print(Text(f"… and {len(progress.changes) - most} more", style="dim"))


def print_closing(console: Console, finished: Finished, progress: Progress, *, out: Path, log: Path | None) -> None:
    """The few lines under a finished run."""
    document, cost = finished.document, finished.cost
    speed = cost.tokens / cost.seconds if cost.seconds > 0 else 0.0
    figures = (
        f"{count(document.words, 'word')} ({progress.words:,} asked)",
        count(len(document.sections), "section"),
        f"{cost.seconds:.1f} s",
        count(cost.forwards, "forward"),
        f"{speed:.0f} tokens/s",
    )
    lines = [Text.assemble(("✓ ", "green"), (one_line(str(out)), "bold")), Text("  " + " · ".join(figures))]
    lines.append(Text("  " + tally(progress, len(document.unresolved)), style="dim"))
    if log is not None:
        lines.append(Text(f"  run log {one_line(str(log))}", style="dim"))
    for line in lines:
        console.print(line, highlight=False, overflow="fold")


def tally(progress: Progress, unresolved: int) -> str:
    """How much was found, revised, rolled back, and is left."""
    kinds = [type(event) for event in progress.changes]
    rolled = kinds.count(RolledBack)
    parts = [count(kinds.count(Found), "finding"), f"{kinds.count(Accepted):,} revised"]
    return " · ".join([*parts, *([f"{rolled:,} rolled back"] if rolled else []), f"{unresolved:,} unresolved"])

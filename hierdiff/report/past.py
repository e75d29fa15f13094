"""Past: a logged run as text: what was planned, how long each section took, what was found and revised."""

import time
from collections.abc import Iterator, Sequence

from rich.text import Text

from hierdiff.events import Accepted, Drafted, Found, Opened, Planned, RolledBack
from hierdiff.findings import Finding
from hierdiff.report.changes import change, found
from hierdiff.report.columns import fitted, padded, titled
from hierdiff.report.plain import count, one_line
from hierdiff.report.progress import Progress
from hierdiff.store import Entry, Run

_FIGURES = "{start:>8} {took:>8} {tokens:>7} {words:>7}"
_GANTT = 24


def told(run: Run, entries: Sequence[Entry], *, width: int) -> Iterator[Text]:
    """The run in lines."""
    progress = Progress(run.goal)
    for entry in entries:
        progress.told(entry.event)
    yield from _head(run, entries, progress, width)
    yield from _plan(entries, progress, width)
    yield from _part("Found", [e for e in progress.changes if isinstance(e, Found)], progress, width)
    yield from _part("Revised", [e for e in progress.changes if not isinstance(e, Found)], progress, width)
    if progress.finished is not None:
        yield from _standing(progress.finished.document.unresolved, progress, width)


def _head(run: Run, entries: Sequence[Entry], progress: Progress, width: int) -> Iterator[Text]:
    planned = next((entry.event for entry in entries if isinstance(entry.event, Planned)), None)
    yield Text(fitted(run.goal, width), style="bold")
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    status = "not finished (still running, or killed)" if run.status == "open" else run.status
    yield _row("run", f"{run.id}, {started}, {status}", width)
    if planned is not None:
        asked = planned.request
        yield _row("asked", f"{run.kind}, {count(run.words, 'word')}, seed {asked.seed}, mode {asked.mode}", width)
        yield _row("backend", planned.backend.name, width)
    if run.out:
        yield _row("out", run.out, width)
    if progress.finished is not None:
        document, cost = progress.finished.document, progress.finished.cost
        work = f"{count(cost.forwards, 'forward')}, {count(cost.tokens, 'token')}, {cost.seconds:.1f} s"
        yield _row("done", f"{count(document.words, 'word')}, {work}", width)
    if progress.failed is not None:
        yield _row("failed", f"{progress.failed.error}: {one_line(progress.failed.message)}", width)


def _row(name: str, text: str, width: int) -> Text:
    return Text.assemble((f"{name:<8} ", "dim"), fitted(text, width - 10))


def _plan(entries: Sequence[Entry], progress: Progress, width: int) -> Iterator[Text]:
    """A line a section: when its canvas was opened, how long it took, and where that lies in the whole."""
    if not progress.rows:
        return
    times = _times(entries)
    begin = min((start for start, _ in times.values()), default=0.0)
    whole = max((stop for _, stop in times.values()), default=begin) - begin
    gantt = _GANTT if width >= 90 else 0
    room = max(12, width - 36 - (gantt + 1 if gantt else 0))
    names = _FIGURES.format(start="opened", took="took", tokens="tokens", words="words")
    yield Text()
    yield Text.assemble((padded("Plan", room), "bold"), (names, "dim"))
    for row in progress.rows.values():
        line = Text(titled(row.title, row.level, room), style="" if row.holds else "bold dim")
        if row.id in times:
            start, stop = times[row.id]
            took = f"{stop - start:.1f} s" if row.state != "writing" else "-"
            line.append(_FIGURES.format(start=f"{start - begin:.1f} s", took=took, tokens=row.tokens, words=row.words))
            line.append(" " + _gantt(start - begin, stop - begin, whole, gantt) if gantt else "", style="cyan")
        elif row.holds:
            line.append("not opened", style="dim")
        yield line


def _times(entries: Sequence[Entry]) -> dict[str, tuple[float, float]]:
    """When each section was opened and finished; one that never was ends with the log."""
    times: dict[str, tuple[float, float]] = {}
    for entry in entries:
        if isinstance(entry.event, Opened):
            times[entry.event.section] = (entry.time, entries[-1].time)
        elif isinstance(entry.event, Drafted) and (section := entry.event.draft.section) in times:
            times[section] = (times[section][0], entry.time)
    return times


def _gantt(start: float, stop: float, whole: float, width: int) -> str:
    if whole <= 0:
        return "█" * width
    left = min(width - 1, int(start / whole * width))
    right = max(left + 1, round(stop / whole * width))
    return " " * left + "█" * (right - left)


def _part(name: str, events: Sequence[Found | Accepted | RolledBack], progress: Progress, width: int) -> Iterator[Text]:
    yield Text()
    yield Text(f"{name}: {len(events) or 'nothing'}", style="bold")
    for event in events:
        yield from change(event, progress, width=width)


def _standing(findings: Sequence[Finding], progress: Progress, width: int) -> Iterator[Text]:
    """What is left; offsets count in the final text, which is not the one that revisions count in."""
    yield Text()
    yield Text(f"Unresolved: {len(findings) or 'nothing'}", style="bold")
    text = progress.finished.document.text if progress.finished is not None else ""
    for finding in findings:
        yield from found(finding, progress.title(finding.section), text, width=width)

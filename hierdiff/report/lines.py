"""Lines: a run as one line for each change of state, for files, pipes and people who read logs."""

from collections.abc import Iterator
from typing import final

from hierdiff.events import (
    Accepted,
    Amended,
    Corrected,
    Drafted,
    Event,
    Failed,
    Finished,
    Found,
    Kept,
    Lost,
    Moved,
    Opened,
    Planned,
    Quoted,
    Realised,
    Renoised,
    Retried,
    RolledBack,
    Stepped,
)
from hierdiff.findings import Revision
from hierdiff.report.columns import fitted
from hierdiff.report.news import against, news_line, quote_line
from hierdiff.report.plain import count, one_line
from hierdiff.report.progress import Progress


@final
class Lines:
    """What is worth a line, and how it reads: a word for the state, then what it happened to."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def of(self, event: Event) -> Iterator[str]:
        """The lines of an event that `progress` has been told of. A step has none."""
        text = self._text(event)
        if text:
            yield f"{event.type.replace('_', ' '):<11} {text}"

    def _text(self, event: Event) -> str:
        progress = self._progress
        match event:
            case Planned(outline=outline, request=request):
                sections = count(len(outline.sections), "section")
                return f"{fitted(outline.title, 80)} ({sections}, {count(request.words, 'word')})"
            case Quoted():
                return quote_line(event)
            case Opened(section=section, width=width, fused=fused, guesses=guesses):
                with_ = f", with {', '.join(map(self._title, fused))}" if fused else ""
                guess = f", before {', '.join(map(self._title, guesses))} is there" if guesses else ""
                return f"{self._title(section)} ({count(width, 'token')}{with_}{guess})"
            case Retried() | Kept() | Lost() | Moved() | Realised() | Amended() | Corrected():
                return news_line(event, self._title)
            case Stepped():
                return ""
            case Drafted(draft=draft, seconds=seconds):
                words = count(progress.rows[draft.section].words, "word")
                cut = ", cut short" if draft.ending == "cut" else ""
                return f"{self._title(draft.section)} ({words}, {count(draft.tokens, 'token')}, {seconds:.1f} s{cut})"
            case Found(finding=finding):
                what = f"{finding.detector} {finding.kind} in {self._title(finding.section)}"
                return f"{what}: {fitted(finding.spans[0].text, 60)!r}: {one_line(finding.reason)}"
            case Renoised(section=section, before=before, candidates=candidates):
                tries = count(candidates, "candidate")
                return f"{self._title(section)}: {fitted(before, 60)!r} is opened again ({tries})"
            case Accepted(revision=revision):
                return self._revised(revision)
            case RolledBack(revision=revision):
                return f"{self._revised(revision)}: {one_line(revision.verdict)}"
            case Finished(document=document, cost=cost, stopped=stopped):
                early = "cut short: " if stopped else ""
                return f"{early}{count(document.words, 'word')} in {cost.seconds:.1f} s{against(event)}"
            case Failed(error=error, message=message):
                return f"{error}: {one_line(message)}"

    def _title(self, section: str) -> str:
        return fitted(self._progress.title(section), 60)

    def _revised(self, revision: Revision) -> str:
        before, after = fitted(revision.before, 60), fitted(revision.after, 60)
        return f"{revision.method} in {self._title(revision.section)}: {before!r} -> {after!r}"

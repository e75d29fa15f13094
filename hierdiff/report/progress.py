"""Progress: where a run stands, told from its events.

It knows nothing of terminals. What a view shows of a run, it asks here; so all views agree.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, final

from hierdiff.document import Draft, count_words
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
from hierdiff.outline import Outline
from hierdiff.tree import joined

State = Literal["waiting", "writing", "done", "cut", "lost"]
Change = Found | Accepted | RolledBack
News = Retried | Kept | Lost | Moved | Realised | Amended | Corrected
"""What happens to the plan while it is carried out."""


@dataclass(slots=True)
class Row:
    """One section as a view shows it. `share` is how much of it stands, and never goes back."""

    id: str
    title: str
    level: int
    holds: bool
    state: State = "waiting"
    tokens: int = 0
    width: int = 0
    share: float = 0.0
    text: str = ""
    words: int = 0
    seconds: float = 0.0
    tries: int = 1
    kept: bool = False


@final
@dataclass(slots=True)
class Progress:
    """Folds events into what stands now. `text` is the document, where a given one is being revised."""

    goal: str = ""
    text: str = ""
    clock: Callable[[], float] = time.monotonic
    backend: str = ""
    words: int = 0
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    writing: dict[str, Row] = field(default_factory=dict[str, Row])
    changes: list[Change] = field(default_factory=list[Change])
    news: list[News] = field(default_factory=list[News])
    quoted: Quoted | None = None
    renoising: Renoised | None = None
    finished: Finished | None = None
    failed: Failed | None = None
    leaves: int = 0
    done: int = 0
    wanted: int = 0
    tokens: int = 0
    started: float = 0.0
    opened: float | None = None
    ended: float | None = None
    _outline: Outline | None = None
    _kind: str = "report"
    _drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the run was begun; it stands still once it is over."""
        return (self.clock() if self.ended is None else self.ended) - self.started

    @property
    def speed(self) -> float:
        """Tokens a second since the first canvas was opened."""
        if self.opened is None:
            return 0.0
        seconds = (self.clock() if self.ended is None else self.ended) - self.opened
        return self.tokens / seconds if seconds > 0.05 else 0.0

    def title(self, section: str) -> str:
        """A section's title, or its id where there is no plan."""
        row = self.rows.get(section)
        return row.title if row is not None else section

    def waits_for(self, section: str) -> list[str]:
        """The titles of the sections that this one still waits for."""
        if self._outline is None:
            return []
        sources = (self.rows[source] for source in self._outline.sources(section))
        return [row.title for row in sources if row.state not in ("done", "cut", "lost")]

    def given(self) -> str:
        """The text in which findings and revisions count their characters: the document as it was first joined."""
        if not self.text and self._outline is not None:
            self.text = joined(self._outline, self._drafts, self._kind).text
        return self.text

    def told(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case Planned():
                self._planned(event)
            case Opened():
                self._open(event)
            case Stepped():
                self._step(event)
            case Drafted():
                self._draft(event)
            case Found() | Accepted() | RolledBack():
                self.changes.append(event)
                self.renoising = None
            case Renoised():
                self.renoising = event
            case Finished():
                self.finished, self.ended, self.renoising = event, self.clock(), None
            case Failed():
                self.failed, self.ended, self.renoising = event, self.clock(), None
            case Quoted():
                self.wanted, self.quoted = event.tokens, event
            case Retried() | Kept() | Lost() | Moved() | Realised() | Amended() | Corrected():
                self._changed(event)

    def _changed(self, event: News) -> None:
        """What happens to a plan while it is carried out."""
        self.news.append(event)
        match event:
            case Lost(section=section):
                row = self._row(section)
                row.state = "lost"
                self.writing.pop(section, None)
            case Kept(section=section):
                self._row(section).kept = True
            case Amended(outline=outline):
                if outline is not None:
                    self._replanned(outline)
            case Corrected(draft=draft):
                row = self._row(draft.section)
                row.text, row.words = draft.text, count_words(draft.text)
                self._drafts[draft.section] = draft
            case Retried(section=section):
                self._row(section).tries += 1
            case Moved() | Realised():
                pass

    def _planned(self, event: Planned) -> None:
        outline = event.outline
        self.goal, self.backend, self.words = event.request.goal, event.backend.name, event.request.words
        self._kind = event.request.kind
        self._replanned(outline)

    def _replanned(self, outline: Outline) -> None:
        """The rows of a plan, those that were there already as they are."""
        leaves, before = {leaf.id for leaf in outline.leaves}, self.rows
        self.leaves, self._outline = len(leaves), outline
        self.rows = {
            section.id: before.get(section.id)
            or Row(section.id, section.title, outline.level(section.id), section.id in leaves)
            for section in outline.reading_order
        }

    def _row(self, section: str) -> Row:
        """The section's row, also for one that the plan does not have."""
        return self.rows.setdefault(section, Row(section, section, 1, True))

    def _open(self, event: Opened) -> None:
        for section in event.fused:
            self._row(section).state = "writing"
        row = self._row(event.section)
        row.state, row.width = "writing", event.width
        self.writing[row.id] = row
        self.opened = self.clock() if self.opened is None else self.opened

    def _step(self, event: Stepped) -> None:
        row = self._row(event.section)
        self.tokens += max(0, event.tokens - row.tokens)
        row.tokens, row.width, row.text = max(row.tokens, event.tokens), event.width, event.text
        row.share = max(row.share, min(1.0, row.tokens / max(1, row.width)))

    def _draft(self, event: Drafted) -> None:
        row, draft = self._row(event.draft.section), event.draft
        self.tokens += max(0, draft.tokens - row.tokens)
        row.state = "cut" if draft.ending == "cut" else "done"
        row.tokens, row.text, row.words = max(row.tokens, draft.tokens), draft.text, count_words(draft.text)
        row.seconds, row.share = event.seconds, row.share if row.state == "cut" else 1.0
        self.done += row.state == "done"
        self.writing.pop(row.id, None)
        self._drafts[row.id] = draft

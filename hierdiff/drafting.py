"""Drafting: opens the frontier's sections as canvases, as many at once as pay off, and gathers their drafts."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import final

from hierdiff.amending import Amending
from hierdiff.canvases import Canvases
from hierdiff.course import Course
from hierdiff.document import Draft
from hierdiff.errors import HierdiffError, RunError
from hierdiff.events import Drafted, Event, Lost
from hierdiff.filling import Filling
from hierdiff.frontier import Frontier
from hierdiff.limits import Limits, limits_of
from hierdiff.moving import Moving
from hierdiff.outline import Section
from hierdiff.protocols import Backend, Planner
from hierdiff.retrying import Retrying
from hierdiff.settings import Settings
from hierdiff.speculation import Speculation

LOST_IN_A_ROW = 3
"""So many sections that fail one after the other, with none finished between, end the run: the backend is gone."""


@final
class Drafting:
    """One run's drafts. They are put into the course, also those of a run that was cut short; `error` is that of the
    first section that could not be written."""

    def __init__(
        self,
        backend: Backend,
        course: Course,
        planner: Planner,
        settings: Settings,
        emit: Callable[[Event], None],
    ) -> None:
        request = course.request
        self._course, self._settings, self._emit = course, settings, emit
        self._limits: Limits = limits_of(backend.capabilities, settings, request.mode)
        self._canvases = Canvases(backend.capabilities, request, course)
        self._filling = Filling(backend, settings, emit)
        prose = request.kind != "code"
        self._retrying = Retrying(self._canvases, self._filling, settings, emit, prose=prose)
        self._speculation = Speculation(course, self._canvases, self._filling)
        self._amending = Amending(planner, course, settings.amendments)
        self._moving = Moving(course)
        self._frontier = Frontier(course.outline)
        self._open: dict[asyncio.Task[list[Draft]], tuple[str, ...]] = {}
        self._widths: dict[str, int] = {}
        self._lost_in_a_row = 0
        self.error: HierdiffError | None = None

    async def run(self, stop: asyncio.Event) -> bool:
        """Write every section; false if `stop` came first, or a section is lost. The sentences of what was cut short
        are safe in the course's drafts."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while self._frontier.left and not stop.is_set():
                await self._amend(stopping)
                if not stop.is_set():
                    self._fill_up()
                if not self._open and not stop.is_set():
                    raise RunError("sections are left that wait for nothing, and none of them opens; this is a bug")
                done, _ = await asyncio.wait({*self._open, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in self._open if task in done]:
                    self._gathered(task, self._open.pop(task))
            return not self._frontier.left and self.error is None
        finally:
            stopping.cancel()
            for task in self._open:
                task.cancel()
            await asyncio.gather(stopping, *self._open, return_exceptions=True)
            self._save(list(self._filling.open))

    def _fill_up(self) -> None:
        """Open what may open and has room, first what is ready, then what can begin on a guess."""
        while self._frontier.waiting:
            room = self._limits.room(self._widths.values())
            words = None if room is None else self._canvases.room(room)
            section = self._frontier.take(words) if words != 0 else None
            guessed = False
            if section is None and words != 0 and self._settings.speculate and self._course.request.mode == "dag":
                section = self._frontier.guess(words)
                guessed = section is not None
            if section is None:
                return
            self._begin(section, guessed=guessed)

    def _begin(self, section: Section, *, guessed: bool) -> None:
        names = self._course.outline.group(section.id)
        sections = [self._course.outline.section(name) for name in names]
        self._widths[section.id] = self._canvases.tokens(sum(one.budget for one in sections))
        for name in names:
            self._course.begin(name)
        told = self._speculation.begin(section) if guessed else {}
        self._open[asyncio.create_task(self._draft(sections, told))] = names

    async def _draft(self, sections: Sequence[Section], told: dict[str, Draft]) -> list[Draft]:
        started = time.monotonic()
        drafts = await self._retrying.drafts(sections, told, tuple(told))
        for draft in drafts:
            self._emit(Drafted(draft=draft, seconds=round(time.monotonic() - started, 3)))
        return list(drafts)

    async def _correct(self, draft: Draft) -> list[Draft]:
        draft, corrected = await self._speculation.corrected(draft)
        for event in corrected:
            self._emit(event)
        return [draft]

    def _gathered(self, task: "asyncio.Task[list[Draft]]", names: tuple[str, ...]) -> None:
        """Take a finished canvas in: what it says of the ledger, what it is short or long by, who may open now."""
        self._widths.pop(names[0], None)
        error = task.exception()
        if error is None:
            self._lost_in_a_row = 0
            drafts = {draft.section: draft for draft in task.result()}
        elif isinstance(error, HierdiffError):
            self._speculation.forget(names[0])
            drafts = self._lose(names, error)
        else:
            raise error
        self._course.drafts.update(drafts)
        if self._speculation.rests(names[0]):
            return
        if names[0] in self._speculation.unsettled and names[0] in drafts:
            self._later(drafts[names[0]])
            return
        for name in names:
            self._finished(name, drafts.get(name))
        self._frontier.done(names[0])
        if moved := self._moving.moved():
            self._frontier.resized(self._course.outline)
            self._emit(moved)

    def _finished(self, name: str, draft: Draft | None) -> None:
        if draft is not None:
            for event in self._course.realise(draft, expected=self._speculation.counted_on(name)):
                self._emit(event)
            self._moving.finished(draft)
        for dependant in self._speculation.settle(name):
            if dependant in self._course.drafts:
                self._later(self._course.drafts[dependant])

    def _later(self, draft: Draft) -> None:
        """Hold a guess against what it came out as, before anybody reads the draft."""
        self._open[asyncio.create_task(self._correct(draft))] = (draft.section,)

    def _lose(self, names: tuple[str, ...], error: HierdiffError) -> dict[str, Draft]:
        """A canvas that could not be filled: its whole sentences are kept, the others go on."""
        self.error = self.error or error
        self._lost_in_a_row += 1
        for name in names:
            self._emit(Lost(section=name, error=type(error).__name__, message=str(error)))
        saved = self._save([one for one, canvas in self._filling.open.items() if canvas.section == names[0]])
        if self._lost_in_a_row >= LOST_IN_A_ROW and isinstance(error, RunError):
            raise error
        return saved

    async def _amend(self, stopping: "asyncio.Task[bool]") -> None:
        """Let the planner change what is not begun; what is open goes on meanwhile."""
        if not self._amending.due:
            return
        asking = asyncio.create_task(self._amending.amended())
        try:
            await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            event = asking.result() if asking.done() else None
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        if event is None:
            return
        self._emit(event)
        if event.outline is not None:
            outline = event.outline
            taken = [name for name in self._course.begun if name in self._frontier.taken]
            todo = [leaf.id for leaf in outline.leaves if leaf.id not in self._course.begun]
            self._frontier = Frontier(outline, [*todo, *taken], taken=taken)

    def _save(self, canvases: Sequence[str]) -> dict[str, Draft]:
        """The whole sentences of canvases that were given up."""
        saved: dict[str, Draft] = {}
        for name in canvases:
            canvas = self._filling.forget(name)
            if canvas is None:
                continue
            outline = self._course.outline
            sections = [outline.section(one) for one in outline.group(canvas.section)]
            for draft in self._retrying.given_up(sections) or self._canvases.cut(canvas, sections):
                if draft.text.strip() and draft.section not in self._course.drafts:
                    saved[draft.section] = draft
        for draft in saved.values():
            self._emit(Drafted(draft=draft, seconds=0.0))
        self._course.drafts.update(saved)
        return saved

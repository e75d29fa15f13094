"""Writer: the machine that runs planner, backend and detectors.

    request -> Planner -> Outline -> Frontier -> Canvas -> Backend -> Draft -> Document -> Detectors -> renoise -> ...

A run is a task that puts events on a queue; `stream` reads the queue. Whoever leaves the stream early cancels the task,
and with it every open canvas. `stop` ends a run in good order: what is finished is joined and handed over.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import final

from hierdiff.budget import budgeted
from hierdiff.context.contexts import Contexts
from hierdiff.course import Course
from hierdiff.detectors.suited import suited
from hierdiff.document import Cost, Document
from hierdiff.drafting import Drafting
from hierdiff.errors import HierdiffError, RunError
from hierdiff.events import Event, Failed, Finished, Planned
from hierdiff.gathering import gathered
from hierdiff.judges.doubt import Doubt
from hierdiff.modes import shaped, sized
from hierdiff.outline import Outline
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend, Detector, Judge, Planner, Retriever
from hierdiff.quote import Pace, quoted
from hierdiff.request import Request
from hierdiff.revise.reviser import Reviser
from hierdiff.settings import Settings
from hierdiff.sources import with_sources
from hierdiff.tree import is_tree, joined

Emit = Callable[[Event], None]
Approve = Callable[[Outline], Awaitable[Outline | None]]
"""Sees the outline before anything is drawn: gives it back, or another one, or None to have nothing written."""


@final
class Writer:
    """Writes documents. One writer runs one request at a time; backend and planner are the caller's to close.

    `approve` sees every plan before it is carried out; `pace` is what the quoted time rests on.
    """

    def __init__(
        self,
        planner: Planner,
        backend: Backend,
        *,
        detectors: Sequence[Detector] | None = None,
        judges: Sequence[Judge] | None = None,
        settings: Settings | None = None,
        templates: Templates | None = None,
        approve: Approve | None = None,
        pace: Pace | None = None,
        retriever: Retriever | None = None,
    ) -> None:
        self._planner, self._backend = planner, backend
        self._approve, self._pace = approve, pace
        self._detectors = None if detectors is None else tuple(detectors)
        self._judges = (Doubt(backend),) if judges is None else tuple(judges)
        self._settings = settings or Settings()
        self._templates = templates or Templates()
        self._retriever = retriever
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End the run in good order: finished sections and the whole sentences of open ones make the document."""
        self._stop.set()

    async def write(self, request: Request) -> Document:
        """The finished document of a request."""
        return await _document(self.stream(request))

    async def revise(self, document: Document) -> Document:
        """The document with what is wrong in it found and, where that can be done, rewritten."""
        return await _document(self.revising(document))

    def stream(self, request: Request) -> AsyncIterator[Event]:
        """The events of a run. The last is `Finished`; after a `Failed` the error itself is raised."""
        return _stream(lambda emit: self._write(request, emit))

    def revising(self, document: Document) -> AsyncIterator[Event]:
        """The events of a revision of somebody's document."""
        return _stream(lambda emit: self._revise(document, emit))

    async def _write(self, request: Request, emit: Emit) -> None:
        self._stop.clear()
        started, before = time.monotonic(), self._backend.cost
        run = uuid.uuid4().hex[:12]
        outline, evidence = await gathered(await self._plan(request), self._retriever, self._stop)
        able = self._backend.capabilities
        emit(Planned(run=run, request=request, outline=outline, backend=able, evidence=evidence))
        quote = quoted(outline, able, self._settings, request.mode, self._pace)
        emit(quote)
        course = Course(outline, request, self._templates, capabilities=able, evidence=evidence)
        drafting = Drafting(self._backend, course, self._planner, self._settings, emit)
        error: HierdiffError | None = None
        try:
            whole = await drafting.run(self._stop)
            error = drafting.error
        except RunError as failed:
            whole, error = False, failed
        document = joined(course.outline, course.drafts, request.kind).changed(run=run, evidence=evidence)
        if whole:
            document = await self._reviser(emit, course.contexts, document).run(document, self._stop)
        document = document if is_tree(document) else with_sources(document)
        document = document.changed(cost=_spent(before, self._backend.cost, started))
        emit(Finished(document=document, cost=document.cost, stopped=not whole, quoted=quote))
        if error is not None:
            raise error

    async def _revise(self, document: Document, emit: Emit) -> None:
        self._stop.clear()
        started, before = time.monotonic(), self._backend.cost
        document = await self._reviser(emit, None, document).run(document, self._stop)
        document = document.changed(cost=_spent(before, self._backend.cost, started))
        emit(Finished(document=document, cost=document.cost))

    async def _plan(self, request: Request) -> Outline:
        """The planner's outline in the request's mode; given up when the run is stopped before it stands."""
        planning = asyncio.ensure_future(self._planned(request))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({planning, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not planning.done():
                raise RunError("the run was stopped before its outline stood; nothing was written")
            return planning.result()
        finally:
            for task in (planning, stopping):
                task.cancel()
            await asyncio.gather(planning, stopping, return_exceptions=True)

    async def _planned(self, request: Request) -> Outline:
        """The plan with its budgets, approved, and shaped as the mode wants it."""
        outline = sized(await self._planner.plan(request, self._backend), request)
        if self._approve is not None:
            approved = await self._approve(outline)
            if approved is None:
                raise RunError("the plan was not approved; nothing was written")
            outline = approved if approved == outline else budgeted(approved, _words(approved) or _words(outline))
        return shaped(outline, request)

    def _reviser(self, emit: Emit, contexts: Contexts | None, document: Document) -> Reviser:
        detectors = suited(document) if self._detectors is None else self._detectors
        return Reviser(self._backend, detectors, self._settings, self._templates, contexts, emit, self._judges)


def _words(outline: Outline) -> int:
    return sum(leaf.budget for leaf in outline.leaves)


def _spent(before: Cost, after: Cost, started: float) -> Cost:
    return Cost(
        forwards=after.forwards - before.forwards,
        rows=after.rows - before.rows,
        tokens=after.tokens - before.tokens,
        canvases=after.canvases - before.canvases,
        seconds=round(time.monotonic() - started, 3),
    )


async def _document(events: AsyncIterator[Event]) -> Document:
    document: Document | None = None
    async for event in events:
        if isinstance(event, Finished):
            document = event.document
    if document is None:
        raise RunError("the run ended without a document")
    return document


async def _stream(work: Callable[[Emit], Awaitable[None]]) -> AsyncIterator[Event]:
    """Run `work` as a task and yield what it emits; leaving early cancels it and waits until it has cleaned up."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def run() -> None:
        try:
            await work(queue.put_nowait)
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(run())
    try:
        while (event := await queue.get()) is not None:
            yield event
        error = task.exception() if task.done() else await _outcome(task)
        if error is not None:
            own = unwrapped(error)
            about = own.about if isinstance(own, HierdiffError) else None
            yield Failed(error=type(own).__name__, message=str(own), about=about)
            raise own
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _outcome(task: "asyncio.Task[None]") -> BaseException | None:
    await asyncio.wait({task})
    return task.exception()


def unwrapped(error: BaseException) -> BaseException:
    """The first error inside an exception group: what a user can catch."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

"""Drafting: opens the frontier's sections as canvases, as many at once as pay off, and gathers their drafts."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast, final

from hierdiff.canvas import Canvas
from hierdiff.context.contexts import Contexts
from hierdiff.document import Draft
from hierdiff.events import Drafted, Event, Opened, Stepped
from hierdiff.frontier import Frontier
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Backend
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff.settings import Settings

_SENTENCE = re.compile(r".*[.!?…][\"”’')\]]*(?=\s|$)", re.DOTALL)


@final
class Drafting:
    """One run's drafts. `drafts` holds the finished sections, also when the run was cut short."""

    def __init__(
        self,
        backend: Backend,
        contexts: Contexts,
        outline: Outline,
        request: Request,
        settings: Settings,
        emit: Callable[[Event], None],
    ) -> None:
        self._backend, self._contexts, self._outline = backend, contexts, outline
        self._request, self._emit = request, emit
        self._every = settings.steps_every
        rows = settings.open_at_once or backend.capabilities.rows
        self._at_once = 1 if request.mode == "sequential" else rows
        self._open: dict[str, Canvas] = {}
        self.drafts: dict[str, Draft] = {}

    async def run(self, stop: asyncio.Event) -> bool:
        """Write every section; false if `stop` came first. An error of one section is raised when the sentences that
        the others have so far are safe in `drafts`."""
        frontier = Frontier(self._outline)
        tasks: dict[asyncio.Task[Draft], Section] = {}
        stopping = asyncio.create_task(stop.wait())
        try:
            while frontier.left and not stop.is_set():
                while len(tasks) < self._at_once and (section := frontier.take()) is not None:
                    tasks[asyncio.create_task(self._draft(section))] = section
                done, _ = await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in tasks if task in done]:
                    section = tasks.pop(task)
                    self.drafts[section.id] = task.result()
                    frontier.done(section.id)
            return not frontier.left
        finally:
            stopping.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(stopping, *tasks, return_exceptions=True)
            self._save_open()

    async def _draft(self, section: Section) -> Draft:
        canvas = self._canvas(section)
        started = time.monotonic()
        self._emit(Opened(canvas=canvas.id, section=section.id, width=canvas.width))
        self._open[section.id] = canvas
        told = 0
        filling = cast(AsyncGenerator[Canvas], self._backend.fill(canvas))
        async with aclosing(filling) as states:
            async for state in states:
                self._open[section.id] = state
                if state.tokens >= told + self._every or not state.holes:
                    told = state.tokens
                    self._step(section, canvas, state)
        draft = self._open.pop(section.id).draft()
        draft = draft.changed(text=paragraphs(draft.text))
        self._emit(Drafted(draft=draft, seconds=round(time.monotonic() - started, 3)))
        return draft

    def _canvas(self, section: Section) -> Canvas:
        tokens = max(1, round(section.budget * self._backend.capabilities.tokens_per_word))
        return Canvas.open(
            section.id,
            width=tokens,
            shared=self._contexts.shared,
            own=self._contexts.own(section, self.drafts),
            seed=seed_of(self._request.seed, section.id),
            hint=section.topic or section.title,
        )

    def _step(self, section: Section, canvas: Canvas, state: Canvas) -> None:
        text = state.text
        self._emit(
            Stepped(canvas=canvas.id, section=section.id, tokens=state.tokens, width=canvas.width, text=text),
        )

    def _save_open(self) -> None:
        """The whole sentences of canvases that were open when the run ended early."""
        for section, canvas in self._open.items():
            whole = _SENTENCE.match(canvas.text)
            if whole is not None and whole.group().strip():
                draft = Draft(section=section, text=paragraphs(whole.group()), tokens=canvas.tokens, ending="cut")
                self.drafts[section] = draft
                self._emit(Drafted(draft=draft, seconds=0.0))
        self._open.clear()


def paragraphs(text: str) -> str:
    """Prose as Markdown paragraphs: a line's end, which Markdown would join, becomes a blank line."""
    return re.sub(r"[ \t]*\n\s*", "\n\n", text.strip())

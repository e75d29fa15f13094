"""Filling: one canvas after the other is asked of the backend, again with the same seed where that fails in passing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast, final

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from hierdiff.canvas import Canvas
from hierdiff.errors import BackendError
from hierdiff.events import Event, Opened, Retried, Stepped
from hierdiff.protocols import Backend
from hierdiff.settings import Settings

LONGEST_WAIT = 20.0
"""Seconds between two tries at most."""


@final
class Filling:
    """The canvases of one run that are with the backend. `open` holds each as it stands, by its id."""

    def __init__(self, backend: Backend, settings: Settings, emit: Callable[[Event], None]) -> None:
        self._backend, self._settings, self._emit = backend, settings, emit
        self.open: dict[str, Canvas] = {}

    async def fill(self, canvas: Canvas, *, fused: tuple[str, ...] = (), guesses: tuple[str, ...] = ()) -> Canvas:
        """The canvas without holes. Raises BackendError when every try has failed; how it stood then stays in `open`
        until `forget`."""
        self._emit(Opened(canvas=canvas.id, section=canvas.section, width=canvas.width, fused=fused, guesses=guesses))
        self.open[canvas.id] = canvas
        try:
            await self._once(canvas)
        except BackendError as error:
            if not (error.passing and self._settings.retries):
                raise
            await self._again(canvas, error)
        return self.open.pop(canvas.id)

    async def _again(self, canvas: Canvas, first: BackendError) -> None:
        """The tries after the first, which ended in an error."""
        wait = self._settings.retry_wait
        tries = AsyncRetrying(
            stop=stop_after_attempt(1 + self._settings.retries),
            wait=wait_exponential(wait, LONGEST_WAIT) + wait_random(0, wait),
            retry=retry_if_exception(lambda error: isinstance(error, BackendError) and error.passing),
            before_sleep=lambda state: self._say(canvas, state),
            reraise=True,
        )
        async for attempt in tries:
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise first
                await self._once(canvas)

    async def patch(self, canvas: Canvas) -> tuple[str, ...]:
        """What comes into the holes of a canvas on which a draft stands already. Said to nobody, tried once."""
        last = canvas
        async with aclosing(cast(AsyncGenerator[Canvas], self._backend.fill(canvas))) as states:
            async for state in states:
                last = state
        return last.filled

    def forget(self, canvas: str) -> Canvas | None:
        """How a canvas stood when it was given up."""
        return self.open.pop(canvas, None)

    async def _once(self, canvas: Canvas) -> None:
        told = 0
        async with aclosing(cast(AsyncGenerator[Canvas], self._backend.fill(canvas))) as states:
            async for state in states:
                if state.tokens >= self.open[canvas.id].tokens:
                    self.open[canvas.id] = state
                if state.tokens >= told + self._settings.steps_every or not state.holes:
                    told = state.tokens
                    self._step(canvas, state)
        if self.open[canvas.id].holes:
            raise BackendError(f"the backend left section '{canvas.section}' with holes", about=canvas.section)

    def _step(self, canvas: Canvas, state: Canvas) -> None:
        text = state.text
        self._emit(
            Stepped(canvas=canvas.id, section=canvas.section, tokens=state.tokens, width=canvas.width, text=text),
        )

    def _say(self, canvas: Canvas, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        why = " ".join(str(error).split())[:300]
        self._emit(Retried(section=canvas.section, why=why, way="again", attempt=state.attempt_number))

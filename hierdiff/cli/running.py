"""Running: a run in the foreground. Its events are handed on, and signals end it in good order."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import final

from rich.console import Console

from hierdiff.cli.errors import say
from hierdiff.errors import RunError
from hierdiff.events import Event
from hierdiff.plugins import open_backend
from hierdiff.protocols import Backend
from hierdiff.report.bars import Bars
from hierdiff.report.terminal import View, can_draw, ticking

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def opened(uri: str, console: Console) -> Backend:
    """The backend of a URI, with bars for what that takes. SIGTERM ends it as Ctrl-C does: downloads are cleaned up."""
    with terminable(), Bars(console, f"opening {uri}", live=can_draw(console)) as bars:
        return open_backend(uri, told=bars.told)


@final
class Foreground:
    """Follows one run. The first SIGINT or SIGTERM calls `stop`, the second abandons the run.

    `stopped` says whether a signal came.
    """

    def __init__(self, view: View, stop: Callable[[], None], *, hears: Sequence[Callable[[Event], None]] = ()) -> None:
        self._view, self._stop, self._hears = view, stop, hears
        self.stopped = False

    async def follow(self, events: AsyncIterator[Event], backend: Backend) -> None:
        """Hand every event on until the run is over, then close the backend. A RunError that only says that the run
        was stopped is no error here. Raises asyncio.CancelledError when the run was abandoned."""
        with self._listening():
            try:
                async with ticking(self._view):
                    async for event in events:
                        self._hand_on(event)
            except RunError as error:
                if not self.stopped:
                    raise
                self._view.close()
                say(str(error))
            finally:
                await backend.close()

    def _hand_on(self, event: Event) -> None:
        for hear in self._hears:
            hear(event)
        self._view.told(event)

    @contextmanager
    def _listening(self) -> Generator[None]:
        """While it is open, signals come here. Where the loop takes none (Windows), Ctrl-C abandons the run."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in _SIGNALS:
                loop.add_signal_handler(number, self._signalled, loop, task)
        try:
            yield
        finally:
            _deaf(loop)

    def _signalled(self, loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None] | None") -> None:
        if self.stopped:
            _deaf(loop)
            if task is not None:
                task.cancel()
            return
        self.stopped = True
        self._view.note("stopping: what stands is kept; once more aborts at once")
        self._stop()


def _deaf(loop: asyncio.AbstractEventLoop) -> None:
    """Give the signals back: one more kills."""
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


@contextmanager
def terminable() -> Generator[None]:
    """While it is open, SIGTERM is a KeyboardInterrupt."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

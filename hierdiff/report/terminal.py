"""Terminal: a run as it is seen on a screen, or, where there is none, line by line.

    with shown(console, Progress(goal), live=can_draw(console)) as view:
        async for event in events:
            view.told(event)

A view is told events and nothing else. It never writes to standard output, which belongs to results.
"""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Protocol, final

from rich.console import Console
from rich.control import Control
from rich.live import Live

from hierdiff.events import Event, Stepped
from hierdiff.report.frame import Frame
from hierdiff.report.lines import Lines
from hierdiff.report.progress import Progress

SHORTEST = 0.1
"""Seconds between two pictures at least: more often is only noise, and costs the run time."""
TICK = 0.25
"""Seconds after which the clock is drawn again although nothing has happened."""


class View(Protocol):
    """Whatever shows a run while it goes on."""

    @property
    def progress(self) -> Progress:
        """What it knows of the run."""
        ...

    def told(self, event: Event) -> None:
        """Take one event in, and show it."""
        ...

    def tick(self) -> None:
        """Time has passed."""
        ...

    def note(self, text: str) -> None:
        """Say something that is no event."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """While it is open, nothing is drawn: somebody is asked something."""
        ...

    def close(self) -> None:
        """The last picture; the terminal is as it was before. May be called twice."""
        ...


@final
class Screen:
    """The live view: one frame, drawn over itself."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self.progress = progress
        self._console = console
        self._frame = Frame(progress)
        self._live = Live(
            self._frame, console=console, auto_refresh=False, redirect_stdout=False, vertical_overflow="crop"
        )
        self._drawn, self._size = 0.0, console.size
        self._live.start(refresh=True)

    def told(self, event: Event) -> None:
        """Take the event in; it is drawn now, or by the next tick."""
        self.progress.told(event)
        if not isinstance(event, Stepped) or time.monotonic() - self._drawn >= SHORTEST:
            self.tick()

    def tick(self) -> None:
        """Draw, unless that was just done."""
        if time.monotonic() - self._drawn >= SHORTEST:
            self._draw()

    def note(self, text: str) -> None:
        """A line under the sections, until there is another."""
        self._frame.note = text
        self._draw()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Take the picture away until it is left."""
        self._frame.last, self._live.transient = True, True
        self._live.stop()
        try:
            yield
        finally:
            self._frame.last, self._live.transient = False, False
            self._live.start(refresh=True)

    def close(self) -> None:
        """Leave the last picture on the screen and give the cursor back."""
        self._frame.last = True
        self._live.stop()

    def _draw(self) -> None:
        """Draw the frame. After a resize the old one has been wrapped into shreds: wipe the screen first."""
        if self._console.size != self._size:
            self._size = self._console.size
            self._console.control(Control.clear(), Control.home())
        self._live.refresh()
        self._drawn = time.monotonic()


@final
class Log:
    """The view for files and pipes: a line for each change of state, as it comes."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self.progress = progress
        self._console, self._lines = console, Lines(progress)

    def told(self, event: Event) -> None:
        """Take the event in and write its line, if it has one."""
        self.progress.told(event)
        for line in self._lines.of(event):
            self.note(line)

    def tick(self) -> None:
        """Time alone is no news."""

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is drawn over."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def shown(console: Console, progress: Progress, *, live: bool) -> Generator[View]:
    """A view on the console, closed whatever happens: a picture if `live`, else lines."""
    view: View = Screen(console, progress) if live else Log(console, progress)
    try:
        yield view
    finally:
        view.close()


@asynccontextmanager
async def ticking(view: View) -> AsyncGenerator[None]:
    """While it is open, the view is told that time passes."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK)
            view.tick()

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def errors_console() -> Console:
    """The console on standard error, where all progress goes."""
    return Console(file=sys.stderr, stderr=True, highlight=False)


def can_draw(console: Console) -> bool:
    """Whether the console is a terminal on which a picture can be drawn over itself."""
    return sys.stderr.isatty() and console.is_terminal and not console.is_dumb_terminal

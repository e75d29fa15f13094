"""Shown: a training run as it is seen on a screen, or, where there is none, as a line now and then."""

import time
from contextlib import AbstractContextManager
from typing import Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from hierdiff_torch.training.state import Point

_KEPT = 0.9


@final
class Shown(AbstractContextManager["Shown"]):
    """Hears of every step. `live` says that the console can be drawn on; else every `every`-th step is a line."""

    def __init__(self, console: Console, *, done: int, steps: int, tokens: int, every: int, live: bool) -> None:
        self._console, self._live, self._every, self._tokens = console, live, every, tokens
        self._loss: float | None = None
        self._began, self._first = time.monotonic(), done
        said = TextColumn("{task.description}", markup=False)
        self._bar = Progress(
            SpinnerColumn(), said, BarColumn(bar_width=24), console=console, transient=True, disable=not live
        )
        self._task = self._bar.add_task("the first step", total=steps, completed=done)

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def told(self, point: Point, steps: int) -> None:
        """One step more of so many."""
        done = point.step + 1
        self._loss = point.loss if self._loss is None else _KEPT * self._loss + (1 - _KEPT) * point.loss
        pace = (done - self._first) / max(time.monotonic() - self._began, 1e-6)
        line = f"step {done} of {steps}, loss {self._loss:.3f}, {pace * self._tokens:,.0f} tokens/s"
        if done < steps:
            line += f", {lasting((steps - done) / pace)} left"
        if self._live:
            self._bar.update(self._task, completed=done, description=line)
        elif done % self._every == 0 or done == steps:
            self.note(line)

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def lasting(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"

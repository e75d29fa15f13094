"""Bars: how far something is that takes long before a run can begin: a model being opened, fetched, unpacked."""

from contextlib import AbstractContextManager
from typing import Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from hierdiff.report.columns import fitted
from hierdiff.report.plain import one_line

BYTES = frozenset({"fetching"})
"""What is counted in bytes; everything else is counted in pieces."""


@final
class Bars(AbstractContextManager["Bars"]):
    """Hears `told(doing, done, of)` and shows a bar for each `doing`, or, without a screen, a line when one ends.

    `what` is what is waited for ("opening torch:smol"), said beside a spinner.
    """

    def __init__(self, console: Console, what: str, *, live: bool) -> None:
        self._console, self._what, self._live = console, one_line(what), live
        self._tasks: dict[str, TaskID] = {}
        self._said: set[str] = set()
        text = TextColumn("{task.description}", markup=False)
        self._bars = Progress(
            SpinnerColumn(), text, BarColumn(bar_width=24), _Amount(), console=console, transient=True, disable=not live
        )

    def __enter__(self) -> Self:
        self._bars.start()
        self._bars.add_task(fitted(self._what, 50), total=None)
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def told(self, doing: str, done: int, of: int) -> None:
        """So much of so much is done."""
        doing = one_line(doing)
        if not self._live:
            return self._line(doing, done, of)
        if doing not in self._tasks:
            self._tasks[doing] = self._bars.add_task(f"  {fitted(doing, 30)}", doing=doing)
        self._bars.update(self._tasks[doing], completed=done, total=of)

    def _line(self, doing: str, done: int, of: int) -> None:
        """The first and the last that is heard of something."""
        stage = f"{doing}: {amount(doing, of)}" if done < of else f"{doing}: done"
        if stage not in self._said:
            self._said.add(stage)
            self._console.print(f"{self._what}: {stage}", markup=False, highlight=False, soft_wrap=True)


def amount(doing: str, number: float) -> str:
    """A number of bytes or of pieces, as people read it."""
    return f"{number / 1e6:.1f} MB" if doing in BYTES else f"{number:,.0f}"


@final
class _Amount(ProgressColumn):
    """How much of how much; nothing for what has no end in sight."""

    def render(self, task: Task) -> Text:
        doing = str(task.fields.get("doing", ""))
        if task.total is None:
            return Text("")
        left = task.time_remaining
        rest = f", {left:.0f} s left" if left is not None and task.completed < task.total else ""
        return Text(f"{amount(doing, task.completed)} of {amount(doing, task.total)}{rest}", style="dim")

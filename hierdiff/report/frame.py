"""Frame: one picture of a run, as wide and as high as the terminal is at that moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from hierdiff.report.changes import change
from hierdiff.report.columns import fitted, indent, tail, titled
from hierdiff.report.news import news_line
from hierdiff.report.plain import clock, count, one_line
from hierdiff.report.progress import Progress, Row, State

NARROW = 60
"""Columns below which a bar is short and the emerging text has no room."""
_MOST_CHANGES, _MOST_NEWS = 6, 3
_MEASURED = 500
"""Rows whose titles are measured: with more than these the picture must still be drawn ten times a second."""
_STYLES: dict[State, str] = {"waiting": "dim", "writing": "cyan", "done": "green", "cut": "yellow", "lost": "red"}
_SIGNS: dict[State, str] = {"waiting": "·", "writing": "▸", "done": "✓", "cut": "✂", "lost": "✗"}
_ASCII: dict[State, str] = {"waiting": ".", "writing": ">", "done": "+", "cut": "%", "lost": "x"}


@final
@dataclass(slots=True)
class Frame:
    """Header, a line a section, the newest changes. `note` is a line that stands until it is replaced.

    Where there are more sections than lines, those being written have one each and the others are counted. `last` is
    the picture that stays when the run is over: what is told below it is left out of it.
    """

    progress: Progress
    note: str = ""
    last: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(20, options.max_width - 1)
        head = list(self._header(width))
        foot = list(self._footer(width))
        room = max(1, console.size.height - 1 - len(head) - len(foot))
        for line in (*head, *self._body(width, room, plain=options.ascii_only), *foot):
            line.no_wrap, line.overflow = True, "ellipsis"
            yield line

    def _header(self, width: int) -> Iterator[Text]:
        progress = self.progress
        yield Text(fitted(progress.goal, width), style="bold")
        narrow = width < NARROW
        words = ["" if narrow else progress.backend, clock(progress.elapsed) + _quoted(progress, narrow=narrow)]
        if progress.rows:
            words.append(f"{progress.done}/{progress.leaves} written")
        if progress.tokens:
            words += [_of(progress)] * (not narrow) + [f"{progress.speed:.0f} tokens/s"]
        yield Text(fitted(" · ".join(word for word in words if word), width), style="dim")

    def _footer(self, width: int) -> Iterator[Text]:
        progress = self.progress
        if self.last:
            return
        if progress.renoising is not None:
            what = f"~ re-noising in {progress.title(progress.renoising.section)}: {progress.renoising.before}"
            yield Text(fitted(what, width), style="magenta")
        elif progress.changes:
            for event in progress.changes[-_MOST_CHANGES:]:
                yield from change(event, progress, width=width, short=True)
        else:
            for event in progress.news[-_MOST_NEWS:]:
                line = f"{event.type.replace('_', ' ')} {news_line(event, progress.title)}"
                yield Text(fitted(line, width), style="dim")
        if self.note:
            yield Text(fitted(self.note, width), style="yellow")

    def _body(self, width: int, room: int, *, plain: bool) -> Iterator[Text]:
        progress = self.progress
        if not progress.rows and not progress.text:
            yield Text("planning …", style="dim")
        shown, rest = progress.rows.values(), ""
        if len(progress.rows) > room:
            shown = list(progress.writing.values())[: room - 1]
            rest = self._rest(len(progress.writing) - len(shown))
        columns = _Columns.of(width, list(islice(progress.rows.values(), _MEASURED)))
        for row in shown:
            yield self._line(row, columns, plain=plain)
        if rest:
            yield Text(fitted(rest, width), style="dim")

    def _rest(self, hidden: int) -> str:
        """What the lines that there is no room for would say."""
        progress = self.progress
        waiting = progress.leaves - progress.done - len(progress.writing)
        parts = [f"{hidden} more writing"] if hidden else []
        return ", ".join([*parts, f"{progress.done} done", f"{max(0, waiting)} waiting"])

    def _line(self, row: Row, columns: "_Columns", *, plain: bool) -> Text:
        title = titled(row.title, row.level, columns.title)
        if not row.holds:
            return Text.assemble("  ", (title.rstrip(), "bold dim"))
        style = _STYLES[row.state]
        line = Text.assemble(((_ASCII if plain else _SIGNS)[row.state], style), " ", (title, "" if row.text else "dim"))
        line.append(" ").append_text(_bar(row, columns.bar, plain=plain))
        line.append(f" {_figures(row):>{columns.figures}}", style="dim")
        if columns.tail >= 8:
            line.append("  ").append(self._words(row, columns.tail), style="dim")
        return line

    def _words(self, row: Row, width: int) -> str:
        """The end of what stands there; for a section that waits, what it waits for."""
        if row.state != "waiting":
            return tail(row.text, width)
        names = self.progress.waits_for(row.id)
        if not names or self.progress.ended is not None:
            return ""
        others = f" and {count(len(names) - 1, 'other')}" if len(names) > 1 else ""
        return fitted(f"waits for {fitted(names[0], 30)}{others}", width)


@final
@dataclass(frozen=True, slots=True)
class _Columns:
    """How many columns each part of a line takes; a tail of less than eight is left out."""

    title: int
    bar: int
    figures: int
    tail: int

    @classmethod
    def of(cls, width: int, rows: Sequence[Row]) -> "_Columns":
        figures = max((2 * len(str(row.width)) + 1 for row in rows), default=7)
        longest = max((len(indent(row.level)) + cell_len(one_line(row.title)) for row in rows), default=10)
        bar = 8 if width < NARROW else 14 if width < 110 else 20
        left = width - 2 - 1 - bar - 1 - figures
        title = max(8, min(longest, left if width < NARROW else left // 2))
        return cls(title=title, bar=bar, figures=figures, tail=left - title - 2)


def _quoted(progress: Progress, *, narrow: bool) -> str:
    """The time that was quoted, beside the time that it takes."""
    quote = progress.quoted
    if narrow or quote is None or quote.seconds is None:
        return ""
    return f" (quoted {clock(quote.seconds[0])} to {clock(quote.seconds[1])})"


def _figures(row: Row) -> str:
    return f"{row.tokens}/{row.width}" if row.width else ""


def _of(progress: Progress) -> str:
    wanted = max(progress.wanted, progress.tokens)
    return f"{progress.tokens:,}/{wanted:,} tokens" if progress.finished is None else f"{progress.tokens:,} tokens"


def _bar(row: Row, width: int, *, plain: bool) -> Text:
    full = int(row.share * width)
    filled, empty = ("#", "-") if plain else ("━", "╌")
    return Text.assemble((filled * full, _STYLES[row.state]), (empty * (width - full), "bright_black"))

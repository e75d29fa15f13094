"""Tables: rows with more cells than their table has columns, or with fewer."""

import re
from collections.abc import Iterator, Sequence

from hierdiff.detectors.reading.lines import Line
from hierdiff.detectors.reading.reading import Reading
from hierdiff.findings import Finding

_DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*){0,200}\|?")
_BAR = re.compile(r"\\.|\|")


def tables(reading: Reading) -> Iterator[Finding]:
    """One finding for each row of a table whose cells are not as many as the columns."""
    lines = reading.prose.lines
    at = 0
    while at < len(lines):
        stop = at
        while stop < len(lines) and lines[stop].kind == "table":
            stop += 1
        if stop - at >= 2:
            yield from _rows(reading, lines[at:stop])
        at = max(stop, at + 1)


def _rows(reading: Reading, lines: Sequence[Line]) -> Iterator[Finding]:
    raw = [reading.text[line.start : line.stop].strip() for line in lines]
    if not _DELIMITER.fullmatch(raw[1]) or "|" not in raw[0]:
        return
    columns = cells(raw[1])
    if cells(raw[0]) != columns:
        place = _place(reading, lines[0])
        yield reading.finding("table header", [place], f"The header has {cells(raw[0])} cells above {columns} columns.")
        return
    for line, text in zip(lines[2:], raw[2:], strict=True):
        if "|" in text and cells(text) != columns:
            reason = f"The row has {cells(text)} cells in a table of {columns} columns."
            yield reading.finding("table row", [_place(reading, line)], reason)


def cells(row: str) -> int:
    """How many cells a row has; an escaped bar parts nothing, and those at the ends are the frame."""
    bars = [match.start() for match in _BAR.finditer(row) if match.group() == "|"]
    frame = sum(bar in (0, len(row) - 1) for bar in bars)
    return len(bars) - frame + 1


def _place(reading: Reading, line: Line) -> tuple[int, int]:
    text = reading.text[line.start : line.stop]
    start = line.start + len(text) - len(text.lstrip())
    return start, start + len(text.strip())

"""Columns: text made fit for a place in a terminal.

Widths are in columns, of which a Chinese character or an emoji takes two.
"""

from rich.cells import cell_len, chop_cells

from hierdiff.report.plain import one_line


def fitted(text: str, width: int) -> str:
    """The beginning of a text in at most `width` columns, an ellipsis saying that there is more."""
    text = one_line(text[: 4 * width + 40])
    if cell_len(text) <= width:
        return text
    return (chop_cells(text, width - 1)[0].rstrip() if width > 1 else "") + "…" if width > 0 else ""


def padded(text: str, width: int) -> str:
    """`fitted`, filled up with spaces to exactly `width` columns."""
    text = fitted(text, width)
    return text + " " * (width - cell_len(text))


def indent(level: int) -> str:
    """What stands before the title of a section that lies so deep; 1 is the top."""
    return "  " * min(level - 1, 3)


def titled(title: str, level: int, width: int) -> str:
    """A section's title, indented, in exactly `width` columns."""
    before = indent(level)
    return before + padded(title, width - len(before))


def tail(text: str, width: int) -> str:
    """The last words of a text in at most `width` columns."""
    text = one_line(text[-(4 * width + 40) :])
    if cell_len(text) <= width:
        return text
    start = len(text)
    while start and cell_len(text[start - 1 :]) < width:
        start -= 1
    kept = text[start:]
    if text[start - 1] != " " and " " in kept:
        kept = kept.partition(" ")[2]
    return "…" + kept.lstrip() if width > 0 else ""

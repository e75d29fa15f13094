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


def tail(text: str, width: int) -> str:
    """The last words of a text in at most `width` columns."""
    text = one_line(text[-(4 * width + 40) :])
    if cell_len(text) <= width:
        return text
    kept = text[len(text) - max(0, width - 1) :]
    while kept and cell_len(kept) > width - 1:
        kept = kept[1:]
    return "…" + kept.partition(" ")[2] if " " in kept else "…" + kept if width > 0 else ""

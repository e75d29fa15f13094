"""Lines of a Markdown text, each with what it is: prose, list, heading, code, table, quote, HTML.

The detectors need exact character offsets, which a Markdown parser does not give for what stands inside a block. This
is one pass over the lines with a little state, linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

UNDERLINE = 6
"""A row of this many marks at least may be the line under a title."""
LineKind = Literal["blank", "prose", "list", "heading", "code", "table", "quote", "html"]


@dataclass(slots=True)
class Line:
    """Characters `start..stop` of one line without its end. `opens`: a list item begins here, its text at `text`."""

    start: int
    stop: int
    kind: LineKind
    text: int
    opens: bool = False
    level: int = 0


@dataclass(slots=True, frozen=True)
class Fence:
    """The marker line of a code fence: its characters `start..stop`, and whether a closing one was found."""

    start: int
    stop: int
    mark: str


_END = re.compile(r"\r\n|\n|\r")
_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)?(`{3,}|~{3,})")
_ITEM = re.compile(r"([ \t]*)([-*+]|[0-9]{1,9}[.)])(?:[ \t]+(?:\[[ xX]\][ \t]+)?|$)")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_HTML = re.compile(r"[ \t]{0,3}<(?:[/!?]|[A-Za-z])")
_AUTOLINK = re.compile(r"[ \t]{0,3}<[A-Za-z][A-Za-z0-9+.-]*[:@]")
_RAW = re.compile(r"[ \t]{0,3}<(pre|script|style|textarea)\b", re.IGNORECASE)
_DEFINITION = re.compile(r" {0,3}\[[^\[\]]{1,300}\]:[ \t]*\S")
_FOOTNOTE = re.compile(r" {0,3}\[\^[^\[\]]{1,100}\]:[ \t]*")
_KEY = re.compile(r"[\w-]+[ \t]*:")
_DIRECTIVE = re.compile(
    r"[ \t]{0,12}\.\.[ \t]+(?:(?P<code>code|code-block|sourcecode|parsed-literal|literalinclude|highlight|math)"
    r"|[\w:+-]{1,40})::"
)
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")


def read_lines(text: str, breaks: Iterable[int] = ()) -> tuple[list[Line], list[Fence]]:
    """The lines, and the code fences that are never closed.

    `breaks` are offsets where a section begins: a fence left open in one section does not swallow the next.
    """
    reader = _Reader(text, breaks)
    for start, stop in _bounds(text):
        reader.take(start, stop)
    reader.close()
    _mark_tables(text, reader.lines)
    _mark_underlines(text, reader.lines)
    return reader.lines, reader.open_fences


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    start = 1 if text.startswith("\ufeff") else 0
    for match in _END.finditer(text):
        yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


@final
class _Reader:
    """What the lines so far leave open: a fence, an HTML block, a list, front matter."""

    def __init__(self, text: str, breaks: Iterable[int]) -> None:
        self.text = text
        self.breaks = frozenset(breaks)
        self.lines: list[Line] = []
        self.open_fences: list[Fence] = []
        self.fence: Fence | None = None
        self.until: str | None = None
        self.listed = -1
        self.literal: int | None = None
        """How far the line is set in below which, deeper, a literal block stands (reStructuredText's `::`)."""

    def close(self) -> None:
        if self.fence is not None:
            self.open_fences.append(self.fence)
        self.fence = self.until = self.literal = None
        self.listed = -1

    def take(self, start: int, stop: int) -> None:
        if start in self.breaks:
            self.close()
        line = Line(start, stop, "prose", start)
        self.lines.append(line)
        raw = self.text[start:stop]
        if not (self._inside(line, raw) or self._literal(line, raw) or self._opens_raw(line, raw)):
            self._plain(line, raw)
            if line.kind in ("prose", "list") and raw.rstrip().endswith("::"):
                self.literal = _indent(raw)

    def _literal(self, line: Line, raw: str) -> bool:
        """A line of a literal block, a directive that opens one, or a line that goes on a session of an interpreter."""
        before = self.lines[-2].kind if len(self.lines) > 1 else "blank"
        if self.literal is not None and raw.strip():
            if _indent(raw) > self.literal:
                line.kind = "code"
                return True
            if before in ("blank", "code"):
                self.literal = None
        if directive := _DIRECTIVE.match(raw):
            line.kind = "html"
            self.literal = _indent(raw) if directive["code"] else None
        elif raw.startswith("...") and before == "quote":
            line.kind = "quote"
        else:
            return False
        return True

    def _inside(self, line: Line, raw: str) -> bool:
        """A line within a fence or an HTML block."""
        if self.fence is not None:
            line.kind = "code"
            bare = raw.strip()
            if len(bare) >= len(self.fence.mark) and set(bare) == {self.fence.mark[0]}:
                self.fence = None
            return True
        if self.until is None:
            return False
        line.kind = "html"
        if self.until == "" and not raw.strip():
            line.kind, self.until = "blank", None
        elif self.until and self.until in raw.lower():
            self.until = None
        return True

    def _underlines(self, bare: str) -> bool:
        """Whether a long row of one mark is as long as the one line of words above it, as under a title."""
        if len(bare) < UNDERLINE or len(set(bare)) != 1 or len(self.lines) < 2:
            return False
        above = self.lines[-2]
        return above.kind == "prose" and above.stop - above.start == len(bare)

    def _opens_raw(self, line: Line, raw: str) -> bool:
        """A line that opens a fence, an HTML block or front matter, or is one by itself."""
        bare = raw.strip()
        fence = _FENCE.match(raw)
        if fence and self._underlines(bare):
            line.kind = "html"
        elif fence and not (fence[1][0] == "`" and "`" in raw[fence.end() :]) and self._may_fence(raw, fence[1]):
            line.kind = "code"
            self.fence = Fence(line.start + fence.start(1), line.stop, fence[1])
        elif bare.startswith("<!--"):
            line.kind = "html"
            self.until = None if "-->" in bare else "-->"
        elif _HTML.match(raw) and not _AUTOLINK.match(raw):
            line.kind = "html"
            block = _RAW.match(raw)
            closing = f"</{block[1].lower()}" if block else ""
            self.until = None if closing and closing in raw.lower() else closing
        elif len(self.lines) == 1 and bare in ("---", "+++") and self._front_matter(line, bare):
            line.kind, self.until = "html", bare
        else:
            return False
        return True

    def _may_fence(self, raw: str, mark: str) -> bool:
        """Whether marks open a fence: not set in as code is, and no tildes that underline the line above."""
        above = self.lines[-2] if len(self.lines) > 1 else None
        title = self.text[above.start : above.stop].rstrip() if above is not None and above.kind == "prose" else ""
        if mark == raw.rstrip() and mark[0] == "~" and 0 < len(title) <= len(mark) <= len(title) + 3:
            return False
        return self.listed >= 0 or _indent(raw) < 4

    def _front_matter(self, line: Line, mark: str) -> bool:
        after = self.text[line.stop : line.stop + 20_000].lstrip("\r\n")
        return bool(_KEY.match(after)) and f"\n{mark}" in after

    def _plain(self, line: Line, raw: str) -> None:
        """Blank, heading, quote, definition, list item, its continuation, indented code or prose."""
        before = self.lines[-2].kind if len(self.lines) > 1 else "blank"
        heading, item = _ATX.match(raw), _ITEM.match(raw)
        indent = _indent(raw)
        if not raw.strip():
            line.kind = "blank"
        elif heading:
            line.kind, line.level, self.listed = "heading", len(heading[1]), -1
        elif raw.lstrip().startswith(">"):
            line.kind = "quote"
        elif note := _FOOTNOTE.match(raw):
            line.kind, line.opens, line.text, self.listed = "list", True, line.start + note.end(), 2
        elif _DEFINITION.match(raw) or raw.lstrip().startswith((":::", "+-", "+=", "{{", "{%")):
            line.kind = "html"
        elif indent >= max(4, self.listed + 4) and before not in ("prose", "list"):
            line.kind = "code"
        elif item and not _RULE.match(raw) and (indent < 4 or self.listed >= 0):
            line.kind, line.opens, line.text = "list", True, line.start + item.end()
            self.listed = indent + len(item[2])
        elif self.listed >= 0 and (indent > 0 or before == "list"):
            line.kind = "list"
        else:
            self.listed = -1


def _indent(raw: str) -> int:
    lead = raw[: len(raw) - len(raw.lstrip(" \t"))]
    return len(lead.expandtabs(4))


def _mark_tables(text: str, lines: Sequence[Line]) -> None:
    """A row of dashes and bars makes a table of the line above it and of all lines down to the next blank one."""
    inside = False
    for number, line in enumerate(lines):
        if line.kind in ("code", "html", "blank", "heading"):
            inside = False
            continue
        raw = text[line.start : line.stop].strip()
        if "|" in raw and "-" in raw and not set(raw) - set("|:- \t"):
            inside = True
            if number and "|" in text[lines[number - 1].start : lines[number - 1].stop]:
                lines[number - 1].kind = "table"
        if inside or raw.startswith("|"):
            line.kind = "table"


def _mark_underlines(text: str, lines: Sequence[Line]) -> None:
    """A row of `=` or `-` under a paragraph makes a heading of it; a rule by itself is nothing."""
    for number, line in enumerate(lines):
        raw = text[line.start : line.stop].strip()
        if line.kind not in ("prose", "list") or len(raw) < 2 or len(set(raw)) != 1 or raw[0] not in "=-*_~^":
            continue
        above = lines[number - 1] if number else None
        if raw[0] == "-" and _of_lines(lines, number) > 1:
            line.kind = "html"
            continue
        if raw[0] in "~^" and (above is None or above.kind != "prose" or len(raw) < above.stop - above.start):
            continue
        line.kind = "html"
        if raw[0] in "=-~^" and above is not None and above.kind == "prose":
            back = number - 1
            while back >= 0 and lines[back].kind == "prose":
                lines[back].kind, lines[back].level = "heading", "=-~^".index(raw[0]) + 1
                back -= 1


def _of_lines(lines: Sequence[Line], number: int) -> int:
    """How many lines the paragraph above a line has: a row of dashes under several parts them from what follows."""
    first = number
    while first and lines[first - 1].kind == "prose":
        first -= 1
    return number - first

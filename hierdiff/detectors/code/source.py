"""Source: a file of a tree read with `ast`, and where its nodes stand in the document, to the character.

Python counts columns in UTF-8 bytes and lines by LF, CRLF and CR; a byte order mark is no part of the first line. What
is read of a text is kept, because all detectors read the same files, and a revision changes few of them.
"""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from hierdiff.detectors.code.scopes import Read, read
from hierdiff.document import Part
from hierdiff.findings import Finding
from hierdiff.spans import Quote
from hierdiff.tree_python import parsed

MOST_CHARACTERS = 1_000_000
"""A file with more is not looked into."""
ENDING = ".py"
BOM = "\ufeff"
Place = tuple[int, int]
_LINE = re.compile(r"\r\n|\n|\r")


class Located(Protocol):
    """What of a node says where it stands; `ast.expr`, `ast.stmt`, `ast.alias` and others have it."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A text that Python can read: its tree, its scopes, and where its lines begin. One text has one of them."""

    text: str
    tree: ast.Module
    read: Read
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file of a document. `base` is the offset of its first character in the document."""

    part: Part
    path: str
    base: int
    code: Code

    @property
    def text(self) -> str:
        """The file's text, without a byte order mark."""
        return self.code.text

    def offset(self, line: int, column: int) -> int:
        """The offset in the document of a line (from 1) and a column in UTF-8 bytes."""
        starts = self.code.starts
        start = starts[min(line, len(starts)) - 1]
        stop = starts[line] if line < len(starts) else len(self.text)
        text = self.text[start:stop]
        passed = column if text.isascii() else len(text.encode()[:column].decode("utf-8", "ignore"))
        return self.base + min(start + passed, len(self.text))

    def place(self, node: Located) -> Place:
        """Where a node stands in the document."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def of(self, place: Place) -> str:
        """The text at a place."""
        return self.text[place[0] - self.base : place[1] - self.base]

    def quote(self, place: Place) -> Quote:
        """The text at a place, quoted."""
        return Quote(start=place[0], stop=place[1], text=self.of(place))

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, its end of line left out."""
        found = _LINE.search(self.text, offset - self.base)
        return self.base + (found.start() if found else len(self.text))

    @property
    def newline(self) -> str:
        """The line end that the file uses."""
        found = _LINE.search(self.text)
        return found[0] if found else "\n"

    def finding(
        self,
        detector: str,
        kind: str,
        places: Iterable[Place],
        reason: str,
        *,
        expected: str | None = None,
        against: Iterable[Quote] = (),
        hard: bool = True,
    ) -> Finding:
        """A finding in this file."""
        return Finding(
            detector=detector,
            kind=kind,
            section=self.part.id,
            spans=tuple(self.quote(place) for place in places),
            reason=reason,
            expected=expected,
            against=tuple(against),
            hard=hard,
        )


def sources(text: str, parts: Iterable[Part]) -> tuple[Source, ...]:
    """The Python files of a tree that can be read, in order. What cannot be parsed, is too large or nested too
    deeply is left out."""
    found: list[Source] = []
    whole = text
    for part in parts:
        if part.path is None or not part.path.endswith(ENDING):
            continue
        text = part.body.of(whole)
        code = _code(text.removeprefix(BOM))
        if code is not None:
            base = part.body.start + text.startswith(BOM)
            found.append(Source(part=part, path=part.path, base=base, code=code))
    return tuple(found)


def too_large(part: Part) -> bool:
    """Whether a file is too large to be looked into."""
    return len(part.body) > MOST_CHARACTERS


@lru_cache(maxsize=1024)
def _code(text: str) -> Code | None:
    if len(text) > MOST_CHARACTERS:
        return None
    tree = parsed(text)
    if tree is None:
        return None
    starts = (0, *(match.end() for match in _LINE.finditer(text)))
    return Code(text=text, tree=tree, read=read(tree), starts=starts)


def line_of(source: Source, offset: int) -> int:
    """The number, from 1, of the line of a document's offset."""
    return bisect_right(source.code.starts, offset - source.base)

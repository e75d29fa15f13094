"""Cutting: a text file as passages, each with the heading above it and its lines, cut at headings and paragraphs."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import groupby
from typing import NamedTuple, final

WORDS = 120
"""Words of a passage, about: paragraphs are put together up to it, and a longer one is cut at a sentence's end."""
LONGEST = 4000
"""Characters of a passage, at most."""

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?P<title>\S.{0,500})")
_DEFINITION = re.compile(r"(?:async[ ]+def|def|class)[ ]+(?P<title>\w{1,200})")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:={3,}|-{3,})[ \t]*")
_STOP = re.compile(r"(?<=[.!?…。！？])\s+")
_BLOCKS = frozenset(
    [
        "p", "div", "li", "ul", "ol", "table", "tr", "section", "article", "header", "footer", "main", "br", "hr",
        "pre", "blockquote", "dt", "dd", "figure", "nav", "aside",
    ]
)  # fmt: skip
_SILENT = frozenset({"script", "style", "template", "noscript", "head"})


class Piece(NamedTuple):
    """A passage before it has a source: the heading it stands under, its lines `first..last` from 1, its text."""

    heading: str
    first: int
    last: int
    text: str

    @property
    def locator(self) -> str:
        """Its lines in words."""
        return f"line {self.first}" if self.first == self.last else f"lines {self.first}-{self.last}"


class _Line(NamedTuple):
    number: int
    text: str
    heading: str = ""


def cut(text: str, suffix: str) -> Iterator[Piece]:
    """The passages of a text. `suffix` is the file's ending: `.md`, `.html`, `.py`; all else is plain text."""
    if suffix in (".html", ".htm"):
        lines = _html(text)
    elif suffix == ".py":
        lines = _python(text)
    else:
        lines = _plain(text)
    heading = ""
    part: list[_Line] = []
    for line in lines:
        if line.heading:
            yield from _packed(heading, part)
            heading, part = line.heading, [line] if suffix == ".py" else []
        else:
            part.append(line)
    yield from _packed(heading, part)


def _plain(text: str) -> Iterator[_Line]:
    """Lines of Markdown or plain text; an underlined line is a heading, too. Nothing in a code fence is one."""
    lines = text.splitlines()
    fenced = False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        after = lines[number] if number < len(lines) else ""
        if fenced:
            yield _Line(number, line)
        elif match := _HEADING.fullmatch(line.rstrip().rstrip("#").rstrip()[:600]):
            yield _Line(number, line, match["title"].strip())
        elif line.strip() and not line[:1].isspace() and after.strip() and _UNDERLINE.fullmatch(after[:200]):
            yield _Line(number, line, line.strip()[:500])
        elif _UNDERLINE.fullmatch(line[:200]):
            yield _Line(number, "")
        else:
            yield _Line(number, line)


def _python(text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        match = _DEFINITION.match(line)
        yield _Line(number, line, match["title"] if match else "")


def _html(text: str) -> Iterator[_Line]:
    reader = _Text()
    reader.feed(text)
    reader.close()
    for (number, heading), several in groupby(reader.found, key=lambda found: found[:2]):
        words = " ".join(" ".join(one[2] for one in several).split())
        if heading and words:
            yield _Line(number, "", words[:500])
        else:
            yield _Line(number, words)


@final
class _Text(HTMLParser):
    """What of an HTML file is to be read: (line, whether it is in a heading, text). Made from the standard library's
    parser, which calls the methods of whoever is made from it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, bool, str]] = []
        self._silent = 0
        self._heading = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in _SILENT
        if re.fullmatch("h[1-6]", tag):
            self._heading = True
        elif tag in _BLOCKS:
            self._blank()

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        if re.fullmatch("h[1-6]", tag):
            self._heading = False
        if tag in _BLOCKS or re.fullmatch("h[1-6]", tag):
            self._blank()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        first, _ = self.getpos()
        for number, line in enumerate(data.split("\n")):
            if line.strip():
                self.found.append((first + number, self._heading, line))

    def _blank(self) -> None:
        self.found.append((self.getpos()[0], False, ""))


def _packed(heading: str, lines: Iterable[_Line]) -> Iterator[Piece]:
    """Paragraphs put together up to the length of a passage."""
    kept: list[_Line] = []
    words = 0
    for blank, group in groupby(lines, key=lambda line: not line.text.strip()):
        if blank:
            continue
        paragraph = list(group)
        count = sum(len(line.text.split()) for line in paragraph)
        if kept and words + count > WORDS:
            yield from _pieces(heading, kept)
            kept, words = [], 0
        kept += paragraph
        words += count
    if kept:
        yield from _pieces(heading, kept)


def _pieces(heading: str, lines: list[_Line]) -> Iterator[Piece]:
    """One passage of these lines, or several where they are long: cut between lines, a long line between sentences."""
    taken: list[tuple[int, str]] = []
    words = 0
    for line in lines:
        for text in _sentences(line.text):
            count = len(text.split())
            length = sum(len(one) + 1 for _, one in taken)
            if taken and (words + count > 2 * WORDS or length + len(text) > LONGEST):
                yield _piece(heading, taken)
                taken, words = [], 0
            taken.append((line.number, text))
            words += count
    if taken:
        yield _piece(heading, taken)


def _sentences(line: str) -> list[str]:
    """A line, or its sentences if it is a long one; none longer than a passage may be."""
    if len(line) <= LONGEST and len(line.split()) <= WORDS:
        return [line]
    return [
        sentence[start : start + LONGEST]
        for sentence in _STOP.split(line)
        for start in range(0, max(1, len(sentence)), LONGEST)
    ]


def _piece(heading: str, taken: list[tuple[int, str]]) -> Piece:
    return Piece(heading, taken[0][0], taken[-1][0], "\n".join(text for _, text in taken).strip("\n"))

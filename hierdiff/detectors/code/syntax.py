"""Syntax: files of a tree that Python cannot read. The finding is the line at which it stops."""

import warnings
from collections.abc import Iterable
from typing import final

from hierdiff.document import Document, Part
from hierdiff.findings import Finding
from hierdiff.spans import Quote, printable

_BOM = "\ufeff"
ENDING = ".py"


@final
class Syntax:
    """Finds, in each Python file, the first line that does not parse."""

    def find(self, document: Document) -> Iterable[Finding]:
        """One finding for each file that is wrong, in order of place. Nothing is run."""
        for part in document.sections:
            if part.path is not None and part.path.endswith(ENDING):
                found = _wrong(part, part.body.of(document.text))
                if found is not None:
                    yield _finding(document, part, *found)


def _wrong(part: Part, text: str) -> tuple[int, str] | None:
    """The line, from 1, at which Python stops, and what it says; None for a file that it reads."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix(_BOM), part.path or "<text>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return 1, str(error) or type(error).__name__
    return None


def _finding(document: Document, part: Part, line: int, message: str) -> Finding:
    start, stop = _line(part.body.of(document.text), line)
    quote = Quote.cut(document.text, part.body.start + start, part.body.start + stop)
    reason = f"Python cannot read line {line} of {part.path}: {printable(message)}."
    return Finding(detector="syntax", kind="does not parse", section=part.id, spans=(quote,), reason=reason)


def _line(text: str, number: int) -> tuple[int, int]:
    """Where a line stands without its indentation and its end; the last line with something on it for one beyond."""
    starts = [0]
    for at, letter in enumerate(text):
        if letter == "\n" or (letter == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    at = min(number, len(starts)) - 1
    while True:
        stop = starts[at + 1] if at + 1 < len(starts) else len(text)
        line = text[starts[at] : stop].lstrip(_BOM)
        if line.strip() or not at:
            start = stop - len(line.lstrip())
            return start, start + len(line.strip())
        at -= 1

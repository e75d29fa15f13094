"""Unwritten: bodies for which nothing that parses was written, so that what stands for them is never hidden."""

import ast
from collections.abc import Iterable, Iterator
from typing import final

from hierdiff.document import Document, Part
from hierdiff.findings import Finding
from hierdiff.spans import Quote
from hierdiff.tree_python import NOT_WRITTEN, parsed

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BOM = "\ufeff"


@final
class Unwritten:
    """Finds functions that only raise NotImplementedError, and notes of parts that were not written.

    The findings are soft: only a writer can know what should stand there. Abstract methods are left alone.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        for part in document.sections:
            if part.path is not None and part.path.endswith(".py"):
                yield from _findings(document, part)


def _findings(document: Document, part: Part) -> Iterator[Finding]:
    text = part.body.of(document.text)
    tree = parsed(text.removeprefix(_BOM))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip().startswith(NOT_WRITTEN):
            found[number] = "This part was not written."
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, _FUNCTIONS) and (only := _only(node)) is not None:
            found[only.lineno] = f"The body of '{node.name}' was not written."
    starts = _starts(text)
    for number, reason in sorted(found.items()):
        start, stop = starts[number - 1], starts[number] if number < len(starts) else len(text)
        line = text[start:stop]
        start += len(line) - len(line.lstrip())
        quote = Quote.cut(document.text, part.body.start + start, part.body.start + start + len(line.strip()))
        yield Finding(
            detector="unwritten", kind="not written", section=part.id, spans=(quote,), reason=reason, hard=False
        )


def _starts(text: str) -> list[int]:
    """Where the lines begin, counted as Python counts them."""
    found = [0]
    for at, letter in enumerate(text):
        if letter == "\n" or (letter == "\r" and text[at + 1 : at + 2] != "\n"):
            found.append(at + 1)
    return found


def _only(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Raise | None:
    """The statement by which a function says that it is not written, if it is all there is beside a docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if (
        len(body) != 1
        or not isinstance(last := body[0], ast.Raise)
        or any(_is_abstract(d) for d in node.decorator_list)
    ):
        return None
    raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
    return last if isinstance(raised, ast.Name) and raised.id == "NotImplementedError" else None


def _is_abstract(decorator: ast.expr) -> bool:
    name = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
    return "abstract" in str(name)

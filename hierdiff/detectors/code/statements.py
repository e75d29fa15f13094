"""Statements: how much of a file is rewritten for a fault in it: the logical line around it, its indentation kept."""

import ast
import io
import tokenize

from hierdiff.detectors.code.modules import modules_of
from hierdiff.detectors.code.source import Place, Source
from hierdiff.document import Document
from hierdiff.spans import Span


def header(source: Source, node: ast.stmt) -> Place:
    """Where a compound statement's first line stands, from its keyword to before its colon, however many lines it
    takes."""
    start, stop = source.place(node)
    text = source.of((start, stop)).replace("\r\n", " \n").replace("\r", "\n")
    lines = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
    depth = lambdas = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (tokenize.OP, tokenize.NAME):
                continue
            depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
            lambdas += token.string == "lambda" and not depth
            if token.string == ":" and not depth:
                if not lambdas:
                    return start, start + lines[token.start[0] - 1] + token.start[1]
                lambdas -= 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return start, source.line_end(start)


def statement_around(document: Document, span: Span) -> Span:
    """The logical line that holds a span of a tree: a simple statement, or the first line of a compound one without
    its colon. Where that cannot be said, as in a file that does not parse, the span as it is."""
    part = document.at(span.start)
    source = next((one for one in modules_of(document).sources if part is not None and one.path == part.path), None)
    if source is None or not len(span):
        return span
    places = [(source.place(node), node) for node in ast.walk(source.code.tree) if isinstance(node, ast.stmt)]
    around = [(place, node) for place, node in places if place[0] <= span.start and span.stop <= place[1]]
    if not around:
        return _line(source, span)
    place, node = min(around, key=lambda one: one[0][1] - one[0][0])
    if hasattr(node, "body"):
        place = header(source, node)
        if span.stop > place[1]:
            return _line(source, span)
    return Span(start=place[0], stop=place[1])


def _line(source: Source, span: Span) -> Span:
    """The lines that hold a span, without indentation, line end and a colon at their end."""
    text, at = source.text, span.start - source.base
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    stop = source.line_end(span.stop) - source.base
    line = text[start:stop]
    start += len(line) - len(line.lstrip())
    stop = start + len(line.strip().removesuffix(":").rstrip())
    return Span(start=min(source.base + start, span.start), stop=max(source.base + stop, span.stop))

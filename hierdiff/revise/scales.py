"""Scales: how much of a text is opened for one finding: the value, its clause, its sentence.

What is opened always begins and ends between words, so that no word is ever half new.
"""

import re
from collections.abc import Iterable
from typing import Literal

from hierdiff.detectors.reading.prose import read
from hierdiff.document import Document
from hierdiff.spans import Span

Scale = Literal["value", "clause", "sentence"]
SCALES: tuple[Scale, ...] = ("value", "clause", "sentence")

_STOP = re.compile(r"[.!?…][\"”’')\]]*\s+|[\r\n]+|\|")
_CLAUSE = re.compile(r"[,;:]\s+|\s[–—-]\s|\s\(|\)\s|\b(?:and|but|while|because|which|although)\s", re.I)
_WORD = re.compile(r"\w")


def widened(document: Document, span: Span, scale: Scale) -> Span:
    """The span at a scale. One that lies in no section's body stays as it is."""
    sentence = sentence_around(document, span)
    if scale == "sentence":
        return sentence
    span = whole_words(document.text, span)
    return span if scale == "value" else _clause(document.text, span, sentence)


def whole_words(text: str, span: Span) -> Span:
    """The span with the rest of the words that it cuts, none if it is empty."""
    start, stop = span.start, span.stop
    if start == stop:
        return span
    while start > 0 and _joined(text, start):
        start -= 1
    while stop < len(text) and _joined(text, stop):
        stop += 1
    return Span(start=start, stop=stop)


def _joined(text: str, at: int) -> bool:
    """Whether a place lies inside a word."""
    return bool(_WORD.match(text[at - 1]) and _WORD.match(text[at]))


def _clause(text: str, span: Span, sentence: Span) -> Span:
    """The span up to the marks and joining words around it, inside its sentence."""
    if not sentence.holds(span):
        return span
    starts = [match.end() for match in _CLAUSE.finditer(text, sentence.start, span.start)] or [sentence.start]
    after = _CLAUSE.search(text, span.stop, sentence.stop)
    stop = after.start() if after is not None else sentence.stop
    while stop > span.stop and text[stop - 1] in ".!?…":
        stop -= 1
    return Span(start=min(starts[-1], span.start), stop=max(stop, span.stop))


def sentence_around(document: Document, span: Span) -> Span:
    """The span widened to whole sentences of its section's body, without the white space around them. An entry of a
    list or a cell of a table is never left."""
    part = document.at(span.start)
    if part is None or not part.body.holds(span):
        return span
    prose = read(document.text, tuple(one.heading.start for one in document.sections))
    here = [one for one in prose.sentences if one.start < max(span.stop, span.start + 1) and span.start < one.stop]
    if not here:
        return _between_stops(document.text, part.body, span)
    start = max(part.body.start, min(span.start, here[0].start))
    stop = min(part.body.stop, max(span.stop, here[-1].stop))
    text = document.text[start:stop]
    start += len(text) - len(text.lstrip())
    return Span(start=min(start, span.start), stop=max(start, stop - (len(text) - len(text.rstrip())), span.stop))


def _between_stops(text: str, body: Span, span: Span) -> Span:
    """The span up to the full stops and line ends around it."""
    starts = [match.end() for match in _STOP.finditer(text, body.start, span.start)] or [body.start]
    after = _STOP.search(text, max(span.start, span.stop - 1), body.stop)
    stop = body.stop if after is None else after.start() if after[0] == "|" else after.end()
    said = text[starts[-1] : stop]
    start = starts[-1] + len(said) - len(said.lstrip())
    return Span(start=min(start, span.start), stop=max(start, stop - (len(said) - len(said.rstrip())), span.stop))


def without_gap(text: str, span: Span) -> Span:
    """A span that is to go, with the white space that would be left over: the blank before or after it, and for a whole
    paragraph the empty line below it (the one above, at the text's end). What else stands around it keeps its place."""
    before = text[: span.start].rstrip(" \t")
    after = text[span.stop :].lstrip(" \t")
    stop = len(text) - len(after)
    starts_line, ends_line = before[-1:] in ("", "\n", "\r"), after[:1] in ("", "\n", "\r")
    if starts_line and ends_line:
        rest = after.lstrip()
        if rest:
            return Span(start=len(before), stop=len(text) - len(rest))
        return Span(start=len(before.rstrip()), stop=stop)
    if ends_line:
        return Span(start=len(before), stop=span.stop)
    return Span(start=span.start, stop=stop)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order of place, those that touch made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1].stop:
            found[-1] = Span(start=found[-1].start, stop=max(found[-1].stop, span.stop))
        else:
            found.append(span)
    return found

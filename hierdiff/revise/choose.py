"""Choose: which findings to act on in a round, and which spans to open for them.

The detectors have already said which side stands: the ledger's owner, then the majority. What is left is to take spans
that do not overlap, surest first, and to leave alone what was tried too often.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.spans import Span, between
from hierdiff.tree import is_tree

Key = tuple[str, str, str, tuple[str, ...]]

_CONTINUED = frozenset({"cut off"})
"""Kinds of finding whose span is right as far as it goes: what is missing is opened behind it."""
_STOP = re.compile(r"[.!?…][\"”’')\]]*\s+|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Target:
    """One finding to act on: its spans in order of place (a sentence each, where only a model can know the text)."""

    finding: Finding
    spans: tuple[Span, ...]


def key_of(finding: Finding) -> Key:
    """What makes two findings the same one, wherever their spans have moved to."""
    return finding.detector, finding.kind, finding.section, tuple(span.text for span in finding.spans)


def choose(document: Document, findings: Iterable[Finding], given_up: Collection[Key]) -> list[Target]:
    """The targets of a round, last in the text first, so that acting on one moves no other."""
    taken: list[Target] = []
    known_first = sorted(findings, key=lambda finding: (finding.expected is None, finding.spans[0].start))
    for finding in known_first:
        if not finding.hard or key_of(finding) in given_up:
            continue
        spans = tuple(_opened(document, finding))
        if not any(one.meets(other) or one == other for one in spans for target in taken for other in target.spans):
            taken.append(Target(finding, spans))
    return sorted(taken, key=lambda target: target.spans[0].start, reverse=True)


def _opened(document: Document, finding: Finding) -> list[Span]:
    spans = sorted((Span(start=one.start, stop=one.stop) for one in finding.spans), key=lambda span: span.start)
    if finding.expected == "":
        return [without_gap(document.text, span) for span in spans]
    if finding.expected is not None:
        return spans
    if is_tree(document):
        return spans
    if finding.kind in _CONTINUED:
        return [Span(start=span.stop, stop=span.stop) for span in spans]
    return _merged(sentence_around(document, span) for span in spans)


def sentence_around(document: Document, span: Span) -> Span:
    """The span widened to whole sentences of its section's body, without the white space around them."""
    part = document.at(span.start)
    if part is None or not part.body.holds(span):
        return span
    body, inner = part.body.of(document.text), span.moved(-part.body.start)
    starts = [match.end() for match in _STOP.finditer(body, 0, inner.start)] or [0]
    after = _STOP.search(body, max(inner.start, inner.stop - 1))
    stop = after.end() if after is not None else len(body)
    text = body[starts[-1] : stop]
    start = starts[-1] + len(text) - len(text.lstrip())
    return Span(start=start, stop=max(start, stop - (len(text) - len(text.rstrip())))).moved(part.body.start)


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


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start <= merged[-1].stop:
            merged[-1] = Span(start=merged[-1].start, stop=max(merged[-1].stop, span.stop))
        else:
            merged.append(span)
    return merged


def outside(text: str, spans: Iterable[Span]) -> list[str]:
    """The pieces of a text that spans leave alone."""
    return between(text, sorted(spans, key=lambda span: span.start))

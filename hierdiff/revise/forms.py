"""Forms: repairs that need no model, for findings whose right text no detector knows.

A sentence that nobody could finish is cut back to the last whole one. What introduces the text a second time, or ends
it before its end, loses what makes it do so: the opening words, or else the sentence.
"""

import re
from collections.abc import Iterator

from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.revise.scales import sentence_around, without_gap
from hierdiff.spans import Span

CONTINUED = frozenset({"cut off"})
"""Kinds of finding whose span is right as far as it goes: what is missing is opened behind it."""
SEAMS = frozenset({"second introduction", "early conclusion"})
"""Kinds that sections bring with them that were written as if each were the whole."""

_OPENING = re.compile(r"(?:In conclusion|To conclude|In closing|To sum up|In summary),\s+(?=\w)", re.I)

Edit = tuple[Span, str]


def edits(document: Document, finding: Finding) -> Iterator[Edit]:
    """The repairs of form for a finding at a seam, the smallest first."""
    if finding.kind not in SEAMS or len(finding.spans) != 1:
        return
    span = finding.spans[0]
    opening = _OPENING.match(document.text, span.start)
    if finding.kind == "early conclusion" and opening is not None and opening.end() < span.stop:
        after = document.text[opening.end()]
        yield Span(start=span.start, stop=opening.end() + 1), after.upper() if len(after.upper()) == 1 else after
    yield without_gap(document.text, sentence_around(document, span)), ""


def cut_back(document: Document, finding: Finding) -> Edit | None:
    """A sentence that stops in the middle, taken out. None where the finding is of another kind, or where nothing
    would be left before it in its section."""
    if finding.kind not in CONTINUED or len(finding.spans) != 1:
        return None
    span = finding.spans[0]
    part = document.at(span.start)
    if part is None or not document.text[part.body.start : span.start].strip():
        return None
    return without_gap(document.text, Span(start=span.start, stop=span.stop)), ""

"""Judging: what was found and what was changed, compared with what was planted.

A finding hits a mistake if they share half of either, or, where only the sentence is wrong, if they share the sentence.
What was changed is read from the texts, not from what the revision says of itself: the page against the revised text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import final

from benchmarks.planted.planting import Copy, Planted
from hierdiff.findings import Finding, Revision
from hierdiff.spans import Span
from hierdiff.values import Value

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_WHOLE = frozenset({"negation", "order", "clause", "truncated"})
_SLACK = 3
"""Characters by which an insertion may be found beside its place: equal letters at its edges."""


class Edit(Value):
    """Characters `start..stop` of one text that are `now..then` of another."""

    start: int
    stop: int
    now: int
    then: int


@final
class Aligned:
    """Two texts side by side: the edits that make the one into the other, line by line and then word by word."""

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = before, after
        self.edits = list(_edits(before, after))

    def there(self, start: int, stop: int) -> tuple[int, int]:
        """Where a place of the one text lies in the other, edits that touch it taken in whole."""
        slack = _SLACK if start == stop else 0
        touching = [edit for edit in self.edits if edit.start <= stop + slack and edit.stop >= start - slack]
        if start != stop:
            touching = [edit for edit in touching if _meets(edit, start, stop)]
        left = min([start, *(edit.start for edit in touching)])
        right = max([stop, *(edit.stop for edit in touching)])
        return self._moved(left, first=True), self._moved(right, first=False)

    def _moved(self, at: int, *, first: bool) -> int:
        moved = at
        for edit in self.edits:
            if edit.start > at or (edit.start == at and first):
                break
            if edit.stop <= at:
                moved = at + edit.then - edit.stop
        return moved


def _meets(edit: Edit, start: int, stop: int) -> bool:
    """Whether an edit changes a place: shares a character with it, or puts something at its edges."""
    return (edit.start < stop and edit.stop > start) or (edit.start == edit.stop and start <= edit.start <= stop)


def _edits(before: str, after: str) -> Iterator[Edit]:
    ours, theirs = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lefts, rights = _starts(ours), _starts(theirs)
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from _pieces(before[lefts[a] : lefts[b]], after[rights[c] : rights[d]], lefts[a], rights[c])


def _pieces(before: str, after: str, left: int, right: int) -> Iterator[Edit]:
    ours, theirs = _PIECE.findall(before), _PIECE.findall(after)
    lefts, rights = _starts(ours), _starts(theirs)
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Edit(start=left + lefts[a], stop=left + lefts[b], now=right + rights[c], then=right + rights[d])


def _starts(pieces: Sequence[str]) -> list[int]:
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return starts


def hits(copy: Copy, finding: Iterable[Span], one: Planted) -> bool:
    """Whether spans of the text with mistakes hit one of them."""
    start, stop = sentence_of(copy.text, one) if one.kind in _WHOLE else (one.start, one.stop)
    for span in finding:
        shared = min(stop, span.stop) - max(start, span.start)
        if shared > 0 and (one.kind in _WHOLE or 2 * shared >= min(one.stop - one.start, len(span))):
            return True
        if one.kind == "truncated" and not len(span) and start <= span.start <= stop:
            return True
    return False


def sentence_of(text: str, one: Planted) -> tuple[int, int]:
    """The sentence around a mistake, cut at full stops and line ends."""
    start = max(text.rfind(mark, 0, one.start) + len(mark) for mark in (". ", "\n", "! ", "? "))
    ends = [at for mark in (". ", ".\n", "\n") if (at := text.find(mark, one.stop)) >= 0]
    return (start if start > 1 else 0), min(ends, default=len(text))


class Judged(Value):
    """What became of one mistake. `mended` is what `repaired` is; and where nobody can know the words that were cut off
    a sentence, that it is a whole one, or gone."""

    planted: Planted
    found: bool
    right_side: bool
    repaired: bool
    silent: bool
    mended: bool = False


class Result(Value):
    """What one way made of one text: the mistakes, the findings that hit none, and what was changed besides."""

    judged: tuple[Judged, ...]
    findings: int
    false: tuple[Finding, ...]
    regressions: int
    right_bytes_changed: int
    bytes_changed_outside: int
    tokens: float
    forwards: int = 0
    rows: int = 0
    seconds: float = 0.0
    revisions: tuple[Revision, ...] = ()


def judge(
    copy: Copy, found: Sequence[Finding], text: str, revisions: Sequence[Revision], left: Sequence[Finding]
) -> Result:
    """What was found in a copy, what text was made of it, by which revisions, and what is still found in that."""
    accepted = [one.span for one in revisions if one.accepted]
    to_page, to_copy = Aligned(copy.page.text, text), Aligned(copy.text, text)
    judged = tuple(_judged(copy, one, found, left, to_page, to_copy) for one in copy.planted)
    wrong = [edit for edit in to_page.edits if not any(_belongs(edit, one) for one in copy.planted)]
    false = [one for one in found if not any(hits(copy, (*one.spans, *one.against), bad) for bad in copy.planted)]
    return Result(
        judged=judged,
        findings=len(found),
        false=tuple(false),
        regressions=len(wrong),
        right_bytes_changed=sum(max(edit.stop - edit.start, edit.then - edit.now) for edit in wrong),
        bytes_changed_outside=changed_outside(copy.text, text, accepted),
        tokens=copy.page.tokens,
        revisions=tuple(revisions),
    )


def _belongs(edit: Edit, one: Planted) -> bool:
    """Whether an edit of the page lies where a mistake was planted, and not beyond."""
    return one.clean_start - _SLACK <= edit.start and edit.stop <= one.clean_stop + _SLACK


def _judged(
    copy: Copy, one: Planted, found: Sequence[Finding], left: Sequence[Finding], to_page: Aligned, to_copy: Aligned
) -> Judged:
    hitting = [finding for finding in found if hits(copy, (*finding.spans, *finding.against), one)]
    right_side = any(hits(copy, finding.spans, one) for finding in hitting)
    now = slice(*to_page.there(one.clean_start, one.clean_stop))
    repaired = _same(to_page.after[now]) in {_same(text) for text in (one.right, *one.same)}
    start, stop = to_copy.there(one.start, one.stop)
    told = any(
        span.start <= stop and start <= span.stop for finding in left for span in (*finding.spans, *finding.against)
    )
    mended = repaired or (one.kind == "truncated" and not told and to_copy.after != to_copy.before)
    silent = bool(hitting) and not mended and not told
    return Judged(
        planted=one, found=bool(hitting), right_side=right_side, repaired=repaired, silent=silent, mended=mended
    )


def _same(text: str) -> str:
    return " ".join(text.split())


def changed_outside(before: str, after: str, spans: Iterable[Span]) -> int:
    """Bytes that differ outside the spans that were declared: each piece between them must stand, in order."""
    ordered = sorted(spans, key=lambda span: span.start)
    pieces, at = list[str](), 0
    for span in ordered:
        if span.start > at:
            pieces.append(before[at : span.start])
        at = max(at, span.stop)
    pieces.append(before[at:])
    if not ordered:
        return sum(_size(before, edit) + _size(after, edit, now=True) for edit in Aligned(before, after).edits)
    changed, here = 0, 0
    for number, piece in enumerate(pieces):
        there = after.find(piece, here) if number < len(pieces) - 1 else max(here, len(after) - len(piece))
        if there < 0 or after[there : there + len(piece)] != piece:
            changed += len(piece.encode("utf-8"))
            continue
        here = there + len(piece)
    return changed


def _size(text: str, edit: Edit, *, now: bool = False) -> int:
    return len((text[edit.now : edit.then] if now else text[edit.start : edit.stop]).encode("utf-8"))

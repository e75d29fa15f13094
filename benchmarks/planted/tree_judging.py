"""Judging trees: what was found and what was changed in files, compared with what was planted.

A finding hits a mistake if it stands in the same line (where Python stops reading, two lines further on at most). What
is missing is hit by a finding that names it, and a circle of imports by any finding of a circle.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from benchmarks.planted.breaking import Broken
from benchmarks.planted.judging import Aligned, Edit, Judged, Result, changed_outside
from benchmarks.planted.planting import Planted
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.spans import Span
from hierdiff.tree import files

_NAMES = re.compile(r"\w+")
_NEAR = 2
_SLACK = 3


def judge_tree(copy: Broken, found: Sequence[Finding], done: Document, left: Sequence[Finding]) -> Result:
    """What was found in a tree, what was made of it, and what is still found in that."""
    to_page, to_copy = Aligned(copy.page.text, done.text), Aligned(copy.text, done.text)
    texts = files(done)
    judged = tuple(_judged(copy, one, found, left, texts, to_page, to_copy) for one in copy.planted)
    wrong = [edit for edit in to_page.edits if not _is_right(edit, copy, done.text)]
    return Result(
        judged=judged,
        findings=len(found),
        false=tuple(one for one in found if not any(_hits(copy, one, bad) for bad in copy.planted)),
        regressions=len(wrong),
        right_bytes_changed=sum(max(edit.stop - edit.start, edit.then - edit.now) for edit in wrong),
        bytes_changed_outside=changed_outside(
            copy.text, done.text, [one.span for one in done.revisions if one.accepted]
        ),
        tokens=copy.page.tokens,
        revisions=done.revisions,
    )


def _is_right(edit: Edit, copy: Broken, after: str) -> bool:
    """Whether an edit of the page lies where a mistake was planted, or puts an import back elsewhere."""
    if any(one.clean_start - _SLACK <= edit.start and edit.stop <= one.clean_stop + _SLACK for one in copy.planted):
        return True
    lines = {line for one in copy.planted for line in one.right.splitlines() if one.kind == "missing import"}
    new = after[edit.now : edit.then].strip()
    return edit.start == edit.stop and bool(lines) and set(new.splitlines()) <= lines


def _read(text: str) -> str:
    """A file as Python reads it, imports in any order; the text of one that it cannot read."""
    try:
        module = ast.parse(text)
    except SyntaxError:
        return text
    imports = sorted(ast.dump(node) for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
    others = [ast.dump(node) for node in module.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join([*imports, *others])


def _judged(
    copy: Broken, one: Planted, found: Sequence[Finding], left: Sequence[Finding], texts: dict[str, str],
    to_page: Aligned, to_copy: Aligned,
) -> Judged:  # fmt: skip
    hitting = [finding for finding in found if _hits(copy, finding, one)]
    right_side = any(_lines_meet(copy.text, finding.spans, one, _NEAR) for finding in hitting)
    now = slice(*to_page.there(one.clean_start, one.clean_stop))
    same = to_page.after[now].split() == one.right.split()
    repaired = same or _read(texts[one.fact]) == _read(copy.page.texts[one.fact]) or _imported(one, texts[one.fact])
    start, stop = to_copy.there(one.start, one.stop)
    told = any(one.start <= stop + 1 and start <= one.stop + 1 for one in _quotes(left))
    told = told or any(finding.section == one.fact for finding in left)
    silent = bool(hitting) and not repaired and not told
    return Judged(
        planted=one, found=bool(hitting), right_side=right_side, repaired=repaired, silent=silent, mended=repaired
    )


def _quotes(findings: Sequence[Finding]) -> Iterator[Span]:
    return (span for finding in findings for span in (*finding.spans, *finding.against))


def _imported(one: Planted, text: str) -> bool:
    """Whether an import that was taken away is there again, wherever it stands."""
    if one.kind != "missing import":
        return False
    return any(line.strip() == one.right.strip() for line in text.splitlines())


def _hits(copy: Broken, finding: Finding, one: Planted) -> bool:
    spans = (*finding.spans, *finding.against)
    if one.kind == "cycle":
        return "cycle" in finding.kind
    if one.kind == "missing import":
        names = set(_NAMES.findall(one.right.partition("import ")[2]))
        said = {name for span in spans for name in _NAMES.findall(span.text)} | set(
            _NAMES.findall(finding.expected or "")
        )
        return finding.section == one.fact and finding.detector != "syntax" and bool(names & said)
    if one.kind == "syntax":
        return (
            finding.section == one.fact and finding.detector == "syntax" and _lines_meet(copy.text, spans, one, _NEAR)
        )
    return finding.detector != "syntax" and _lines_meet(copy.text, spans, one, 0)


def _lines_meet(text: str, spans: Sequence[Span], one: Planted, near: int) -> bool:
    first, last = text.count("\n", 0, one.start), text.count("\n", 0, one.stop)
    for span in spans:
        start, stop = text.count("\n", 0, span.start), text.count("\n", 0, max(span.start, span.stop - 1))
        if start <= last + near and first <= stop + near:
            return True
    return False

"""Changes: findings and revisions as lines of coloured text, each with the words around it.

    ✗ numbers value · Causes: 1.4 m contradicts 1.2 m in Policy
      …the cliff retreats 1.4 m a year on average…
    ✓ splice · Causes: 1.4 m contradicts 1.2 m in Policy
      …the cliff retreats [1.4 m → 1.2 m] a year on average…

The brackets and the arrow say what the colours say, for terminals and readers without them.
"""

from rich.text import Text

from hierdiff.events import Accepted, Found, RolledBack
from hierdiff.findings import Finding, Revision
from hierdiff.report.columns import fitted, tail
from hierdiff.report.plain import one_line
from hierdiff.report.progress import Change, Progress

_AROUND = 32
_MOST = 70
GONE = "nothing"
"""What is written for an empty text."""


def change(event: Change, progress: Progress, *, width: int, short: bool = False) -> list[Text]:
    """A finding or revision in lines of at most `width` columns; `short` leaves the words around it out."""
    title = progress.title
    match event:
        case Found(finding=finding):
            return found(finding, title(finding.section), progress.given(), width=width, short=short)
        case Accepted(revision=revision) | RolledBack(revision=revision):
            return revised(revision, title(revision.section), progress.given(), width=width, short=short)


def found(finding: Finding, title: str, text: str, *, width: int, short: bool = False) -> list[Text]:
    """What is wrong, where, and why; a hint with who agrees with it."""
    sign, colour = ("✗", "red") if finding.hard else ("?", "yellow")
    head = _head(sign, colour, f"{finding.detector} {finding.kind}{_voices(finding)}", title, finding.reason)
    if short:
        return [_cut(head, width)]
    quote = finding.spans[0]
    left, right = _around(text, quote.start, quote.stop, quote.text, width)
    body = Text.assemble("  ", (left, "dim"), (_inside(quote.text), colour), (right, "dim"))
    return [head, _cut(body, width)]


def revised(revision: Revision, title: str, text: str, *, width: int, short: bool = False) -> list[Text]:
    """What stood, what stands now, and, where it was rolled back, why it does not."""
    before, after = _inside(revision.before), _inside(revision.after)
    left, right = _around(text, revision.start, revision.stop, revision.before, width - len(after))
    if revision.accepted:
        head = _head("✓", "green", revision.method, title, revision.reason if not short else f"{before} → {after}")
        parts = (("[", "dim"), (before, "red strike"), " → ", (after, "green"), ("]", "dim"))
    else:
        head = _head("↺", "yellow", f"{revision.method}, rolled back", title, revision.verdict)
        parts = (("[", "dim"), (before, ""), (" ← ", "dim"), (after, "yellow strike"), ("]", "dim"))
    if short:
        return [_cut(head, width)]
    return [head, _cut(Text.assemble("  ", (left, "dim"), *parts, (right, "dim")), width)]


def _voices(finding: Finding) -> str:
    """Who voted for a finding, and to which side a model leans."""
    votes = f", with {' and '.join(finding.votes)}" if finding.votes else "" if finding.hard else ", a hint"
    return (
        f"{votes}, {abs(finding.lean):.1f} nats {'for' if finding.lean > 0 else 'against'} it"
        if finding.lean
        else votes
    )


def _head(sign: str, colour: str, what: str, title: str, why: str) -> Text:
    head = Text.assemble((sign, colour), f" {one_line(what)}", (" · ", "dim"), fitted(title, 40))
    return head.append(f": {one_line(why)}" if why.strip() else "")


def _cut(line: Text, width: int) -> Text:
    line.truncate(max(1, width), overflow="ellipsis")
    return line


def _inside(text: str) -> str:
    """A span's own text: its beginning and its end, if it is long."""
    text = one_line(text)
    if len(text) > _MOST:
        return f"{fitted(text, _MOST // 2)} {tail(text, _MOST // 2)}"
    return text or GONE


def _around(text: str, start: int, stop: int, inside: str, width: int) -> tuple[str, str]:
    """The words before and after a span; nothing if the text does not have `inside` there."""
    room = min(_AROUND, (width - min(len(inside), _MOST) - 8) // 2)
    if text[start:stop] != inside or room < 6:
        return "", ""
    before, after = text[max(0, start - 4 * room) : start], text[stop : stop + 4 * room]
    left, right = tail(before.rpartition("\n")[2], room), fitted(after.partition("\n")[0], room)
    return left + " " * (before[-1:] == " "), " " * (after[:1] == " ") + right

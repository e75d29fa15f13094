"""Gate: whether a candidate may stand.

It may if the finding is gone, nothing new is wrong, the new text is sound in itself, and every byte outside the spans
is what it was. The last is not trusted to anyone: the untouched pieces are hashed before and after.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.code.modules import modules_of
from hierdiff.document import Document
from hierdiff.errors import RunError
from hierdiff.findings import Finding
from hierdiff.protocols import Detector
from hierdiff.revise.choose import Key, key_of, outside
from hierdiff.revise.sound import why_unsound
from hierdiff.spans import Span
from hierdiff.tree import is_tree

_SYNTAX = "syntax"
_WORDS = re.compile(r"\w+")
_SAME_TEXT = frozenset({"repeats"})
"""A value put right may make a sentence equal to another one; that it is said twice was true before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a candidate is refused (empty: it may stand), and what the detectors find in it if they were asked."""

    why: str
    findings: tuple[Finding, ...] = ()


@final
class Gate:
    """Judges candidates for one state of a document. `findings` are those of the document as it is now."""

    def __init__(self, detectors: Sequence[Detector], document: Document, findings: Iterable[Finding]) -> None:
        self._detectors, self._document = detectors, document
        self._before = Counter(key_of(finding) for finding in findings)

    def verdict(
        self, finding: Finding, spans: Sequence[Span], candidate: Document, texts: Sequence[str], *, anew: bool
    ) -> "Verdict":
        """Whether the candidate may stand by the rules. `texts` stand in it where `spans` stood; `anew` says that a
        model has written them."""
        check_untouched(self._document, candidate, spans, texts)
        said = [span.of(self._document.text) for span in spans]
        if anew and (why := why_unsound(self._document, spans, texts)):
            return Verdict(why)
        if not all(texts) and (emptied := _emptied(self._document, candidate)):
            return Verdict(f"it leaves nothing of the section '{emptied}'")
        findings = find(self._detectors, candidate)
        key = key_of(finding)
        if sum(key_of(one) == key for one in findings) >= self._before[key]:
            return Verdict("the finding is still there")
        if why := _unreadable(self._document, candidate):
            return Verdict(why)
        hard = [one for one in findings if one.hard and not _uncovered(finding, one, spans, texts, said)]
        new = Counter(key_of(one) for one in hard) - self._before
        if finding.expected is not None:
            new = Counter({one: count for one, count in new.items() if one[0] not in _SAME_TEXT})
        return Verdict(f"it brings a new finding: {_said(next(iter(new)))}" if new else "", tuple(findings))


def find(detectors: Iterable[Detector], document: Document) -> list[Finding]:
    """What all detectors find, in order of place."""
    found = [finding for detector in detectors for finding in detector.find(document)]
    return sorted(found, key=lambda finding: (finding.spans[0].start, finding.detector))


def _unreadable(before: Document, after: Document) -> str:
    """Which file of a tree Python could read and can read no more."""
    if not is_tree(before):
        return ""
    lost = {one.path for one in modules_of(before).sources} - {one.path for one in modules_of(after).sources}
    return f"Python can no longer read {min(lost)}" if lost else ""


def _uncovered(
    acted: Finding, found: Finding, spans: Sequence[Span], texts: Sequence[str], said: Sequence[str]
) -> bool:
    """Whether a finding was there before and only could not be seen, because its file did not parse: it lies outside
    what was rewritten, and is of no name that the old text has."""
    if acted.detector != _SYNTAX or found.detector == _SYNTAX or found.section != acted.section:
        return False
    placed = _placed(spans, texts)
    words = {word for text in said for word in _WORDS.findall(text)}
    return not any(one.meets(new) for one in found.spans for new in placed) and not any(
        one.text in words for one in found.spans
    )


def _emptied(before: Document, after: Document) -> str:
    """The first section that had words in it and would have none."""
    for old, new in zip(before.sections, after.sections, strict=False):
        if old.path is None and _has_words(old.body.of(before.text)) and not _has_words(new.body.of(after.text)):
            return old.id
    return ""


def _has_words(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def check_untouched(before: Document, after: Document, spans: Sequence[Span], texts: Sequence[str]) -> None:
    """Raise RunError unless every character outside the spans is the same in both documents."""
    moved = _placed(spans, texts)
    if _hashes(outside(before.text, spans)) != _hashes(outside(after.text, moved)):
        raise RunError("a revision touched text outside its span; this is a bug in hierdiff, nothing was kept")


def _placed(spans: Sequence[Span], texts: Sequence[str]) -> list[Span]:
    """Where texts stand that took the place of spans."""
    moved: list[Span] = []
    shift = 0
    for span, text in zip(sorted(spans, key=lambda one: one.start), texts, strict=True):
        moved.append(Span(start=span.start + shift, stop=span.start + shift + len(text)))
        shift += len(text) - len(span)
    return moved


def _hashes(pieces: Iterable[str]) -> list[str]:
    return [hashlib.sha256(piece.encode("utf-8", "surrogatepass")).hexdigest() for piece in pieces]


def _said(key: Key) -> str:
    detector, kind, section, texts = key
    return f"{detector} {kind} in '{section}' ({texts[0][:40]!r})"

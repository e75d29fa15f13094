"""Citations: what is cited and is no source of the section that cites it, and quotations that do not stand in theirs.

A run knows what it gave to which section, and the text of it. Of a finished file only the list of sources is known:
whether what is cited is in it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import final

from rapidfuzz import fuzz

from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.document import Document
from hierdiff.evidence import OWN_ID, Cited, citations
from hierdiff.findings import Finding
from hierdiff.sources import TITLE

_LISTED = re.compile(r"^[ \t]*[-*+][ \t]+\[([A-Za-z][\w.-]{0,60})\](?![(\[:])", re.M)
_QUOTED = re.compile(r"[\"“](?P<quote>[^\"“”\n]{8,1500})[\"”][,.;:]?[ ]?$")
_NEXT = re.compile(r"[^\n.!?\"“”]{0,60}[\"“](?P<quote>[^\"“”\n]{8,1500})[\"”](?![,.;:]?[ ]?\[)")
_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\u00a0": " "})
_ELLIPSIS = re.compile(r"\s*(?:\[?\.\.\.\]?|\[?…\]?)\s*")
_LEAST_WORDS = 3
"""Words of a quotation: one or two may be a word that is only talked about."""
_ALIKE = 88.0
_LONGEST = 1600


@final
class Citations:
    """Finds citations that do not resolve (`unknown`, `not given`) and quotations that are none (`quote`).

    A citation that leads nowhere ought to go; a quotation ought to be the source's own words, where one passage has
    words that are nearly it.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "citations")
        start = _list_start(reading)
        listed = set(_LISTED.findall(reading.text[start:])) if start < len(reading.text) else set[str]()
        known = {*document.evidence.passages, *listed, *_cited_items(document)}
        if not known and document.outline is None:
            return []
        given = _Given(document)
        found: list[Finding] = []
        for one in citations(reading.text):
            if one.opening >= start or not _is_citation(reading, one, known):
                continue
            found += _unresolved(reading, one, known, given)
            found += _misquoted(reading, one)
        return in_order(found)


@final
class _Given:
    """Which citations a section may use: of what it was given, and of what stands in the sections it waited for."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[str, frozenset[str]] = {}

    def allows(self, section: str, citation: str) -> bool:
        """Whether the section was given what it cites, as far as that is known."""
        evidence = self._document.evidence
        if citation not in evidence.passages:
            return True
        if section not in self._known:
            around = (section, *self._sources(section))
            self._known[section] = frozenset(one for name in around for one in evidence.given.get(name, ()))
        return citation in self._known[section]

    def _sources(self, section: str) -> tuple[str, ...]:
        outline = self._document.outline
        leaves = set() if outline is None else {leaf.id for leaf in outline.leaves}
        return outline.sources(section) if outline is not None and section in leaves else ()


def _cited_items(document: Document) -> set[str]:
    return {item.id for item in document.ledger.items if item.kind == "citation"}


def _list_start(reading: Reading) -> int:
    """Where the list of sources begins, or the text's end."""
    last = reading.prose.headings[-1] if reading.prose.headings else None
    return last.start if last is not None and last.title == TITLE else len(reading.text)


def _is_citation(reading: Reading, one: Cited, known: set[str]) -> bool:
    """Whether it is one in earnest: an id that is known or looks like ours, in no code, and no name of a link."""
    if one.id not in known and not OWN_ID.fullmatch(one.id):
        return False
    defines = reading.text[one.closing : one.closing + 1] == ":" and reading.text[
        max(0, one.opening - 1) : one.opening
    ] in ("", "\n")
    return reading.prose.in_language(one.opening) and not defines


def _unresolved(reading: Reading, one: Cited, known: set[str], given: _Given) -> Iterator[Finding]:
    section = reading.section(one.opening)
    if one.id not in known:
        reason = f"[{one.id}] is cited, but there is no such source."
        yield reading.finding("unknown", [_whole(reading.text, one)], reason, expected="")
    elif not given.allows(section, one.id):
        reason = f"[{one.id}] is cited in '{short(section)}', which was not given that source."
        yield reading.finding("not given", [_whole(reading.text, one)], reason, expected="")


def _whole(text: str, one: Cited) -> Place:
    """What goes when a citation goes: the brackets with the blank before them, or its id out of a list."""
    inner = text[one.opening + 1 : one.closing - 1]
    if inner.strip() != one.id:
        before = text[one.opening + 1 : one.start]
        if before.strip():
            return one.start - (len(before) - len(before.rstrip(" ,;"))), one.stop
        after = text[one.stop : one.closing - 1]
        return one.start, one.stop + len(after) - len(after.lstrip(" ,;"))
    blank = text[one.opening - 1 : one.opening] == " " and text[one.closing : one.closing + 1] not in ("", " ", "\n")
    return one.opening - int(blank), one.closing


def _misquoted(reading: Reading, one: Cited) -> Iterator[Finding]:
    """The quotation right before a citation, or right after it, if its passage is at hand and does not have it."""
    passage = reading.document.evidence.passages.get(one.id)
    place = None if passage is None else _quotation(reading.text, one)
    if passage is None or place is None:
        return
    quote = reading.text[place[0] : place[1]]
    source = _plain(passage.text)
    pieces = [piece for piece in (_plain(part) for part in _ELLIPSIS.split(quote)) if piece]
    if len(quote.split()) < _LEAST_WORDS or all(piece.casefold() in source.casefold() for piece in pieces):
        return
    reason = f"'{short(quote)}' is quoted from [{one.id}], but does not stand there."
    yield reading.finding("quote", [place], reason, expected=_nearly(quote, source) if len(pieces) == 1 else None)


def _quotation(text: str, one: Cited) -> Place | None:
    start = max(0, one.opening - _LONGEST, text.rfind("\n", 0, one.opening) + 1)
    if match := _last_quote(text[start : one.opening]):
        return start + match[0], start + match[1]
    if match := _NEXT.match(text, one.closing, one.closing + _LONGEST):
        return match.span("quote")
    return None


def _last_quote(before: str) -> Place | None:
    """The quotation that a text ends with. Straight marks open and close alike: the last two belong together."""
    bare = before.rstrip(" ").rstrip(",.;:")
    if bare[-1:] not in ('"', "”"):
        return None
    opens = max(bare.rfind("“", 0, -1), bare.rfind('"', 0, -1) if bare[-1] == '"' else -1)
    match = _QUOTED.match(bare, opens) if opens >= 0 else None
    return match.span("quote") if match else None


def _plain(text: str) -> str:
    """A text as quotations are compared: one kind of signs, single blanks, no full stop at its end."""
    return " ".join(text.translate(_SIGNS).split()).strip(" .,;:!?")


def _nearly(quote: str, source: str) -> str | None:
    """The words of the source that the quotation is nearly, cut at words."""
    found = fuzz.partial_ratio_alignment(_plain(quote), source, score_cutoff=_ALIKE)
    if found is None:
        return None
    start, stop = found.dest_start, found.dest_end
    while start > 0 and not source[start - 1].isspace():
        start -= 1
    while stop < len(source) and not source[stop].isspace():
        stop += 1
    words = source[start:stop].strip(" .,;:")
    return None if '"' in words or not words else words + quote[len(quote.rstrip(".,;:!?")) :]

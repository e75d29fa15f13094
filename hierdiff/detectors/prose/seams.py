"""Seams: where sections that were written apart show it: two introductions, an opening that says the last end again."""

import re
from collections.abc import Iterable, Iterator
from typing import final

from rapidfuzz import fuzz

from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Reading, in_order, short
from hierdiff.detectors.reading.words import content, stem, words
from hierdiff.document import Document
from hierdiff.findings import Finding

LEAST_WORDS = 6
ALIKE = 80.0

_WHOLE = r"(?:report|document|article|guide|paper|essay|study|handbook|brochure|overview|tutorial|white ?paper)"
_INTRODUCES = re.compile(
    rf"(?:(?:The purpose|The aim|The goal) of this {_WHOLE} is\b"
    rf"|This {_WHOLE} (?:will )?(?:examine|describe|explore|look|provide|discusse?|cover|present|explain|outline|give"
    r"|set|aim|show|review|summari[sz]e|introduce|seek|deal|consider)(?:s|es)?\b"
    rf"|In this {_WHOLE},? (?:we|I|you)\b|Welcome to (?:this|our) {_WHOLE}\b)",
    re.I,
)
_CONCLUDES = re.compile(
    rf"(?:In conclusion|To conclude|In closing|To sum up|To summari[sz]e this {_WHOLE}|As this {_WHOLE} has shown)\b",
    re.I,
)


@final
class Seams:
    """Finds what only a reader of the whole notices: two introductions, two conclusions, an end said again."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "seams")
        edges = list(_edges(reading))
        return in_order([*_introductions(reading, edges), *_conclusions(reading, edges), *_openings(reading, edges)])


Edge = tuple[str, Sentence, Sentence, bool]
"""A section's id, its first and its last sentence of prose, and whether it has others."""


def _edges(reading: Reading) -> Iterator[Edge]:
    """The sections that open and close with prose."""
    blocks = reading.prose.blocks
    first: Sentence | None = None
    last: Sentence | None = None
    section = ""
    for sentence in reading.prose.sentences:
        here = reading.section(sentence.start)
        if first is None or here != section:
            if first is not None and last is not None:
                yield section, first, last, last is not first
            first, section = sentence, here
        last = sentence
    if first is not None and last is not None and blocks:
        yield section, first, last, last is not first


def _introductions(reading: Reading, edges: list[Edge]) -> Iterator[Finding]:
    """Openings that present the whole document, after the first of them."""
    found = [first for _, first, _, _ in edges if _INTRODUCES.match(first.plain.lstrip())]
    for sentence in found[1:]:
        reason = f"The text is introduced a second time here: '{short(sentence.plain)}'."
        against = [(found[0].start, found[0].stop)]
        yield reading.finding("second introduction", [(sentence.start, sentence.stop)], reason, against=against)


def _conclusions(reading: Reading, edges: list[Edge]) -> Iterator[Finding]:
    """Paragraphs that conclude, before the last of them; those of one section belong together."""
    found = [one for one in reading.prose.sentences if _CONCLUDES.match(one.plain.lstrip())]
    last = reading.section(found[-1].start) if found else ""
    for sentence in found:
        if reading.section(sentence.start) != last:
            reason = f"The text concludes here already, and again at its end: '{short(sentence.plain)}'."
            against = [(found[-1].start, found[-1].stop)]
            yield reading.finding("early conclusion", [(sentence.start, sentence.stop)], reason, against=against)


def _openings(reading: Reading, edges: list[Edge]) -> Iterator[Finding]:
    """First sentences that say once more what the section before ended with, in the same words or nearly so."""
    entries = Entries(reading.prose.headings)
    for number in range(1, len(edges)):
        (_, _, before, _), (_, opening, _, more) = edges[number - 1], edges[number]
        listed = "list" in (reading.prose.blocks[before.block].kind, reading.prose.blocks[opening.block].kind)
        if listed or BLOT in before.plain or BLOT in opening.plain or entries.holds(opening.start):
            continue
        if more and _says_again(before.plain, opening.plain):
            reason = f"The section opens with what the one before ended with: '{short(before.plain)}'."
            place, stands = (opening.start, opening.stop), (before.start, before.stop)
            yield reading.finding("repeated opening", [place], reason, expected="", against=[stands])


def _says_again(before: str, opening: str) -> bool:
    left, right = ([match.group().lower() for match in words(text)] for text in (before, opening))
    if min(len(left), len(right)) < LEAST_WORDS or left == right:
        return False
    if [one for one in left if one[0].isdigit()] != [one for one in right if one[0].isdigit()]:
        return False
    ours, theirs = ({stem(one) for one in side if content(one)} for side in (left, right))
    return theirs <= ours and len(theirs) >= 3 and fuzz.token_sort_ratio(" ".join(left), " ".join(right)) >= ALIKE

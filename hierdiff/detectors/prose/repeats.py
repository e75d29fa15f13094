"""Repeats: sentences and passages that stand twice, and text that runs in a loop."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.prose.reworded import reworded
from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import words
from hierdiff.document import Document
from hierdiff.findings import Finding

SENTENCE_WORDS = 8
FORMAL_WORDS = 16
SHINGLE = 12
STRIDE = 4
PASSAGE_WORDS = 24
LONGEST_LOOP = 40
_SET_IN = 2
_POINTS = re.compile(
    r"\W*(?:For (?:more|further|additional|detailed|full)(?: \w+)? ?(?:information|details|examples)"
    r"|See|Refer to|Note)\b"
)
"""Sentences that only point elsewhere may do so wherever a reader comes along."""
START_WORDS = 4
START_TIMES = 4


@dataclass(slots=True)
class _Word:
    """A word as it is compared, where it stands, and in which block and section."""

    norm: str
    start: int
    stop: int
    block: int
    section: str


@final
class Repeats:
    """Finds what is said twice in the same words. The first mention stands, the later one is the span.

    Sentences of eight words or more, passages of two dozen words that no sentence border frames, phrases of three
    words or more three times in a row. A run of sentences with one beginning is a hint only, since it may be rhetoric.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "repeats")
        entries = Entries(reading.prose.headings)
        stream = _stream(reading)
        loops = list(_loops(reading, stream))
        twice = list(_sentences(reading, entries, _Cover([_place(finding) for finding in loops])))
        passages = list(_passages(reading, entries, stream, _Cover([_place(finding) for finding in (*loops, *twice)])))
        literal = [*loops, *twice, *passages]
        return in_order([*literal, *_reworded(reading, entries, literal), *_starts(reading)])


def _reworded(reading: Reading, entries: Entries, literal: Sequence[Finding]) -> Iterator[Finding]:
    """Sentences said over again in other words, where the same words are not found already."""
    taken = _Cover([_place(finding) for finding in literal])
    for finding, stands in reworded(reading, entries):
        again = _place(finding)
        if not taken.meets(*again) and not lawful(entries, stands[0], again[0]):
            yield finding


def lawful(entries: Entries, first: int, again: int) -> bool:
    """Whether what stands at two places may be the same: in a catalogue, or in parallel parts of one name."""
    return entries.holds(first) or entries.holds(again) or entries.alike(first, again)


def _place(finding: Finding) -> Place:
    return finding.spans[0].start, finding.spans[-1].stop


@final
class _Cover:
    """Places that are spoken for already."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = sorted(places)
        self._stops: list[int] = []
        for _, stop in self._places:
            self._stops.append(max(stop, self._stops[-1] if self._stops else 0))

    def meets(self, start: int, stop: int) -> bool:
        """Whether one of them shares a character with `start..stop`."""
        at = bisect_left(self._places, (stop, 0))
        return at > 0 and self._stops[at - 1] > start


def _norms(text: str) -> list[str]:
    return [match.group().lower().replace("’", "'") for match in words(text)]


def _stream(reading: Reading) -> list[_Word]:
    found: list[_Word] = []
    for number, block in enumerate(reading.prose.blocks):
        section = reading.section(block.start)
        for match in words(reading.text, block.start, block.stop):
            norm = match.group().lower().replace("’", "'")
            found.append(_Word(norm, match.start(), match.end(), number, section))
    return found


def _loops(reading: Reading, stream: Sequence[_Word]) -> Iterator[Finding]:
    """Three copies in a row of three words or more; of one or two words it takes more to be no emphasis."""
    last: dict[tuple[str, str, str], int] = {}
    at = 2
    while at + 1 < len(stream):
        gram = (stream[at - 2].norm, stream[at - 1].norm, stream[at].norm)
        begin = at - 2
        period = begin - last.get(gram, -LONGEST_LOOP - 1)
        last[gram] = begin
        run = _run(stream, begin, period) if 0 < period <= LONGEST_LOOP else 0
        if run >= {1: 5, 2: 6}.get(period, 2 * period):
            if _in_words(reading, stream[begin - period : begin]):
                yield _loop(reading, stream, begin, period, run // period)
            at = begin + run + 2
            last.clear()
        at += 1


def _in_words(reading: Reading, copy: Sequence[_Word]) -> bool:
    """Whether what runs in a loop is language: a word of letters among it, and no code."""
    block = reading.prose.blocks[copy[0].block]
    plain = block.plain[copy[0].start - block.start : copy[-1].stop - block.start]
    return BLOT not in plain and any(word.norm.isalpha() for word in copy)


def _run(stream: Sequence[_Word], begin: int, period: int) -> int:
    """How many words from `begin` on equal the word one period before, all in one section."""
    at = begin
    section = stream[begin - period].section
    while at < len(stream) and stream[at].norm == stream[at - period].norm and stream[at].section == section:
        at += 1
    return at - begin


def _loop(reading: Reading, stream: Sequence[_Word], begin: int, period: int, copies: int) -> Finding:
    first = (stream[begin - period].start, stream[begin - 1].stop)
    again = (first[1], stream[begin + copies * period - 1].stop)
    reason = f"The text runs in a loop: '{short(reading.text[slice(*first)])}' stands {copies + 1} times in a row."
    return reading.finding("loop", [again], reason, expected="", against=[first])


def _sentences(reading: Reading, entries: Entries, taken: _Cover) -> Iterator[Finding]:
    """Sentences that stood before, neighbours of one paragraph taken together."""
    sentences = reading.prose.sentences
    keys = [" ".join(_norms(reading.text[one.start : one.stop])) for one in sentences]
    first: dict[str, int] = {}
    at = 0
    while at < len(sentences):
        here = at
        at += 1
        if keys[here].count(" ") + 1 < _least(reading, sentences[here]):
            continue
        before = first.setdefault(keys[here], here)
        if before == here or taken.meets(sentences[here].start, sentences[here].stop):
            continue
        if lawful(entries, sentences[before].start, sentences[here].start):
            continue
        if _POINTS.match(sentences[here].plain) or _of_a_term(reading, sentences[here].block):
            continue
        while at < len(sentences) and _pair(reading, keys, before + at - here, at, here):
            at += 1
        again = (sentences[here].start, sentences[at - 1].stop)
        stands = (sentences[before].start, sentences[before + at - here - 1].stop)
        reason = f"This was already said in the same words: '{short(reading.text[slice(*stands)])}'."
        yield reading.finding("repeated sentence", [again], reason, expected="", against=[stands])


def _of_a_term(reading: Reading, number: int) -> bool:
    """Whether a paragraph belongs to a term: it is set in from the margin, or all of it but its first line is."""
    block = reading.prose.blocks[number]
    margin = reading.text.rfind("\n", 0, block.start) + 1
    if block.kind != "prose" or reading.text[margin : block.start].strip():
        return False
    second = reading.text[block.start : block.stop].find("\n")
    inner = reading.text[block.start + second + 1 : block.start + second + 4] if second >= 0 else ""
    return block.start - margin >= _SET_IN or (inner[:_SET_IN].isspace() and len(inner) > _SET_IN)


def _least(reading: Reading, sentence: Sentence) -> int:
    """How many words a repeated sentence must have: more where forms repeat by nature (lists, code, lead-ins)."""
    formal = reading.prose.blocks[sentence.block].kind == "list" or BLOT in sentence.plain
    return FORMAL_WORDS if formal or sentence.plain.rstrip().endswith(":") else SENTENCE_WORDS


def _pair(reading: Reading, keys: Sequence[str], before: int, at: int, here: int) -> bool:
    """Whether two sentences are the next of two equal runs, each within its paragraph."""
    sentences = reading.prose.sentences
    same = before < here and keys[before] == keys[at] and bool(keys[at])
    return same and all(sentences[one].block == sentences[one - 1].block for one in (before, at))


def _passages(reading: Reading, entries: Entries, stream: Sequence[_Word], taken: _Cover) -> Iterator[Finding]:
    """Runs of words shared by two paragraphs, by shingles: every fourth is remembered, each is looked up."""
    seen: dict[int, int] = {}
    norms, blocks = [word.norm for word in stream], [word.block for word in stream]
    at = 0
    while at + SHINGLE <= len(stream):
        if blocks[at] != blocks[at + SHINGLE - 1]:
            at += 1
            continue
        key = hash(tuple(norms[at : at + SHINGLE]))
        before = seen.get(key)
        if before is None:
            if at % STRIDE == 0:
                seen[key] = at
        else:
            finding, at = _passage(reading, stream, before, at, taken)
            if finding is not None and not lawful(entries, finding.against[0].start, finding.spans[0].start):
                yield finding
            continue
        at += 1


def _passage(
    reading: Reading, stream: Sequence[_Word], before: int, at: int, taken: _Cover
) -> tuple[Finding | None, int]:
    """The longest common run around two equal shingles, if it is long enough, and where to read on."""
    back, length = 0, 0
    while _same(stream, before - back - 1, at - back - 1, before, at):
        back += 1
    while _same(stream, before + length, at + length, before, at) and before + length < at - back:
        length += 1
    block = reading.prose.blocks[stream[at].block]
    formal = block.kind == "list" or BLOT in block.plain
    if back + length < (2 if formal else 1) * PASSAGE_WORDS or _of_a_term(reading, stream[at].block):
        return None, at + 1
    again = (stream[at - back].start, stream[at + length - 1].stop)
    stands = (stream[before - back].start, stream[before + length - 1].stop)
    if taken.meets(*again) or stands[1] > again[0]:
        return None, at + length
    reason = f"A passage of {back + length} words stood before: '{short(reading.text[slice(*stands)])}'."
    return reading.finding("repeated passage", [again], reason, against=[stands]), at + length


def _same(stream: Sequence[_Word], left: int, right: int, before: int, at: int) -> bool:
    if left < 0 or right >= len(stream):
        return False
    inside = stream[left].block == stream[before].block and stream[right].block == stream[at].block
    return inside and stream[left].norm == stream[right].norm


def _starts(reading: Reading) -> Iterator[Finding]:
    """Four sentences or more in a row, in one paragraph, with the same first four words."""
    run: list[Place] = []
    last: tuple[int, tuple[str, ...]] | None = None
    for sentence in (*reading.prose.sentences, None):
        key, place = _beginning(sentence) if sentence is not None else (None, (0, 0))
        if key is not None and key == last:
            run.append(place)
            continue
        if len(run) >= START_TIMES:
            reason = f"{len(run)} sentences in a row begin with '{short(reading.text[slice(*run[0])])}'."
            yield reading.finding("same beginnings", run[1:], reason, against=run[:1], hard=False)
        run, last = [place], key


def _beginning(sentence: Sentence) -> tuple[tuple[int, tuple[str, ...]] | None, Place]:
    """The block and the first words of a sentence, and where those stand; no key for a short sentence."""
    found = [match for _, match in zip(range(START_WORDS + 1), words(sentence.plain), strict=False)]
    if len(found) <= START_WORDS:
        return None, (0, 0)
    place = (sentence.start + found[0].start(), sentence.start + found[START_WORDS - 1].end())
    return (sentence.block, tuple(match.group().lower() for match in found[:START_WORDS])), place

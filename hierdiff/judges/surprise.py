"""Surprise: words that a model would not have expected, given what stands before them and after.

Each word is scored while hidden, or with the text that follows in the prompt; never from the left alone, which cannot
see an early error and blames the later, right mention instead. How unexpected is too much is seen from the others: the
distance from the median of its section and class (figures, capitalised words, others) in deviations, the deviation
being taken from the median of distances (MAD), so that a few outliers do not hide each other.

On a plain CPU that costs more than it finds, so only sections are read that findings point to, and no more token-rows
are spent than a draft takes.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import final

from hierdiff.canvas import Canvas, Ink
from hierdiff.detectors.reading.reading import Reading, short
from hierdiff.detectors.reading.words import words
from hierdiff.document import Document, Part
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.sight import Sight
from hierdiff.protocols import Backend, TokenScore
from hierdiff.spans import Quote, Span

Kind = str
FAR: Mapping[Kind, float] = {"figure": 2.3, "name": 4.0, "word": 4.0}
"""Deviations from which on a word is a finding, by class. A figure is less often the first of its kind; 4 is where
research puts what may act by itself."""
SHIFT = 4.0
"""Nats by which a word must have become less likely since it was committed, where that is known."""
LEAST = 1e-6
"""The least probability that a token is taken to have been committed at."""
FEWEST = 8
"""Tokens that a class must have in a section to be judged by itself; fewer are held against all of the section."""
FLAT = 0.1
"""The least deviation: where all words are equally likely, none is far off."""
SIGMA = 1.4826
"""What makes the median distance of a normal distribution its standard deviation."""
AROUND = 6000
"""Characters before and behind a section that the model is shown."""


@dataclass(slots=True, frozen=True)
class _Word:
    """A word of the document, its class, its surprise in nats (that of its least expected token, and
    of each), and what it was when it
    was committed, if that is known."""

    place: Span
    kind: Kind
    nats: float
    tokens: tuple[float, ...]
    then: float | None = None


@final
class Surprise:
    """Finds unexpected words. Where the document knows how sure the model was when it committed a section's tokens
    (`Part.sure`), a word counts only if it has become unlikelier since: what was fine alone and is not in its place.

    `everywhere` reads sections that no finding points to as well, still within the cost of a draft.
    """

    def __init__(self, backend: Backend, *, everywhere: bool = False) -> None:
        self._backend, self._everywhere = backend, everywhere
        self._sight = Sight(backend)

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings, with a vote where the model is surprised at the same words, and a soft one for each other word
        that surprises it. Raises BackendError where the model cannot be asked."""
        parts = _pointed(document, findings, everywhere=self._everywhere)
        if not parts or not self._backend.capabilities.scores:
            return findings
        own, most = list[Finding](), self._sight.spent + self._sight.affordable(document)
        for part in parts:
            start, stop = max(0, part.body.start - AROUND), min(len(document.text), part.body.stop + AROUND)
            if self._sight.spent + self._sight.expected(stop - start, len(part.body)) > most:
                break
            scores = await self._scored(document, part, start, stop)
            own += _unexpected(document, _words(document, part, scores))
        return told(findings, own)

    async def _scored(self, document: Document, part: Part, start: int, stop: int) -> Sequence[TokenScore]:
        """The scores of a section's tokens, as places in the document, of which `start..stop` is shown."""
        canvas = Canvas(id=f"surprise@{part.id}", section=part.id, pieces=(Ink(text=document.text[start:stop]),))
        body = part.body.of(document.text)
        end = part.body.start + len(body.rstrip())
        scores = await self._sight.scores(canvas, Span(start=part.body.start - start, stop=end - start))
        return [one.changed(start=one.start + start, stop=one.stop + start) for one in scores]


def _pointed(document: Document, findings: Sequence[Finding], *, everywhere: bool) -> list[Part]:
    """The sections to read: those of findings, those that only a judge can decide first."""
    order = [one.section for one in sorted(findings, key=lambda one: one.hard)]
    order += [at.id for one in findings for quote in one.against if (at := document.at(quote.start)) is not None]
    order += [part.id for part in document.sections] if everywhere else []
    known = {part.id: part for part in document.sections}
    return [known[name] for name in dict.fromkeys(order) if name in known and len(known[name].body)]


def _words(document: Document, part: Part, scores: Sequence[TokenScore]) -> Iterator[_Word]:
    """The words of a section's prose with their surprise."""
    prose = Reading(document, "surprise").prose
    spans = [Span(start=one.start, stop=one.stop) for one in prose.blocks]
    sure = _committed(part, scores)
    at = 0
    for match in words(document.text, part.body.start, part.body.stop):
        place = Span(start=match.start(), stop=match.end())
        while at < len(scores) and scores[at].stop <= place.start:
            at += 1
        stop = at
        while stop < len(scores) and scores[stop].start < place.stop:
            stop += 1
        if stop > at and any(block.holds(place) for block in spans):
            worst = min(range(at, stop), key=lambda number: scores[number].logprob)
            then = None if sure is None else -math.log(max(LEAST, min(1.0, sure[worst])))
            each = tuple(-one.logprob for one in scores[at:stop])
            yield _Word(place, _kind(match[0]), -scores[worst].logprob, each, then)


def _committed(part: Part, scores: Sequence[TokenScore]) -> Sequence[float] | None:
    """How sure the model was of each scored token when it committed it; None where the tokens are others now."""
    return part.sure if part.sure and len(part.sure) == len(scores) else None


def _kind(word: str) -> Kind:
    return "figure" if any(map(str.isdigit, word)) else "name" if word[:1].isupper() else "word"


def _unexpected(document: Document, found: Iterator[_Word]) -> Iterator[Finding]:
    """Findings for the words that are too far from the others of their class."""
    by_kind: dict[Kind, list[float]] = defaultdict(list)
    told_of = list(found)
    for word in told_of:
        by_kind[word.kind] += word.tokens
    everything = [nats for word in told_of for nats in word.tokens]
    for word in told_of:
        own = by_kind[word.kind]
        far = distance(word.nats, own if len(own) >= FEWEST else everything)
        shifted = word.then is None or word.nats - word.then >= SHIFT
        if far > FAR[word.kind] and shifted:
            yield _finding(document, word, far)


def distance(value: float, others: Sequence[float]) -> float:
    """How many deviations a value lies above the median of others (its own among them)."""
    middle = median(others)
    spread = SIGMA * max(FLAT, median(abs(one - middle) for one in others))
    found = (value - middle) / spread
    return found if math.isfinite(found) else 0.0


def _finding(document: Document, word: _Word, far: float) -> Finding:
    part = document.at(word.place.start)
    quote = Quote.cut(document.text, word.place.start, word.place.stop)
    return Finding(
        detector="surprise",
        kind=f"unexpected {word.kind}",
        section=part.id if part is not None else "",
        spans=(quote,),
        reason=f"A model does not expect '{short(quote.text)}' here ({far:.1f} deviations, {word.nats:.1f} nats).",
        hard=False,
    )

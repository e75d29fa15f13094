"""Meaning: sentences that say again, in other words, what was said before.

Long sentences that share a rare word are held against each other by the cosine of their embeddings (Reimers and
Gurevych 2019, arXiv 1908.10084). That is a hint: short sentences that state one fact in two places are as close as
a paraphrase. Where two sentences also share several words that hardly another one has, that is a second voice.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import mul
from typing import final

from hierdiff.detectors.reading.reading import short
from hierdiff.document import Document
from hierdiff.errors import ModelError
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.pairs import Pair, pairs, sayings
from hierdiff.spans import Quote

Embedder = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Turns texts into vectors, one each. Called in a thread; may raise ModelError."""

CLOSE, ALONE = 0.65, 0.85
"""The cosine from which on two sentences that share rare words mean the same, and that for those that do not, which
stay a hint; calibrated on the calibration half of the planted documents and on real ones."""
WORDS = 9
"""Words of content that a sentence must have: what is shorter states a fact, which may be stated twice."""
RARE, VOICE, VOICES = 12, 3, 4
"""A word in more than RARE sentences leads to no pair. VOICES shared words, none in more than VOICE sentences, are a
second voice."""
MOST = 8
"""Earlier sentences that one is held against."""
SENTENCES = 4000
"""Sentences of a document that are embedded at most, the first ones."""


@final
class Meaning:
    """Finds paraphrases across a document. `close` is the cosine from which on two sentences that share rare words mean
    the same, `alone` the one for sentences that do not."""

    def __init__(self, embedder: Embedder, *, close: float = CLOSE, alone: float = ALONE) -> None:
        self._embedder, self._close, self._alone = embedder, close, alone

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings, and one for each sentence that says an earlier one again. Raises ModelError where the embedder
        gives no vectors."""
        said = [one for one in sayings(document, WORDS) if not one.listed][:SENTENCES]
        found = list(pairs(said, rare=RARE, share=1, most=MOST))
        texts = list(dict.fromkeys(side.text for pair in found for side in (pair.first, pair.then)))
        if not texts:
            return findings
        vectors = dict(zip(texts, await asyncio.to_thread(_embedded, self._embedder, texts), strict=True))
        often = Counter(word for one in said for word in one.stems)
        return told(findings, self._close_ones(document, found, vectors, often))

    def _close_ones(
        self, document: Document, found: Sequence[Pair], vectors: Mapping[str, Sequence[float]], often: Counter[str]
    ) -> Iterator[Finding]:
        """One finding for each later sentence, against the earlier one that it is closest to."""
        best: dict[int, tuple[float, bool, Pair]] = {}
        for pair in found:
            near = sum(map(mul, vectors[pair.first.text], vectors[pair.then.text]))
            voiced = sum(often[word] <= VOICE for word in pair.shared) >= VOICES
            known = best.get(pair.then.number, (0.0, False, pair))
            if (
                _apart(pair)
                and near >= (self._close if voiced else self._alone)
                and (voiced, near) > (known[1], known[0])
            ):
                best[pair.then.number] = near, voiced, pair
        for near, voiced, pair in best.values():
            yield _finding(document, pair, near, sure=voiced)


def _apart(pair: Pair) -> bool:
    """Whether two sentences are no neighbours, give the same figures, and are not the same, which rules see."""
    neighbours = pair.then.number - pair.first.number <= 1
    return not neighbours and pair.first.text != pair.then.text and not _figures_differ(pair)


def _figures_differ(pair: Pair) -> bool:
    """Whether the two give different figures: one form filled twice says two things."""
    figures = [{word.strip(".,;:()") for word in side.text.split() if any(map(str.isdigit, word))} for side in
               (pair.first, pair.then)]  # fmt: skip
    return figures[0] != figures[1]


def _finding(document: Document, pair: Pair, near: float, *, sure: bool) -> Finding:
    stands = Quote.cut(document.text, *pair.first.place)
    return Finding(
        detector="meaning",
        kind="paraphrase",
        section=pair.then.section,
        spans=(Quote.cut(document.text, *pair.then.place),),
        reason=f"This was said before in other words (cosine {near:.2f}): '{short(stands.text)}'.",
        expected="",
        against=(stands,),
        hard=sure,
        votes=("rare words",) if sure else (),
    )


def _embedded(embedder: Embedder, texts: Sequence[str]) -> list[list[float]]:
    """The vectors of texts, of length 1. Raises ModelError where there are not as many, or one is no vector."""
    found = [[float(number) for number in vector] for vector in embedder(texts)]
    sizes = {len(vector) for vector in found}
    if len(found) != len(texts) or len(sizes) != 1 or not all(math.isfinite(sum(vector)) for vector in found):
        raise ModelError(f"the embedder gave {len(found)} vectors for {len(texts)} texts, or broken ones; use another")
    lengths = [math.sqrt(sum(map(mul, vector, vector))) or 1.0 for vector in found]
    return [[number / length for number in vector] for vector, length in zip(found, lengths, strict=True)]

"""Entailment: sentences that contradict each other, by a model that was trained to tell (natural language inference).

Never all pairs: only sentences that share rare words, a few to each. Both directions are asked. Figures and dates are
left to the rules: such models take "12 %" and "14 %" for the same.
"""

import asyncio
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import final

from hierdiff.detectors.reading.reading import short
from hierdiff.document import Document
from hierdiff.errors import ModelError
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.pairs import Pair, pairs, sayings
from hierdiff.spans import Quote

Entailer = Callable[[Sequence[tuple[str, str]]], Sequence[tuple[float, float, float]]]
"""For pairs of a premise and a hypothesis, the probabilities that the first contradicts the second, says nothing about
it, entails it. Called in a thread; may raise ModelError."""

SURE = 0.8
"""The probability from which on a contradiction, or an entailment, counts."""
WORDS, RARE, SHARE, MOST = 3, 4, 2, 8
"""Words of content of a sentence at least; sentences that a word may be in to be rare, rare words that two sentences
share at least, and earlier sentences that one is held against."""
PAIRS = 2000
"""Pairs of a document that are asked about at most."""

_FIGURE = re.compile(r"[0-9]")


@final
class Entailment:
    """Finds contradictions. `sure` is the probability from which on one counts."""

    def __init__(self, entailer: Entailer, *, sure: float = SURE) -> None:
        self._entailer, self._sure = entailer, sure

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings, with a vote where this one agrees, and a soft one for each other contradiction. Raises
        ModelError where the model gives no probabilities."""
        found = [pair for pair in pairs(sayings(document, WORDS), rare=RARE, share=SHARE, most=MOST) if _plain(pair)]
        found = found[:PAIRS]
        if not found:
            return findings
        asked = [(pair.first.text, pair.then.text) for pair in found]
        both = [*asked, *((then, first) for first, then in asked)]
        said = await asyncio.to_thread(_probabilities, self._entailer, both)
        return told(findings, self._contradictions(document, found, said))

    def _contradictions(
        self, document: Document, found: Sequence[Pair], said: Sequence[tuple[float, float, float]]
    ) -> Iterator[Finding]:
        for pair, there, back in zip(found, said[: len(found)], said[len(found) :], strict=True):
            against, entailed = max(there[0], back[0]), max(there[2], back[2])
            if against > self._sure and entailed <= self._sure:
                yield _finding(document, pair, against)


def _plain(pair: Pair) -> bool:
    """Whether no figures decide: both sentences give the same ones, or none."""
    return set(_FIGURE.findall(pair.first.text)) == set(_FIGURE.findall(pair.then.text))


def _finding(document: Document, pair: Pair, sure: float) -> Finding:
    """The later sentence against the earlier one; a rule or a model has to say which of them is wrong."""
    stands = Quote.cut(document.text, *pair.first.place)
    return Finding(
        detector="entailment",
        kind="contradiction",
        section=pair.then.section,
        spans=(Quote.cut(document.text, *pair.then.place),),
        reason=f"This contradicts what is said elsewhere ({sure:.0%}): '{short(stands.text)}'.",
        against=(stands,),
        hard=False,
    )


def _probabilities(entailer: Entailer, asked: Sequence[tuple[str, str]]) -> list[tuple[float, float, float]]:
    """What the model says to each pair. Raises ModelError where that is not three probabilities for each."""
    said = [(float(one[0]), float(one[1]), float(one[2])) for one in entailer(asked) if len(one) == 3]
    if len(said) != len(asked) or not all(math.isfinite(sum(one)) and min(one) >= 0 for one in said):
        raise ModelError(f"the entailment model gave {len(said)} answers of three to {len(asked)} pairs; use another")
    return said

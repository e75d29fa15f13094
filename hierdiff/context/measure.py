"""Measure: how many tokens a text is likely to take, and how many a context may have."""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, final

from hierdiff.document import count_words
from hierdiff.outline import Outline
from hierdiff.protocols import Capabilities

SHARED_WORDS, OWN_WORDS, EVIDENCE_WORDS = 700, 350, 900
"""Words of what all sections are told, of what one is told, and of its evidence, at most. More of it helps no model
that we know."""

LEAST_TOKENS = 48
"""Tokens that are left for each half of a context however narrow the backend is."""

_BYTES_A_WORD = 7.0
_AROUND = 48
"""Tokens that a chat template puts around the two halves of a context."""


class Budget(NamedTuple):
    """Tokens of the shared half of a context, of the other without its evidence, and of all together."""

    shared: int
    own: int
    whole: int


@final
class Measure:
    """Tokens by the backend's own figure. Where words are long, or not set apart by blanks, bytes are counted."""

    def __init__(self, capabilities: Capabilities | None = None) -> None:
        self._backend = capabilities or Capabilities(name="any")

    def tokens(self, text: str) -> int:
        """Tokens that the text is likely to take."""
        words = max(count_words(text), len(text.encode("utf-8", "surrogatepass")) / _BYTES_A_WORD)
        return math.ceil(words * self._backend.tokens_per_word)

    def budget(self, outline: Outline) -> Budget:
        """The context window less the widest canvas with room to grow; of that two thirds at most for the shared half,
        so that every section still hears what it must do."""
        per_word = self._backend.tokens_per_word
        widest = max(leaf.budget for leaf in outline.leaves) * per_word
        room = self._backend.context - round(widest + max(24.0, widest / 4)) - _AROUND
        shared = max(LEAST_TOKENS, min(round(SHARED_WORDS * per_word), room * 2 // 3))
        whole = min(round((SHARED_WORDS + OWN_WORDS + EVIDENCE_WORDS) * per_word), room)
        return Budget(shared, round(OWN_WORDS * per_word), max(shared + LEAST_TOKENS, whole))


@final
class Lines:
    """Lines with what each costs, so that what a run of them costs is known without counting again."""

    def __init__(self, lines: Sequence[str], measure: Measure) -> None:
        self.lines = tuple(lines)
        self._sums = [0, *accumulate(measure.tokens(line) + 1 for line in self.lines)]

    def __len__(self) -> int:
        return len(self.lines)

    def cost(self, start: int = 0, stop: int | None = None) -> int:
        """Tokens of the lines `start..stop`, their line ends among them."""
        return self._sums[len(self.lines) if stop is None else stop] - self._sums[start]

    def first(self, tokens: int) -> int:
        """How many lines from the first on fit."""
        count = 0
        step = 1 << max(0, len(self.lines)).bit_length()
        while step:
            if count + step <= len(self.lines) and self._sums[count + step] <= tokens:
                count += step
            step >>= 1
        return count

    def around(self, place: int, start: int, stop: int, tokens: int) -> tuple[int, int]:
        """The widest run of lines within `start..stop` around a place that fits: as many before it as after it."""
        low, high, free = place, place + 1, tokens - self.cost(place, place + 1)
        grown = True
        while grown:
            grown = False
            if high < stop and (cost := self.cost(high, high + 1)) <= free:
                high, free, grown = high + 1, free - cost, True
            if low > start and (cost := self.cost(low - 1, low)) <= free:
                low, free, grown = low - 1, free - cost, True
        return low, high

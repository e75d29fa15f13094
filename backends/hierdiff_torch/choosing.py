"""Choosing: how many tokens to draft, from what a forward costs here and how many drafted tokens have stayed.

With few canvases open a forward has room to spare, and drafts are cheap; with many it has none, and a token of each
in a forward is best. Where the base verifies exactly, the text is the same whatever is chosen: only time depends on it.

What stays is counted place by place, for all block sizes together: the draft of a place hardly depends on how many
follow it. A place that was never tried is believed to be as the one before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import mul
from typing import final

from hierdiff_torch.costs import Costs
from hierdiff_torch.rows import FARTHEST

BLOCKS = (1, 2, 4, 8, 16)
START = 0.8
"""How likely a drafted token is thought to stay before any has been seen: trying is how a good adapter is found out."""
WEIGHT = 4
"""How many tokens the belief before is worth."""
MEMORY = 256
"""So many tokens of a place are remembered; then older ones count for less and less."""
AGAIN = 256
"""After so many blocks of 1, one is drafted to see whether the text has become easier."""
MARGIN = 1.15
"""So many times faster than block 1 drafting has to seem: what is drawn and judged beside the forwards is not in their
costs, and a clock errs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Tokens of the next block, and whether the forward that verifies them also drafts the block after them."""

    block: int
    ahead: bool = False


@dataclass(slots=True)
class Stayed:
    """Of the drafted tokens of each place of a block (the first after the base's own token is number 0) how many were
    judged, all before them having stayed, and how many stayed."""

    tried: list[float] = field(default_factory=lambda: [0.0] * (max(BLOCKS) - 1))
    stayed: list[float] = field(default_factory=lambda: [0.0] * (max(BLOCKS) - 1))

    def seen(self, checked: int, accepted: int) -> None:
        """A block came of which the base has accepted so many of the drafted tokens."""
        for place in range(min(checked, accepted + 1, len(self.tried))):
            if self.tried[place] >= MEMORY:
                self.tried[place] /= 2
                self.stayed[place] /= 2
            self.tried[place] += 1
            self.stayed[place] += place < accepted

    def expected(self, drafted: int) -> float:
        """How many of so many drafted tokens are expected to stay."""
        rates, before = list[float](), START
        for place in range(min(drafted, len(self.tried))):
            before = (self.stayed[place] + WEIGHT * before) / (self.tried[place] + WEIGHT)
            rates.append(before)
        return sum(accumulate(rates, mul))


@final
class Chooser:
    """Plans for the blocks of one engine."""

    def __init__(self, costs: Costs, blocks: Sequence[int] = BLOCKS) -> None:
        self._costs = costs
        self._plans = [Plan(block, ahead) for block in blocks if block > 1 for ahead in (False, block <= FARTHEST)]
        self._stayed = Stayed()
        self._since = 0

    def seen(self, checked: int, accepted: int) -> None:
        """The base has judged a block, and accepted so many of the drafted tokens."""
        self._stayed.seen(checked, accepted)

    def plan(self, rows: int) -> Plan:
        """The plan that gives most tokens a millisecond while so many rows are alive."""
        best = max(self._plans, key=lambda plan: self.rate(plan, rows), default=Plan(1))
        self._since += 1
        if best.block > 1 and (self.rate(best, rows) > MARGIN * self.rate(Plan(1), rows) or self._since > AGAIN):
            self._since = 0
            return best
        return Plan(1)

    def rate(self, plan: Plan, rows: int) -> float:
        """Expected tokens of each row a millisecond, if all rows do the same. A forward that verifies gives one token
        of the base's own besides those that stay, and so does one that only drafts."""
        size = plan.block
        if size == 1:
            return 1 / self._costs.of(rows, noisy=False)
        stay = self._stayed.expected(size - 1)
        if plan.ahead:
            return (1 + stay) / self._costs.of(rows * (size + size * size), noisy=True)
        return (2 + stay) / (self._costs.of(rows * (1 + size), noisy=True) + self._costs.of(rows * size, noisy=False))

"""Draws of the reference samplers where they are not simply those of one row.

For a batch a reference draws once a step, for all rows and their pads; each row then takes its share. What a step draws
is known beforehand for every schedule, so rows may ask in any order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, final

from torch import Tensor

from benchmarks.golden.case import Broken
from hierdiff_torch.draws import Draws, Seeded
from hierdiff_torch.policies import Policy

Kind = Literal["uniform", "exponential", "ranks"]


@dataclass(frozen=True, slots=True)
class Share:
    """Where a row's numbers lie in what a step draws: from `begin`, `count` of them."""

    step: int
    begin: int
    count: int


@dataclass(slots=True)
class Lockstep:
    """What a batch draws. `sizes` says how many places each step draws for, `kinds` what, in order; `shares` is by row
    and has one entry for every step in which the row draws."""

    seed: int
    sizes: Sequence[int]
    kinds: Sequence[Kind]
    shares: Sequence[Sequence[Share]]
    _drawn: dict[tuple[int, Kind], Tensor] = field(default_factory=dict[tuple[int, Kind], Tensor])
    _at: int = 0

    def rows(self) -> list[Draws]:
        """One source a row, all of one generator."""
        source = Seeded(self.seed)
        return [Part(self, source, tuple(shares)) for shares in self.shares]

    def take(self, source: Draws, kind: Kind, share: Share, vocabulary: int) -> Tensor:
        """A row's share of what a step draws of a kind; whatever is drawn before it is drawn on the way."""
        if kind not in self.kinds:
            raise Broken(f"the engine draws {kind} numbers, the reference none")
        while (share.step, kind) not in self._drawn:
            step, which = divmod(self._at, len(self.kinds))
            name, size = self.kinds[which], self.sizes[step]
            if name == "ranks":
                self._drawn[step, name] = source.ranks(size)
            elif name == "uniform":
                self._drawn[step, name] = source.uniform(size, vocabulary)
            else:
                self._drawn[step, name] = source.exponential(size, vocabulary)
            self._at += 1
        return self._drawn[share.step, kind][share.begin : share.begin + share.count]


@final
class Part:
    """One row's side of a `Lockstep`."""

    def __init__(self, whole: Lockstep, source: Draws, shares: Sequence[Share]) -> None:
        self._whole, self._source, self._shares = whole, source, shares
        self._asked: dict[Kind, int] = {}

    def _take(self, kind: Kind, places: int, vocabulary: int = 0) -> Tensor:
        number = self._asked.get(kind, 0)
        self._asked[kind] = number + 1
        if number >= len(self._shares):
            raise Broken(f"the engine draws {kind} numbers in more steps than the reference's {len(self._shares)}")
        share = self._shares[number]
        if places != share.count:
            raise Broken(f"the engine draws for {places} places at step {number}, the reference for {share.count}")
        return self._whole.take(self._source, kind, share, vocabulary)

    def uniform(self, places: int, vocabulary: int) -> Tensor:
        """The row's share of the batch's noise."""
        return self._take("uniform", places, vocabulary)

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """The row's share of what `torch.multinomial` draws for the batch."""
        return self._take("exponential", places, vocabulary)

    def uniform32(self, places: int, width: int) -> Tensor:
        """Refused: no reference draws so."""
        raise Broken("nucleus noise is drawn in no reference")

    def ranks(self, places: int) -> Tensor:
        """The row's share of the batch's random order."""
        return self._take("ranks", places)

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """Refused: no reference draws them for a batch of rows with schedules."""
        raise Broken("uniform tokens are drawn in no batch of this family")

    def successes(self, count: int, chance: float) -> int:
        """Refused: the order of these draws over a batch depends on what they give."""
        raise Broken("binomial schedules are known for single rows only")


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a batch: how many places its steps draw for in each row, pads and all, how many masks each row has in
    it, and the first and number of each row's own places."""

    places: int
    masks: tuple[int, ...]
    own: tuple[tuple[int, int], ...]


def lockstep(
    seed: int, policy: Policy, size: int, windows: Sequence[Window], kinds: Sequence[Kind]
) -> Callable[[], list[Draws]]:
    """The draws of a batch whose windows are filled by a schedule: a window lasts until its last row's schedule is at
    its end, and a step that fills nothing in a row, which the engine leaves out, draws all the same."""

    def made() -> list[Draws]:
        sizes: list[int] = []
        shares: list[list[Share]] = [[] for _ in windows[0].masks] if windows else []
        for window in windows:
            plans = [policy.plan(masks, size, Seeded(seed)) if masks else () for masks in window.masks]
            for row, plan in enumerate(plans):
                begin, own = window.own[row]
                begin += row * window.places
                shares[row] += [Share(len(sizes) + step, begin, own) for step, count in enumerate(plan) if count]
            sizes += [len(plans) * window.places] * max(map(len, plans), default=0)
        return Lockstep(seed, sizes, kinds, shares).rows()

    return made


def flattened(
    seed: int, policy: Policy, size: int, masks: Sequence[int], kinds: Sequence[Kind]
) -> Callable[[], list[Draws]]:
    """The draws of a batch that draws for its masks only, row after row (Dream)."""

    def made() -> list[Draws]:
        plans = [policy.plan(count, size, Seeded(seed)) for count in masks]
        sizes: list[int] = []
        shares: list[list[Share]] = [[] for _ in masks]
        for step in range(max(map(len, plans), default=0)):
            left = [max(0, count - sum(plan[:step])) for count, plan in zip(masks, plans, strict=True)]
            for row, count in enumerate(left):
                if count:
                    shares[row].append(Share(step, sum(left[:row]), count))
            sizes.append(sum(left))
        return Lockstep(seed, sizes, kinds, shares).rows()

    return made


@final
class Cached:
    """The draws of NVlabs' Fast-dLLM with a cache, for one row of `whole` tokens in blocks of `block` after `prompt`.

    Its loop runs a block once more if the first forward finished it, and that forward draws. With `twice` (the prefix
    cache) every forward but a block's first draws noise two times and throws the first away.
    """

    def __init__(self, seed: int, *, whole: int, prompt: int, block: int, twice: bool) -> None:
        self._source = Seeded(seed)
        self._whole, self._prompt, self._block, self._twice = whole, prompt, block, twice
        self._number = -1
        self._partial = True

    def uniform(self, places: int, vocabulary: int) -> Tensor:
        """Noise for a forward of so many places: all of them at a block's first."""
        if places == self._whole:
            if not self._partial:
                self._refined(vocabulary)
            self._number += 1
            self._partial = False
            return self._source.uniform(places, vocabulary)
        self._partial = True
        if self._twice:
            self._source.uniform(places, vocabulary)
        return self._source.uniform(places, vocabulary)

    def _refined(self, vocabulary: int) -> None:
        """Draw what the needless forward draws."""
        start = self._prompt + self._number * self._block
        places = self._whole - start if self._twice else self._block
        for _ in range(1 + self._twice):
            self._source.uniform(places, vocabulary)

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """As from one generator."""
        return self._source.exponential(places, vocabulary)

    def uniform32(self, places: int, width: int) -> Tensor:
        """Refused: no reference draws so."""
        raise Broken("nucleus noise is drawn in no reference")

    def ranks(self, places: int) -> Tensor:
        """As from one generator."""
        return self._source.ranks(places)

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """As from one generator."""
        return self._source.tokens(places, vocabulary)

    def successes(self, count: int, chance: float) -> int:
        """As from one generator."""
        return self._source.successes(count, chance)

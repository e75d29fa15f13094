"""Region: the open places of a row, and the window of them that is denoised now.

A place holds a token that stands (pinned), a mask, or a token that was committed. A region is a block with what stands
of it already, or, where tokens see what follows, the holes of the whole row with the ink around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hierdiff_torch.denoising import Denoising
from hierdiff_torch.parts import HolePart
from hierdiff_torch.policies.insdel import Block
from hierdiff_torch.uniform import Sketch


@dataclass(slots=True, eq=False)
class Region:
    """Places in order. Of each: its token, whether that is a mask, the hole it belongs to (none: it is pinned), whether
    it was there from the first, and how sure its commit was. With `whole`, holes are laid whole: one that is full is
    closed, or gets more places.

    Its first `onset` places are text before the hole that is run again with it. `checking` places, if any, are finished
    and are run as text next, to be verified.

    `start..stop` is the window, `step` counts its forwards, `after` those that began without a mask, `total` its masks
    when it was opened, `quotas` the policy's plan for it. `sketch` is the window under uniform noise,
    `rewritten` a block whose tokens may move.
    """

    tokens: list[int] = field(default_factory=list[int])
    masked: list[bool] = field(default_factory=list[bool])
    owners: list[HolePart | None] = field(default_factory=list[HolePart | None])
    given: list[bool] = field(default_factory=list[bool])
    sure: list[float] = field(default_factory=list[float])
    whole: bool = False
    start: int = 0
    stop: int = 0
    step: int = 0
    after: int = 0
    total: int = 0
    quotas: tuple[int, ...] = ()
    sketch: Sketch | None = None
    rewritten: Block | None = None
    checking: int = 0
    onset: int = 0

    @property
    def first(self) -> int:
        """The first mask; the number of places if there is none."""
        return next((place for place, masked in enumerate(self.masked) if masked), len(self.masked))

    @property
    def pinned(self) -> list[bool]:
        """Of each place, whether its token stands for good: it belongs to no hole, or its hole has taken it."""
        taken = {hole: len(hole.tokens) - hole.base for hole in set(self.owners) if hole is not None}
        found: list[bool] = []
        for owner in self.owners:
            left = 1 if owner is None else taken[owner]
            if owner is not None:
                taken[owner] -= 1
            found.append(left > 0)
        return found

    @property
    def open(self) -> bool:
        """Whether a window is open."""
        return self.stop > self.start

    @property
    def window(self) -> range:
        """The places of the window."""
        return range(self.start, self.stop)

    def run(self, how: Denoising) -> range:
        """The places that are run now: all of them, or with an approximate cache those whose keys and values are
        renewed."""
        everything = range(len(self.tokens))
        if how.reuse == "exact" or self.step == 0 or (how.lead and self.masked[self.start]):
            return everything
        low = max(0, self.start - 1) if how.shift and not how.lead else self.start
        return range(low, len(self.tokens) if how.reuse == "prefix" else self.stop)

    def pin(self, tokens: Sequence[int], given: Sequence[bool]) -> None:
        """Add places that stand."""
        self._add(tokens, masked=False, owner=None, given=given)

    def lay(self, hole: HolePart, count: int, mask: int) -> None:
        """Add masks for a hole."""
        self._add([mask] * count, masked=True, owner=hole, given=[False] * count)

    def grow(self, hole: HolePart, count: int, mask: int) -> None:
        """Insert masks behind the last place of a hole."""
        at = max(place for place, owner in enumerate(self.owners) if owner is hole) + 1
        tail = self._cut(at)
        self.lay(hole, count, mask)
        for name, values in tail.items():
            getattr(self, name).extend(values)

    def drop(self, places: Sequence[int]) -> None:
        """Take places out."""
        gone = set(places)
        for name in _LISTS:
            values = getattr(self, name)
            setattr(self, name, [value for place, value in enumerate(values) if place not in gone])

    def places(self, hole: HolePart) -> list[int]:
        """The places of a hole, in order."""
        return [place for place, owner in enumerate(self.owners) if owner is hole]

    def write(self, places: Sequence[int], tokens: Sequence[int], sure: Sequence[float]) -> None:
        """Put tokens at places."""
        for place, token, one in zip(places, tokens, sure, strict=True):
            self.tokens[place], self.masked[place], self.sure[place] = token, False, one

    def open_window(self, block: int, *, aligned: bool) -> bool:
        """Open the next window that holds a mask: `block` places counted from the region's start (`aligned`), or from
        its first mask and within one hole; 0 for all of the region or hole. False if no mask is left."""
        first = self.first
        if first == len(self.tokens):
            self.start = self.stop = 0
            return False
        if aligned:
            size = block or len(self.tokens)
            self.start = first // size * size
            self.stop = min(self.start + size, len(self.tokens))
        else:
            hole = self.owners[first]
            end = next((at for at in range(first, len(self.tokens)) if self.owners[at] is not hole), len(self.tokens))
            self.start, self.stop = first, min(first + block, end) if block else end
        self.step = self.after = 0
        self.total = sum(self.masked[self.start : self.stop])
        return True

    def close_window(self) -> None:
        """Close it."""
        self.start = self.stop = 0

    def _add(self, tokens: Sequence[int], *, masked: bool, owner: HolePart | None, given: Sequence[bool]) -> None:
        self.tokens += tokens
        self.masked += [masked] * len(tokens)
        self.owners += [owner] * len(tokens)
        self.given += given
        self.sure += [0.0] * len(tokens)

    def _cut(self, at: int) -> dict[str, list[int | bool | float | HolePart | None]]:
        tail = {name: getattr(self, name)[at:] for name in _LISTS}
        for name in _LISTS:
            del getattr(self, name)[at:]
        return tail


_LISTS = ("tokens", "masked", "owners", "given", "sure")

"""Costs: what a forward of so many token-rows takes on this machine.

A forward of a few tokens takes about as long as one of a single token, because the weights have to be read in any case;
that of many grows with them. Where the bend is decides how much drafting is worth, and no table knows it. So it is
measured once for a machine and a model, in a second or two, and remembered.
"""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch

from hierdiff_torch.attention import Group, Step
from hierdiff_torch.cache import Cache
from hierdiff_torch.machine import described, kept
from hierdiff_torch.models.loaded import Loaded

SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
_BEFORE = 256
"""Tokens that stand before the measured ones."""
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds of a forward by its number of token-rows: of the base alone (`plain`) and with the adapter active on
    all of them (`noisy`), for each of `sizes`."""

    sizes: tuple[int, ...]
    plain: tuple[float, ...]
    noisy: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = len(self.sizes) == len(self.plain) == len(self.noisy) > 1
        if not fits or self.sizes[0] != 1 or not all(0 < one < 1e7 for one in (*self.plain, *self.noisy)):
            raise ValueError(f"{self} are no costs of a forward")
        if any(after <= before for before, after in zip(self.sizes, self.sizes[1:], strict=False)):
            raise ValueError(f"{self.sizes} do not rise")

    def of(self, rows: int, *, noisy: bool) -> float:
        """Milliseconds of a forward of so many token-rows: between two that were measured on the line between them, and
        beyond the last in proportion. More rows never take less."""
        series = list(accumulate(self.noisy if noisy else self.plain, max))
        if rows >= self.sizes[-1]:
            return series[-1] * rows / self.sizes[-1]
        at = bisect_left(self.sizes, rows)
        if self.sizes[at] == rows:
            return series[at]
        low, high = self.sizes[at - 1], self.sizes[at]
        return series[at - 1] + (series[at] - series[at - 1]) * (rows - low) / (high - low)

    @property
    def text(self) -> str:
        """As it is remembered: `rows:plain:noisy`, with spaces between."""
        found = zip(self.sizes, self.plain, self.noisy, strict=True)
        return " ".join(f"{size}:{plain:.4g}:{noisy:.4g}" for size, plain, noisy in found)


def read(text: str) -> Costs:
    """The costs that were remembered so. Raises ValueError if they are none."""
    triples = [part.split(":") for part in text.split()[:64]]
    if any(len(triple) != 3 for triple in triples):
        raise ValueError(f"{text[:80]!r} is no list of costs")
    sizes, plain, noisy = ([triple[column] for triple in triples] for column in range(3))
    return Costs(tuple(map(int, sizes)), tuple(map(float, plain)), tuple(map(float, noisy)))


def costs_of(model: Loaded) -> Costs:
    """What this machine's forwards of a model take, measured if they never were."""
    key = f"{described(model.device)}:{model.fingerprint}:costs"
    return read(kept(key, lambda: measured(model, SIZES).text, read))


@torch.inference_mode()
def measured(model: Loaded, sizes: Sequence[int]) -> Costs:
    """The fastest of a few forwards each."""
    cache = Cache(model.layers, dtype=model.dtype, device=model.device)
    cache.reserve(1, _BEFORE + max(sizes))
    _milliseconds(model, cache, max(sizes), noisy=True)
    both = [[_fastest(model, cache, size, noisy=noisy) for size in sizes] for noisy in (False, True)]
    return Costs(tuple(sizes), tuple(both[0]), tuple(both[1]))


def _fastest(model: Loaded, cache: Cache, size: int, *, noisy: bool) -> float:
    return min(_milliseconds(model, cache, size, noisy=noisy) for _ in range(_TIMES))


def _milliseconds(model: Loaded, cache: Cache, size: int, *, noisy: bool) -> float:
    """One forward of so many tokens of one text, with all of their logits. On a CPU the thread's own time counts: what
    else runs there is not the model's doing."""
    on = model.device
    places = torch.arange(_BEFORE, _BEFORE + size, device=on).unsqueeze(0)
    slots, keys = torch.zeros(1, 1, dtype=torch.int64, device=on), _BEFORE + size
    group = Group(0, 1, size, None, slots, places, slice(0, 1), keys, [(0, keys)], places + 1)
    tokens = torch.zeros(1, size, dtype=torch.int64, device=on)
    clock = time.perf_counter if on.type == "cuda" else time.thread_time
    _settled(on)
    began = clock()
    model.logits(model.hidden(tokens, places, Step(cache, [group]), slice(0, size) if noisy else None))
    _settled(on)
    return max(1e-4, 1000 * (clock() - began))


def _settled(on: torch.device) -> None:
    """Wait until a GPU has done what it was given."""
    if on.type == "cuda":
        torch.cuda.synchronize(on)

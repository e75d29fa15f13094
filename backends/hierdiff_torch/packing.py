"""Packing: the sequences of one step as one run of tokens, and as groups that attend together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from hierdiff_torch.attention import Group
from hierdiff_torch.cache import Prefix
from hierdiff_torch.rows import Row


@dataclass(slots=True)
class Ask:
    """One sequence's share of a step: query tokens from `start` on (counted without the shared prefix), each with its
    position and its end, before which it sees. The first `kept` are pending text, the next `aside` are ink that follows
    the hole; the others are places `low..` of the open region. In layers with a window, with an `anchor` all of them
    see what is near that place. The first `clean` are text; the others are being denoised.
    With `skips`, a token does not see what stands from the first of its two places to before the second.

    `stream` 0 is the row as it is, 1 the same without what was given (guidance).
    """

    row: Row
    stream: int
    start: int
    kept: int
    aside: int
    low: int
    tokens: list[int]
    positions: list[int]
    ends: list[int]
    anchor: int | None = None
    clean: int = 0
    skips: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def width(self) -> int:
        """Query tokens."""
        return len(self.tokens)

    @property
    def slot(self) -> int:
        """Its place on the shelf."""
        return self.row.slots[self.stream]


@dataclass(slots=True)
class Packed:
    """One forward: `tokens` at `positions`, the groups they attend in, and the asks in the order of their tokens."""

    tokens: list[int] = field(default_factory=list[int])
    positions: list[int] = field(default_factory=list[int])
    groups: list[Group] = field(default_factory=list[Group])
    asks: list[Ask] = field(default_factory=list[Ask])

    def noisy(self, device: torch.device) -> Tensor | slice | None:
        """Which of the tokens are being denoised: a slice if they lie together, else int64 `(n,)`; None if none is."""
        found: list[int] = []
        at = 0
        for ask in self.asks:
            found += range(at + ask.clean, at + ask.width)
            at += ask.width
        if not found:
            return None
        if found[-1] - found[0] == len(found) - 1:
            return slice(found[0], found[-1] + 1)
        return torch.tensor(found, dtype=torch.int64, device=device)


def pack(asks: Sequence[Ask], device: torch.device) -> Packed:
    """Lay sequences side by side: those with the same prefix and width attend together, in order of slot."""
    packed = Packed()
    alike: dict[tuple[int, int, bool], list[Ask]] = defaultdict(list)
    for ask in sorted(asks, key=lambda ask: ask.slot):
        alike[(id(ask.row.shared), ask.width, ask.row.denoising.attention == "full")].append(ask)
    for group in alike.values():
        packed.groups.append(_group(group, len(packed.tokens), device))
        for ask in group:
            packed.tokens += ask.tokens
            packed.positions += ask.positions
            packed.asks.append(ask)
    return packed


def pack_prefix(prefix: Prefix, most: int, device: torch.device) -> Packed:
    """The next tokens of a prefix that has not been run to its end: whole blocks, as many as `most` tokens hold."""
    start = prefix.length
    stop = whole(prefix.ends, start, most)
    places = torch.arange(start, stop, device=device).unsqueeze(0)
    ends = torch.tensor([prefix.ends[start:stop]], device=device)
    group = Group(start=0, rows=1, width=stop - start, prefix=prefix, places=places, keys=stop, ends=ends)
    return Packed(list(prefix.tokens[start:stop]), list(range(start, stop)), [group])


def whole(ends: Sequence[int], start: int, most: int) -> int:
    """Up to which token to run, of those from `start` on: at most `most` tokens, unless those that see each other are
    more."""
    stop = min(len(ends), start + most)
    while stop < len(ends) and stop > start and ends[stop - 1] > stop:
        stop -= 1
    return stop if stop > start else min(len(ends), ends[start])


def _group(asks: list[Ask], start: int, device: torch.device) -> Group:
    rows, width = len(asks), asks[0].width
    slots = torch.tensor([ask.slot for ask in asks], device=device).unsqueeze(1)
    starts = torch.tensor([ask.start for ask in asks], device=device).unsqueeze(1)
    places = starts + torch.arange(width, device=device)
    ends = torch.tensor([ask.ends for ask in asks], device=device)
    first = asks[0].slot
    together = asks[-1].slot - first == rows - 1
    lot: slice | Tensor = slice(first, first + rows) if together else slots.squeeze(1)
    spans = [(ask.slot, max(ask.ends)) for ask in asks]
    keys = max(reach for _, reach in spans)
    anchors = None
    if any(ask.anchor is not None for ask in asks):
        anchored = [range(ask.start, ask.start + width) if ask.anchor is None else [ask.anchor] * width for ask in asks]
        anchors = torch.tensor([list(places) for places in anchored], device=device)
    skips = None
    if any(ask.skips for ask in asks):
        skips = torch.tensor([ask.skips or [(0, 0)] * width for ask in asks], device=device)
    both = asks[0].row.denoising.attention == "full"
    return Group(start, rows, width, asks[0].row.shared, slots, places, lot, keys, spans, ends, anchors, both, skips)

"""Packing: the rows of one step as one sequence of tokens, and as groups that attend together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from hierdiff_torch.attention import Group
from hierdiff_torch.cache import Prefix
from hierdiff_torch.rows import Row


@dataclass(slots=True)
class Ask:
    """A row's share of one step: `kept` pending tokens, then the open block if `block`."""

    row: Row
    kept: int
    block: bool

    @property
    def width(self) -> int:
        """Query tokens."""
        return self.kept + (len(self.row.block) if self.block else 0)

    def whole(self, kept: str) -> int:
        """How many of the pending tokens are a finished block whose tokens see each other."""
        return min(self.row.whole, self.kept) if kept == "block" and self.row.whole > 1 else 0


@dataclass(slots=True)
class Packed:
    """One forward: `tokens` at `positions`, the groups they attend in, and the asks in the order of their tokens."""

    tokens: list[int] = field(default_factory=list[int])
    positions: list[int] = field(default_factory=list[int])
    groups: list[Group] = field(default_factory=list[Group])
    asks: list[Ask] = field(default_factory=list[Ask])


def pack(asks: Sequence[Ask], kept: Literal["causal", "block"], device: torch.device) -> Packed:
    """Lay rows side by side. `kept` is how the family runs a finished block."""
    packed = Packed()
    for alike in _alike(asks, kept):
        packed.groups.append(_group(alike, len(packed.tokens), kept, device))
        for ask in alike:
            row = ask.row
            first = len(row.prefix) + row.length
            packed.tokens += row.pending[: ask.kept] + (row.block if ask.block else [])
            packed.positions += range(first, first + ask.width)
            packed.asks.append(ask)
    return packed


def pack_prefix(prefix: Prefix, most: int, device: torch.device) -> Packed:
    """The next tokens of a prefix that has not been run to its end."""
    start = prefix.length
    tokens = list(prefix.tokens[start : start + most])
    places = torch.arange(start, start + len(tokens), device=device).unsqueeze(0)
    hidden = _hidden(places, start + len(tokens), len(tokens), 0)
    group = Group(start=0, rows=1, width=len(tokens), prefix=prefix, hidden=hidden)
    return Packed(tokens, list(range(start, start + len(tokens))), [group])


def _alike(asks: Sequence[Ask], kept: str) -> list[list[Ask]]:
    """Rows that can attend together: same prefix, same kept and block widths; in order of slot."""
    alike: dict[tuple[object, int, bool, int], list[Ask]] = defaultdict(list)
    for ask in sorted(asks, key=lambda ask: ask.row.slot):
        alike[(ask.row.prefix, ask.kept, ask.block, ask.whole(kept))].append(ask)
    return list(alike.values())


def _group(asks: list[Ask], start: int, kept: str, device: torch.device) -> Group:
    rows, width = len(asks), asks[0].width
    slots = torch.tensor([ask.row.slot for ask in asks], device=device).unsqueeze(1)
    lengths = torch.tensor([ask.row.length for ask in asks], device=device).unsqueeze(1)
    places = lengths + torch.arange(width, device=device)
    keys = int(lengths.max()) + width
    first = asks[0].row.slot
    together = asks[-1].row.slot - first == rows - 1
    lot = slice(first, first + rows) if together else slots.squeeze(1)
    hidden = _hidden(places, keys, asks[0].kept, asks[0].whole(kept))
    return Group(start, rows, width, asks[0].row.shared, slots, places, lot, keys, hidden)


def _hidden(places: Tensor, keys: int, kept: int, whole: int) -> Tensor | None:
    """`(rows, 1, width, keys)`, true where a query must not look. A pending token sees what stands before it and
    itself, the tokens of a finished block (the first `whole`) each other, the open block (after `kept`) everything."""
    if places.shape == (1, 1):
        return None
    last = places.clone()
    if whole:
        last[:, :whole] = places[:, whole - 1 : whole]
    last[:, kept:] = places[:, -1:]
    seen = torch.arange(keys, device=places.device)
    return (seen > last.unsqueeze(-1)).unsqueeze(1)

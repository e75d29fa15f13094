"""Keys and values: one shelf with a slot for every row, and prefixes that many rows share by reference.

Layout: keys and values of one layer lie in one tensor, keys first, so that a step writes both at once.

    shelf   [layer]  (slots, 2 * kv_heads, capacity, head_dim)
    prefix  [layer]  (2 * kv_heads, tokens, head_dim)
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import torch
from torch import Tensor

_ROUND = 64


@dataclass(slots=True)
class Prefix:
    """The keys and values of a run of tokens at positions 0.., computed once and read by every row that begins so."""

    tokens: tuple[int, ...]
    layers: list[Tensor] = field(default_factory=list[Tensor])
    length: int = 0

    @property
    def ready(self) -> bool:
        """Whether all of its tokens have been run."""
        return self.length == len(self.tokens)


class Cache:
    """The shelf of all rows. Slots in use are always `0..used`, so that a step reads them as a view, without a copy."""

    def __init__(
        self, *, layers: int, kv_heads: int, head_dim: int, dtype: torch.dtype, device: torch.device, prefixes: int = 4
    ) -> None:
        self.kv_heads = kv_heads
        self._shape = (2 * kv_heads, head_dim)
        self._dtype, self._device = dtype, device
        self._layers = layers
        self._prefixes: OrderedDict[tuple[int, ...], Prefix] = OrderedDict()
        self._most_prefixes = prefixes
        self.shelf: list[Tensor] = []
        self.slots = 0
        self.capacity = 0

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one token of one row takes."""
        heads, dim = self._shape
        return self._layers * heads * dim * torch.empty(0, dtype=self._dtype).element_size()

    def prefix(self, tokens: tuple[int, ...]) -> Prefix:
        """The prefix of these tokens, kept from an earlier row or new and not yet run."""
        found = self._prefixes.get(tokens)
        if found is None:
            heads, dim = self._shape
            empty = [self._new(heads, len(tokens), dim) for _ in range(self._layers)]
            found = self._prefixes[tokens] = Prefix(tokens, empty)
        self._prefixes.move_to_end(tokens)
        while len(self._prefixes) > self._most_prefixes:
            self._prefixes.popitem(last=False)
        return found

    def reserve(self, slots: int, capacity: int) -> None:
        """Room for `slots` rows of `capacity` tokens; what lies on the shelf is kept."""
        if slots <= self.slots and capacity <= self.capacity:
            return
        slots = max(slots, self.slots)
        capacity = -(-max(capacity, self.capacity) // _ROUND) * _ROUND
        heads, dim = self._shape
        for layer in range(self._layers):
            fresh = self._new(slots, heads, capacity, dim)
            if self.slots:
                fresh[: self.slots, :, : self.capacity] = self.shelf[layer]
                self.shelf[layer] = fresh
            else:
                self.shelf.append(fresh)
        self.slots, self.capacity = slots, capacity

    @torch.inference_mode()
    def move(self, source: int, target: int, length: int) -> None:
        """Copy a row's first `length` tokens to another slot."""
        for layer in self.shelf:
            layer[target, :, :length] = layer[source, :, :length]

    def clear(self) -> None:
        """Give the shelf's memory back; prefixes stay."""
        self.shelf, self.slots, self.capacity = [], 0, 0

    def _new(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self._dtype, device=self._device)

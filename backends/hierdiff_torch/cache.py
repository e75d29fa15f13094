"""Keys and values: one shelf with a slot for every sequence, and prefixes that many rows share by reference.

Layout: keys and values of one layer lie in one tensor, keys first, so that a step writes both at once. Layers may have
heads of different number and width.

    shelf   [layer]  (slots, 2 * kv_heads, capacity, head_dim)
    prefix  [layer]  (2 * kv_heads, tokens, head_dim)
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

_ROUND = 64


@dataclass(slots=True)
class Prefix:
    """The keys and values of a run of tokens at positions 0.., computed once and read by every row that begins so.

    `ends` says how far each token sees; `length` of them have been run.
    """

    tokens: tuple[int, ...]
    ends: tuple[int, ...]
    layers: list[Tensor] = field(default_factory=list[Tensor])
    length: int = 0

    @property
    def ready(self) -> bool:
        """Whether all of its tokens have been run."""
        return self.length == len(self.tokens)


class Cache:
    """The shelf of all rows. Slots in use are always `0..used`, so that a step reads them as a view, without a copy.

    `layers` gives the number of key-value heads and their width for each layer.
    """

    def __init__(
        self, layers: Sequence[tuple[int, int]], *, dtype: torch.dtype, device: torch.device, prefixes: int = 4
    ) -> None:
        self._shapes = tuple((2 * heads, dim) for heads, dim in layers)
        self._dtype, self._device = dtype, device
        self._prefixes: OrderedDict[tuple[object, ...], Prefix] = OrderedDict()
        self._most_prefixes = prefixes
        self.shelf: list[Tensor] = []
        self.slots = 0
        self.capacity = 0

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one token of one sequence takes."""
        return sum(heads * dim for heads, dim in self._shapes) * self._dtype.itemsize

    def bytes(self, slots: int, capacity: int) -> int:
        """Bytes of a shelf with room for so many sequences of so many tokens."""
        return slots * self.rounded(capacity) * self.bytes_per_token

    @property
    def prefix_bytes(self) -> int:
        """Bytes that the prefixes take."""
        return sum(len(prefix.tokens) for prefix in self._prefixes.values()) * self.bytes_per_token

    @staticmethod
    def rounded(capacity: int) -> int:
        """The tokens a slot really has room for."""
        return -(-capacity // _ROUND) * _ROUND

    def prefix(self, tokens: tuple[int, ...], ends: tuple[int, ...]) -> Prefix:
        """The prefix of these tokens, kept from an earlier row or new and not yet run."""
        key = (tokens, ends)
        found = self._prefixes.get(key)
        if found is None:
            empty = [self._new(heads, len(tokens), dim) for heads, dim in self._shapes]
            found = self._prefixes[key] = Prefix(tokens, ends, empty)
        self._prefixes.move_to_end(key)
        while len(self._prefixes) > self._most_prefixes:
            self._prefixes.popitem(last=False)
        return found

    def trim(self, used: Sequence[Prefix], spare: int) -> None:
        """Let go of prefixes that are not in use, the oldest first, until they take no more than `spare` bytes."""
        ours = {id(prefix) for prefix in used}
        idle = [key for key, prefix in self._prefixes.items() if id(prefix) not in ours]
        over = sum(len(self._prefixes[key].tokens) for key in idle) * self.bytes_per_token - spare
        while idle and over > 0:
            over -= len(self._prefixes.pop(idle.pop(0)).tokens) * self.bytes_per_token

    def reserve(self, slots: int, capacity: int) -> None:
        """Room for `slots` sequences of `capacity` tokens, and for no more where it has to be made; what lies there is
        kept."""
        if slots <= self.slots and capacity <= self.capacity:
            return
        capacity = self.rounded(capacity)
        kept, length = min(slots, self.slots), min(capacity, self.capacity)
        for layer, (heads, dim) in enumerate(self._shapes):
            fresh = self._new(slots, heads, capacity, dim)
            if self.slots:
                fresh[:kept, :, :length] = self.shelf[layer][:kept, :, :length]
                self.shelf[layer] = fresh
            else:
                self.shelf.append(fresh)
        self.slots, self.capacity = slots, capacity

    @torch.inference_mode()
    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of a sequence to another slot."""
        for layer in self.shelf:
            layer[target, :, :length] = layer[source, :, :length]

    @torch.inference_mode()
    def wipe(self, slot: int) -> None:
        """Forget a sequence: what is no number would reach others through a weight of nothing."""
        for layer in self.shelf:
            layer[slot] = 0

    def clear(self) -> None:
        """Give the shelf's memory back; prefixes stay."""
        self.shelf, self.slots, self.capacity = [], 0, 0

    def _new(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self._dtype, device=self._device)

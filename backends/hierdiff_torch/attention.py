"""Attention of one packed step: rows of any length, some sharing a prefix, in one forward.

A step packs the queries of all rows into one sequence `(1, N)`, so that every linear layer runs once over exactly the
tokens there are. Only attention looks at rows: they come in groups of equal query length, which attend to their shared
prefix (read once for the whole group) and to their own slots on the shelf, in one softmax over both. How far a query
sees is data of its own (`ends`), which makes it causal, block-causal or full.

transformers calls `attend` through its attention interface, so that a family's native class runs unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from hierdiff_torch.cache import Cache, Prefix

NAME = "hierdiff"
WIDE = 8
"""So many tokens a row, and half precision gains on a CPU by attending row by row."""


@dataclass(slots=True)
class Group:
    """Rows of equal query length `width` that lie at `start..` of the packed sequence.

    `slots` and `places` say where on the shelf their new keys and values go (`(rows, 1)`, `(rows, width)`), `lot`
    reads their slots (a slice where they lie together) up to `keys`; `spans` says it row by row: the slot, and how many
    keys are read. A query sees the keys before its end in `ends` `(rows, width)`, and all of the prefix. In a layer
    with a window it sees only what is nearer than that to its anchor in `anchors` `(rows, width)`, and with `both`
    nothing farther behind it either. With `skips` `(rows, width, 2)` it does not see the keys from the one to before
    the other.
    A group without slots is a prefix being run: its keys and values go into the prefix itself.
    """

    start: int
    rows: int
    width: int
    prefix: Prefix | None
    slots: Tensor | None = None
    places: Tensor | None = None
    lot: slice | Tensor | None = None
    keys: int = 0
    spans: Sequence[tuple[int, int]] = ()
    ends: Tensor | None = None
    anchors: Tensor | None = None
    both: bool = False
    skips: Tensor | None = None
    _hidden: dict[int | None, Tensor | None] = field(default_factory=dict["int | None", "Tensor | None"])
    _apart: dict[int | None, list[Tensor | None]] = field(default_factory=dict["int | None", "list[Tensor | None]"])

    def hidden(self, window: int | None) -> Tensor | None:
        """`(rows, 1, width, keys)`, true where a query must not look; None if it may look everywhere. With `window`
        also at what is so far away or farther."""
        if window not in self._hidden:
            self._hidden[window] = self._made(window)
        return self._hidden[window]

    def apart(self, window: int | None) -> list[Tensor | None]:
        """The same for each row alone and the keys it reads: `(1, 1, width, its keys)`, or None."""
        if window not in self._apart:
            hidden = self.hidden(window)
            rows = [
                hidden if hidden is None else hidden[[row], :, :, :keys] for row, (_, keys) in enumerate(self.spans)
            ]
            self._apart[window] = [row if row is not None and bool(row.any()) else None for row in rows]
        return self._apart[window]

    def far(self, window: int | None, length: int) -> Tensor | None:
        """The same for the keys of the shared prefix, `length` of them."""
        if window is None or self.places is None:
            return None
        anchors = self.places if self.anchors is None else self.anchors
        away = anchors.unsqueeze(-1) + length - torch.arange(length, device=anchors.device)
        return (away >= window).unsqueeze(1)

    def _made(self, window: int | None) -> Tensor | None:
        assert self.ends is not None and self.places is not None
        if window is None and self.skips is None and bool((self.ends == self.keys).all()):
            return None
        seen = torch.arange(self.keys, device=self.ends.device)
        hidden = seen >= self.ends.unsqueeze(-1)
        if self.skips is not None:
            low, high = self.skips.unsqueeze(2).unbind(-1)
            hidden |= (seen >= low) & (seen < high)
        if window is not None:
            away = (self.places if self.anchors is None else self.anchors).unsqueeze(-1) - seen
            hidden |= away >= window
            if self.both:
                hidden |= -away >= window
        return hidden.unsqueeze(1)


@dataclass(slots=True)
class Step:
    """What the attention of one forward has to know."""

    cache: Cache
    groups: list[Group] = field(default_factory=list[Group])


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    step: Step,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Write the step's keys and values, then attend: `(1, heads, N, head_dim)` each to `(1, N, heads, head_dim)`."""
    layer = int(module.layer_idx)  # pyright: ignore[reportArgumentType]  # every native attention module has one
    heads, tokens, dim = query.shape[1:]
    fresh = torch.cat((key[0], value[0]))
    query = query[0] * scaling
    if len(step.groups) == 1:
        out = _group(step.cache, step.groups[0], layer, query, fresh, sliding_window)
    else:
        out = query.new_empty(heads, tokens, dim)
        for group in step.groups:
            part = slice(group.start, group.start + group.rows * group.width)
            out[:, part] = _group(step.cache, group, layer, query[:, part], fresh[:, part], sliding_window)
    return out.transpose(0, 1).unsqueeze(0), None


def _group(cache: Cache, group: Group, layer: int, query: Tensor, fresh: Tensor, window: int | None) -> Tensor:
    """One group: `query` `(heads, rows * width, dim)`, `fresh` `(2 * kv, rows * width, dim)`, as is the result."""
    if group.slots is None:
        return _run_prefix(group, layer, query, fresh, window)
    assert group.places is not None and group.lot is not None
    kv, rows, width = fresh.shape[0] // 2, group.rows, group.width
    heads, _, dim = query.shape
    share = heads // kv
    shelf = cache.shelf[layer]
    shelf[group.slots, :, group.places] = fresh.view(2 * kv, rows, width, dim).permute(1, 2, 0, 3)
    if query.device.type == "cpu" and (width >= WIDE or query.dtype == torch.float32):
        return _apart(group, layer, query, shelf, window)
    own = shelf[group.lot][:, :, : group.keys]
    asked = query.view(kv, share, rows, width, dim).transpose(1, 2).reshape(kv, rows * share * width, dim)
    mine = asked.view(kv, rows, share * width, dim).transpose(0, 1)
    scores = torch.matmul(mine, own[:, :kv].transpose(-1, -2))
    scores = _masked(scores, group.hidden(window), share, width)
    shared = group.prefix.layers[layer] if group.prefix is not None else own[0, :, :0]
    length = shared.shape[1]
    if length:
        far = torch.matmul(asked, shared[:kv].transpose(-1, -2)).view(kv, rows, share * width, length)
        far = _masked(far.transpose(0, 1), group.far(window, length), share, width)
        scores = torch.cat((far, scores), dim=-1)
    weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    mixed = torch.matmul(weights[..., length:], own[:, kv:]).transpose(0, 1)
    if length:
        weights = weights[..., :length].transpose(0, 1).reshape(kv, rows * share * width, length)
        mixed = mixed + torch.matmul(weights, shared[kv:]).view(kv, rows, share * width, dim)
    return mixed.reshape(kv, rows, share, width, dim).transpose(1, 2).reshape(heads, rows * width, dim)


def _apart(group: Group, layer: int, query: Tensor, shelf: Tensor, window: int | None) -> Tensor:
    """The same row by row: no keys are copied and none are read that the row does not see, and what a processor has at
    hand at one time is little. On a CPU that is faster in float32, and in any number format if rows are wide."""
    kv, rows, width = shelf.shape[1] // 2, group.rows, group.width
    heads, _, dim = query.shape
    share = heads // kv
    asked = query.view(kv, share, rows, width, dim).permute(2, 0, 1, 3, 4).reshape(rows, kv, share * width, dim)
    shared = group.prefix.layers[layer] if group.prefix is not None else shelf[0, :, :0]
    length, hidden = shared.shape[1], group.apart(window)
    far = group.far(window, length)
    mixed = torch.empty_like(asked)
    for row, (slot, keys) in enumerate(group.spans):
        own = shelf[slot, :, :keys]
        scores = torch.bmm(asked[row], own[:kv].transpose(1, 2)).unsqueeze(0)
        scores = _masked(scores, hidden[row], share, width)[0]
        if length:
            before = torch.bmm(asked[row], shared[:kv].transpose(1, 2)).unsqueeze(0)
            before = _masked(before, None if far is None else far[row : row + 1], share, width)[0]
            scores = torch.cat((before, scores), dim=-1)
        weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
        torch.bmm(weights[..., length:], own[kv:], out=mixed[row])
        if length:
            mixed[row] += torch.bmm(weights[..., :length], shared[kv:])
    return mixed.view(rows, kv, share, width, dim).permute(1, 2, 0, 3, 4).reshape(heads, rows * width, dim)


def _masked(scores: Tensor, hidden: Tensor | None, share: int, width: int) -> Tensor:
    """Scores `(rows, kv, share * width, keys)` without what is hidden, `(rows, 1, width, keys)`."""
    if hidden is None:
        return scores
    rows, kv, _, keys = scores.shape
    apart = scores.reshape(rows, kv * share, width, keys).masked_fill_(hidden, float("-inf"))
    return apart.view(rows, kv, share * width, keys)


def _run_prefix(group: Group, layer: int, query: Tensor, fresh: Tensor, window: int | None) -> Tensor:
    """The tokens of a prefix itself, each seeing as far as its end."""
    assert group.prefix is not None
    start, width = group.prefix.length, group.width
    kv = fresh.shape[0] // 2
    heads, _, dim = query.shape
    stored = group.prefix.layers[layer]
    stored[:, start : start + width] = fresh
    seen = stored[:, : start + width]
    scores = torch.matmul(query.reshape(kv, heads // kv * width, dim), seen[:kv].transpose(-1, -2))
    scores = _masked(scores.unsqueeze(0), group.hidden(window), heads // kv, width)[0]
    weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    return torch.matmul(weights, seen[kv:]).view(heads, width, dim)


AttentionInterface.register(NAME, attend)

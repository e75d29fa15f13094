"""Attention of one packed step: rows of any length, some sharing a prefix, in one forward.

A step packs the queries of all rows into one sequence `(1, N)`, so that every linear layer runs once over exactly the
tokens there are. Only attention looks at rows: they come in groups of equal query length, which attend to their shared
prefix (read once for the whole group) and to their own slots on the shelf, in one softmax over both.

transformers calls `attend` through its attention interface, so that a family's native class runs unchanged.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from hierdiff_torch.cache import Cache, Prefix

NAME = "hierdiff"


@dataclass(slots=True)
class Group:
    """Rows of equal query length `width` that lie at `start..` of the packed sequence.

    `slots` and `places` say where on the shelf their new keys and values go (`(rows, 1)`, `(rows, width)`), `lot`
    reads their slots (a slice where they lie together), `hidden` `(rows, 1, width, keys)` is true where a query must
    not look.
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
    hidden: Tensor | None = None


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
    **_: object,
) -> tuple[Tensor, None]:
    """Write the step's keys and values, then attend: `(1, heads, N, head_dim)` each to `(1, N, heads, head_dim)`."""
    layer = int(module.layer_idx)  # pyright: ignore[reportArgumentType]  # every native attention module has one
    heads, tokens, dim = query.shape[1:]
    fresh = torch.cat((key[0], value[0]))
    query = query[0] * scaling
    if len(step.groups) == 1:
        out = _group(step.cache, step.groups[0], layer, query, fresh)
    else:
        out = query.new_empty(heads, tokens, dim)
        for group in step.groups:
            part = slice(group.start, group.start + group.rows * group.width)
            out[:, part] = _group(step.cache, group, layer, query[:, part], fresh[:, part])
    return out.transpose(0, 1).unsqueeze(0), None


def _group(cache: Cache, group: Group, layer: int, query: Tensor, fresh: Tensor) -> Tensor:
    """One group: `query` `(heads, rows * width, dim)`, `fresh` `(2 * kv, rows * width, dim)`, as is the result."""
    if group.slots is None:
        return _run_prefix(cache, group, layer, query, fresh)
    assert group.places is not None and group.lot is not None
    kv, rows, width = cache.kv_heads, group.rows, group.width
    heads, _, dim = query.shape
    share = heads // kv
    shelf = cache.shelf[layer]
    shelf[group.slots, :, group.places] = fresh.view(2 * kv, rows, width, dim).permute(1, 2, 0, 3)
    own = shelf[group.lot][:, :, : group.keys]
    asked = query.view(kv, share, rows, width, dim).transpose(1, 2).reshape(kv, rows * share * width, dim)
    mine = asked.view(kv, rows, share * width, dim).transpose(0, 1)
    scores = torch.matmul(mine, own[:, :kv].transpose(-1, -2))
    if group.hidden is not None:
        scores = scores.view(rows, kv * share, width, group.keys).masked_fill_(group.hidden, float("-inf"))
        scores = scores.view(rows, kv, share * width, group.keys)
    shared = group.prefix.layers[layer] if group.prefix is not None else own[0, :, :0]
    length = shared.shape[1]
    if length:
        far = torch.matmul(asked, shared[:kv].transpose(-1, -2)).view(kv, rows, share * width, length)
        scores = torch.cat((far.transpose(0, 1), scores), dim=-1)
    weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    mixed = torch.matmul(weights[..., length:], own[:, kv:]).transpose(0, 1)
    if length:
        weights = weights[..., :length].transpose(0, 1).reshape(kv, rows * share * width, length)
        mixed = mixed + torch.matmul(weights, shared[kv:]).view(kv, rows, share * width, dim)
    return mixed.reshape(kv, rows, share, width, dim).transpose(1, 2).reshape(heads, rows * width, dim)


def _run_prefix(cache: Cache, group: Group, layer: int, query: Tensor, fresh: Tensor) -> Tensor:
    """The tokens of a prefix itself, each seeing those before it."""
    assert group.prefix is not None
    kv, start, width = cache.kv_heads, group.prefix.length, group.width
    heads, _, dim = query.shape
    stored = group.prefix.layers[layer]
    stored[:, start : start + width] = fresh
    known = stored[:, : start + width]
    asked = query.reshape(kv, heads // kv * width, dim)
    scores = torch.matmul(asked, known[:kv].transpose(-1, -2))
    if group.hidden is not None:
        scores = scores.view(heads, width, start + width).masked_fill_(group.hidden[0], float("-inf")).view_as(scores)
    mixed = torch.matmul(scores.softmax(-1, dtype=torch.float32).to(query.dtype), known[kv:])
    return mixed.view(heads, width, dim)


AttentionInterface.register(NAME, attend)

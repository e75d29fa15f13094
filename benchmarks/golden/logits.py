"""Logits: a case's forwards by the native layers, with the attention of transformers.

This holds the weights and their reading against the reference; what the engine makes of them is what a case's tokens
and confidences tell.
"""

import copy
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from benchmarks.golden.case import Case, Logits
from hierdiff_torch.models.loaded import Loaded

CLOSE = 2e-4
"""The largest difference that the golden data allow in float32."""
ROUGH = 0.15
"""The same in bfloat16."""


@torch.inference_mode()
def difference(case: Case, model: Loaded, attention: str, size: int, pads: list[int]) -> float | None:
    """The largest difference over all logits of a case, or none if it has none. `attention` and `size` are those of the
    family, `pads` the number of pads at the left of each row."""
    body = copy.deepcopy(model.body)
    cast(Any, body).config._attn_implementation = "sdpa"
    worst: float | None = None
    for one in _whole(case):
        hidden = _run(case, body, one, attention, size, pads)
        rows, columns = torch.tensor(one.places).T
        found = float((model.logits(hidden[rows, columns]) - torch.tensor(one.logits)).abs().max())
        worst = max(found, worst or 0.0)
    return worst


def _whole(case: Case) -> list[Logits]:
    """The forwards with all that they see: one on top of a stored prefix together with that prefix."""
    out: list[Logits] = []
    for one in case.logits:
        first = case.logits[0]
        if one is first:
            out.append(one)
            continue
        stored = case.forwards[0].keeps if case.forwards else bool(one.positions and any(map(min, one.positions)))
        if not stored:
            out += [one] * (
                len(one.ids[0]) == len(first.ids[0])
            )  # else on top of what a cache holds, which is not exact
            continue
        before = len(first.ids[0])
        joined = replace(
            one,
            ids=tuple(old + new for old, new in zip(first.ids, one.ids, strict=True)),
            places=tuple((row, before + column) for row, column in one.places),
        )
        if one.positions and first.positions:
            joined = replace(
                joined, positions=tuple(old + new for old, new in zip(first.positions, one.positions, strict=True))
            )
        out.append(joined)
    return out


def _run(case: Case, body: Any, one: Logits, attention: str, size: int, pads: list[int]) -> Tensor:
    ids = torch.tensor(one.ids)
    rows, width = ids.shape
    places = torch.arange(width)
    left = torch.tensor([pads[row % len(pads)] if pads else 0 for row in range(rows)]).unsqueeze(-1)
    blind = case.family == "fastdllm_v1"  # its reference reads no attention mask
    keys = torch.tensor(one.keys).bool() if one.keys and not blind else places >= left
    if one.positions:
        positions = torch.tensor(one.positions)
    else:
        positions = (places - left).clamp_min(0) if case.family == "dream" else places.expand(rows, width)
    if case.family == "modernbert":
        return body(input_ids=ids, position_ids=positions, attention_mask=keys.long()).last_hidden_state
    block = {"causal": 1, "block": size}.get(attention, 0)
    near = places // block <= places.unsqueeze(-1) // block if block else torch.ones(width, width).bool()
    seen = ((near & keys.unsqueeze(1)) | torch.eye(width).bool()).unsqueeze(1)
    return body(input_ids=ids, position_ids=positions, attention_mask=seen, use_cache=False).last_hidden_state

"""Filters: which tokens of a distribution may be drawn at all.

The order of filters changes what is left, and families differ in it.
"""

from typing import Literal

import torch
from torch import Tensor

Filter = Literal["top_k", "top_p"]
"""The most likely tokens, or the fewest that together have a probability."""


def without(logits: Tensor, tokens: tuple[int, ...]) -> Tensor:
    """Logits `(positions, vocabulary)` with some tokens at -inf; the same tensor if there are none."""
    if not tokens:
        return logits
    return logits.index_fill(-1, torch.tensor(tokens, device=logits.device), float("-inf"))


def filtered(logits: Tensor, temperature: float, top_k: int, top_p: float, order: tuple[Filter, ...]) -> Tensor:
    """Logits `(positions, vocabulary)` over the temperature (0: as they are), with what the filters drop at -inf.
    `top_k` 0 and `top_p` 1 drop nothing."""
    if temperature > 0 and temperature != 1:
        logits = logits / temperature
    for name in order:
        if name == "top_k" and 0 < top_k < logits.shape[-1]:
            logits = logits.masked_fill(logits < logits.topk(top_k, dim=-1).values[:, -1:], float("-inf"))
        if name == "top_p" and top_p < 1:
            logits = _within(logits, top_p)
    return logits


def _within(logits: Tensor, top_p: float) -> Tensor:
    """The most likely tokens up to the first that brings their probability above `top_p`, which is kept."""
    falling, order = logits.sort(dim=-1, descending=True)
    beyond = falling.softmax(-1).cumsum(-1) > top_p
    beyond = torch.cat([torch.zeros_like(beyond[:, :1]), beyond[:, :-1]], dim=-1)
    return logits.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), float("-inf"))

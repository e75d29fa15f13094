"""The loop that recomputes everything: one row at a time, the whole row run again at every forward, no cache.

It is what a reader of a block-diffusion paper writes first: native attention under an explicit mask. Only in one thing
is it kinder to itself than most: it makes logits for the open block only, and not for the whole row.
"""

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff_torch.draws import Seeded
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.policies import Policy, View


@dataclass
class Recomputed:
    """The tokens of a row, and what they took."""

    tokens: list[int] = field(default_factory=list[int])
    forwards: int = 0
    rows: int = 0


def native(model: Loaded) -> LlamaForCausalLM:
    """The same weights in the native class, with the attention of torch."""
    config = copy.deepcopy(model.body.config)
    assert isinstance(config, LlamaConfig)
    fresh = LlamaForCausalLM._from_config(config, attn_implementation="sdpa")  # pyright: ignore[reportPrivateUsage]
    fresh.model.load_state_dict(model.body.state_dict())
    fresh.lm_head.load_state_dict(model.head.state_dict())
    for weight in fresh.parameters():
        weight.data = weight.data.to(model.dtype)
    return fresh.eval().requires_grad_(False)


@torch.inference_mode()
def recomputed(model: Loaded, loop: LlamaForCausalLM, prompt: list[int], count: int, policy: Policy) -> Recomputed:
    """`count` greedy tokens after `prompt`, a block at a time. Blocks are counted from the end of the prompt in both
    directions; a token sees its own block and all before it. Mask and end tokens are never written."""
    family, done = model.family, Recomputed()
    assert family.mask is not None and family.attention == "block" and family.origin == "canvas"
    never = torch.tensor([family.mask, *family.eos])
    for start in range(0, count, family.block):
        size = min(family.block, count - start)
        ids = torch.tensor([*prompt, *done.tokens, *[family.mask] * size])
        open_ = ids[-size:]
        masked = torch.ones(size, dtype=torch.bool)
        pinned, quotas, step = torch.zeros_like(masked), policy.plan(size, family.block, Seeded(0)), 0
        seen = _seen(len(ids), len(prompt) % family.block, family.block)
        while masked.any():
            keep = size + family.shift
            logits = loop(input_ids=ids[None], attention_mask=seen, use_cache=False, logits_to_keep=keep).logits[0]
            logits = logits[:size].float()
            logits[:, never] = float("-inf")
            best = logits.max(-1)
            sure = (best.values - logits.logsumexp(-1)).exp().masked_fill(~masked, 0.0)
            view = View(sure, best.indices, open_.clone(), masked, pinned, step, 0, size, quotas)
            chosen = policy.choose(view)
            open_[chosen], masked = best.indices[chosen], masked & ~chosen
            step, done.forwards, done.rows = step + 1, done.forwards + 1, done.rows + len(ids)
        done.tokens += open_.tolist()
    return done


def _seen(length: int, offset: int, block: int) -> Tensor:
    """`(1, 1, length, length)`, true where a query may look."""
    number = (torch.arange(length) - offset).div(block, rounding_mode="floor")
    return (number[:, None] >= number[None, :])[None, None]

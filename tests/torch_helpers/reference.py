"""A plain block-diffusion loop over the same weights: everything is run again at every step, one row at a time.

It shares no code with the engine: native eager attention with an explicit mask, no cache, no batch, no prefix.
"""

import copy
from typing import Any, cast

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff_torch.draws import Seeded
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.policies import Policy, View


def plain(model: Loaded) -> LlamaForCausalLM:
    """The same weights in a native model with eager attention."""
    config = copy.deepcopy(model.body.config)
    assert isinstance(config, LlamaConfig)
    fresh = LlamaForCausalLM._from_config(config, attn_implementation="eager").eval()  # pyright: ignore[reportPrivateUsage]
    fresh.model.load_state_dict(model.body.state_dict())
    fresh.lm_head.load_state_dict(model.head.state_dict())
    return fresh


def greedy(model: LlamaForCausalLM, prompt: list[int], count: int) -> list[int]:
    """`count` tokens after `prompt` by transformers' own greedy generation; EOS ends nothing."""
    ids = torch.tensor([prompt])
    generate = cast(Any, model).generate  # its mixin's type asks for attributes that only some models have
    more = {"attention_mask": torch.ones_like(ids), "max_new_tokens": count, "do_sample": False}
    return generate(ids, **more, eos_token_id=None, pad_token_id=0)[0, len(prompt) :].tolist()


@torch.no_grad()
def blockwise(model: LlamaForCausalLM, prompt: list[int], count: int, policy: Policy, settings: Loaded) -> list[int]:
    """`count` greedy tokens after `prompt`, a block at a time, with everything recomputed in each forward."""
    family = settings.family
    assert family.mask is not None
    forbidden = [family.mask, *family.eos]
    text: list[int] = []
    while len(text) < count:
        block = [family.mask] * min(family.block, count - len(text))
        step, total = 0, len(block)
        quotas = policy.plan(total, family.block, Seeded(0))
        while family.mask in block:
            logits = _forward(model, prompt, text, block, family.block, family.kept == "block")
            size = len(block)
            part = logits[-size - 1 : -1] if family.shift else logits[-size:]
            part[:, forbidden] = float("-inf")
            sure, best = part.softmax(-1).max(-1)
            masked = torch.tensor([token == family.mask for token in block])
            current, pinned = torch.tensor(block), torch.zeros_like(masked)
            view = View(sure.masked_fill(~masked, 0.0), best, current, masked, pinned, step, 0, total, quotas)
            for place in policy.choose(view).nonzero().flatten().tolist():
                block[place] = int(best[place])
            step += 1
        text += block
    return text[:count]


def _forward(
    model: LlamaForCausalLM, prompt: list[int], text: list[int], block: list[int], size: int, kept_see_each_other: bool
) -> Tensor:
    ids = torch.tensor([prompt + text + block])
    length = ids.shape[1]
    seen = torch.ones(length, length).tril().bool()
    seen[length - len(block) :, :] = True
    if kept_see_each_other:
        for start in range(len(prompt), len(prompt) + len(text), size):
            seen[start : start + size, start : start + size] = True
    mask = torch.zeros(1, 1, length, length).masked_fill(~seen, float("-inf"))
    return model(input_ids=ids, attention_mask=mask, use_cache=False).logits[0]

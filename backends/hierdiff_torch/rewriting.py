"""Rewriting: blocks whose tokens are filled, edited, inserted and deleted (LLaDA2.2), a forward at a time."""

import torch
from torch import Tensor

from hierdiff_torch.region import Region
from hierdiff_torch.rows import Row, Trace


def rewrite(row: Row, logits: Tensor) -> bool:
    """Take one forward's `logits` `(places, vocabulary)` over the whole region; whether the block is finished."""
    region, rules = row.region, row.denoising.rewriting
    assert region is not None and rules is not None
    pinned = tuple(owner is None for owner in region.owners)
    if region.rewritten is None:
        region.rewritten = rules.opened(tuple(region.tokens), pinned)
    read = logits.clone() if row.trace is not None else logits
    before = region.rewritten
    region.rewritten = after = rules.step(before, _biased(region, logits))
    changed = [place for place, token in enumerate(after.tokens) if token != before.tokens[place]]
    chance = logits.softmax(-1).cpu().gather(-1, torch.tensor(after.tokens).unsqueeze(-1)).squeeze(-1).tolist()
    if row.trace is not None:
        first = len(row.prefix) + row.ready + row.lost
        row.trace.append(
            Trace(
                step=row.steps,
                places=[first + place for place in changed],
                tokens=[after.tokens[place] for place in changed],
                confidence=[chance[place] for place in changed],
                before=[before.tokens[place] for place in changed],
                masked=[before.tokens[place] == rules.mask for place in changed],
                read=list(range(first, first + len(region.tokens))),
                logits=read,
            )
        )
    row.steps += 1
    region.step += 1
    region.tokens = list(after.tokens)
    region.masked = [token == rules.mask and not fixed for token, fixed in zip(after.tokens, pinned, strict=True)]
    if not after.over:
        return False
    region.sure = chance
    row.committed += sum(not fixed for fixed in pinned)
    region.masked = [False] * len(region.tokens)
    return True


def _biased(region: Region, logits: Tensor) -> Tensor:
    """Logits without what the holes forbid."""
    hole = next((owner for owner in region.owners if owner is not None), None)
    bias = None if hole is None else hole.sampling.bias
    return logits if bias is None else logits + bias

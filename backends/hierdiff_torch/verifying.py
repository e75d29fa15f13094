"""Verifying: what the causal stream says to a block that the noisy stream has filled.

The forward that puts a finished block's tokens into the cache gives the causal stream's own distribution for each of
them. The block is kept up to its first token that is refused; from there on it is denoised again, and that place is
then drawn from the causal stream itself. So a weak adapter costs forwards, and not quality.
"""

import torch
from torch import Tensor

from hierdiff_torch.committing import wished
from hierdiff_torch.parts import HolePart
from hierdiff_torch.rows import Row
from hierdiff_torch.sampling import candidates
from hierdiff_torch.settling import settle

FLOOR, SLACK = 0.09, 0.3
"""A token is plausible if its probability is at least the smaller of `FLOOR` and `SLACK` times the exponential of minus
the distribution's entropy: where many tokens would do, a less likely one is (typical acceptance, arXiv 2401.10774)."""


def verify(row: Row, logits: Tensor) -> tuple[int, int]:
    """Keep the tokens of the row's finished block up to the first that is refused. `logits` `(places, vocabulary)` are
    those of the block's own tokens, each for the place after it. How many were checked, and how many of them stay."""
    region, hole = row.region, row.hole
    assert region is not None and hole is not None
    ready, drafted = row.ready, region.tokens[: region.checking]
    kept = _accepted(row, hole, drafted, logits)
    checked, region.checking = len(drafted) - 1, 0
    row.committed -= len(drafted) - kept
    region.drop(range(kept, len(region.tokens)))
    row.length = ready + kept
    settle(row)
    same = 0
    while same < kept and ready + same < len(row.text) and row.text[ready + same] == drafted[same]:
        same += 1
    row.length = min(row.length, ready + same)
    row.carry = logits[kept - 1].clone() if row.hole is hole and len(row.text) == ready + kept else None
    return checked, kept - 1


def _accepted(row: Row, hole: HolePart, drafted: list[int], logits: Tensor) -> int:
    """How many of a block's tokens stay: the first always does, the text before it has given it."""
    region = row.region
    assert region is not None
    before = row.text[-32:]
    for place in range(1, len(drafted)):
        said = drafted[:place]
        made = wished(
            hole,
            [hole.base + place],
            logits[place - 1 : place].clone(),
            row.history + said,
            hole.tokens + said,
            (before + said)[-32:],
        )
        if not _agrees(row, hole, made, drafted[place], row.ready + place):
            return place
        region.sure[place] = float(made[0].softmax(-1)[drafted[place]])
    return len(drafted)


def _agrees(row: Row, hole: HolePart, made: Tensor, token: int, key: int) -> bool:
    """Whether the causal stream, with these logits `(1, vocabulary)`, would have that token."""
    sampling = hole.sampling
    if row.denoising.verify == "exact" or sampling.temperature <= 0:
        own = candidates(made, sampling, "probability", row.draws, torch.zeros(1, dtype=torch.int64), 1, [key])
        return int(own.tokens) == token
    chance = (made[0] / sampling.temperature).softmax(-1)
    entropy = float(torch.special.entr(chance).sum())
    return float(chance[token]) >= min(FLOOR, SLACK * torch.tensor(-entropy).exp().item())

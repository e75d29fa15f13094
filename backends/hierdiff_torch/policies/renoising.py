"""Accept and renoise: denoising from uniform noise, where no place ever holds a mask.

Each step draws a token for every place, keeps those of low entropy and replaces all others by new noise, as
DiffusionGemma does it. Its places are accepted by the entropy bound of arXiv 2505.24857.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor


def entropies(logits: Tensor) -> Tensor:
    """The entropy of each place's distribution, `(places,)`, from logits `(places, vocabulary)`."""
    logs = logits.log_softmax(-1).clamp_min(torch.finfo(logits.dtype).min)
    return -(logs.exp() * logs).sum(-1)


def accepted(entropy: Tensor, bound: float) -> Tensor:
    """The places of lowest entropy, as long as the entropies but the last one add up to no more than `bound`, bool
    `(places,)`; the lowest in any case."""
    rising, order = entropy.sort(stable=True)
    within = rising.cumsum(0) - rising <= bound
    within[:1] = True
    return torch.zeros_like(within).scatter(0, order, within)


def renoised(candidates: Tensor, kept: Tensor, noise: Tensor) -> Tensor:
    """The next canvas: candidates where they are kept, noise elsewhere, int64 `(places,)` each."""
    return torch.where(kept, candidates, noise)


def temperature(step: int, steps: int, t_min: float, t_max: float) -> float:
    """The temperature at a step, counted from 0: falls evenly from `t_max` and would reach `t_min` after the last."""
    return t_min + (t_max - t_min) * (steps - step) / steps


@final
@dataclass(frozen=True, slots=True)
class Stable:
    """A stopping rule: the most likely tokens were the same in the last `patience` steps as now, and the mean entropy
    is below `entropy`. `seen` holds what was most likely in those steps, the latest last; give each step's own to the
    next one."""

    patience: int = 1
    entropy: float = 0.005
    seen: tuple[tuple[int, ...], ...] = ()

    def after(self, likely: Tensor, entropy: Tensor) -> "tuple[Stable, bool]":
        """The rule after a step with these most likely tokens, int64 `(places,)`, and entropies `(places,)`, and
        whether to stop now."""
        now = tuple(likely.tolist())
        stable = len(self.seen) == self.patience and all(before == now for before in self.seen)
        seen = (*self.seen, now)[-self.patience :] if self.patience else ()
        return Stable(self.patience, self.entropy, seen), stable and float(entropy.mean()) < self.entropy

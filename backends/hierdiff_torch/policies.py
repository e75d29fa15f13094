"""Policies: from confidences and masks to the positions that take their token now.

Pure functions in final classes. Every policy commits at least one masked position a step and never one that is not
masked, so that a block is always finished.
"""

from dataclasses import dataclass
from typing import Protocol, final

import torch
from torch import Tensor


class Policy(Protocol):
    """`choose(confidence, masked, step)`: booleans of the same shape `(block,)`, true where to commit.

    `confidence` is the probability of each position's candidate, `masked` where there is one to take, `step` counts the
    forwards of this block from 0.
    """

    def choose(self, confidence: Tensor, masked: Tensor, step: int) -> Tensor:
        """The positions to commit."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Threshold:
    """All positions above `threshold`, and the most confident one in any case (Fast-dLLM, arXiv 2505.22618)."""

    threshold: float = 0.9

    def choose(self, confidence: Tensor, masked: Tensor, step: int) -> Tensor:
        """The positions to commit."""
        seen = confidence.masked_fill(~masked, -1.0)
        chosen = seen > self.threshold
        chosen[seen.argmax()] = True
        return chosen & masked


@final
@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fixed number of positions a step, the most confident first: `block` masks in `steps` steps, the surplus in the
    first ones (the schedule of LLaDA, arXiv 2502.09992)."""

    block: int
    steps: int

    def __post_init__(self) -> None:
        if self.block < 1 or self.steps < 1:
            raise ValueError(f"block and steps must be at least 1, not {self.block} and {self.steps}")

    def choose(self, confidence: Tensor, masked: Tensor, step: int) -> Tensor:
        """The positions to commit."""
        quota = self.block // self.steps + (step < self.block % self.steps)
        quota = min(max(1, quota), int(masked.sum()))
        seen = confidence.masked_fill(~masked, -1.0)
        chosen = torch.zeros_like(masked)
        chosen[seen.topk(quota).indices] = True
        return chosen & masked

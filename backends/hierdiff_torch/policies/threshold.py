"""Policies by confidence: as many places at once as the candidates are sure of.

Each commits at least the most confident place of a step, so that every window ends.
"""

from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws
from hierdiff_torch.policies.view import Score, View, best, filled, quota
from hierdiff_torch.schedules import even
from hierdiff_torch.uniform import accepted


@final
@dataclass(frozen=True, slots=True)
class Threshold:
    """All places above `threshold`, or the most confident ones if fewer than `least` are (Fast-dLLM, arXiv 2505.22618).

    `inclusive` takes a place right at the threshold as well, and one within `near` of the most confident (dInfer, arXiv
    2510.08666). With `steps`, the block's length over the steps stands in place of `least` (SDAR, arXiv 2510.06303, and
    LLaDA2.0, arXiv 2512.15745).
    """

    threshold: float = 0.9
    inclusive: bool = False
    least: int = 1
    steps: int | None = None
    near: float = 0.0
    score: Score = "probability"
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.least < 1 or (self.steps is not None and self.steps < 1):
            raise ValueError(f"least and steps must be at least 1, not {self.least} and {self.steps}")

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """The block's length over the steps; no schedule without `steps`."""
        return () if self.steps is None else even(block, self.steps)

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        fillable = view.fillable
        bar = self.threshold
        if self.near and fillable.any():
            bar = min(bar, float(view.confidence[fillable].max()) - self.near)
        high = fillable & (view.confidence >= bar if self.inclusive else view.confidence > bar)
        wanted = self.least if self.steps is None else quota(view)
        return high if int(high.sum()) >= wanted else best(view.confidence, fillable, wanted)

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)


@final
@dataclass(frozen=True, slots=True)
class Factor:
    """The r most confident places as long as the r-th is at least `1 - factor / (r + 1)` sure, and the first in any
    case (the factor of Fast-dLLM, arXiv 2505.22618)."""

    factor: float = 1.0
    score: Score = "probability"
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        fillable = view.fillable
        falling = view.confidence[fillable].sort(descending=True).values
        needed = 1 - self.factor / torch.arange(2, len(falling) + 2)
        sure = int((falling >= needed).cumprod(0).sum())
        return best(view.confidence, fillable, max(1, sure))

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)


@final
@dataclass(frozen=True, slots=True)
class EntropyBound:
    """The places of lowest entropy, as long as the entropies but the last one add up to no more than `bound`: about
    independent of each other (arXiv 2505.24857)."""

    bound: float = 0.1
    score: Score = field(default="entropy", init=False, repr=False)
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        places = view.fillable.nonzero().squeeze(-1)
        chosen = torch.zeros_like(view.masked)
        chosen[places] = accepted((-view.confidence[places]).clamp_min(0), self.bound)
        return chosen

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)


@final
@dataclass(frozen=True, slots=True)
class Hierarchical:
    """All places above `threshold`, the best one of each run of masks if it is above `low_threshold`, and the best of
    all in any case: a long gap is divided at its surest place (dInfer, arXiv 2510.08666)."""

    threshold: float = 0.9
    low_threshold: float = 0.5
    score: Score = "probability"
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        fillable = view.fillable
        chosen = fillable & (view.confidence > self.threshold)
        chosen |= best(view.confidence, fillable, 1)
        run = (~fillable).cumsum(0)
        for number in run[fillable].unique():
            chosen |= best(view.confidence, fillable & (run == number), 1) & (view.confidence > self.low_threshold)
        return chosen

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)

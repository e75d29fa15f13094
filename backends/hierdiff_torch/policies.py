"""Policies: from what a step sees to the places that take their candidate now.

Pure functions in final classes. None ever touches a pinned place, every one finishes its window.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, final

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws

Score = Literal["probability", "margin", "entropy", "random", "order"]
"""What a policy ranks candidates by: the candidate's probability, its lead over the second, the negative entropy of
its distribution, chance, or its place (first places first)."""


@dataclass(frozen=True, slots=True)
class View:
    """What a policy sees of a window at one step. Tensors are `(places,)` on the CPU.

    `confidence` is the score of each place's candidate (0 where nothing was computed), `tokens` the candidates,
    `current` the tokens that stand there now, `masked` where a mask stands, `pinned` what must never change. `step`
    counts the window's forwards from 0, `after` those that began without a mask, this one included. `total` is the
    number of masks the window began with, `quotas` what the policy's `plan` said then.
    """

    confidence: Tensor
    tokens: Tensor
    current: Tensor
    masked: Tensor
    pinned: Tensor
    step: int = 0
    after: int = 0
    total: int = 0
    quotas: tuple[int, ...] = ()


class Policy(Protocol):
    """`score` is what it ranks by; `edits` whether it may also change places that are filled and not pinned."""

    @property
    def score(self) -> Score:
        """What candidates are ranked by."""
        ...

    @property
    def edits(self) -> bool:
        """Whether candidates are wanted for filled places, too."""
        ...

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """How many places to fill at each step of a window with so many masks, in blocks of so many places; empty if
        the policy has no schedule."""
        ...

    def choose(self, view: View) -> Tensor:
        """True where the candidate is written, bool `(places,)`."""
        ...

    def over(self, view: View, chosen: Tensor) -> bool:
        """Whether the window is finished once the chosen candidates are written."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Threshold:
    """All places above `threshold`, and the most confident one in any case (Fast-dLLM, arXiv 2505.22618)."""

    threshold: float = 0.9
    score: Score = "probability"
    edits: bool = False

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        seen = view.confidence.masked_fill(~view.masked, -1.0)
        chosen = seen > self.threshold
        chosen[seen.argmax()] = True
        return chosen & view.masked

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return not bool((view.masked & ~chosen).any())


@final
@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fixed number of places a step, the most confident first."""

    steps: int
    score: Score = "probability"
    edits: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """Masks over steps, the surplus in the first ones (LLaDA, arXiv 2502.09992)."""
        return tuple(masks // self.steps + (step < masks % self.steps) for step in range(self.steps))

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        quota = view.quotas[view.step] if view.step < len(view.quotas) else 1
        seen = view.confidence.masked_fill(~view.masked, float("-inf"))
        chosen = torch.zeros_like(view.masked)
        chosen[seen.topk(min(max(1, quota), int(view.masked.sum()))).indices] = True
        return chosen

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return not bool((view.masked & ~chosen).any())

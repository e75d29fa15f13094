"""Independent transfer: each mask is filled or not by a chance of its own.

The reverse process of a masked diffusion as it is defined, without any ranking of the candidates.
"""

from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from hierdiff_torch.draws import Draws
from hierdiff_torch.policies.view import Score, View, filled
from hierdiff_torch.schedules import shares


@final
@dataclass(frozen=True, slots=True)
class Independent:
    """Each mask with the chance `1 - s / t`, where times fall evenly from 1 to `eps`; the last step takes all that are
    left (`origin` of Dream, arXiv 2508.15487). Places are chosen before tokens are drawn."""

    steps: int
    eps: float = 1e-3
    score: Score = field(default="random", init=False, repr=False)
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=True, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule: nobody knows how many."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill: those whose rank lies below the chance of this step."""
        if view.step >= self.steps - 1:
            return view.fillable
        return view.fillable & (view.confidence < shares(self.steps, self.eps)[view.step])

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)

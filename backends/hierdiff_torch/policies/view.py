"""View and policy: what a step sees, and who says which places take their candidate.

Places are chosen from a view alone, so that one step of one row is a pure function and can be tested without a model.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

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
    number of masks the window began with, `quotas` what the policy's `plan` said then. `noise` is exponential with rate
    1 for a policy that is `noisy`.
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
    noise: Tensor | None = None

    @property
    def fillable(self) -> Tensor:
        """Where a mask stands that may be filled, bool `(places,)`."""
        return self.masked & ~self.pinned


class Policy(Protocol):
    """Says which candidates are written, and when a window is finished."""

    @property
    def score(self) -> Score:
        """What candidates are ranked by."""
        ...

    @property
    def edits(self) -> bool:
        """Whether places that are filled and not pinned may change, too, so that candidates are wanted for them."""
        ...

    @property
    def blind(self) -> bool:
        """Whether places are chosen before tokens are drawn: `confidence` then holds random ranks of the masked
        places, and only the chosen ones want a candidate."""
        ...

    @property
    def noisy(self) -> bool:
        """Whether `choose` needs the view's `noise`."""
        ...

    @property
    def penalty(self) -> float:
        """What the token of the place before loses in the logits, before candidates are made; 0 for nothing."""
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


def best(confidence: Tensor, among: Tensor, count: int) -> Tensor:
    """The `count` places with the highest confidence among those given, bool `(places,)`. Of equals, those that `topk`
    over the whole window takes, as in the reference samplers: a nucleus of one token makes many places equally sure."""
    seen = confidence.clamp_min(torch.finfo(confidence.dtype).min).masked_fill(~among, float("-inf"))
    chosen = torch.zeros_like(among)
    chosen[seen.topk(min(max(count, 0), int(among.sum()))).indices] = True
    return chosen


def filled(view: View, chosen: Tensor) -> bool:
    """Whether no mask is left once the chosen candidates are written."""
    return not bool((view.fillable & ~chosen).any())


def quota(view: View) -> int:
    """How many places the plan wants filled at this step: at least one, also once the plan is at its end."""
    return max(1, view.quotas[view.step]) if view.step < len(view.quotas) else 1

"""Policies by schedule: so many places a step, whatever the candidates are sure of.

A quota beyond the masks that are left is cut to them, so that no place is ever written twice.
"""

from dataclasses import dataclass, field
from typing import Literal, final

from torch import Tensor

from hierdiff_torch.draws import Draws
from hierdiff_torch.policies.view import Score, View, best, filled, quota
from hierdiff_torch.schedules import binomial, due, even, foreseen, linear

Schedule = Literal["even", "linear", "binomial", "dream"]
"""How places are shared out over the steps; a function of `hierdiff_torch.schedules` each."""


@final
@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fixed number of places a step, the best ones by `score` first.

    The number comes from the masks the window began with, or from the length of its block (SDAR, LLaDA2.0). `dream`
    counts the masks that are left at each step, with `eps` as its last time; it may write nothing at the first steps.
    With `warmth`, places are drawn without replacement in proportion to `softmax(score / warmth)` (`alg_temp` of Dream,
    arXiv 2508.15487).
    """

    steps: int
    schedule: Schedule = "even"
    of: Literal["masks", "block"] = "masks"
    eps: float = 1e-3
    score: Score = "probability"
    warmth: float = 0.0
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")

    @property
    def noisy(self) -> bool:
        """Whether places are drawn and not just ranked."""
        return self.warmth > 0

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """The number of places a step."""
        count = masks if self.of == "masks" else block
        if self.schedule == "dream":
            return foreseen(count, self.steps, self.eps)
        if self.schedule == "binomial":
            return binomial(count, self.steps, draws)
        return (even if self.schedule == "even" else linear)(count, self.steps)

    def asked(self, view: View) -> int:
        """How many places this step fills. With none, a noisy policy needs no noise."""
        left = int(view.fillable.sum())
        wanted = due(left, view.step, self.steps, self.eps) if self.schedule == "dream" else quota(view)
        return min(wanted, left)

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        count = self.asked(view)
        if not self.noisy or not count:
            return best(view.confidence, view.fillable, count)
        if view.noise is None:
            raise ValueError("a policy with warmth needs noise in its view")
        seen = view.confidence.masked_fill(~view.fillable, float("-inf"))
        return best((seen / self.warmth).softmax(-1) / view.noise, view.fillable, count)

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)


@final
@dataclass(frozen=True, slots=True)
class Deferred:
    """The scheduled number of places a step, but of these only the best one and those that are at least `threshold`
    sure; the others wait and are added to the next step's number (`confidence_threshold` of Fast-dLLM for Dream).

    A function of the window's masks, the masks left and the step: what waits is the plan so far less what is filled.
    """

    steps: int
    threshold: float = 0.9
    score: Score = "probability"
    edits: bool = field(default=False, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)
    penalty: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """The masks over the steps."""
        return even(masks, self.steps)

    def choose(self, view: View) -> Tensor:
        """The places to fill."""
        left = int(view.fillable.sum())
        planned = sum(even(view.total, self.steps)[: view.step + 1])
        count = min(left, max(1, planned - (view.total - left)))
        high = best(view.confidence, view.fillable, count) & (view.confidence >= self.threshold)
        return high | best(view.confidence, view.fillable, min(1, left))

    def over(self, view: View, chosen: Tensor) -> bool:
        """When no mask is left."""
        return filled(view, chosen)

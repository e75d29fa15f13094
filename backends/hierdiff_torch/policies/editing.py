"""Token editing: masks are filled and filled places corrected in the same step.

A token that was written too early is no longer there for good.
"""

from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws
from hierdiff_torch.policies.view import Score, View, best


@final
@dataclass(frozen=True, slots=True)
class TokenEditing:
    """Fills the masks above `threshold`, at least the `least` most confident ones, and changes each filled place whose
    candidate is another token and more than `edit_threshold` sure (LLaDA2.1, arXiv 2602.08676).

    A window ends once a step that began without a mask changes nothing, or after `most_post` such steps. `penalty` is
    taken from the logit of the token at the place before, see `lowered`.
    """

    threshold: float = 0.95
    edit_threshold: float = 0.9
    most_post: int = 16
    least: int = 1
    penalty: float = 0.0
    score: Score = field(default="probability", init=False, repr=False)
    edits: bool = field(default=True, init=False, repr=False)
    blind: bool = field(default=False, init=False, repr=False)
    noisy: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.least < 1 or self.most_post < 0:
            raise ValueError(f"least must be at least 1 and most_post 0, not {self.least} and {self.most_post}")

    def plan(self, masks: int, block: int, draws: Draws) -> tuple[int, ...]:
        """No schedule."""
        return ()

    def choose(self, view: View) -> Tensor:
        """The places to fill and to change."""
        if view.after > self.most_post:
            return torch.zeros_like(view.masked)
        fillable = view.fillable
        high = fillable & (view.confidence > self.threshold)
        fill = high if int(high.sum()) >= self.least else best(view.confidence, fillable, self.least)
        other = ~view.masked & ~view.pinned & (view.tokens != view.current)
        return fill | (other & (view.confidence > self.edit_threshold))

    def over(self, view: View, chosen: Tensor) -> bool:
        """When nothing was left to fill and nothing was changed, or too often already."""
        if view.fillable.any():
            return self.most_post == 0 and not bool((view.fillable & ~chosen).any())
        return not bool(chosen.any()) or view.after >= self.most_post


def lowered(logits: Tensor, previous: Tensor, penalty: float) -> Tensor:
    """Logits `(places, vocabulary)` less `penalty` for the token that stands at the place before, int64 `(places,)`; -1
    where none stands there. It keeps a token from being said twice in a row."""
    if not penalty:
        return logits
    known = (previous >= 0).to(logits.dtype) * -penalty
    return logits.scatter_add(-1, previous.clamp_min(0).unsqueeze(-1), known.unsqueeze(-1))

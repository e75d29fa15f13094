"""Policies: the settings of the reference samplers in the words of the engine's policies."""

from typing import Literal

from benchmarks.golden.case import Broken
from hierdiff_torch.policies import Deferred, Factor, Independent, Policy, Scheduled, Score, Threshold, TokenEditing

Schedule = Literal["even", "linear", "binomial", "dream"]
Of = Literal["masks", "block"]


def scheduled(
    steps: int,
    *,
    schedule: Schedule = "even",
    of: Of = "masks",
    score: Score = "probability",
    eps: float = 1e-3,
    warmth: float = 0.0,
) -> Policy:
    """So many places a step."""
    return Scheduled(_steps(steps), schedule=schedule, of=of, score=score, eps=eps, warmth=warmth)


def threshold(
    above: float, *, inclusive: bool = False, steps: int | None = None, score: Score = "probability"
) -> Policy:
    """All that are sure enough: at least one, or with `steps` at least what a schedule over the block says."""
    return Threshold(above, inclusive=inclusive, steps=None if steps is None else _steps(steps), score=score)


def factor(scale: float, *, score: Score = "probability") -> Policy:
    """The more places, the surer each has to be."""
    return Factor(scale, score=score)


def origin(steps: int, eps: float) -> Policy:
    """Each place by chance (Dream)."""
    return Independent(_steps(steps), eps)


def delayed(steps: int, above: float) -> Policy:
    """A schedule whose unsure places are put off (NVlabs' Dream)."""
    return Deferred(_steps(steps), above)


def editing(above: float, change: float, *, most: int, least: int) -> Policy:
    """Fill and change at once (LLaDA2.1)."""
    return TokenEditing(above, change, most_post=most, least=least)


def _steps(steps: int) -> int:
    if steps < 1:
        raise Broken(f"{steps} steps; at least one is needed")
    return steps


__all__ = ["Score", "delayed", "editing", "factor", "origin", "scheduled", "threshold"]

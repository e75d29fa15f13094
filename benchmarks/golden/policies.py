"""Policies: the only place that knows what the engine's policies are called and what they take.

A release that lacks one refuses the case with a reason.
"""

from typing import Any, Literal, cast

from benchmarks.golden.case import Broken
from hierdiff_torch import policies
from hierdiff_torch.policies import Policy

Schedule = Literal["even", "linear", "binomial", "dream"]
Score = Literal["probability", "margin", "entropy", "random", "order"]
Of = Literal["masks", "block"]


def _made(name: str, **fields: Any) -> Policy:
    found = getattr(policies, name, None)
    if found is None:
        raise Broken(f"the engine has no policy {name}")
    try:
        return cast(Policy, found(**fields))
    except (TypeError, ValueError) as error:
        raise Broken(f"the engine's policy {name} does not take this: {error}") from None


def scheduled(
    steps: int,
    *,
    schedule: Schedule = "even",
    of: Of = "masks",
    score: Score = "probability",
    eps: float | None = None,
    warmth: float | None = None,
) -> Policy:
    """So many places a step."""
    extra = {name: value for name, value in (("eps", eps), ("warmth", warmth)) if value is not None}
    return _made("Scheduled", steps=steps, schedule=schedule, of=of, score=score, **extra)


def threshold(
    above: float, *, inclusive: bool = False, steps: int | None = None, score: Score = "probability"
) -> Policy:
    """All that are sure enough: at least one, or with `steps` at least what a schedule over the block says."""
    extra = {} if steps is None else {"steps": steps}
    return _made("Threshold", threshold=above, inclusive=inclusive, score=score, **extra)


def factor(scale: float, *, score: Score = "probability") -> Policy:
    """The more places, the surer each has to be."""
    return _made("Factor", factor=scale, score=score)


def origin(steps: int, eps: float) -> Policy:
    """Each place by chance (Dream)."""
    return _made("Independent", steps=steps, eps=eps)


def delayed(steps: int, above: float) -> Policy:
    """A schedule whose unsure places are put off (NVlabs' Dream)."""
    return _made("Deferred", steps=steps, threshold=above)


def editing(above: float, change: float, *, most: int, least: int) -> Policy:
    """Fill and change at once (LLaDA2.1)."""
    return _made("TokenEditing", threshold=above, edit_threshold=change, most_post=most, least=least)

"""Schedules: how many places are filled at each step.

Families share the same masks out over the same steps in different ways, and the number formats they count in belong to
them: one place more or less at a step changes every later one.
"""

from functools import lru_cache

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws


def even(count: int, steps: int) -> tuple[int, ...]:
    """As many at each step, the surplus in the first ones (LLaDA, arXiv 2502.09992; SDAR)."""
    return tuple(count // steps + (step < count % steps) for step in range(steps))


def linear(count: int, steps: int) -> tuple[int, ...]:
    """The expected number under a linear noise schedule, rounded half to even; steps without any are left out (dLLM).

    Noise levels are in float32, their product with the masks that are left in float64.
    """
    quotas: list[int] = []
    for chance in _linear_chances(steps):
        quotas.append(min(round(count * chance), count))
        count -= quotas[-1]
    return tuple(quota for quota in quotas if quota)


def binomial(count: int, steps: int, draws: Draws) -> tuple[int, ...]:
    """A random number under a linear noise schedule; steps without any are left out (dLLM, `stochastic_transfer`).

    One draw a step until all are placed.
    """
    quotas: list[int] = []
    for chance in _linear_chances(steps):
        if quotas and not count:
            break
        quotas.append(min(draws.successes(count, chance), count))
        count -= quotas[-1]
    return tuple(quota for quota in quotas if quota)


@lru_cache(maxsize=64)
def shares(steps: int, eps: float = 1e-3) -> Tensor:
    """The share of what is left that each step takes, `1 - s / t` for times that fall evenly from 1 to `eps`, float32
    `(steps,)` (Dream, arXiv 2508.15487). The last step takes all, whatever stands here."""
    times = torch.linspace(1, eps, steps + 1)
    return 1 - times[1:] / times[:-1]


def due(left: int, step: int, steps: int, eps: float = 1e-3) -> int:
    """How many of the masks that are left Dream fills at a step: their share cut to a whole number, all of them at the
    last step. Nothing at the first steps if there are about as many steps as masks."""
    return left if step >= steps - 1 else int(float(left) * shares(steps, eps)[step])


def foreseen(count: int, steps: int, eps: float = 1e-3) -> tuple[int, ...]:
    """What `due` says at each step if every step fills what it says."""
    quotas: list[int] = []
    for step in range(steps):
        quotas.append(due(count, step, steps, eps))
        count -= quotas[-1]
    return tuple(quotas)


def _linear_chances(steps: int) -> list[float]:
    """The chance of each step that a mask is filled, `1 - s / t` by way of the float32 noise levels `1 - (1 - t)`."""
    times = torch.tensor([(steps - step) / steps for step in range(steps + 1)], dtype=torch.float32)
    masked = 1 - (1 - times)
    return [1 - ratio for ratio in (masked[1:] / masked[:-1]).tolist()]

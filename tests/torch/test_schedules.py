"""Schedules: the tables of the reference samplers, and that nothing is lost or placed twice."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hierdiff_torch.draws import Seeded
from hierdiff_torch.schedules import binomial, due, even, foreseen, linear

ROWS = json.loads((Path(__file__).parent / "parity" / "oracles" / "schedules.json").read_text("utf-8"))["rows"]
TABLES = {"llada": even, "sdar": even, "dllm_linear": linear, "dream": foreseen}

COUNTS, STEPS = st.integers(0, 200), st.integers(1, 80)


@pytest.mark.parametrize("name", TABLES)
def test_a_schedule_is_that_of_the_reference(name: str) -> None:
    for row in ROWS:
        assert list(TABLES[name](row["masks"], row["steps"])) == row[name], row


@given(COUNTS, STEPS, st.integers(0, 1000))
def test_a_schedule_places_all_within_its_steps(count: int, steps: int, seed: int) -> None:
    for quotas in (
        even(count, steps),
        linear(count, steps),
        binomial(count, steps, Seeded(seed)),
        foreseen(count, steps),
    ):
        assert sum(quotas) == count and len(quotas) <= steps and min(quotas, default=0) >= 0


@given(COUNTS, STEPS, st.integers(0, 1000))
def test_linear_and_binomial_leave_out_empty_steps(count: int, steps: int, seed: int) -> None:
    assert 0 not in linear(count, steps) + binomial(count, steps, Seeded(seed))


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_binomial_draws_as_the_distribution_does(count: int, steps: int, seed: int) -> None:
    """One draw a step in float64, from the state of the generator that the last one left."""
    torch.manual_seed(seed)
    left, wanted = count, list[int]()
    times = torch.tensor([(steps - step) / steps for step in range(steps + 1)])
    for now, then in pairwise(times):
        chance = torch.tensor(1 - ((1 - (1 - then)) / (1 - (1 - now))).item(), dtype=torch.float64)
        trials = torch.tensor(float(left), dtype=torch.float64)
        wanted.append(int(torch.distributions.Binomial(trials, chance).sample()))
        left -= wanted[-1]
        if not left:
            break
    assert list(binomial(count, steps, Seeded(seed))) == [quota for quota in wanted if quota]


def test_dream_wastes_its_first_step_with_as_many_steps_as_masks() -> None:
    assert foreseen(32, 32) == (0, *[1] * 30, 2)
    assert foreseen(32, 20) == (*[1] * 9, *[2] * 10, 3)


@given(st.integers(0, 64), st.integers(0, 100), STEPS)
def test_what_is_due_is_never_more_than_what_is_left(left: int, step: int, steps: int) -> None:
    assert 0 <= due(left, step, steps) <= left
    assert due(left, steps - 1, steps) == left

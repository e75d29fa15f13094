"""Policies, whatever the confidences are: they finish every block, and touch nothing that is not masked."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hierdiff_torch.policies import Policy, Scheduled, Threshold

CONFIDENCE = st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
PLACES = st.lists(st.tuples(CONFIDENCE, st.booleans()), min_size=1, max_size=24)
POLICIES = st.one_of(
    st.builds(Threshold, st.sampled_from([0.0, 0.5, 0.9, 1.0])),
    st.builds(Scheduled, block=st.integers(1, 24), steps=st.integers(1, 30)),
)


def tensors(places: list[tuple[float, bool]]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor([sure for sure, _ in places]), torch.tensor([masked for _, masked in places])


@given(POLICIES, PLACES, st.integers(0, 30))
def test_only_masked_places_are_committed_and_always_one(
    policy: Policy, places: list[tuple[float, bool]], step: int
) -> None:
    confidence, masked = tensors(places)
    before = confidence.clone(), masked.clone()
    chosen = policy.choose(confidence, masked, step)
    assert chosen.dtype is torch.bool and chosen.shape == masked.shape
    assert not (chosen & ~masked).any()
    assert bool(chosen.any()) == bool(masked.any())
    assert torch.equal(confidence, before[0]) and torch.equal(masked, before[1])


@given(st.sampled_from([0.0, 0.5, 0.9]), PLACES)
def test_threshold_commits_all_above_and_below_only_the_best(
    threshold: float, places: list[tuple[float, bool]]
) -> None:
    confidence, masked = tensors(places)
    chosen = Threshold(threshold).choose(confidence, masked, 0)
    above = (confidence > threshold) & masked
    assert (chosen | ~above).all()
    if above.any():
        assert torch.equal(chosen, above)
    elif masked.any():
        assert int(chosen.sum()) == 1
        assert confidence[chosen].item() == confidence[masked].max().item()


@given(st.integers(1, 24), st.integers(1, 30), st.integers(0, 10_000))
def test_scheduled_finishes_in_its_steps_and_keeps_to_its_quota(block: int, steps: int, seed: int) -> None:
    policy = Scheduled(block, steps)
    quotas = [block // steps + (step < block % steps) for step in range(steps)]
    masked = torch.ones(block, dtype=torch.bool)
    for step in range(steps):
        confidence = torch.rand(block, generator=torch.Generator().manual_seed(seed + step)).round(decimals=1)
        chosen = policy.choose(confidence, masked, step)
        assert int(chosen.sum()) <= max(1, quotas[step])
        left = masked & ~chosen
        if chosen.any() and left.any():
            assert confidence[chosen].min() >= confidence[left].max()
        masked = left
    assert not masked.any()


@pytest.mark.parametrize("fields", [{"block": 0, "steps": 4}, {"block": 8, "steps": 0}])
def test_a_schedule_that_cannot_be_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Scheduled(**fields)

"""Policies, whatever the confidences are: they finish every window, and touch nothing that is not theirs."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from hierdiff_torch.draws import Seeded
from hierdiff_torch.policies import (
    Deferred,
    EntropyBound,
    Factor,
    Hierarchical,
    Independent,
    Policy,
    Scheduled,
    Score,
    Threshold,
    TokenEditing,
    View,
)
from hierdiff_torch.policies.editing import lowered
from hierdiff_torch.policies.view import best
from hierdiff_torch.schedules import shares

SEEDS = st.integers(0, 10_000)
STEPS = st.integers(1, 12)
BARS = st.sampled_from([-0.5, 0.0, 0.5, 0.9, 1.0])
SCORES: st.SearchStrategy[Score] = st.sampled_from(["probability", "margin", "entropy", "random", "order"])
SCHEDULES = st.sampled_from(["even", "linear", "binomial", "dream"])
WAYS = st.sampled_from(["masks", "block"])
THRESHOLDS = st.builds(Threshold, BARS, st.booleans(), st.integers(1, 4), st.none() | STEPS, st.sampled_from([0, 0.1]))
SCHEDULED = st.builds(Scheduled, STEPS, SCHEDULES, WAYS, score=SCORES, warmth=st.sampled_from([0.0, 0.0, 0.5]))
EDITING = st.builds(TokenEditing, BARS, BARS, st.integers(0, 4), st.integers(1, 3))
POLICIES: st.SearchStrategy[Policy] = st.one_of(
    THRESHOLDS,
    SCHEDULED,
    EDITING,
    st.builds(Deferred, STEPS, BARS),
    st.builds(Independent, STEPS),
    st.builds(Factor, st.sampled_from([0.1, 1.0, 2.0])),
    st.builds(EntropyBound, st.sampled_from([0.0, 0.1, 2.0])),
    st.builds(Hierarchical, BARS, BARS),
)
CONFIDENCE = st.one_of(st.floats(-1, 1, width=32), st.sampled_from([0.0, 0.5, 0.9, 1.0, float("-inf")]))
PLACE = st.tuples(CONFIDENCE, st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 3))
PLACES = st.lists(PLACE, min_size=1, max_size=24)
Place = tuple[float, bool, bool, int, int]


def seen(places: list[Place], policy: Policy, step: int = 0, seed: int = 0) -> View:
    confidence, masked, pinned, tokens, current = (torch.tensor(part) for part in zip(*places, strict=True))
    total = int((masked & ~pinned).sum())
    quotas = policy.plan(total, len(places), Seeded(seed))
    noise = Seeded(seed).exponential(1, len(places)).squeeze(0) if policy.noisy else None
    return View(confidence, tokens, current, masked, pinned, step, 0, total, quotas, noise)


def window(policy: Policy, masked: Tensor, pinned: Tensor, seed: int) -> list[tuple[View, Tensor]]:
    """What a policy sees and chooses at each step of a window with random candidates, until it is over."""
    size, draws = len(masked), Seeded(seed)
    generator = torch.Generator().manual_seed(seed)
    current = torch.randint(0, 3, (size,), generator=generator)
    total, after, steps = int((masked & ~pinned).sum()), 0, list[tuple[View, Tensor]]()
    quotas = policy.plan(total, size, draws)
    for step in range(size + 20):
        after += not bool((masked & ~pinned).any())
        confidence = torch.rand(size, generator=generator).round(decimals=1)
        tokens = torch.randint(0, 3, (size,), generator=generator)
        noise = draws.exponential(1, size).squeeze(0) if policy.noisy else None
        view = View(confidence, tokens, current, masked, pinned, step, after, total, quotas, noise)
        chosen = policy.choose(view)
        steps.append((view, chosen))
        if policy.over(view, chosen):
            return steps
        masked, current = masked & ~chosen, torch.where(chosen, tokens, current)
    raise AssertionError(f"{policy} does not end")


@settings(max_examples=400)
@given(POLICIES, PLACES, st.integers(0, 30), SEEDS)
def test_only_what_may_change_is_chosen_and_nothing_else_is_touched(
    policy: Policy, places: list[Place], step: int, seed: int
) -> None:
    view = seen(places, policy, step, seed)
    before = [value.clone() for value in (view.confidence, view.tokens, view.current, view.masked, view.pinned)]
    chosen = policy.choose(view)
    assert chosen.dtype is torch.bool and chosen.shape == view.masked.shape
    assert not (chosen & view.pinned).any()
    filled = chosen & ~view.masked
    assert not filled.any() if not policy.edits else (view.tokens != view.current)[filled].all()
    after = (view.confidence, view.tokens, view.current, view.masked, view.pinned)
    assert all(torch.equal(was, now) for was, now in zip(before, after, strict=True))
    assert torch.equal(chosen, policy.choose(view))


@settings(max_examples=400)
@given(POLICIES, st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=24), SEEDS)
def test_every_window_ends_with_all_its_masks_filled(
    policy: Policy, places: list[tuple[bool, bool]], seed: int
) -> None:
    masked, pinned = (torch.tensor(part) for part in zip(*places, strict=True))
    steps = window(policy, masked, pinned, seed)
    view, chosen = steps[-1]
    assert not (view.fillable & ~chosen).any()
    most = view.total + 4 if policy.edits else max(view.total, 12)
    assert len(steps) <= max(1, most + 1)
    waits = isinstance(policy, Independent) or (isinstance(policy, Scheduled) and policy.schedule == "dream")
    assert waits or all(chosen.any() for view, chosen in steps if view.fillable.any())


@given(SCHEDULED, st.integers(1, 24), SEEDS)
def test_a_schedule_is_kept_at_each_step(policy: Scheduled, masks: int, seed: int) -> None:
    for view, chosen in window(policy, torch.ones(masks, dtype=torch.bool), torch.zeros(masks, dtype=torch.bool), seed):
        count = int(chosen.sum())
        assert count == policy.asked(view) <= int(view.masked.sum())
        if policy.of == "masks" or policy.schedule == "even":
            assert count == (view.quotas[view.step] if view.step < len(view.quotas) else 1)
        left = view.masked & ~chosen
        if count and left.any() and not policy.noisy:
            assert view.confidence[chosen].min() >= view.confidence[left].max()


def test_a_quota_beyond_the_masks_left_is_cut_to_them() -> None:
    """A block of 8 in 2 steps is 4 a step, also where a prompt leaves 2 masks of it."""
    pinned = torch.arange(8) < 6
    confidence, tokens = torch.linspace(0, 1, 8), torch.zeros(8, dtype=torch.int64)
    for policy in (Scheduled(2, of="block"), Threshold(0.99, steps=2)):
        view = View(confidence, tokens, tokens, ~pinned, pinned, total=2, quotas=policy.plan(2, 8, Seeded(0)))
        assert view.quotas == (4, 4)
        assert policy.choose(view).tolist() == [False] * 6 + [True] * 2


@given(THRESHOLDS, PLACES, st.integers(0, 14))
def test_threshold_fills_all_above_and_the_best_if_they_are_too_few(
    policy: Threshold, places: list[Place], step: int
) -> None:
    view = seen(places, dataclasses.replace(policy, near=0.0), step)
    chosen = dataclasses.replace(policy, near=0.0).choose(view)
    above = view.fillable & (
        (view.confidence >= policy.threshold) if policy.inclusive else (view.confidence > policy.threshold)
    )
    wanted = policy.least if policy.steps is None else max(1, [*view.quotas, *[1] * 20][step])
    assert torch.equal(chosen, above if above.sum() >= wanted else best(view.confidence, view.fillable, wanted))


@given(PLACES, st.integers(0, 30))
def test_the_best_are_no_worse_than_the_others(places: list[Place], count: int) -> None:
    view = seen(places, Threshold())
    chosen = best(view.confidence, view.masked, count)
    assert int(chosen.sum()) == min(count, int(view.masked.sum())) and not (chosen & ~view.masked).any()
    left = view.masked & ~chosen
    assert not chosen.any() or not left.any() or view.confidence[chosen].min() >= view.confidence[left].max()


@given(st.integers(2, 24), st.floats(0.1, 2), SEEDS)
def test_warmth_draws_places_as_multinomial_does(size: int, warmth: float, seed: int) -> None:
    policy = Scheduled(2, warmth=warmth)
    confidence = torch.rand(size, generator=torch.Generator().manual_seed(seed + 1))
    zeros = torch.zeros(size, dtype=torch.int64)
    noise = Seeded(seed).exponential(1, size).squeeze(0)
    quotas = policy.plan(size, size, Seeded(0))
    view = View(confidence, zeros, zeros, zeros == 0, zeros == 1, 0, 0, size, quotas, noise)
    chance = (confidence / warmth).softmax(-1)
    drawn = torch.multinomial(chance, quotas[0], generator=torch.Generator().manual_seed(seed))
    assert policy.choose(view).nonzero().flatten().tolist() == sorted(drawn.tolist())


def test_warmth_without_noise_is_refused() -> None:
    one = torch.ones(1)
    with pytest.raises(ValueError, match="needs noise"):
        Scheduled(1, warmth=0.5).choose(View(one, one.int(), one.int(), one.bool(), ~one.bool(), total=1, quotas=(1,)))


@given(st.integers(1, 6), st.integers(1, 5), BARS, SEEDS)
def test_deferred_adds_what_it_rejected_to_the_next_step(steps: int, each: int, bar: float, seed: int) -> None:
    """The same as counting what was rejected from step to step."""
    policy, size, waiting = Deferred(steps, bar), steps * each, 0
    for view, chosen in window(policy, torch.ones(size, dtype=torch.bool), torch.zeros(size, dtype=torch.bool), seed):
        count = waiting + (each if view.step < steps else 0)
        sure = view.confidence[view.masked].sort(descending=True).values[:count] >= bar
        kept = max(1, int(sure.sum()))
        assert int(chosen.sum()) == kept
        waiting = count - kept


@given(st.integers(1, 12), st.integers(0, 14), PLACES)
def test_independent_fills_each_mask_by_its_own_rank(steps: int, step: int, places: list[Place]) -> None:
    policy = Independent(steps)
    view = seen(places, policy, step)
    chance = shares(steps)[step] if step < steps - 1 else float("inf")
    assert torch.equal(policy.choose(view), view.fillable & (view.confidence < chance))
    assert policy.blind


def test_the_entropy_bound_adds_up_all_but_the_last() -> None:
    entropy = torch.tensor([0.3, 0.05, 0.2, 0.04, 9.0])
    one = torch.ones(5, dtype=torch.bool)
    view = View(-entropy, one.int(), one.int(), one, ~one)
    for bound, places in [(0.0, [3]), (0.05, [1, 3]), (0.1, [1, 2, 3]), (0.3, [0, 1, 2, 3]), (1.0, [0, 1, 2, 3, 4])]:
        assert EntropyBound(bound).choose(view).nonzero().flatten().tolist() == places


def test_hierarchical_divides_each_gap_at_its_surest_place() -> None:
    masked = torch.tensor([1, 1, 1, 0, 1, 1, 0, 1]).bool()
    sure = torch.tensor([0.2, 0.6, 0.55, 0.99, 0.3, 0.4, 0.99, 0.95])
    view = View(sure, masked.int(), masked.int(), masked, ~masked)
    assert Hierarchical(0.9, 0.5).choose(view).nonzero().flatten().tolist() == [1, 7]
    assert Hierarchical(0.9, 0.35).choose(view).nonzero().flatten().tolist() == [1, 5, 7]
    assert Hierarchical(0.99, 0.99).choose(view).nonzero().flatten().tolist() == [7]


@pytest.mark.parametrize(
    ("masked", "chosen", "after", "most", "over"),
    [
        ([1, 1], [1, 0], 0, 4, False),
        ([1, 1], [1, 1], 0, 4, False),
        ([1, 1], [1, 1], 0, 0, True),
        ([1, 1], [1, 0], 0, 0, False),
        ([0, 0], [1, 0], 1, 4, False),
        ([0, 0], [1, 0], 4, 4, True),
        ([0, 0], [0, 0], 1, 4, True),
    ],
)
def test_editing_ends_with_nothing_changed_or_too_often(
    masked: list[int], chosen: list[int], after: int, most: int, over: bool
) -> None:
    zeros = torch.zeros(2, dtype=torch.int64)
    view = View(torch.ones(2), zeros, zeros, torch.tensor(masked).bool(), zeros == 1, after=after)
    assert TokenEditing(most_post=most).over(view, torch.tensor(chosen).bool()) is over


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=6), st.sampled_from([0.0, 3.0]))
def test_the_penalty_lowers_the_token_before_and_nothing_else(previous: list[int], penalty: float) -> None:
    logits = torch.randn(len(previous), 5)
    wanted = logits.clone()
    for row, token in enumerate(previous):
        if token >= 0:
            wanted[row, token] -= penalty
    assert torch.equal(lowered(logits, torch.tensor(previous), penalty), wanted)


@pytest.mark.parametrize("kind", [Scheduled, Deferred, Independent])
def test_a_schedule_that_cannot_be_is_refused(kind: type) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        kind(0)


@pytest.mark.parametrize(("least", "steps"), [(0, None), (1, 0)])
def test_a_threshold_that_could_stand_still_is_refused(least: int, steps: int | None) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Threshold(0.9, least=least, steps=steps)

"""Sampling: what may be drawn, what may not, and that nothing but the draws decide."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff_torch.draws import Seeded
from hierdiff_torch.sampling import GREEDY, Sampling, draw, shaped

SIZE = 24
SEEDS = st.integers(0, 10_000)
PLAIN = Sampling(temperature=1.0, top_k=SIZE, top_p=1.0, penalty=1.0, ngram=0)


def logits_of(seed: int, positions: int = 1, size: int = SIZE) -> torch.Tensor:
    return torch.randn(positions, size, generator=torch.Generator().manual_seed(seed)) * 3


@given(SEEDS, st.integers(1, 6))
def test_temperature_zero_takes_the_most_likely_token_and_says_how_likely_it_is(seed: int, positions: int) -> None:
    logits = logits_of(seed, positions)
    tokens, sure = draw(logits.clone(), GREEDY, Seeded(0))
    assert torch.equal(tokens, logits.argmax(-1))
    torch.testing.assert_close(sure, logits.softmax(-1).max(-1).values)


@given(SEEDS, SEEDS, st.integers(1, 6))
def test_the_same_draws_give_the_same_tokens(weights: int, seed: int, positions: int) -> None:
    logits = logits_of(weights, positions)
    first, second = Seeded(seed), Seeded(seed)
    for _ in range(3):
        left, right = draw(logits, PLAIN, first), draw(logits, PLAIN, second)
        assert torch.equal(left[0], right[0]) and torch.equal(left[1], right[1])


@given(SEEDS, SEEDS, st.integers(1, 6), st.integers(1, SIZE), st.sampled_from([0.5, 0.92, 1.0]))
def test_the_nucleus_takes_one_float32_a_position_and_token_from_the_generator(
    weights: int, seed: int, positions: int, top_k: int, top_p: float
) -> None:
    """A seed keeps giving what it gave."""
    logits = logits_of(weights, positions)
    top = logits.topk(top_k)
    chance = (top.values / 0.7).softmax(-1)
    uniform = torch.rand(positions, top_k, generator=torch.Generator().manual_seed(seed))
    noisy = chance.log() - (-uniform.clamp_min(1e-20).log()).log()
    noisy[chance.cumsum(-1) - chance > top_p] = float("-inf")
    tokens, _ = draw(logits, Sampling(temperature=0.7, top_k=top_k, top_p=top_p), Seeded(seed))
    assert torch.equal(tokens, top.indices.gather(-1, noisy.argmax(-1, keepdim=True)).squeeze(-1))


def test_other_seeds_draw_other_tokens_as_often_as_they_are_likely() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    many = logits.expand(4000, -1)
    tokens, sure = draw(many, PLAIN, Seeded(1))
    shares = tokens.bincount(minlength=4) / 4000
    torch.testing.assert_close(shares, logits[0].softmax(-1), atol=0.03, rtol=0)
    torch.testing.assert_close(sure, logits[0].softmax(-1)[tokens])


@given(SEEDS, SEEDS, st.integers(1, SIZE + 5), st.floats(0.05, 1.0), st.floats(0.3, 2.0))
def test_tokens_outside_top_k_and_top_p_are_never_drawn(
    weights: int, seed: int, top_k: int, top_p: float, temperature: float
) -> None:
    logits = logits_of(weights)
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, penalty=1.0, ngram=0)
    chance, order = (logits[0] / temperature).sort(descending=True)
    best = chance[:top_k].softmax(-1)
    inside = {int(token) for token, before in zip(order, best.cumsum(-1) - best, strict=False) if before <= top_p}
    tokens, _ = draw(logits.expand(20, -1), sampling, Seeded(seed))
    assert set(tokens.tolist()) <= inside


@given(SEEDS, SEEDS)
def test_forbidden_tokens_are_never_drawn(weights: int, seed: int) -> None:
    """As long as a single token is left, it is the one."""
    bias = torch.full((SIZE,), float("-inf"))
    bias[7] = 0.0
    sampling = Sampling(temperature=1.5, top_k=SIZE, top_p=1.0, penalty=1.0, ngram=0, bias=bias)
    tokens, sure = draw(shaped(logits_of(weights, 5), sampling, [], []), sampling, Seeded(seed))
    assert set(tokens.tolist()) == {7}
    torch.testing.assert_close(sure, torch.ones(5))


@given(SEEDS, st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=12), st.sets(st.integers(0, SIZE - 1)))
def test_the_penalty_lowers_what_was_said_and_nothing_else(seed: int, said: list[int], spared: set[int]) -> None:
    logits = logits_of(seed, 2)
    sampling = Sampling(penalty=1.3, ngram=0, spared=frozenset(spared))
    changed = shaped(logits.clone(), sampling, said, [])
    lowered = torch.zeros(SIZE, dtype=torch.bool)
    lowered[list(set(said) - spared)] = True
    assert (changed[:, lowered] < logits[:, lowered]).all()
    assert torch.equal(changed[:, ~lowered], logits[:, ~lowered])


def test_the_penalty_forgets_what_was_said_long_ago() -> None:
    logits = logits_of(3)
    sampling = Sampling(penalty=1.3, ngram=0, window=4)
    changed = shaped(logits.clone(), sampling, [9, 1, 2, 3, 4], [])
    assert changed[0, 9] == logits[0, 9]
    assert (changed[0, 1:5] < logits[0, 1:5]).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 4), st.lists(st.integers(0, 3), max_size=10))
def test_no_run_of_n_tokens_comes_twice(seed: int, ngram: int, ink: list[int]) -> None:
    """Random logits over five tokens, one of which is spared nothing: every run of `ngram` that is drawn is new."""
    sampling = Sampling(temperature=1.0, top_k=5, top_p=1.0, penalty=1.0, ngram=ngram)
    draws = Seeded(seed)
    history = list(ink)
    for step in range(40):
        logits = shaped(logits_of(seed * 100 + step, size=5), sampling, history, history[len(ink) :])
        if logits.isinf().all():
            break
        token, _ = draw(logits, sampling, draws)
        known = {tuple(history[at : at + ngram]) for at in range(len(history) - ngram + 1)}
        history.append(int(token))
        assert len(history) < ngram or tuple(history[-ngram:]) not in known
    assert len(history) > len(ink)


@pytest.mark.parametrize(
    ("ban", "hole", "forbidden"),
    [
        ([[4, 5, 6, 7]], [4, 5], {6}),
        ([[4, 5, 6, 7]], [4], set[int]()),
        ([[4, 5, 6, 7]], [9, 5], set[int]()),
        ([[4, 5, 6, 7]], [4, 5, 9], set[int]()),
        ([[4]], [], {4}),
        ([[4, 5]], [4], {5}),
        ([[4], [4, 5], [8, 9]], [], {4}),
    ],
)
def test_a_hole_never_begins_like_a_banned_text(ban: list[list[int]], hole: list[int], forbidden: set[int]) -> None:
    """Its first three tokens together are what is banned, or all of a shorter one."""
    logits = shaped(logits_of(1), Sampling(penalty=1.0, ngram=0, ban=ban), [], hole)
    assert set(logits[0].isinf().nonzero().flatten().tolist()) == forbidden


def test_the_opening_holds_where_a_paragraph_begins_and_nowhere_else() -> None:
    opening = torch.zeros(SIZE)
    opening[3] = float("-inf")
    sampling = Sampling(penalty=1.0, ngram=0, opening=opening, breaks=frozenset([10]))
    for hole, holds in [([], True), ([5], False), ([5, 10], True), ([10, 5], False)]:
        logits = logits_of(2, 2)
        changed = shaped(logits.clone(), sampling, [], hole)
        assert bool(changed[:, 3].isinf().all()) is holds
        assert torch.equal(changed[:, 4:], logits[:, 4:])

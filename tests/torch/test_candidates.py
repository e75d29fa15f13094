"""Candidates: the noise of the reference samplers, number for number, and what each score says of a token."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hierdiff_torch.draws import Draws, Seeded
from hierdiff_torch.filters import Filter, filtered
from hierdiff_torch.policies.view import Score
from hierdiff_torch.sampling import Candidates, Noise, Sampling, candidates

SIZE = 24
SEEDS = st.integers(0, 10_000)
NOISES: list[Noise] = ["nucleus", "gumbel", "multinomial"]
SCORES: list[Score] = ["probability", "margin", "entropy", "random", "order"]
OPEN = Sampling(temperature=1.0, top_k=0, top_p=1.0, noise="multinomial", filtered=True)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def logits_of(seed: int, places: int = 5) -> torch.Tensor:
    return torch.randn(places, SIZE, generator=generator(seed)) * 3


def drawn(logits: torch.Tensor, sampling: Sampling, score: Score = "probability", seed: int = 0) -> Candidates:
    return candidates(logits, sampling, score, Seeded(seed), torch.arange(len(logits)), len(logits))


class NoDraws:
    """Draws that nobody may ask."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was drawn")


@given(SEEDS, SEEDS, st.floats(0.2, 2))
def test_gumbel_is_the_argmax_of_exponentials_over_float64_noise(weights: int, seed: int, temperature: float) -> None:
    logits = logits_of(weights)
    uniform = torch.rand(logits.shape, dtype=torch.float64, generator=generator(seed))
    wanted = (logits.double().exp() / (-uniform.log()) ** temperature).argmax(-1)
    found = drawn(logits, Sampling(temperature=temperature, noise="gumbel"), seed=seed)
    assert torch.equal(found.tokens, wanted)
    torch.testing.assert_close(found.confidence, logits.softmax(-1).gather(-1, wanted[:, None])[:, 0])


@given(SEEDS, SEEDS, st.floats(0.2, 2), st.integers(0, SIZE), st.floats(0.1, 1))
def test_multinomial_is_that_of_torch(weights: int, seed: int, temperature: float, top_k: int, top_p: float) -> None:
    logits = logits_of(weights)
    sampling = replace(OPEN, temperature=temperature, top_k=top_k, top_p=top_p)
    chance = filtered(logits, temperature, top_k, top_p, sampling.filters).softmax(-1)
    wanted = torch.multinomial(chance, 1, generator=generator(seed))
    found = drawn(logits, sampling, seed=seed)
    assert torch.equal(found.tokens, wanted[:, 0])
    torch.testing.assert_close(found.confidence, chance.gather(-1, wanted)[:, 0])


@pytest.mark.parametrize("noise", NOISES)
@given(weights=SEEDS, score=st.sampled_from(["probability", "margin", "entropy", "order"]))
def test_temperature_zero_draws_nothing(noise: Noise, weights: int, score: Score) -> None:
    logits, never = logits_of(weights), NoDraws()
    draws: Draws = never  # pyright: ignore[reportAssignmentType]
    found = candidates(logits, Sampling(temperature=0.0, noise=noise), score, draws, torch.arange(5), 5)
    assert torch.equal(found.tokens, logits.argmax(-1))


@pytest.mark.parametrize("noise", NOISES)
@given(weights=SEEDS, seed=SEEDS, score=st.sampled_from(SCORES), places=st.sets(st.integers(0, 7), min_size=1))
def test_a_place_gets_the_same_whichever_others_are_asked_for(
    noise: Noise, weights: int, seed: int, score: Score, places: set[int]
) -> None:
    logits, rows = logits_of(weights, 8), torch.tensor(sorted(places))
    sampling = Sampling(temperature=0.8, noise=noise)
    some = candidates(logits[rows], sampling, score, Seeded(seed), rows, 8)
    every = candidates(logits, sampling, score, Seeded(seed), torch.arange(8), 8)
    assert torch.equal(some.tokens, every.tokens[rows])
    torch.testing.assert_close(some.confidence, every.confidence[rows])


@pytest.mark.parametrize("filtered_too", [False, True])
@given(weights=SEEDS, seed=SEEDS, temperature=st.sampled_from([0.0, 0.6, 1.0]))
def test_scores_are_of_the_filtered_distribution_or_the_raw_one(
    filtered_too: bool, weights: int, seed: int, temperature: float
) -> None:
    logits = logits_of(weights)
    sampling = replace(OPEN, temperature=temperature, top_k=6, top_p=0.8, filtered=filtered_too)
    kept = filtered(logits, temperature, 6, 0.8, sampling.filters) if filtered_too else logits
    chance = kept.softmax(-1)
    tokens = drawn(logits, sampling, seed=seed).tokens
    lead = chance.topk(2).values
    wanted = {
        "probability": chance.gather(-1, tokens[:, None])[:, 0],
        "margin": lead[:, 0] - lead[:, 1],
        "entropy": (chance * (chance + 1e-10).log()).sum(-1),
        "order": -torch.arange(5.0),
    }
    for score, values in wanted.items():
        found = drawn(logits, sampling, score, seed)  # pyright: ignore[reportArgumentType]
        assert torch.equal(found.tokens, tokens) and found.confidence.dtype is torch.float32
        torch.testing.assert_close(found.confidence, values)


@given(SEEDS, SEEDS, st.sampled_from([0.0, 0.7]))
def test_a_random_score_is_drawn_after_the_tokens(weights: int, seed: int, temperature: float) -> None:
    own = generator(seed)
    if temperature:
        torch.rand(5, SIZE, dtype=torch.float64, generator=own)
    found = drawn(logits_of(weights), Sampling(temperature=temperature, noise="gumbel"), "random", seed)
    assert torch.equal(found.confidence, torch.rand(5, generator=own))


def test_unsure_tokens_are_drawn_without_any_confidence_and_suppressed_ones_never() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0, 0.0], [0.0, 3.0, 2.0, 1.0]])
    before = logits.clone()
    found = drawn(logits, Sampling(temperature=0.0, unsure=(0,), suppressed=(1,)))
    assert found.tokens.tolist() == [0, 2]
    chance = logits[1, 2:].softmax(-1)
    torch.testing.assert_close(found.confidence, torch.stack([torch.tensor(0.0), chance[0]]))
    assert torch.equal(logits, before)


def test_the_order_of_filters_matters() -> None:
    """A nucleus of .55 is two tokens of all four, and one of the two most likely ones alone."""
    logits = torch.tensor([[0.5, 0.3, 0.1, 0.1]]).log()
    wanted: dict[tuple[Filter, ...], int] = {
        ("top_k", "top_p"): 1,
        ("top_p", "top_k"): 2,
        ("top_k",): 2,
        ("top_p",): 2,
        (): 4,
    }
    assert {order: int(filtered(logits, 0.0, 2, 0.55, order).isfinite().sum()) for order in wanted} == wanted


@given(SEEDS, st.floats(0.01, 0.999))
def test_the_nucleus_ends_with_the_first_token_beyond_it(weights: int, top_p: float) -> None:
    logits = logits_of(weights, 1)
    falling = logits[0].softmax(-1).sort(descending=True).values
    kept = int(filtered(logits, 0.0, 0, top_p, ("top_p",)).isfinite().sum())
    assert falling[:kept].sum() > top_p - 1e-5 and falling[: kept - 1].sum() <= top_p + 1e-5

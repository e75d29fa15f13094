"""Uniform noise: held against the oracle of transformers' own sampler, and pinned places that never change."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from hierdiff_torch.draws import Seeded
from hierdiff_torch.uniform import Sketch, Uniform, accepted, advance, believed, ended, entropies, start

ORACLE = Path(__file__).parent / "parity" / "oracles"
LOGITS = load_file(ORACLE / "entropy_bound.safetensors")
WIDTH, VOCABULARY = 12, 50


def oracle(policy: str) -> list[dict[str, Any]]:
    """The oracle's cases of one policy."""
    found: list[dict[str, Any]] = json.loads((ORACLE / "entropy_bound.json").read_text("utf-8"))["cases"]
    return [case for case in found if case["policy"] == policy]


def thought(seed: int, scale: float = 3.0) -> torch.Tensor:
    """Logits of a window."""
    return torch.randn(WIDTH, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * scale


def text_and_pins() -> tuple[torch.Tensor, torch.Tensor]:
    """A text of which every third token stands."""
    return torch.arange(WIDTH) + 7, torch.arange(WIDTH) % 3 == 0


@pytest.mark.parametrize("case", oracle("entropy_bound_accept"), ids=lambda case: case["logits"])
def test_places_are_accepted_and_renoised_as_in_the_reference(case: dict[str, Any]) -> None:
    logits, bound = LOGITS[case["logits"]], case["params"]["entropy_bound"]
    taken = torch.stack([accepted(entropies(row.softmax(-1)), bound) for row in logits])
    assert taken.tolist() == case["output"]["accepted_mask"]
    noise = Seeded(case["params"]["seed_for_renoise"]).tokens(taken.numel(), case["params"]["vocab_size"])
    drawn = torch.tensor(case["input"]["denoiser_canvas"])
    assert torch.where(taken, drawn, noise.view_as(drawn)).tolist() == case["output"]["renoised_canvas"]


@pytest.mark.parametrize("case", oracle("stable_and_confident"), ids=lambda case: case["logits"][0])
def test_a_window_stops_when_the_reference_does(case: dict[str, Any]) -> None:
    known = case["params"]
    settings = Uniform(steps=99, hot=1, cold=1, stable=known["stability_threshold"], sure=known["confidence_threshold"])
    stops: list[list[bool]] = []
    steps = [LOGITS[name] for name in case["logits"]]
    _, width, vocabulary = steps[0].shape
    rows = [start(Seeded(0), width, vocabulary) for _ in steps[0]]
    for step in steps:
        rows = [
            advance(replace(row, done=False), one, Seeded(0), settings) for row, one in zip(rows, step, strict=True)
        ]
        stops.append([row.done for row in rows])
    assert stops == case["output"]["stop"]


@pytest.mark.parametrize("case", oracle("linear_temperature"), ids=lambda case: case["params"]["max_denoising_steps"])
def test_the_temperature_falls_as_in_the_reference(case: dict[str, Any]) -> None:
    known = case["params"]
    settings = Uniform(steps=known["max_denoising_steps"], hot=known["t_max"], cold=known["t_min"])
    ours = [settings.temperature(step) for step in range(settings.steps)]
    assert ours == pytest.approx(case["output"]["temperature"], abs=1e-6)
    assert all(torch.tensor(one, dtype=torch.float32).item() == one for one in ours)


def test_a_window_ends_at_its_last_step_and_cannot_go_on() -> None:
    settings = Uniform(steps=3, sure=0.0)
    draws = Seeded(1)
    sketch = start(draws, WIDTH, VOCABULARY)
    for step in range(3):
        assert not sketch.done
        sketch = advance(sketch, thought(step), draws, settings)
    assert sketch.done and sketch.best.tolist() == thought(2).argmax(-1).tolist()
    with pytest.raises(ValueError, match="done after 3 forwards"):
        advance(sketch, thought(3), draws, settings)


def test_pinned_places_keep_their_tokens_at_every_step() -> None:
    text, pinned = text_and_pins()
    settings = Uniform(steps=6, bound=5.0)
    draws = Seeded(2)
    sketch = start(draws, WIDTH, VOCABULARY, text, pinned)
    seen: list[Sketch] = [sketch]
    while not sketch.done:
        sketch = advance(sketch, thought(sketch.step), draws, settings)
        seen.append(sketch)
    for one in seen:
        assert one.tokens[pinned].equal(text[pinned]) and one.best[pinned].equal(text[pinned])
        assert not one.accepted[pinned].any()
    assert any(bool(one.accepted.any()) for one in seen)


def test_pinned_places_take_no_part_in_what_is_accepted_or_stops() -> None:
    _, pinned = text_and_pins()
    logits = thought(3)
    free = accepted(entropies(logits[~pinned].softmax(-1)), 1.0)
    for doubt in (0.0, 9.0):
        changed = logits.masked_fill(pinned.unsqueeze(-1), 0.0)
        changed[pinned, 0] = doubt
        sketch = start(Seeded(4), WIDTH, VOCABULARY, *text_and_pins())
        after = advance(sketch, changed, Seeded(5), Uniform(bound=1.0, hot=1.0, cold=1.0))
        assert after.accepted[~pinned].equal(free)
    certain = torch.zeros(WIDTH, VOCABULARY)
    certain[~pinned, 1] = 60.0
    once = advance(start(Seeded(4), WIDTH, VOCABULARY, *text_and_pins()), certain, Seeded(5), Uniform())
    assert advance(once, certain, Seeded(6), Uniform()).done


def test_the_next_forward_is_told_that_a_pinned_token_is_certain() -> None:
    text, pinned = text_and_pins()
    sketch, settings = start(Seeded(6), WIDTH, VOCABULARY, text, pinned), Uniform()
    told = believed(sketch, thought(7), settings).softmax(-1)
    assert told[pinned].equal(torch.nn.functional.one_hot(text[pinned], VOCABULARY).float())
    assert told[~pinned].equal((thought(7)[~pinned] / settings.temperature(0)).softmax(-1))
    plain = start(Seeded(6), WIDTH, VOCABULARY)
    assert believed(plain, thought(7), settings).equal(thought(7) / settings.temperature(0))


def test_a_window_of_nothing_but_pins_is_done_and_draws_nothing() -> None:
    draws = Seeded(8)
    sketch = start(draws, WIDTH, VOCABULARY, torch.arange(WIDTH), torch.ones(WIDTH, dtype=torch.bool))
    assert sketch.done and sketch.best.tolist() == list(range(WIDTH))
    assert draws.ranks(3).equal(Seeded(8).ranks(3))


def test_a_step_leaves_the_state_before_it_as_it_was() -> None:
    sketch = start(Seeded(9), WIDTH, VOCABULARY)
    before = sketch.tokens.clone()
    logits = thought(10)
    advance(sketch, logits, Seeded(9), Uniform())
    believed(replace(sketch, pinned=torch.ones(WIDTH, dtype=torch.bool)), logits, Uniform())
    assert sketch.tokens.equal(before) and sketch.step == 0 and logits.equal(thought(10))


def test_forbidden_tokens_are_neither_drawn_nor_unsure() -> None:
    logits = thought(11)
    logits[:, 5:] = float("-inf")
    after = advance(start(Seeded(1), WIDTH, VOCABULARY), logits, Seeded(2), Uniform(bound=99.0))
    assert bool(after.accepted.all()) and int(after.tokens.max()) < 5


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"bound": 0.0}, {"bound": float("nan")}, {"hot": 0.3}, {"cold": -0.1}, {"stable": -1}, {"sure": -1}],
    ids=str,
)
def test_settings_that_no_window_can_have_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Uniform(**wrong)


def test_a_window_that_does_not_fit_its_text_is_refused() -> None:
    text, pinned = text_and_pins()
    with pytest.raises(ValueError, match="no window"):
        start(Seeded(0), WIDTH + 1, VOCABULARY, text, pinned)
    with pytest.raises(ValueError, match="no window"):
        start(Seeded(0), 0, VOCABULARY)
    with pytest.raises(ValueError, match="text is missing"):
        start(Seeded(0), WIDTH, VOCABULARY, pinned=pinned)


def test_a_window_stands_up_to_its_first_end_token() -> None:
    assert ended([4, 1, 5, 1], {1, 2}) == 2
    assert ended([4, 5], {1, 2}) is None

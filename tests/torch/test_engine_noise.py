"""Rows under uniform noise in the engine, over the golden DiffusionGemma."""

import functools
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch_helpers.characters import closing, encode
from torch_helpers.gemma_loop import CHECKPOINT, Case, case
from torch_helpers.rows_of import hole, run, scripted

from hierdiff_torch.closing import Closing
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.rows import Row
from hierdiff_torch.sampling import GREEDY
from hierdiff_torch.uniform import Uniform

QUICK = Uniform(steps=6, bound=0.5)


@functools.cache
def noisy() -> Loaded:
    """The golden checkpoint, its canvases denoised in few steps."""
    given = Given(tokenizer=byte_tokenizer())
    model = read_checkpoint(CHECKPOINT, dtype=torch.float32, device=torch.device("cpu"), given=given)
    model.family = replace(model.family, uniform=QUICK)
    return model


def one_row(
    prompt: list[int],
    count: int,
    *,
    prefix: tuple[int, ...] = (),
    seed: int = 0,
    after: list[int] | None = None,
    **how: Any,
) -> tuple[Row, HolePart]:
    """A row with one hole, and ink behind it if any is given."""
    part = hole(count, GREEDY)
    script = [InkPart(list(prompt)), part, *([InkPart(list(after))] if after else [])]
    return scripted("c", script, prefix=prefix, seed=seed, model=noisy(), **how), part


@pytest.mark.parametrize("name", ["few_steps", "eos_stop", "stability2"])
def test_the_engine_writes_the_golden_tokens(name: str) -> None:
    wanted: Case = case(name)
    of = wanted.settings
    part = hole(of["max_new_tokens"], GREEDY, [of["eos_id"]])
    script = [InkPart(list(wanted.prompts[0])), part]
    one = scripted(name, script, seed=wanted.seed, model=noisy(), uniform=wanted.uniform, leave=False)
    engine = Engine(noisy())
    run(engine, [one])
    made = wanted.ids[0][len(wanted.prompts[0]) :]
    ended = of["eos_id"] in made
    assert part.tokens == (made[: made.index(of["eos_id"])] if ended else made)
    assert part.ending == ("eos" if ended else "length")
    assert one.steps == len(wanted.steps)


PROMPTS = [[3, 17, 42, 5], [9] * 11, list(range(40, 75)), [1], [8, 8, 3]]


@pytest.mark.parametrize("most", [2, 5])
def test_in_company_as_alone_with_a_prefix_shared(most: int) -> None:
    prefix = tuple(range(100, 140))
    alone: list[list[int]] = []
    for number, prompt in enumerate(PROMPTS):
        one, part = one_row([*prefix, *prompt], 10 + 7 * number, seed=number)
        run(Engine(noisy()), [one])
        alone.append(part.tokens)
        assert len(part.tokens) == 10 + 7 * number
    engine = Engine(noisy(), most_rows=most)
    pairs = [one_row(prompt, 10 + 7 * number, prefix=prefix, seed=number) for number, prompt in enumerate(PROMPTS)]
    run(engine, [one for one, _ in pairs])
    assert [part.tokens for _, part in pairs] == alone
    assert engine.work.prefix_rows == len(prefix)
    assert all(0 < sure <= 1 for _, part in pairs for sure in part.confidence)


def test_ink_behind_a_hole_stays_and_is_seen() -> None:
    prompt, found = PROMPTS[2], set[tuple[int, ...]]()
    for ink in ([50, 51, 52], [90, 91, 92], [7, 200, 7]):
        one, part = one_row(prompt, 9, after=ink, around="window", seed=3)
        run(Engine(noisy()), [one])
        assert one.text == [*prompt, *part.tokens, *ink] and len(part.tokens) == 9
        found.add(tuple(part.tokens))
    assert len(found) == 3
    left = {tuple(_left(prompt, ink)) for ink in ([50, 51, 52], [90, 91, 92])}
    assert len(left) == 1


def _left(prompt: list[int], ink: list[int]) -> list[int]:
    one, part = one_row(prompt, 9, after=ink, seed=3)
    run(Engine(noisy()), [one])
    assert one.text == [*prompt, *part.tokens, *ink]
    return part.tokens


def test_prose_that_grows_before_ink_keeps_what_it_has() -> None:
    """What was taken is never noised again, and what is shown never changes."""
    base = closing("sentence", 6, 20)
    part = HolePart(Closing("sentence", base.width, base.limit, lambda tokens: "x" * len(tokens)), GREEDY)
    script = [InkPart(encode("The wall ")), part, InkPart(encode(" is high."))]
    one = scripted("c", script, model=noisy(), around="window", seed=5)
    shown: list[list[int]] = []
    one.told = lambda row: shown.append(list(part.standing))
    run(Engine(noisy()), [one])
    assert (len(part.tokens), part.ending) == (20, "length")
    assert one.text == [*encode("The wall "), *part.tokens, *encode(" is high.")]
    assert len({len(tokens) for tokens in shown}) >= 3
    for tokens in shown:
        assert part.tokens[: len(tokens)] == tokens


def test_a_row_that_breaks_leaves_the_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tokens of one row are poison; its neighbours, before and behind it, write what they write alone."""
    model = noisy()
    gemma = model.gemma
    assert gemma is not None
    expected: list[list[int]] = []
    for number in range(3):
        one, part = one_row(PROMPTS[number], 20, seed=number)
        run(Engine(model), [one])
        expected.append(part.tokens)
    real = type(gemma).encode

    def poisoned(self: Any, tokens: torch.Tensor, positions: torch.Tensor, step: object) -> torch.Tensor:
        weight = self.encoder.embed_tokens.weight
        kept = weight[333].clone()
        weight[333] = float("nan")
        try:
            return real(self, tokens, positions, step)
        finally:
            weight[333] = kept

    monkeypatch.setattr(type(gemma), "encode", poisoned)
    pairs = [one_row(PROMPTS[number], 20, seed=number) for number in range(3)]
    sick, part = one_row([5, 333, 6], 40)
    later, last = one_row(PROMPTS[1], 20, seed=1)
    run(Engine(model, most_rows=4), [pairs[0][0], sick, pairs[1][0], pairs[2][0], later])
    assert sick.error is not None and "NaN" in str(sick.error) and not part.tokens
    assert [mine.tokens for _, mine in pairs] == expected
    assert last.tokens == expected[1]

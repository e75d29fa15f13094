"""The engine against plain loops over the same weights, and against itself in other company."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_helpers.reference import blockwise, greedy, plain
from torch_helpers.rows_of import MODEL, as_family, row, run

from hierdiff.errors import CanvasError
from hierdiff_torch.engine import Engine
from hierdiff_torch.policies import Scheduled, Threshold
from hierdiff_torch.rows import State
from hierdiff_torch.sampling import Sampling

PROMPTS = [[3, 17, 42, 5], [9] * 11, list(range(40, 75)), [1]]


def test_block_one_shifted_is_greedy_generation() -> None:
    reference = plain(MODEL)
    pairs = [row(str(number), prompt, 20) for number, prompt in enumerate(PROMPTS)]
    run(Engine(MODEL), [one for one, _ in pairs])
    for prompt, (_, part) in zip(PROMPTS, pairs, strict=True):
        assert part.tokens == greedy(reference, prompt, 20)


@pytest.mark.parametrize("kept", ["causal", "block"])
@pytest.mark.parametrize("shift", [True, False])
@pytest.mark.parametrize("block", [2, 4, 7])
def test_blocks_equal_full_recomputation(block: int, shift: bool, kept: str) -> None:
    model = as_family(block=block, shift=shift, kept=kept)
    policy = Threshold(0.5) if block != 7 else Scheduled(3)
    forbid = torch.zeros(model.config.vocab_size)
    forbid[[model.family.mask, *model.family.eos]] = float("-inf")
    greedy = Sampling(temperature=0.0, penalty=1.0, ngram=0, bias=forbid)
    reference = plain(MODEL)
    pairs = [
        row(str(number), prompt, 2 * block + 1, policy=policy, sampling=greedy, model=model)
        for number, prompt in enumerate(PROMPTS)
    ]
    run(Engine(model), [one for one, _ in pairs])
    for prompt, (_, part) in zip(PROMPTS, pairs, strict=True):
        assert part.tokens == blockwise(reference, prompt, 2 * block + 1, policy, model)


def test_shared_prefix_changes_nothing_and_is_run_once() -> None:
    prefix = tuple(range(30, 70))
    apart, together = Engine(MODEL), Engine(MODEL)
    alone = [row(str(number), [*prefix, *prompt], 12) for number, prompt in enumerate(PROMPTS)]
    shared = [row(str(number), prompt, 12, prefix=prefix) for number, prompt in enumerate(PROMPTS)]
    run(apart, [one for one, _ in alone])
    run(together, [one for one, _ in shared])
    assert [part.tokens for _, part in shared] == [part.tokens for _, part in alone]
    assert together.work.prefix_rows == len(prefix)


def test_more_prefixes_than_are_kept_are_each_right_for_their_rows() -> None:
    prefixes = [tuple(range(start, start + 9)) for start in range(20, 100, 10)]
    alone = [row(str(number), [*prefix, 7, 8], 6) for number, prefix in enumerate(prefixes)]
    shared = [row(str(number), [7, 8], 6, prefix=prefix) for number, prefix in enumerate(prefixes)]
    run(Engine(MODEL), [one for one, _ in alone])
    run(Engine(MODEL), [one for one, _ in shared])
    assert [part.tokens for _, part in shared] == [part.tokens for _, part in alone]


def test_work_is_the_least_possible_at_block_one() -> None:
    prefix, count = tuple(range(20)), 15
    engine = Engine(MODEL)
    pairs = [row(str(number), prompt, count, prefix=prefix) for number, prompt in enumerate(PROMPTS)]
    run(engine, [one for one, _ in pairs])
    least = len(prefix) + sum(len(prompt) + count - 1 for prompt in PROMPTS)
    assert engine.work.rows == least
    assert engine.work.tokens == count * len(PROMPTS)


ONE_ROW = st.tuples(
    st.lists(st.integers(0, 200), min_size=1, max_size=12),
    st.integers(1, 10),
    st.booleans(),
    st.integers(0, 1000),
    st.integers(0, 8),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ONE_ROW, min_size=1, max_size=6), st.integers(1, 4), st.sampled_from([1, 4]))
def test_a_rows_tokens_do_not_depend_on_its_company(
    mix: list[tuple[list[int], int, bool, int, int]], most: int, block: int
) -> None:
    model = MODEL if block == 1 else as_family(block=block, shift=False)
    warm = Sampling(temperature=1.0, top_k=20, penalty=1.2, ngram=3)
    prefix = (5, 6, 7)

    def made(number: int) -> tuple[str, list[int], int, dict[str, object]]:
        ink, count, shared, seed, _ = mix[number]
        return str(number), ink, count, {"prefix": prefix if shared else (), "seed": seed, "sampling": warm}

    alone: list[list[int]] = []
    for number in range(len(mix)):
        name, ink, count, more = made(number)
        one, part = row(name, ink, count, model=model, **more)  # pyright: ignore[reportArgumentType]  # a test's mix
        run(Engine(model), [one])
        alone.append(part.tokens)
    engine = Engine(model, most_rows=most)
    pairs = []
    for number in range(len(mix)):
        name, ink, count, more = made(number)
        pairs.append(row(name, ink, count, model=model, **more))  # pyright: ignore[reportArgumentType]
        engine.add(pairs[-1][0])
        for _ in range(mix[number][4]):
            engine.step()
    while not engine.idle:
        engine.step()
    assert [part.tokens for _, part in pairs] == alone


def test_withdrawn_rows_leave_the_others_as_they_were() -> None:
    expected, part = row("kept", PROMPTS[0], 16)
    run(Engine(MODEL), [expected])
    engine = Engine(MODEL)
    first, _ = row("first", PROMPTS[1], 30)
    kept, mine = row("kept", PROMPTS[0], 16)
    engine.add(first)
    engine.add(kept)
    for _ in range(5):
        engine.step()
    engine.withdraw(first)
    assert first.state is State.DONE
    while not engine.idle:
        engine.step()
    assert mine.tokens == part.tokens


def test_eos_ends_a_row_without_changing_what_stands_before_it() -> None:
    one, free = row("free", PROMPTS[2], 20)
    run(Engine(MODEL), [one])
    at = max(place for place, token in enumerate(free.tokens) if token not in free.tokens[:place])
    eos = free.tokens[at]
    assert at > 2
    two, part = row("eos", PROMPTS[2], 20, eos=[eos])
    run(Engine(MODEL), [two])
    assert part.tokens == free.tokens[:at]
    assert part.ending == "eos"


def test_too_long_for_the_models_positions_is_refused() -> None:
    one, _ = row("long", [1] * 10, MODEL.family.context)
    with pytest.raises(CanvasError, match="positions"):
        Engine(MODEL).add(one)


def test_nan_logits_end_the_row_with_an_error() -> None:
    broken = as_family(block=1, shift=True)
    engine = Engine(broken)
    engine.model.head = torch.nn.Linear(32, broken.config.vocab_size)
    torch.nn.init.constant_(engine.model.head.weight, float("nan"))
    one, _ = row("nan", PROMPTS[0], 5)
    run(engine, [one])
    assert one.error is not None and "NaN" in str(one.error)

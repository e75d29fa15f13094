"""Rows that cannot be finished: a model that gives no numbers, and canvases that do not fit."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from torch_helpers.rows_of import MODEL, as_family, hole, row, run, scripted, unmasked

from hierdiff.errors import BackendError, CanvasError
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.parts import InkPart
from hierdiff_torch.policies import Independent, Scheduled, TokenEditing
from hierdiff_torch.rows import State

POISON = 222
"""A token whose embedding is not a number in a broken model."""
PROMPTS = [[3, 17, 42, 5], [9] * 30, list(range(40, 75)), [1, 2]]
KINDS: dict[str, dict[str, Any]] = {
    "greedy": {"block": 1, "shift": True},
    "causal": {"block": 4, "shift": False},
    "kept": {"block": 4, "shift": True, "kept": "block", "sub": 2, "lead": True},
    "block": {"block": 4, "shift": True, "attention": "block"},
    "guided": {"block": 4, "shift": False, "attention": "block", "guidance": 0.5},
    "full": {"block": 0, "shift": False, "attention": "full"},
    "cached": {"block": 4, "shift": False, "attention": "full", "reuse": "dual"},
    "edited": {"block": 4, "shift": False, "policy": TokenEditing(0.2, 0.1)},
    "blind": {"block": 4, "shift": False, "policy": Independent(3)},
    "window": {"block": 4, "shift": False, "around": "window"},
    "reorder": {"block": 4, "shift": False, "around": "reorder"},
}


def broken(*tokens: int) -> Loaded:
    """The tiny model, for which these tokens are poison."""
    model = as_family(block=4, shift=False)
    body: Any = copy.deepcopy(model.body)
    for token in tokens:
        body.embed_tokens.weight[token] = float("nan")
    return replace(model, body=body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_row_ends_alone(kind: str) -> None:
    """Its neighbours, and those that get its place on the shelf, write what they write alone."""
    model = broken(POISON)
    how: dict[str, Any] = {"policy": Scheduled(2), **KINDS[kind]}
    calm = unmasked(model)
    calm.bias[POISON] = float("-inf")  # pyright: ignore[reportOptionalSubscript]  # it has one
    alone: list[list[int]] = []
    for prompt in PROMPTS:
        one, part = row("alone", prompt, 9, model=model, sampling=calm, **how)
        run(Engine(model), [one])
        assert one.error is None
        alone.append(part.tokens)
    pairs = [row(str(number), prompt, 9, model=model, sampling=calm, **how) for number, prompt in enumerate(PROMPTS)]
    script = [InkPart([POISON, *range(40)]), hole(30, calm), InkPart([7, 8, 9])]
    sick = scripted("sick", script, model=model, **how)
    engine = Engine(model, most_rows=2)
    run(engine, [pairs[2][0], sick, *(pairs[number][0] for number in (3, 0, 1))])
    assert isinstance(sick.error, BackendError) and "NaN" in str(sick.error) and sick.error.about == "sick"
    assert sick.state is State.DONE
    assert [one.error for one, _ in pairs] == [None] * len(pairs)
    assert [part.tokens for _, part in pairs] == alone


def test_a_broken_prefix_is_not_shared_with_others() -> None:
    model = broken(POISON)
    sick, _ = row("sick", [1], 6, prefix=(POISON, 4, 5, 6), model=model)
    well, part = row("well", [1], 6, prefix=(3, 4, 5, 6), model=model)
    alone, expected = row("alone", [1], 6, prefix=(3, 4, 5, 6), model=model)
    run(Engine(model), [alone])
    run(Engine(model), [sick, well])
    assert sick.error is not None and well.error is None
    assert part.tokens == expected.tokens


@pytest.mark.parametrize("kind", KINDS)
def test_longer_than_the_positions_is_refused(kind: str) -> None:
    how, context = KINDS[kind], MODEL.family.context
    model = as_family(block=4, shift=False)
    for prefix, ink, count in (((), 10, context), ((5,) * context, 10, 10), ((), context, 10)):
        one, _ = row("long", [1] * ink, count, prefix=prefix, model=model, **how)
        with pytest.raises(CanvasError, match=r"'long'.*positions.*smaller") as raised:
            Engine(model).add(one)
        assert raised.value.about == "long"
    script = [InkPart([1]), hole(5, unmasked(model)), InkPart([1] * context)]
    with pytest.raises(CanvasError, match="positions"):
        Engine(model).add(scripted("long", script, model=model, **how))

"""The engine against the plainest loop over the same weights, token for token, for every way of denoising."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_helpers.recompute import Loop, Parts
from torch_helpers.reference import plain
from torch_helpers.rows_of import as_family, hole, run, scripted, unmasked

from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.policies import Policy, Scheduled, Threshold, TokenEditing
from hierdiff_torch.rows import Row

MODEL = as_family(block=4, shift=False)
NATIVE = plain(MODEL)
GREEDY = unmasked(MODEL)
POLICIES: list[Policy] = [Threshold(0.2), Scheduled(3), TokenEditing(0.2, 0.05, most_post=2)]
BY_POLICY = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)


def made(name: str, parts: Parts, *, prefix: int = 0, **how: Any) -> tuple[Row, list[HolePart]]:
    """A row of these parts; the first `prefix` tokens of the first are shared."""
    script = [hole(part, GREEDY) if isinstance(part, int) else InkPart(list(part)) for part in parts]
    first = script[0]
    assert isinstance(first, InkPart)
    shared = tuple(first.tokens[:prefix])
    del first.tokens[:prefix]
    one = scripted(name, script, prefix=shared, model=MODEL, **how)
    return one, [part for part in script if isinstance(part, HolePart)]


def held(many: Sequence[Parts], **how: Any) -> None:
    """All of these rows in one engine write what the plain loop writes for each."""
    rows = [made(str(number), parts, **how) for number, parts in enumerate(many)]
    run(Engine(MODEL), [one for one, _ in rows])
    mask = MODEL.family.mask
    assert mask is not None
    denoising = replace(MODEL.family.denoising, **how)
    for parts, (one, holes) in zip(many, rows, strict=True):
        loop = Loop(NATIVE, denoising, mask, [mask, *MODEL.family.eos])
        assert one.error is None
        assert [part.tokens for part in holes] == loop.write(parts), parts


TOKENS = st.integers(0, 250)
INK = st.lists(TOKENS, min_size=1, max_size=9)
AFTER = st.lists(INK | st.integers(1, 9), max_size=4)
PARTS = st.builds(lambda ink, count, more: [ink, count, *more], INK, st.integers(1, 9), AFTER)
MANY = st.lists(PARTS, min_size=1, max_size=3)
SHARED: dict[str, Any] = {"deadline": None, "derandomize": True}


@BY_POLICY
@settings(max_examples=18, **SHARED)
@given(
    MANY,
    st.sampled_from([0, 3, 4]),
    st.sampled_from(["absolute", "canvas"]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.7]),
)
def test_full_attention(
    policy: Policy, many: list[Parts], block: int, origin: str, shift: bool, guidance: float
) -> None:
    """Windows over the whole row or after the prompt, several holes, ink on both sides."""
    held(many, attention="full", policy=policy, block=block, origin=origin, shift=shift, guidance=guidance)


@BY_POLICY
@settings(max_examples=22, **SHARED)
@given(
    MANY,
    st.sampled_from([1, 3, 4, 8]),
    st.sampled_from(["absolute", "canvas"]),
    st.booleans(),
    st.sampled_from([0, 0, 2]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.7]),
)
def test_blocks_that_see_each_other(
    policy: Policy, many: list[Parts], block: int, origin: str, shift: bool, sub: int, lead: bool, guidance: float
) -> None:
    held(
        many,
        attention="block",
        policy=policy,
        block=block,
        origin=origin,
        shift=shift,
        sub=sub,
        lead=lead,
        guidance=guidance,
    )


@BY_POLICY
@settings(max_examples=18, **SHARED)
@given(
    MANY,
    st.sampled_from([1, 3, 4]),
    st.sampled_from(["causal", "block"]),
    st.booleans(),
    st.sampled_from([0, 0, 2]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.7]),
)
def test_blocks_after_causal_text(
    policy: Policy, many: list[Parts], block: int, kept: str, shift: bool, sub: int, lead: bool, guidance: float
) -> None:
    held(
        many,
        attention="causal",
        policy=policy,
        block=block,
        kept=kept,
        shift=shift,
        sub=sub,
        lead=lead,
        guidance=guidance,
    )


@pytest.mark.parametrize("shift", [False, True])
@pytest.mark.parametrize("origin", ["absolute", "canvas"])
@pytest.mark.parametrize("count", [1, 3, 4, 7, 8, 300])
def test_prompts_of_any_length(count: int, origin: str, shift: bool) -> None:
    """Shorter than a block, exactly one, more, and longer than what is run in one step."""
    prompt = [(7 * place + count) % 250 for place in range(count)]
    held([[prompt, 6], [prompt, 5, [9, 9, 9], 4]], attention="block", origin=origin, shift=shift, policy=Threshold(0.3))


@pytest.mark.parametrize("shift", [False, True])
@pytest.mark.parametrize("origin", ["absolute", "canvas"])
@pytest.mark.parametrize("attention", ["block", "causal"])
def test_shared_prefixes_change_nothing_and_are_run_once(attention: str, origin: str, shift: bool) -> None:
    """Whatever part of a block they end in, and where the row's own text is empty."""
    how: dict[str, Any] = {"attention": attention, "origin": origin, "shift": shift, "policy": Threshold(0.3)}
    for prefix in (2, 4, 11, 12, 13):
        texts = [[(5 * place) % 250 for place in range(prefix)] + [7] * more for more in (0, 1, 4, 4, 4)]
        apart, together = Engine(MODEL), Engine(MODEL)
        alone = [made(str(number), [text, 6], **how) for number, text in enumerate(texts)]
        shared = [made(str(number), [text, 6], prefix=prefix, **how) for number, text in enumerate(texts)]
        run(apart, [one for one, _ in alone])
        run(together, [one for one, _ in shared])
        assert [part.tokens for _, (part,) in shared] == [part.tokens for _, (part,) in alone]
        assert together.work.prefix_rows <= 3 * prefix
        once = Engine(MODEL)
        run(once, [made(str(number), [text, 6], prefix=prefix, **how)[0] for number, text in enumerate(texts[2:])])
        assert once.work.prefix_rows <= prefix
        assert once.work.prefix_rows > 0 or prefix < 4

"""Ink behind a hole, for weights that do not see it by themselves: what each way to show it runs, and what stays."""

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

MODEL = as_family(block=6, shift=False)
NATIVE = plain(MODEL)
GREEDY = unmasked(MODEL)
WAYS = ("left", "block", "window", "reorder")


def wrote(parts: Parts, **how: Any) -> tuple[list[list[int]], list[int]]:
    """The tokens of each hole, and the whole row, which is the ink and the holes in order."""
    script = [hole(part, GREEDY) if isinstance(part, int) else InkPart(list(part)) for part in parts]
    one = scripted("c", script, model=MODEL, **how)
    run(Engine(MODEL), [one])
    assert one.error is None
    holes = [part.tokens for part in script if not isinstance(part, InkPart)]
    assert one.text == [token for part in script for token in part.tokens]
    return holes, one.text


def looped(parts: Parts, **how: Any) -> list[list[int]]:
    """The same by the plain loop."""
    mask = MODEL.family.mask
    assert mask is not None
    return Loop(NATIVE, replace(MODEL.family.denoising, **how), mask, [mask, *MODEL.family.eos]).write(parts)


INK = st.lists(st.integers(0, 250), min_size=1, max_size=9)
PARTS = st.builds(
    lambda ink, count, after, more: [ink, count, after, *more],
    INK,
    st.integers(1, 9),
    INK,
    st.lists(INK | st.integers(1, 8), max_size=3),
)
ATTENTIONS: list[dict[str, Any]] = [
    {"attention": "causal"},
    {"attention": "causal", "kept": "block"},
    {"attention": "block"},
    {"attention": "block", "origin": "absolute"},
]
POLICIES: list[Policy] = [Threshold(0.2), Scheduled(3), TokenEditing(0.2, 0.05, most_post=2)]


@pytest.mark.parametrize("around", WAYS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    PARTS,
    st.sampled_from(ATTENTIONS),
    st.sampled_from(POLICIES),
    st.booleans(),
    st.sampled_from([0, 0, 2]),
    st.sampled_from([2, 5, 64]),
    st.sampled_from([0.0, 0.0, 0.7]),
)
def test_attention_and_positions_are_the_stated_ones(
    around: str,
    parts: Parts,
    attention: dict[str, Any],
    policy: Policy,
    shift: bool,
    sub: int,
    reach: int,
    guidance: float,
) -> None:
    """Several holes: once one is closed, the ink behind it is run at its true place."""
    how = {"around": around, "policy": policy, "shift": shift, "sub": sub, "reach": reach, "guidance": guidance}
    how |= attention
    assert wrote(parts, **how)[0] == looped(parts, **how)


@pytest.mark.parametrize("attention", ATTENTIONS, ids=lambda how: "-".join(how.values()))
@pytest.mark.parametrize("around", WAYS)
def test_the_ink_behind_a_hole_is_seen_or_not(around: str, attention: dict[str, Any]) -> None:
    """Ink that changes what is written, but for `left`, which does not know it."""
    prompt = [9, 40, 3, 77, 120, 6, 18, 200]
    found = {
        tuple(wrote([prompt, 3, [one, one + 1, one + 2]], around=around, **attention)[0][0])
        for one in range(0, 240, 20)
    }
    assert len(found) == 1 if around == "left" else len(found) > 2


@pytest.mark.parametrize("around", ["window", "reorder"])
def test_no_more_of_it_is_seen_than_its_reach(around: str) -> None:
    prompt, near = [9, 40, 3, 77, 120], [60, 61, 62, 63]
    how: dict[str, Any] = {"attention": "block", "around": around}
    short = {str(wrote([prompt, 4, [*near, far]], reach=4, **how)[0]) for far in range(0, 250, 10)}
    long = {str(wrote([prompt, 4, [*near, far]], reach=5, **how)[0]) for far in range(0, 250, 10)}
    assert len(short) == 1 < len(long)


@pytest.mark.parametrize("around", ["block", "window", "reorder"])
def test_prefixes_and_chunks_are_no_matter(around: str) -> None:
    """A shared prefix, and a text that is run in several steps."""
    prompt = [(7 * place) % 250 for place in range(300)]

    def script(ink: list[int]) -> list[InkPart | HolePart]:
        return [InkPart(ink), hole(8, GREEDY), InkPart([5, 6, 7, 8]), hole(5, GREEDY)]

    how: dict[str, Any] = {"attention": "block", "around": around, "model": MODEL}
    whole, shared = (
        scripted("w", script(prompt), **how),
        scripted("s", script(prompt[290:]), prefix=tuple(prompt[:290]), **how),
    )
    run(Engine(MODEL), [whole])
    run(Engine(MODEL), [shared])
    assert [*shared.prefix, *shared.text] == whole.text
    expected = looped([prompt, 8, [5, 6, 7, 8], 5], attention="block", around=around)
    assert [whole.text[300:308], whole.text[312:]] == expected


@pytest.mark.parametrize("around", ["block", "window", "reorder"])
def test_ink_in_pieces_is_ink(around: str) -> None:
    prompt, texts = [9, 40, 3, 77, 120], list[list[int]]()
    for ink in ([[60, 61, 62]], [[60], [], [61, 62]]):
        script = [InkPart(prompt), hole(2, GREEDY), *(InkPart(list(piece)) for piece in ink)]
        one = scripted("c", script, model=MODEL, attention="block", around=around)
        run(Engine(MODEL), [one])
        texts.append(one.text)
    assert texts[0] == texts[1]

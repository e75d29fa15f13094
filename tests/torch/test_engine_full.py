"""Rows that see everything: how their holes grow and end, and what the approximate caches leave as it is."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch_helpers.characters import Kind, closing, encode
from torch_helpers.rows_of import as_family, hole, run, scripted, unmasked

from hierdiff_torch.closing import ends_sentence
from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.policies import Policy, Scheduled, Threshold, TokenEditing
from hierdiff_torch.rows import Row
from hierdiff_torch.sampling import GREEDY, Sampling

MODEL = as_family(block=4, shift=False)
LETTERS = "abcdefgh"
FULL: dict[str, Any] = {"attention": "full", "model": MODEL, "block": 0, "origin": "absolute"}
POLICIES: list[Policy] = [Threshold(0.3), Scheduled(3), TokenEditing(0.3, 0.1, most_post=2)]
BY_POLICY = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
BY_WINDOW = pytest.mark.parametrize(
    ("block", "origin"), [(0, "absolute"), (5, "absolute"), (0, "canvas"), (5, "canvas")]
)


def only(text: str, **how: Any) -> Sampling:
    """Draws from these characters alone."""
    bias = torch.full((MODEL.config.vocab_size,), float("-inf"))
    bias[encode(text)] = 0.0
    return replace(GREEDY, bias=bias, **how)


def prose(kind: Kind, width: int, limit: int, sampling: Sampling, *, after: str = "") -> HolePart:
    """A hole whose tokens are characters."""
    return HolePart(closing(kind, width, limit, after=after), sampling)


def full(script: Sequence[InkPart | HolePart], **how: Any) -> Row:
    """A row of these parts that sees everything."""
    more: dict[str, Any] = {**FULL, **how}
    return scripted("c", script, **more)


def written(parts: Sequence[str | HolePart], **how: Any) -> Row:
    """The row after all of its holes were filled: its text is the ink and the holes, in order."""
    script = [InkPart(encode(part)) if isinstance(part, str) else part for part in parts]
    one = full(script, **how)
    engine = Engine(MODEL)
    run(engine, [one])
    assert one.error is None
    expected = [token for part in parts for token in (encode(part) if isinstance(part, str) else part.tokens)]
    assert one.text == expected
    assert all(len(part.confidence) == len(part.tokens) for part in parts if isinstance(part, HolePart))
    assert MODEL.family.mask not in one.text
    return one


@BY_POLICY
@BY_WINDOW
@pytest.mark.parametrize("after", ["", " And then."])
def test_prose_that_does_not_end_gets_places_up_to_its_limit(
    after: str, block: int, origin: str, policy: Policy
) -> None:
    part = prose("sentence", 6, 17, only(LETTERS))
    written(["The wall ", part, *([after] if after else [])], block=block, origin=origin, policy=policy)
    assert (len(part.tokens), part.ending) == (17, "length")


@BY_POLICY
@BY_WINDOW
def test_prose_that_ends_early_is_cut(block: int, origin: str, policy: Policy) -> None:
    first, second = (prose("sentence", width, 2 * width, only(".")) for width in (12, 20))
    written(["The wall ", first, " And then ", second, " End."], block=block, origin=origin, policy=policy)
    assert (len(first.tokens), first.ending) == (11, "sentence")
    assert (len(second.tokens), second.ending) == (18, "sentence")


@BY_POLICY
@BY_WINDOW
@pytest.mark.parametrize("kind", ["span", "line", "exact"])
def test_a_span_between_ink_is_as_wide_as_it_is(kind: Kind, block: int, origin: str, policy: Policy) -> None:
    bounded, free = prose(kind, 7, 16, only(LETTERS), after=" zz."), prose(kind, 7, 16, only(LETTERS))
    written(["The wall ", bounded, " zz. ", free], block=block, origin=origin, policy=policy)
    assert (len(bounded.tokens), bounded.ending) == (7, "length")
    assert (len(free.tokens), free.ending) == (16, "length")


@BY_POLICY
@BY_WINDOW
def test_holes_of_every_kind_in_one_canvas(block: int, origin: str, policy: Policy) -> None:
    """Whatever they end with, they keep to their limits; and both ways to end are met."""
    met: set[str] = set()
    for seed in range(6):
        some = only(LETTERS + " .\n", temperature=1.0, top_k=0, noise="multinomial")
        assert some.bias is not None
        some.bias[encode(".\n")] = -1.0
        holes = [
            prose("sentence", 9, 20, some),
            prose("span", 5, 12, some, after=" then"),
            prose("line", 6, 12, some),
            prose("sentence", 7, 14, some),
        ]
        parts = ["The ", holes[0], " wall", holes[1], " then ", holes[2], "\nis ", holes[3]]
        written(parts, block=block, origin=origin, policy=policy, seed=seed)
        for part, bounded in zip(holes, [True, True, True, False], strict=True):
            limit = part.closing.width if bounded and part.closing.kind != "sentence" else part.closing.limit
            assert len(part.tokens) <= limit
            text = part.closing.decode(part.tokens)
            assert part.ending != "sentence" or (ends_sentence(text) and len(text) >= part.closing.early)
        met |= {holes[0].ending, "grown" if len(holes[0].tokens) > 9 else "as wide"}
    assert {"sentence", "grown"} <= met


@BY_POLICY
@BY_WINDOW
def test_what_was_shown_never_changes(block: int, origin: str, policy: Policy) -> None:
    shown: list[list[int]] = []
    part, other = prose("sentence", 8, 30, only(LETTERS)), prose("sentence", 5, 21, only(LETTERS))
    script = [InkPart(encode("The ")), part, InkPart(encode(" wall ")), other]
    one = full(script, block=block, origin=origin, policy=policy)
    one.told = lambda row: shown.append(list(part.standing))
    run(Engine(MODEL), [one])
    assert len({len(tokens) for tokens in shown}) > 2
    for before, after in pairwise(shown):
        assert after[: len(before)] == before
    assert one.text == [*encode("The "), *part.tokens, *encode(" wall "), *other.tokens]


def test_ink_on_the_right_is_seen() -> None:
    texts: set[tuple[int, ...]] = set()
    for after in (" sea.", " wall.", " salt."):
        part = hole(8, unmasked(MODEL))
        written(["The ", part, after], policy=Scheduled(4))
        texts.add(tuple(part.tokens))
    assert len(texts) == 3


def ends(free: list[int], eos: set[int]) -> int:
    """How many tokens stand before the first end token."""
    return next((at for at, token in enumerate(free) if token in eos), len(free))


WAYS: list[dict[str, Any]] = [
    {**FULL},
    {**FULL, "block": 8},
    {**FULL, "block": 8, "origin": "canvas"},
    {"attention": "block", "model": MODEL, "block": 8},
    {"attention": "block", "model": MODEL, "block": 8, "shift": True, "sub": 4},
    {"attention": "causal", "model": MODEL, "block": 8, "kept": "block"},
]


@pytest.mark.parametrize("how", WAYS, ids=range(len(WAYS)))
@pytest.mark.parametrize("policy", POLICIES[:2], ids=lambda policy: type(policy).__name__)
def test_leaving_a_window_early_changes_nothing_before_the_end_token(policy: Policy, how: dict[str, Any]) -> None:
    """One hole at the end of the canvas, whose end token is one that it writes anyway; and fewer forwards."""
    forwards: dict[bool, int] = {True: 0, False: 0}
    early = 0
    for number in range(8):
        prompt = [(7 * place + 31 * number) % 250 for place in range(9)]
        free = hole(24, unmasked(MODEL))
        run(Engine(MODEL), [scripted("free", [InkPart(prompt), free], policy=policy, **how)])
        eos = free.tokens[10]
        texts: list[list[int]] = []
        for leave in (True, False):
            part, engine = hole(24, unmasked(MODEL), [eos]), Engine(MODEL)
            run(engine, [scripted("c", [InkPart(prompt), part], policy=policy, leave=leave, **how)])
            forwards[leave] += engine.work.forwards
            texts.append(part.tokens)
            assert part.ending == ("eos" if eos in free.tokens[1:] else "length")
        assert texts[0] == texts[1]
        early += len(texts[0]) < 24
    assert early >= 4
    assert forwards[True] < forwards[False]


def test_a_hole_that_is_full_does_not_hurry_the_others() -> None:
    """The schedule of a window is that of all its holes."""
    engine, script = Engine(MODEL), [InkPart(encode("The ")), hole(2, unmasked(MODEL)), hole(16, unmasked(MODEL))]
    run(engine, [full(script, policy=Scheduled(6))])
    assert engine.work.forwards == 6


REUSES = pytest.mark.parametrize("reuse", ["prefix", "dual"])


def cached(policy: Policy, reuse: str, **how: Any) -> tuple[Row, list[HolePart], Engine]:
    """Three holes with ink around them, filled with a cache."""
    warm = replace(unmasked(MODEL), temperature=1.0, top_k=0, noise="multinomial")
    holes = [hole(count, warm) for count in (9, 4, 11)]
    ink = [InkPart(encode(text)) for text in ("The harbour ", " wall ", " is ", " high.")]
    script = [ink[0], holes[0], ink[1], holes[1], ink[2], holes[2], ink[3]]
    one, engine = full(script, policy=policy, reuse=reuse, **how), Engine(MODEL)
    run(engine, [one])
    assert one.error is None
    return one, holes, engine


@REUSES
@BY_POLICY
@pytest.mark.parametrize("shift", [False, True])
@BY_WINDOW
def test_caches_write_every_place_and_keep_ink(
    block: int, origin: str, shift: bool, policy: Policy, reuse: str
) -> None:
    one, holes, engine = cached(policy, reuse, block=block, origin=origin, shift=shift)
    first, second, third = (part.tokens for part in holes)
    assert (len(first), len(second), len(third)) == (9, 4, 11)
    expected = [*encode("The harbour "), *first, *encode(" wall "), *second, *encode(" is "), *third, *encode(" high.")]
    assert one.text == expected
    assert MODEL.family.mask not in one.text
    _, _, exact = cached(policy, "exact", block=block, origin=origin, shift=shift)
    whole = len(one.text) * engine.work.forwards
    assert exact.work.rows == len(one.text) * exact.work.forwards
    assert engine.work.rows < whole or not block


@REUSES
@pytest.mark.parametrize("shift", [False, True])
@BY_WINDOW
def test_with_one_step_a_window_nothing_is_approximate(block: int, origin: str, shift: bool, reuse: str) -> None:
    policy = Scheduled(1)
    _, holes, engine = cached(policy, reuse, block=block, origin=origin, shift=shift)
    _, expected, exact = cached(policy, "exact", block=block, origin=origin, shift=shift)
    assert [part.tokens for part in holes] == [part.tokens for part in expected]
    assert engine.work.rows == exact.work.rows


def test_a_cache_is_an_approximation() -> None:
    """Or the tests above would prove nothing."""
    ways = [cached(Scheduled(5), reuse, block=5)[1] for reuse in ("exact", "prefix", "dual")]
    texts = [[part.confidence for part in holes] for holes in ways]
    assert texts[0] != texts[1] != texts[2] != texts[0]

"""A row's tokens are its own: whatever runs beside it, whenever it came, whoever left."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from torch_helpers.rows_of import MOST_STEPS, as_family, hole, run, scripted, unmasked

from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.policies import (
    Deferred,
    EntropyBound,
    Factor,
    Independent,
    Policy,
    Scheduled,
    Threshold,
    TokenEditing,
)
from hierdiff_torch.rows import Row
from hierdiff_torch.sampling import Sampling

MODEL = as_family(block=4, shift=False)
POLICIES: list[Policy] = [
    Threshold(0.2),
    Threshold(0.2, steps=2),
    Scheduled(3, score="margin"),
    Scheduled(2, "binomial", score="random"),
    Scheduled(3, score="entropy", warmth=0.5),
    TokenEditing(0.2, 0.05, most_post=2, penalty=1.0),
    Independent(3),
    Deferred(3),
    EntropyBound(0.5),
    Factor(1.0),
]
BASE = unmasked(MODEL)
SAMPLINGS = [
    BASE,
    replace(BASE, temperature=1.0, top_k=20, penalty=1.2, ngram=3),
    replace(BASE, temperature=0.8, noise="gumbel"),
    replace(BASE, temperature=1.0, top_k=0, top_p=0.9, noise="multinomial", filters=("top_p",), filtered=True),
]
ATTENTIONS: list[dict[str, Any]] = [
    {"attention": "causal"},
    {"attention": "causal", "kept": "block", "sub": 2, "lead": True, "shift": True},
    {"attention": "causal", "block": 1, "shift": True},
    {"attention": "causal", "around": "window", "reach": 5},
    {"attention": "block"},
    {"attention": "block", "origin": "absolute"},
    {"attention": "block", "around": "reorder", "reach": 5},
    {"attention": "block", "around": "block"},
    {"attention": "full", "block": 0, "origin": "absolute"},
    {"attention": "full", "block": 3},
    {"attention": "full", "block": 3, "origin": "absolute", "reuse": "prefix"},
    {"attention": "full", "block": 3, "reuse": "dual"},
]
HOW = st.builds(
    lambda attention, policy, shift, guidance, scope, leave: {
        "shift": shift,
        "guidance": guidance,
        "scope": scope,
        "leave": leave,
        "policy": policy,
        **attention,
    },
    st.sampled_from(ATTENTIONS),
    st.sampled_from(POLICIES),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.5]),
    st.sampled_from(["masked", "window", "block"]),
    st.booleans(),
)
INK = st.lists(st.integers(0, 250), min_size=1, max_size=7)
Piece = list[int] | int
ROW = st.tuples(
    st.builds(
        lambda ink, count, more: [ink, count, *more],
        INK,
        st.integers(1, 9),
        st.lists(INK | st.integers(1, 7), max_size=3),
    ),
    HOW,
    st.sampled_from(SAMPLINGS),
    st.integers(0, 99),
    st.sampled_from([(), (5, 6, 7, 8, 9)]),
    st.integers(0, 6),
    st.sampled_from([None, None, None, 1, 4]),
)
Mix = tuple[list[Piece], dict[str, Any], Sampling, int, tuple[int, ...], int, int | None]


def made(number: int, one: Mix) -> tuple[Row, list[HolePart]]:
    """A row of the mix, whose third token of the first hole may be an end token."""
    pieces, how, sampling, seed, prefix, _, _ = one
    script = [
        hole(piece, sampling, range(200, 230)) if isinstance(piece, int) else InkPart(list(piece)) for piece in pieces
    ]
    row = scripted(str(number), script, prefix=prefix, seed=seed, model=MODEL, **how)
    return row, [part for part in script if isinstance(part, HolePart)]


def tokens(holes: Sequence[HolePart]) -> list[tuple[list[int], str]]:
    """What the holes hold, and why they closed."""
    return [(part.tokens, part.ending) for part in holes]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ROW, min_size=2, max_size=6), st.integers(1, 5))
def test_a_rows_tokens_are_its_own(mix: list[Mix], most: int) -> None:
    """Rows with other policies, attention, sizes, guidance, sampling and caches come and go in one engine."""
    alone: list[list[tuple[list[int], str]]] = []
    for number, one in enumerate(mix):
        row, holes = made(number, one)
        run(Engine(MODEL), [row])
        assert row.error is None
        alone.append(tokens(holes))
    engine = Engine(MODEL, most_rows=most)
    rows = [made(number, one) for number, one in enumerate(mix)]
    leaving: list[tuple[int, Row]] = []
    step = 0
    for (row, _), (*_, wait, stay) in zip(rows, mix, strict=True):
        engine.add(row)
        if stay is not None:
            leaving.append((step + stay, row))
        for _ in range(wait):
            engine.step()
            step += 1
            for _, gone in [one for one in leaving if one[0] == step]:
                engine.withdraw(gone)
    while not engine.idle:
        engine.step()
        step += 1
        assert step < MOST_STEPS
        for _, gone in [one for one in leaving if one[0] == step]:
            engine.withdraw(gone)
    for (_, holes), expected, (*_, stay) in zip(rows, alone, mix, strict=True):
        if stay is None:
            assert tokens(holes) == expected
        for part, (kept, _) in zip(holes, expected, strict=True):
            assert stay is None or part.closed or part.tokens == kept[: len(part.tokens)]

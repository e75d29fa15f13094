"""What a draft knows, and what it costs: the base's own token first, and the others after it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_helpers.drafting import drafter, write_drafter
from torch_helpers.rows_of import GREEDY, hole, run, scripted

from hierdiff_torch.engine import Engine
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.parts import InkPart
from hierdiff_torch.rows import Row

INK = [9, 40, 3, 77, 120, 6]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drafter(tmp_path_factory.mktemp("adapter") / "adapter.safetensors")


@pytest.fixture(scope="module")
def model(path: Path) -> Loaded:
    return drafter(path)


def ran(path: Path, block: int, size: int = 24, *, ahead: bool = False) -> tuple[Row, Engine]:
    model = drafter(path)
    one = scripted("c", [InkPart(list(INK)), hole(size, GREEDY)], model=model, block=block, ahead=ahead)
    one.trace = []
    engine = Engine(model)
    run(engine, [one])
    return one, engine


@pytest.mark.parametrize("block", [3, 4, 8])
def test_a_forward_gives_at_least_one_token_whatever_stays(path: Path, block: int) -> None:
    """What verifies gives the base's own token after those that stay, and what drafts runs that and gives another."""
    one, engine = ran(path, block)
    assert one.trace is not None
    assert engine.work.checked > 0
    assert engine.work.forwards <= 24 + 2
    first, *later = one.trace
    assert first.read == list(range(len(INK), len(INK) + block))
    own = [trace for trace in later if len(trace.read) == 1]
    drafted = [trace for trace in later if len(trace.read) > 1]
    assert len(own) >= len(drafted) > 0
    assert all(trace.read[0] - 1 in {place for one in own for place in one.places} for trace in drafted)


@pytest.mark.parametrize("block", [3, 4])
def test_what_is_drafted_ahead_is_what_a_draft_after_the_same_text_is(path: Path, block: int) -> None:
    """Whatever stayed: the masks after a prefix see the text and that prefix, and nothing of what was refused."""
    one, _ = ran(path, block, ahead=True)
    assert one.trace is not None
    later = one.trace[1:]
    found = [trace for trace in later if len(trace.read) > 1]
    assert len(found) > 3
    for trace in found:
        text = [*one.prefix, *one.text][: trace.read[0] - 1]
        model = drafter(path)
        fresh = scripted("f", [InkPart(text), hole(block + 2, GREEDY)], model=model, block=block)
        fresh.trace = []
        run(Engine(model), [fresh])
        torch.testing.assert_close(trace.logits, fresh.trace[0].logits[1:][: len(trace.logits)], atol=1e-4, rtol=0)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_draft_is_the_same_in_company(path: Path, ahead: bool) -> None:
    """Alone, what is being denoised lies together; among others it does not."""
    alone, _ = ran(path, 4, ahead=ahead)
    model = drafter(path)
    rows = [
        scripted(f"c{number}", [InkPart([*ink]), hole(24, GREEDY)], model=model, block=4, ahead=ahead)
        for number, ink in enumerate([INK[:3], INK, INK[2:]])
    ]
    rows[1].trace = []
    run(Engine(model), rows)
    assert rows[1].text == alone.text and alone.trace is not None
    assert len(rows[1].trace) == len(alone.trace)
    for mine, theirs in zip(rows[1].trace, alone.trace, strict=True):
        assert mine.read == theirs.read
        torch.testing.assert_close(mine.logits, theirs.logits, atol=1e-4, rtol=0)


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(SIZES, min_size=1, max_size=3), st.sampled_from([2, 3, 5, 8]), st.booleans(), st.sampled_from([0, 4, 6])
)
def test_holes_between_ink_are_filled_as_by_block_one(
    model: Loaded, rows: list[list[int]], block: int, ahead: bool, prefix: int
) -> None:
    """Rows of several holes, which end at different times, in one engine; some share what they begin with."""

    def texts(**how: Any) -> list[list[int]]:
        made: list[Row] = []
        for number, sizes in enumerate(rows):
            parts = [part for size in sizes for part in (hole(size, GREEDY), InkPart([30 + size, 70 + number]))]
            script = [InkPart(INK[prefix:]), *parts]
            made.append(scripted(f"c{number}", script, model=model, prefix=tuple(INK[:prefix]), **how))
        run(Engine(model, most_rows=2), made)
        assert all(one.error is None for one in made)
        return [[*one.prefix, *one.text] for one in made]

    assert texts(block=block, ahead=ahead) == texts(block=1)

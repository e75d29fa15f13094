"""A hole of an adapted model that sees what follows it: what the engine runs is what training ran."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch_helpers.drafting import drafter, write_drafter
from torch_helpers.rows_of import GREEDY, hole, run, scripted

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff_torch import TorchBackend
from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import InkPart
from hierdiff_torch.rows import Row, Trace
from hierdiff_torch.script import Infill
from hierdiff_torch.training import passes
from hierdiff_torch.training.layouts import IGNORED, infill_probe
from hierdiff_torch.training.texts import Sample

BEFORE, AFTER = [9, 40, 3, 77, 120, 6], [60, 61, 62, 63]
SIDES: dict[str, Any] = {"window": "window", "reorder": "aside"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drafter(tmp_path_factory.mktemp("adapter") / "adapter.safetensors")


def ran(path: Path, around: str, size: int, *, block: int, prefix: int = 0, verify: str = "exact") -> Row:
    """A row with one hole between ink, and what every forward read."""
    model = drafter(path)
    script = [InkPart(BEFORE[prefix:]), hole(size, GREEDY), InkPart(list(AFTER))]
    how: dict[str, Any] = {"around": around, "block": block, "verify": verify}
    one = scripted("c", script, model=model, prefix=tuple(BEFORE[:prefix]), **how)
    one.trace = []
    run(Engine(model), [one])
    assert one.error is None
    return one


@torch.no_grad()
def trained(path: Path, tokens: list[int], start: int, stop: int, around: str) -> Tensor:
    """The logits that training's two forwards give for the masked places `start..stop` of a text."""
    model = drafter(path)
    assert model.adapter is not None
    batch = infill_probe([(Sample(tuple(tokens), 1, True), start, stop)], mask=260, side=SIDES[around])
    body: Any = model.body
    body.config._attn_implementation = passes.NAME
    keys = passes.Keys(batch.clean_seen.unsqueeze(1), clean=True)
    body(input_ids=batch.clean, position_ids=batch.clean_positions, use_cache=False, keys=keys)
    keys.seen, keys.clean = batch.noisy_seen.unsqueeze(1), False
    model.adapter.noisy.all = True
    out = body(input_ids=batch.noisy, position_ids=batch.noisy_positions, use_cache=False, keys=keys)
    return model.logits(out.last_hidden_state[0, batch.targets[0] != IGNORED])


def traced(row: Row) -> list[Trace]:
    assert row.trace is not None
    return row.trace


@pytest.mark.parametrize("prefix", [0, 4, 6])
@pytest.mark.parametrize("around", ["window", "reorder"])
def test_a_hole_is_read_as_it_was_trained(path: Path, around: str, prefix: int) -> None:
    one = ran(path, around, 5, block=8, prefix=prefix)
    first = traced(one)[0]
    assert first.read == [6, 7, 8, 9, 10]
    expected = trained(path, [*BEFORE, *[0] * 5, *AFTER], 6, 11, around)
    torch.testing.assert_close(first.logits, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("block", [1, 4])
def test_every_further_block_begins_with_the_last_token_that_stands(path: Path, block: int) -> None:
    """Moved ink, one block after another: each is read as a hole of its own, after what has been written."""
    size, step = 6, max(1, block - 1)
    one = ran(path, "reorder", size, block=block)
    text = [*one.prefix, *one.text]
    at = len(BEFORE)
    assert len(traced(one)) == size // step
    last = traced(one)[-1]
    assert last.read == list(range(at + size - step, at + size))
    expected = trained(path, text, at + size - step, at + size, "reorder")
    torch.testing.assert_close(last.logits, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("around", ["window", "reorder"])
def test_the_first_token_depends_on_what_follows(path: Path, around: str) -> None:
    """And nothing of such a hole is verified: the base does not know what follows."""
    one, off = (ran(path, around, 3, block=4, verify=verify) for verify in ("exact", "off"))
    assert one.text == off.text
    other = trained(path, [*BEFORE, *[0] * 3, 99, 98, 97, 96], 6, 9, around)
    assert (traced(one)[0].logits[0] - other[0]).abs().max() > 0.01


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("infill", ["window", "reorder"])
def test_a_backend_fills_between_ink(path: Path, infill: Infill, block: int) -> None:
    backend = TorchBackend(drafter(path), infill=infill, block=block)
    pieces = (
        Ink(text="The sea "),
        Hole(width=6, close="span"),
        Ink(text=" rises. The town "),
        Hole(width=6, close="span"),
        Ink(text=" waits."),
    )
    canvas = Canvas.open("s", width=6, own="Write.").changed(pieces=pieces)

    async def filled() -> Canvas:
        found = [step async for step in backend.fill(canvas)][-1]
        await backend.close()
        return found

    text = asyncio.run(asyncio.wait_for(filled(), 60)).text
    assert text.startswith("The sea ") and text.endswith(" waits.") and " rises. The town " in text
    assert backend.work.checked == 0

"""Every golden family as a backend: the contract holds for each of them, in every way it can be run."""

from typing import Any

import pytest
import torch
from torch_helpers.gemma_loop import CHECKPOINT
from torch_helpers.parity import FOLDER, MASK

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.errors import MisuseError, ModelError
from hierdiff.testing import check_backend
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
SHORT = ("bd3lm", "bd3lm-mdlm")
"""Golden checkpoints with too few positions for the contract's canvases."""
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"infill": "window"},
    {"infill": "reorder"},
    {"reuse": "dual"},
    {"reuse": "prefix"},
)


def opened(name: str) -> Loaded:
    folder = CHECKPOINT if name == "diffusion_gemma" else FOLDER / name
    given = Given(tokenizer=byte_tokenizer(), mask=None if name == "diffusion_gemma" else MASK)
    return read_checkpoint(folder, dtype=torch.float32, device=torch.device("cpu"), given=given)


def can(model: Loaded, way: dict[str, Any]) -> bool:
    """Whether a family has this way, said apart from the code."""
    family = model.family
    full, blocks = family.attention == "full", family.attention == "block"
    return {
        "none": True,
        "window": blocks or family.noise == "uniform",
        "reorder": blocks,
        "dual": full or family.lead,
        "prefix": full,
    }[next(iter(way.values()), "none")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: next(iter(way.values()), "own"))
@pytest.mark.parametrize("name", [*(name for name in NAMES if name not in SHORT), "diffusion_gemma"])
async def test_every_family_keeps_the_contract(name: str, way: dict[str, Any]) -> None:
    model = opened(name)
    if not can(model, way):
        with pytest.raises(MisuseError, match=r"cannot|not to be had|full attention"):
            TorchBackend(model, **way)
        return
    backend = TorchBackend(model, **way)
    await check_backend(backend, width=12)
    await backend.close()


@pytest.mark.parametrize("name", SHORT)
async def test_short_ones_fill_a_short_canvas(name: str) -> None:
    backend = TorchBackend(opened(name))
    canvas = Canvas(id="c", section="c", pieces=(Ink(text="The"), Hole(width=4, most=4, close="line")), seed=1)
    *_, last = [now async for now in backend.fill(canvas)]
    await backend.close()
    assert not last.holes and last.pieces[0] == canvas.pieces[0]


async def test_an_infilled_text_depends_on_what_follows_only_where_it_is_seen() -> None:
    texts: dict[str, set[str]] = {}
    ways: list[tuple[str, dict[str, Any]]] = [
        ("llada", {}),
        ("sdar", {"infill": "window"}),
        ("sdar", {"infill": "reorder"}),
    ]
    for name, way in ways:
        filled: set[str] = set()
        for after in (" metres high. It was", " years old. They are"):
            backend = TorchBackend(opened(name), greedy=True, **way)
            pieces = (Ink(text="The wall is"), Hole(width=8, most=8, close="span"), Ink(text=after))
            *_, last = [now async for now in backend.fill(Canvas(id="c", section="c", pieces=pieces))]
            filled.add(last.filled[0])
            await backend.close()
        texts[f"{name} {way}"] = filled
    assert all(len(filled) == 2 for filled in texts.values()), texts


async def test_a_family_whose_tokens_come_and_go_keeps_the_contract() -> None:
    folder = FOLDER / "llada2.1"
    given = Given(tokenizer=byte_tokenizer(), mask=MASK, family="llada2.2", delete=382, split=380)
    model = read_checkpoint(folder, dtype=torch.float32, device=torch.device("cpu"), given=given)
    assert model.family.rewriting is not None
    backend = TorchBackend(model)
    await check_backend(backend, width=12)
    await backend.close()


@pytest.mark.parametrize(
    ("delete", "split", "wrong"), [(None, 380, "'delete'"), (382, None, "'split'"), (9999, 1, "9999")]
)
def test_it_has_to_be_told_by_which_tokens(delete: int | None, split: int | None, wrong: str) -> None:
    given = Given(tokenizer=byte_tokenizer(), mask=MASK, family="llada2.2", delete=delete, split=split)
    with pytest.raises(ModelError, match=wrong):
        read_checkpoint(FOLDER / "llada2.1", dtype=torch.float32, device=torch.device("cpu"), given=given)

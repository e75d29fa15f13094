"""Golden logits: tiny random checkpoints in each family's published format, and what its reference code computes.

A case says which tokens were run, at which positions, which tokens see which, and the logits at some places. They were
made with the families' own modelling code (transformers 4.57, torch 2.13, mostly in float32) and are rounded to six
digits.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given

FOLDER = Path(__file__).resolve().parents[1] / "torch" / "parity"
MASK = 383
"""The mask id of every checkpoint here; A2D and Fast-dLLM v2 do not say it in their configuration."""


@dataclass(frozen=True, slots=True)
class Case:
    """One forward. `block` is the width of the blocks that see each other and those before; 0 is full attention.
    `keys` is 0 where a token is padding that nobody sees; `places` are the rows and columns of `logits`. `sees`, where
    it is given, says instead of `block` which token sees which: a string of 0 and 1 for each."""

    checkpoint: str
    name: str
    block: int
    ids: list[list[int]]
    keys: list[list[int]]
    positions: list[list[int]]
    places: list[list[int]]
    logits: list[list[float]]
    dtype: str = "float32"
    sees: list[str] | None = None

    @property
    def close(self) -> float:
        """The largest difference that the golden data allow; in float32 independent implementations stay below 3e-5."""
        return 2e-4 if self.dtype == "float32" else 0.15


def cases() -> list[Case]:
    """All cases, in the order of their files."""
    return [Case(**one) for path in sorted(FOLDER.glob("*.json")) for one in json.loads(path.read_text("utf-8"))]


def golden(checkpoint: str, dtype: torch.dtype = torch.float32) -> Loaded:
    """A golden checkpoint. None has a tokenizer, so one of bytes is given.

    In bfloat16 the reference was cast as a whole, which rounds the frequencies of the rotation too. We keep those in
    float32; here they are rounded as theirs were.
    """
    given = Given(tokenizer=byte_tokenizer(), mask=MASK)
    model = read_checkpoint(FOLDER / checkpoint, dtype=dtype, device=torch.device("cpu"), given=given)
    if dtype is not torch.float32:
        cast(Any, model.body).rotary_emb.to(dtype)
    return model


def seen(case: Case) -> Tensor:
    """`(rows, 1, tokens, tokens)`, true where a token sees another. A pad, which sees nothing, sees itself: its own
    output is not read, and a softmax over nothing is no number."""
    keys = torch.tensor(case.keys).bool()
    places = torch.arange(keys.shape[1])
    whole = torch.ones(len(places), len(places)).bool()
    near = places // case.block <= places.unsqueeze(-1) // case.block if case.block else whole
    if case.sees is not None:
        near = torch.tensor([[one == "1" for one in line] for line in case.sees])
    return ((near & keys.unsqueeze(1)) | torch.eye(len(places)).bool()).unsqueeze(1)


def nearby(sees: Tensor, window: int | None) -> Tensor:
    """What is seen in a layer whose tokens see only so far to either side."""
    places = torch.arange(sees.shape[-1])
    return sees if window is None else sees & ((places - places.unsqueeze(-1)).abs() <= window)


@torch.inference_mode()
def computed(model: Loaded, case: Case, attention: str) -> Tensor:
    """The logits at the places of a case by the body and head, with transformers' own `sdpa` or `eager`."""
    body = copy.deepcopy(model.body)
    cast(Any, body).config._attn_implementation = attention
    masks = {window: nearby(seen(case), window) for window in model.windows}
    if attention == "eager":
        added = torch.zeros((), dtype=model.dtype)
        masks = {window: added.masked_fill(~mask, float("-inf")) for window, mask in masks.items()}
    kinds: list[str] = getattr(model.config, "layer_types", None) or []
    mask = dict(zip(kinds, (masks[window] for window in model.windows), strict=True)) if len(masks) > 1 else masks[None]
    run = {"input_ids": torch.tensor(case.ids), "position_ids": torch.tensor(case.positions)}
    hidden = body(**run, attention_mask=mask, use_cache=False).last_hidden_state
    rows, columns = torch.tensor(case.places).T
    return model.logits(hidden[rows, columns])

"""Golden logits: tiny random checkpoints in each family's published format, and what its reference code computes.

A case says which tokens were run, at which positions, which tokens see which, and the logits at some places. They were
made with the families' own modelling code (transformers 4.57, torch 2.13, float32) and are rounded to six digits.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import Given
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer

FOLDER = Path(__file__).resolve().parents[1] / "torch" / "parity"
MASK = 383
"""The mask id of every checkpoint here; A2D and Fast-dLLM v2 do not say it in their configuration."""


@dataclass(frozen=True, slots=True)
class Case:
    """One forward. `block` is the width of the blocks that see each other and those before; 0 is full attention.
    `keys` is 0 where a token is padding that nobody sees; `places` are the rows and columns of `logits`."""

    checkpoint: str
    name: str
    block: int
    ids: list[list[int]]
    keys: list[list[int]]
    positions: list[list[int]]
    places: list[list[int]]
    logits: list[list[float]]


def cases() -> list[Case]:
    """All cases, in the order of their files."""
    return [Case(**one) for path in sorted(FOLDER.glob("*.json")) for one in json.loads(path.read_text("utf-8"))]


def golden(checkpoint: str) -> Loaded:
    """A golden checkpoint in float32. None has a tokenizer, so one of bytes is given."""
    given = Given(tokenizer=byte_tokenizer(), mask=MASK)
    return read_checkpoint(FOLDER / checkpoint, dtype=torch.float32, device=torch.device("cpu"), given=given)


def seen(case: Case) -> Tensor:
    """`(rows, 1, tokens, tokens)`, true where a token sees another. A pad, which sees nothing, sees itself: its own
    output is not read, and a softmax over nothing is no number."""
    keys = torch.tensor(case.keys).bool()
    places = torch.arange(keys.shape[1])
    whole = torch.ones(len(places), len(places)).bool()
    near = places // case.block <= places.unsqueeze(-1) // case.block if case.block else whole
    return ((near & keys.unsqueeze(1)) | torch.eye(len(places)).bool()).unsqueeze(1)


@torch.inference_mode()
def computed(model: Loaded, case: Case, attention: str) -> Tensor:
    """The logits at the places of a case by the native body and head, with transformers' own `sdpa` or `eager`."""
    body = copy.deepcopy(model.body)
    cast(Any, body).config._attn_implementation = attention
    mask = seen(case) if attention == "sdpa" else torch.zeros(()).masked_fill(~seen(case), float("-inf"))
    run = {"input_ids": torch.tensor(case.ids), "position_ids": torch.tensor(case.positions)}
    hidden = body(**run, attention_mask=mask, use_cache=False).last_hidden_state
    rows, columns = torch.tensor(case.places).T
    return model.logits(hidden[rows, columns])

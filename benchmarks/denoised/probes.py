"""Probes: one forward of the adapter over held-out text with masks in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor

from hierdiff_torch import load
from hierdiff_torch.models.adapter import Adapter, attach, blank
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.training import passes
from hierdiff_torch.training.layouts import IGNORED, Layout, infill_probe, probe
from hierdiff_torch.training.texts import Sample

Side = Literal["window", "aside", "left"]
_BATCH = 4
_BEST = 5


@dataclass(slots=True)
class Probed:
    """A model with an adapter whose forwards are those of training; no engine may run it."""

    model: Loaded
    adapter: Adapter

    @property
    def head(self) -> Tensor:
        """`(vocabulary, width)`."""
        return cast(Tensor, self.model.head.weight)

    @property
    def mask(self) -> int:
        """The first id that the vocabulary does not have."""
        return self.model.config.vocab_size


def untrained(model: Loaded, rank: int = 32) -> Probed:
    """The base with an adapter that changes nothing, and a mask that is the mean of all embeddings."""
    tensors = {name: one.to(model.device) for name, one in blank(model.body, rank, 0).items()}
    return _probed(model, attach(model.body, tensors))


def shipped(target: str) -> Probed:
    """The model with the adapter that it comes with."""
    model = load(target)
    if model.adapter is None:
        raise SystemExit(f"torch:{target} comes without an adapter: there is nothing to measure")
    return _probed(model, model.adapter)


def _probed(model: Loaded, adapter: Adapter) -> Probed:
    model.body.config._attn_implementation = passes.NAME  # pyright: ignore
    return Probed(model, adapter)


@torch.no_grad()
def masked(probed: Probed, samples: Sequence[Sample], block: int, ratio: float) -> tuple[float, float]:
    """Negative log-likelihood in nats and accuracy of masked tokens, each given what stands before its block and in it.

    A block's first token is read off the text before it, and is not counted."""
    nats, right, count = 0.0, 0.0, 0
    for at in range(0, len(samples), _BATCH):
        batch = probe(samples[at : at + _BATCH], block=block, ratio=ratio, mask=probed.mask, seed=at)
        seen = passes.run(probed.model.body, probed.head, probed.adapter, batch.to(probed.model.device), 0.0)
        nats, right, count = nats + seen.nats * seen.count, right + seen.right * seen.count, count + seen.count
    return nats / count, right / count


@dataclass(slots=True)
class Guessed:
    """Of the tokens of many holes: shares whose likeliest token, or one of the five likeliest, is right, of all of them
    and of each hole's first; `whole` is the share of holes that are right throughout."""

    top1: float
    top5: float
    first1: float
    first5: float
    whole: float
    tokens: int


@torch.no_grad()
def infilled(probed: Probed, holes: Sequence[tuple[Sample, int, int]], side: Side) -> Guessed:
    """Holes with every token masked, all read off one forward."""
    found = [one for batch in _batches(probed, holes, side) for one in _guesses(probed, batch)]
    return _guessed(found)


@torch.no_grad()
def by_base(probed: Probed, holes: Sequence[tuple[Sample, int, int]]) -> Guessed:
    """The base's own guess of every hole's first token from the text before it."""
    found: list[list[int]] = []
    for batch in _batches(probed, holes, "left"):
        clean, _ = _hidden(probed, batch)
        for row, targets in enumerate(batch.targets):
            place = int((targets != IGNORED).nonzero()[0])
            found.append(_ranks(probed, clean[row, batch.taught[row, place]][None], targets[place][None]))
    return _guessed(found)


def _batches(probed: Probed, holes: Sequence[tuple[Sample, int, int]], side: Side) -> list[Layout]:
    parts = [holes[at : at + _BATCH] for at in range(0, len(holes), _BATCH)]
    return [infill_probe(part, mask=probed.mask, side=side).to(probed.model.device) for part in parts]


def _guesses(probed: Probed, batch: Layout) -> list[list[int]]:
    """Of each hole, how many tokens are likelier than the right one, place by place."""
    _, noisy = _hidden(probed, batch)
    read = batch.targets != IGNORED
    return [_ranks(probed, noisy[row, read[row]], batch.targets[row, read[row]]) for row in range(len(read))]


def _ranks(probed: Probed, hidden: Tensor, targets: Tensor) -> list[int]:
    scores = torch.nn.functional.linear(hidden, probed.head).float()
    return (scores > scores.gather(1, targets.unsqueeze(1))).sum(1).tolist()


def _hidden(probed: Probed, batch: Layout) -> tuple[Tensor, Tensor]:
    """Last hidden states of both streams, as `passes.run` makes them."""
    body: Any = probed.model.body
    noisy, keys = probed.adapter.noisy, passes.Keys(batch.clean_seen.unsqueeze(1), clean=True)
    noisy.all = False
    clean = body(input_ids=batch.clean, position_ids=batch.clean_positions, use_cache=False, keys=keys)
    keys.seen, keys.clean = batch.noisy_seen.unsqueeze(1), False
    noisy.all = True
    try:
        found = body(input_ids=batch.noisy, position_ids=batch.noisy_positions, use_cache=False, keys=keys)
    finally:
        noisy.all = False
    return clean.last_hidden_state, found.last_hidden_state


def _guessed(ranks: Sequence[Sequence[int]]) -> Guessed:
    every = [rank for hole in ranks for rank in hole]
    return Guessed(
        top1=sum(rank == 0 for rank in every) / len(every),
        top5=sum(rank < _BEST for rank in every) / len(every),
        first1=sum(hole[0] == 0 for hole in ranks) / len(ranks),
        first5=sum(hole[0] < _BEST for hole in ranks) / len(ranks),
        whole=sum(not any(hole) for hole in ranks) / len(ranks),
        tokens=len(every),
    )

"""Renoising: the windows of a row under uniform noise, from one forward to the next."""

from typing import Protocol

import torch
from torch import Tensor

from hierdiff_torch.committing import settle
from hierdiff_torch.region import Region
from hierdiff_torch.rows import Row, Trace
from hierdiff_torch.uniform import advance, believed, start


class Decoder(Protocol):
    """What denoises canvases of random tokens: `denoise` gives logits `(1, N, vocabulary)` of packed canvases, told by
    `conditioning` `(1, N, hidden)` what `condition` made of the last ones."""

    def denoise(self, tokens: Tensor, positions: Tensor, conditioning: Tensor | None, step: object) -> Tensor:
        """Logits, float32."""
        ...

    def condition(self, logits: Tensor) -> Tensor:
        """What the next forward is told."""
        ...


def begin(row: Row, region: Region) -> None:
    """Fill an open region with noise. What stands in it keeps its tokens."""
    pinned = torch.tensor(region.pinned)
    region.sketch = start(row.draws, len(region.tokens), row.vocabulary, torch.tensor(region.tokens), pinned)
    region.start, region.stop = 0, len(region.tokens)
    region.tokens = region.sketch.tokens.tolist()
    row.believed = None


def told(rows: list[tuple[Row, int]], width: int, dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """The conditioning of packed canvases `(1, N, width)`, given each row and its number of places; None if none has
    been run before."""
    if all(row.believed is None for row, _ in rows):
        return None
    parts = [
        torch.zeros(count, width, dtype=dtype, device=device) if row.believed is None else row.believed
        for row, count in rows
    ]
    return torch.cat(parts).unsqueeze(0)


def renoise(row: Row, logits: Tensor, decoder: Decoder) -> None:
    """Take one forward's `logits` `(places, vocabulary)`: keep what is sure, noise the rest anew, and settle the window
    when it is done."""
    region, settings = row.region, row.denoising.uniform
    assert region is not None and region.sketch is not None and settings is not None
    hole = next(owner for owner in region.owners if owner is not None)
    if hole.sampling.bias is not None:
        logits = logits + hole.sampling.bias
    before = region.sketch
    row.believed = decoder.condition(believed(before, logits, settings))
    region.sketch = after = advance(before, logits, row.draws, settings)
    row.steps += 1
    first = len(row.prefix) + row.ready
    if row.trace is not None:
        places = [first + place for place in range(len(region.tokens))]
        nothing: list[int] = []
        row.trace.append(Trace(row.steps, nothing, nothing, [], nothing, [], places, logits.clone(), after))
    region.tokens = after.tokens.tolist()
    if not after.done:
        return
    free = [place for place, pinned in enumerate(region.pinned) if not pinned]
    best = after.best[torch.tensor(free)]
    chance = logits.softmax(-1).cpu()[torch.tensor(free)].gather(-1, best.unsqueeze(-1)).squeeze(-1)
    row.committed += len(free)
    region.write(free, best.tolist(), chance.tolist())
    row.believed = None
    settle(row)

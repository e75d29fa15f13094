"""Sections written by the engine, one at a time, so that every forward belongs to one of them."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hierdiff.canvas import Canvas, Ink
from hierdiff_torch import TorchBackend
from hierdiff_torch.asking import CHUNK
from hierdiff_torch.models.loaded import Loaded

Verify = Literal["exact", "plausible", "off"]


@dataclass(frozen=True, slots=True)
class Way:
    """How sections are written; `block` 1 is from left to right, and None leaves it to the engine."""

    block: int | None
    verify: Verify | None = None
    greedy: bool = False
    ahead: bool = False

    @property
    def name(self) -> str:
        """For tables."""
        how = "greedy" if self.greedy else self.verify or "sampled"
        size = "block chosen" if self.block is None else f"block {self.block}"
        return f"{size}, {how}" + (", ahead" if self.ahead else "")

    def opened(self, model: Loaded) -> TorchBackend:
        """The engine that writes so, one row at a time."""
        return TorchBackend(model, rows=1, block=self.block, verify=self.verify, greedy=self.greedy, ahead=self.ahead)


@dataclass(frozen=True, slots=True)
class Wrote:
    """One section. `tokens` were committed, `kept` of them stand in the text; `forwards` are without those that only
    ran the shared prompt. Of `checked` drafted tokens the base has `accepted` some."""

    text: str
    tokens: int
    kept: int
    forwards: int
    seconds: float
    checked: int
    accepted: int


async def written(backend: TorchBackend, canvas: Canvas) -> Wrote:
    """A canvas filled, with the work that it took."""
    work = backend.work
    before = work.forwards, work.prefix_rows, work.tokens, work.checked, work.accepted
    last, started = canvas, time.perf_counter()
    async for step in backend.fill(canvas):
        last = step
    seconds = time.perf_counter() - started
    after = work.forwards, work.prefix_rows, work.tokens, work.checked, work.accepted
    forwards, prompt, tokens, checked, accepted = (b - a for a, b in zip(before, after, strict=True))
    forwards -= math.ceil(prompt / CHUNK)
    return Wrote(last.text.strip(), tokens, last.tokens, forwards, seconds, checked, accepted)


async def written_by(models: Mapping[Way, Loaded], canvases: Sequence[Canvas]) -> dict[Way, list[Wrote]]:
    """Every canvas by every way; the ways take turns, so that a slower hour of the machine is everyone's."""
    backends = {way: way.opened(model) for way, model in models.items()}
    found: dict[Way, list[Wrote]] = {way: [] for way in backends}
    for backend in backends.values():
        await written(backend, canvases[-1].changed(pieces=(canvases[-1].holes[0].changed(width=8),)))
    for number, canvas in enumerate(canvases):
        turns = list(backends)
        for way in turns[number % len(turns) :] + turns[: number % len(turns)]:
            found[way].append(await written(backends[way], canvas))
    for backend in backends.values():
        await backend.close()
    return found


async def perplexity(base: TorchBackend, canvases: Sequence[Canvas], texts: Sequence[str]) -> float:
    """Perplexity of texts under the base, each after the prompt that it was written with."""
    nats, count = 0.0, 0
    for canvas, text in zip(canvases, texts, strict=True):
        if text:
            scores = await base.score(canvas.changed(pieces=(Ink(text=text),)), "left")
            nats, count = nats - sum(one.logprob for one in scores), count + len(scores)
    return math.exp(nats / count) if count else math.nan

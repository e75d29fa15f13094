"""DiffusionGemma: cases of canvases of random tokens, which have no masks and no commits.

A batch draws for all of its rows at once and goes on until its last row is done with a canvas. Here every row runs by
itself in the engine and takes its share of what the batch drew for the same canvas and step.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from benchmarks.golden.case import Broken, Case
from benchmarks.golden.play import MOST_STEPS, Anytime
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Seeded
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.rows import Row, Trace
from hierdiff_torch.sampling import GREEDY
from hierdiff_torch.uniform import Uniform

CLOSE = 2e-4
"""The largest difference in logits that the golden data allow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the tokens are the reference's, the first thing that is not as it has to be, and the largest difference
    in logits."""

    tokens: bool
    why: str
    logits: float
    forwards: int


@dataclass(slots=True)
class Batch:
    """What a batch draws, in the reference's order: for every canvas its noise, and for every step of it exponentials
    for the tokens and new noise. `steps` says how many steps each canvas took."""

    seed: int
    rows: int
    width: int
    steps: Sequence[int]
    vocabulary: int
    _drawn: dict[tuple[int, int, str], Tensor] = field(default_factory=dict[tuple[int, int, str], Tensor])

    def __post_init__(self) -> None:
        source, places = Seeded(self.seed), self.rows * self.width
        for canvas, count in enumerate(self.steps):
            self._drawn[canvas, -1, "tokens"] = source.tokens(places, self.vocabulary)
            for step in range(count):
                self._drawn[canvas, step, "exponential"] = source.exponential(places, self.vocabulary)
                self._drawn[canvas, step, "tokens"] = source.tokens(places, self.vocabulary)

    def share(self, row: int, canvas: int, step: int, kind: str) -> Tensor:
        """One row's part of a draw."""
        if (canvas, step, kind) not in self._drawn:
            raise Broken(f"the engine draws for step {step} of canvas {canvas}, which the reference never reached")
        return self._drawn[canvas, step, kind][row * self.width : (row + 1) * self.width]


@final
class Share:
    """One row's draws of a batch's: a canvas begins when noise is asked for twice in a row."""

    def __init__(self, batch: Batch, row: int) -> None:
        self._batch, self._row = batch, row
        self._canvas, self._step, self._drew = -1, -1, False

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """New noise: a canvas's first, or that of a step."""
        if not self._drew:
            self._canvas, self._step = self._canvas + 1, -1
        self._drew = False
        return self._batch.share(self._row, self._canvas, self._step, "tokens")

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """What the tokens of a step are drawn by."""
        self._step, self._drew = self._step + 1, True
        return self._batch.share(self._row, self._canvas, self._step, "exponential")

    def uniform(self, places: int, vocabulary: int) -> Tensor:
        """Refused: uniform noise draws tokens and exponentials."""
        raise Broken("the engine draws Gumbel noise, the reference none")

    def uniform32(self, places: int, width: int) -> Tensor:
        """Refused."""
        raise Broken("the engine draws nucleus noise, the reference none")

    def ranks(self, places: int) -> Tensor:
        """Refused."""
        raise Broken("the engine draws a random order, the reference none")

    def successes(self, count: int, chance: float) -> int:
        """Refused."""
        raise Broken("the engine draws binomially, the reference does not")


def outcome(case: Case, model: Loaded) -> Outcome:
    """A case through the engine: tokens, every step of every canvas, and the logits of two forwards."""
    width, most = case.count("canvas_length"), case.count("max_new_tokens")
    canvases = _canvases(case)
    batch = Batch(case.seed, len(case.prompts), width, [len(steps) for steps in canvases], model.config.vocab_size)
    engine = Engine(model)
    how = Denoising(block=width, kept="causal", shift=False, uniform=_settings(case))
    size = -(-most // width) * width
    traces: list[list[Trace]] = [[] for _ in case.prompts]
    holes: list[HolePart] = []
    for number, prompt in enumerate(case.prompts):
        hole = HolePart(Anytime("exact", size, size, lambda tokens: "", case.ids("eos_id")), GREEDY)
        script: deque[InkPart | HolePart] = deque([InkPart(list(prompt)), hole])
        engine.add(Row(str(number), (), script, how, Share(batch, number), lambda row: None, trace=traces[number]))
        holes.append(hole)
    for _ in range(MOST_STEPS):
        if engine.idle:
            break
        engine.step()
    why = _results(case, holes) or next(
        filter(None, (_steps(canvases, row, one) for row, one in enumerate(traces))), ""
    )
    return Outcome(not _results(case, holes), why, _logits(case, traces), engine.work.forwards)


def _settings(case: Case) -> Uniform:
    return Uniform(
        steps=case.count("max_denoising_steps"),
        bound=case.number("entropy_bound"),
        hot=case.number("t_max"),
        cold=case.number("t_min"),
        stable=case.count("stability_threshold"),
        sure=case.number("confidence_threshold"),
    )


def _canvases(case: Case) -> list[list[dict[str, list[list[int]]]]]:
    """The reference's steps, canvas by canvas: a step that counts from the top again begins one."""
    out: list[list[dict[str, list[list[int]]]]] = []
    last = 0
    for step in case.canvases:
        now = int(step["cur_step"])
        if now > last:
            out.append([])
        out[-1].append(dict(step))
        last = now
    return out


def _results(case: Case, holes: Sequence[HolePart]) -> str:
    """Where the tokens part: what follows an end token is padding in the reference."""
    longest = max(map(len, case.prompts))
    for row, (expected, hole) in enumerate(zip(case.expected, holes, strict=True)):
        theirs = list(expected[longest:])
        ends = [place for place, token in enumerate(theirs) if token in case.ids("eos_id")]
        theirs = theirs[: ends[0]] if ends else theirs
        if theirs != hole.tokens[: len(theirs)] or (ends and len(hole.tokens) > len(theirs)):
            ours = hole.tokens
            return f"row {row} has {ours[:8]}.. of {len(ours)}, the reference {theirs[:8]}.. of {len(theirs)}"
    return ""


def _steps(canvases: Sequence[Sequence[dict[str, list[list[int]]]]], row: int, trace: Sequence[Trace]) -> str:
    """The first step whose canvas is another one."""
    at = 0
    for number, steps in enumerate(canvases):
        for step, golden in enumerate(steps):
            if at >= len(trace):
                return ""
            sketch = trace[at].sketch
            assert sketch is not None
            ours = (sketch.tokens.tolist(), sketch.accepted.tolist(), sketch.best.tolist())
            theirs = tuple(golden[name][row] for name in ("next_canvas", "accepted", "argmax_canvas"))
            if ours != theirs:
                return f"row {row} differs at step {step} of canvas {number}"
            at += 1
            if sketch.done:
                break
    return "" if at == len(trace) else f"row {row} ran {len(trace)} steps, the reference {at}"


def _logits(case: Case, traces: Sequence[Sequence[Trace]]) -> float:
    """The largest difference to the logits of the first two forwards."""
    worst = 0.0
    for number, golden in enumerate(case.logits):
        for (row, place), wanted in zip(golden.places, golden.logits, strict=True):
            if number < len(traces[row]):
                ours = traces[row][number].logits[place]
                worst = max(worst, float((ours - torch.tensor(wanted)).abs().max()))
    return worst

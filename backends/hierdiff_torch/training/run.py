"""Run: the training loop. It can be stopped at any step and goes on from its last saved state with the same curve.

Every draw of a step comes from the seed and the step's number alone, so a run that was stopped sees what it would have
seen. The base's weights do not change; only the adapter's are kept, in float32, with AdamW's moments (arXiv
1711.05101).
"""

import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hierdiff.errors import ModelError
from hierdiff_torch.models.adapter import Adapter, attach, blank
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.training import passes, state
from hierdiff_torch.training.layouts import Layout, layout, probe
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.state import Held, Point, Record
from hierdiff_torch.training.stopping import Stopping
from hierdiff_torch.training.texts import Sample, Texts

Told = Callable[[Point, int], None]
"""Told of every step, and of how many there are."""
PROBES = ((4, 1.0), (8, 1.0), (8, 0.5), (16, 0.5))
_HELD = 12


class Run:
    """One training run on one loaded base, in one folder."""

    def __init__(self, base: Loaded, texts: Texts, recipe: Recipe, folder: Path, source: str) -> None:
        self.base, self.texts, self.recipe, self.folder = base, texts, recipe, folder
        about: dict[str, Any] = {"recipe": recipe.model_dump(mode="json"), "data": texts.digest, "base": source}
        found = state.restored(folder, about)
        about |= {"torch": torch.__version__, "tokens": texts.tokens, "dtype": str(base.dtype).removeprefix("torch.")}
        self.record = found[0] if found else Record(about)
        self._saved = self.record.step
        start = blank(base.body, recipe.rank, recipe.seed)
        if found:
            start = {name: found[1][f"p.{name}"].to(base.device) for name in start}
        self.adapter: Adapter = attach(base.body, {name: one.to(base.device) for name, one in start.items()})
        self._parameters = list(self.adapter.parameters.values())
        for parameter in self._parameters:
            parameter.requires_grad_(True)
        self._optimizer = torch.optim.AdamW(self._parameters, lr=recipe.rate, weight_decay=0.0, betas=(0.9, 0.99))
        if found:
            self._restore(found[1])
        base.body.config._attn_implementation = passes.NAME  # pyright: ignore
        self._mask, self._end = base.config.vocab_size, base.family.eos[0]
        self._paired = [sample for sample in texts.train if sample.ended or sample.given > 16]
        self._loose = [sample for sample in texts.train if not (sample.ended or sample.given > 16)]

    def run(self, told: Told) -> Record:
        """Train to the last step. KeyboardInterrupt saves and is raised again; a loss that is no number stops the run
        with ModelError, and the last saved state stays."""
        recipe = self.recipe
        began = time.monotonic() - self.record.seconds
        with Stopping() as stopping:
            try:
                while True:
                    if self._due:
                        self._measure()
                        with stopping.whole():
                            self.save()
                    if self.record.step >= recipe.steps:
                        return self.record
                    point = self._seen(self.record.step)
                    with stopping.whole():
                        self._learn(point)
                        self.record.seconds = round(time.monotonic() - began, 1)
                    told(point, recipe.steps)
            except KeyboardInterrupt:
                with stopping.whole():
                    self.save()
                raise

    @property
    def _due(self) -> bool:
        """Whether held-out texts are to be measured now, and the state saved."""
        step = self.record.step
        marked = step % self.recipe.every == 0 or step == self.recipe.steps
        return marked and all(one.step != step for one in self.record.held)

    def _seen(self, step: int) -> Point:
        """The gradient of a step, and its point of the curve. Nothing that is saved has changed yet."""
        recipe, draws = self.recipe, random.Random(f"{self.recipe.seed}:{step}")
        self._optimizer.zero_grad()
        samples = [self._drawn(draws) for _ in range(recipe.sequences)]
        early = step < recipe.steps // 3
        batch = layout(samples, recipe, mask=self._mask, end=self._end, draws=draws, early=early)
        seen = passes.run(self.base.body, self._head, self.adapter, self._moved(batch), recipe.teacher)
        seen.loss.backward()  # pyright: ignore[reportUnknownMemberType]
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, 1.0))
        loss = float(seen.loss.detach())
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise ModelError(
                f"the loss is no number any more at step {step}; the state of step {self._saved} is kept in "
                f"{self.folder}: run again in a new folder with a lower --rate than {recipe.rate:g}",
                about=str(self.folder),
            )
        return Point(step, round(loss, 4), round(seen.nats, 4), round(seen.right, 4), seen.count)

    def _learn(self, point: Point) -> None:
        """The step itself: parameters, moments and record change together."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate(self.recipe, point.step)
        self._optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        self.record.curve.append(point)
        self.record.step += 1

    def _drawn(self, draws: random.Random) -> Sample:
        both = self._paired and self._loose
        first = draws.random() < self.recipe.paired if both else bool(self._paired)
        return draws.choice(self._paired if first else self._loose)

    @torch.no_grad()
    def _measure(self) -> None:
        """Held-out texts at the run's probes: all of them, or, if it is stopped, none."""
        found: list[Held] = []
        held = sorted(self.texts.held, key=lambda sample: (not sample.ended, sample.tokens))[:_HELD]
        for block, ratio in PROBES:
            batch = probe(held, block=block, ratio=ratio, mask=self._mask, seed=1)
            seen = passes.run(self.base.body, self._head, self.adapter, self._moved(batch), 0.0)
            found.append(Held(self.record.step, block, ratio, round(seen.nats, 4), round(seen.right, 4)))
        self.record.held += found

    def save(self) -> None:
        """The state as it is now. Raises FileError."""
        moments: dict[str, Tensor] = {}
        for name, parameter in self.adapter.parameters.items():
            for kind in ("exp_avg", "exp_avg_sq"):
                found = self._optimizer.state.get(parameter, {}).get(kind)
                if found is not None:
                    moments[f"{kind}.{name}"] = found
        state.save(self.folder, self.record, self.adapter.tensors, moments)
        self._saved = self.record.step

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, parameter in self.adapter.parameters.items():
            if f"exp_avg.{name}" in tensors:
                self._optimizer.state[parameter] = {
                    "step": torch.tensor(float(self.record.step)),
                    "exp_avg": tensors[f"exp_avg.{name}"].to(parameter.device),
                    "exp_avg_sq": tensors[f"exp_avg_sq.{name}"].to(parameter.device),
                }

    @property
    def _head(self) -> Tensor:
        return self.base.head.weight  # pyright: ignore[reportReturnType]

    def _moved(self, batch: Layout) -> Layout:
        return batch.to(self.base.device)


def rate(recipe: Recipe, step: int) -> float:
    """The learning rate of a step: a warm-up, then half a cosine down to `floor` of it."""
    rising = min(1.0, (step + 1) / max(1, recipe.warm))
    falling = 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
    return recipe.rate * rising * (recipe.floor + (1 - recipe.floor) * falling)

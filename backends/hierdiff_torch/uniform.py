"""Uniform noise: how a window of random tokens becomes text, as pure functions over a frozen state.

The window begins as random tokens. Every forward proposes a token for each of its places. Those of which the model is
sure are accepted, the others become new random tokens, and what the model thought is what its next forward is
conditioned on. The outcome is the most likely token of every place after the last forward.

This is the sampler of DiffusionGemma (transformers 5.23, float32). Acceptance is that of Entropy-Bounded unmasking
(arXiv 2505.24857), conditioning a model on its own last guess that of Analog Bits (arXiv 2208.04202). Draws are made in
the reference's order and shapes: `tokens` for the first noise, then for each forward `exponential` and `tokens`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws


@final
@dataclass(frozen=True, slots=True)
class Uniform:
    """How a window under uniform noise is denoised, in at most `steps` forwards.

    Logits are divided by a temperature that falls from `hot` at the first forward towards `cold`, in equal steps.
    Places are accepted in order of their entropy, until the sum of it over those before exceeds `bound` (nats). A
    window is left before its last forward when the most likely tokens are those of the `stable` forwards before and
    the mean entropy of its places is below `sure` (nats). Raises ValueError for settings that no window can have.
    """

    steps: int = 48
    bound: float = 0.1
    hot: float = 0.8
    cold: float = 0.4
    stable: int = 1
    sure: float = 0.005

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")
        if not 0 < self.bound < float("inf"):
            raise ValueError(f"bound must be a positive number, not {self.bound}")
        if not 0 <= self.cold <= self.hot < float("inf") or self.hot == 0:
            raise ValueError(f"temperatures must fall from hot to cold, not from {self.hot} to {self.cold}")
        if self.stable < 0 or self.sure < 0:
            raise ValueError(f"stable and sure must not be negative, and are {self.stable} and {self.sure}")

    def temperature(self, step: int) -> float:
        """The temperature of forward `step`, counted from 0; a float32 number, as the reference computes it."""
        return float(self.cold + (self.hot - self.cold) * (torch.tensor(self.steps - step) / self.steps))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A window between two forwards. Tensors are `(width,)` on the CPU.

    `tokens` is what the next forward runs, `best` the most likely tokens of the last one, which are the outcome when
    the window is `done`. `accepted` is true where a place took the token drawn for it, `pinned` where a token stands
    that never changes. `recent` holds the `best` of earlier forwards, the latest last; `step` counts the forwards made.
    """

    tokens: Tensor
    best: Tensor
    accepted: Tensor
    pinned: Tensor
    recent: tuple[Tensor, ...] = ()
    step: int = 0
    done: bool = False


def start(
    draws: Draws, width: int, vocabulary: int, text: Tensor | None = None, pinned: Tensor | None = None
) -> Sketch:
    """A window of random tokens below `vocabulary`. Where `pinned` (bool `(width,)`) is true, the token of `text`
    (int64 `(width,)`) stands and no noise is drawn. Raises ValueError if there is no place, or the three do not fit."""
    keep = torch.zeros(width, dtype=torch.bool) if pinned is None else pinned
    stands = torch.zeros(width, dtype=torch.int64) if text is None else text
    if width < 1 or keep.shape != (width,) or stands.shape != (width,):
        raise ValueError(f"{width} places, {len(stands)} tokens and {len(keep)} pins are no window")
    if text is None and bool(keep.any()):
        raise ValueError("a pinned place needs a token: text is missing")
    tokens = _put(stands, ~keep, draws.tokens(int((~keep).sum()), vocabulary))
    return Sketch(tokens, tokens, torch.zeros_like(keep), keep, done=bool(keep.all()))


def advance(sketch: Sketch, logits: Tensor, draws: Draws, settings: Uniform) -> Sketch:
    """The window after a forward over `sketch.tokens` that gave `logits`, float32 `(width, vocabulary)` on any device.

    Only places that are not pinned are drawn, ranked and asked whether they are sure. Raises ValueError for a window
    that is done.
    """
    if sketch.done:
        raise ValueError(f"this window was done after {sketch.step} forwards")
    free = ~sketch.pinned
    tempered = logits[free.to(logits.device)] / settings.temperature(sketch.step)
    chance = tempered.softmax(-1)
    noise = draws.exponential(*chance.shape).to(chance.device)
    drawn = (chance / noise).argmax(-1).cpu()
    unsure = entropies(chance).cpu()
    taken = accepted(unsure, settings.bound)
    fresh = draws.tokens(len(drawn), chance.shape[-1])
    best = _put(sketch.best, free, tempered.argmax(-1).cpu())
    step = sketch.step + 1
    settled = _stable(best, sketch.recent, settings.stable) and bool(unsure.mean() < settings.sure)
    return Sketch(
        tokens=_put(sketch.tokens, free, torch.where(taken, drawn, fresh)),
        best=best,
        accepted=_put(torch.zeros_like(free), free, taken),
        pinned=sketch.pinned,
        recent=(*sketch.recent, best)[-settings.stable :] if settings.stable else (),
        step=step,
        done=settled or step >= settings.steps,
    )


def believed(sketch: Sketch, logits: Tensor, settings: Uniform) -> Tensor:
    """What the forward after this one is conditioned on: logits `(width, vocabulary)` at the temperature of this one.

    `sketch` is the window that the forward ran, before `advance`. At a pinned place all chance is on its token: the
    reference has no pinned places, and nothing is surer than a token that stands.
    """
    tempered = logits / settings.temperature(sketch.step)
    if not bool(sketch.pinned.any()):
        return tempered
    pinned = sketch.pinned.to(logits.device)
    certain = torch.full_like(tempered[pinned], float("-inf"))
    tempered[pinned] = certain.scatter(-1, sketch.tokens.to(logits.device)[pinned].unsqueeze(-1), 0.0)
    return tempered


def entropies(chance: Tensor) -> Tensor:
    """The entropy in nats of each distribution: `(places, vocabulary)` to `(places,)`."""
    return torch.special.entr(chance).sum(-1)


def accepted(entropy: Tensor, bound: float) -> Tensor:
    """True for the places to accept, bool `(places,)`: the least entropy first, each one if the `entropy` of those
    before it is at most `bound` in sum, so that the first one always is (arXiv 2505.24857)."""
    ordered, order = entropy.sort(stable=True)
    return torch.zeros_like(entropy, dtype=torch.bool).scatter(0, order, ordered.cumsum(0) - ordered <= bound)


def ended(tokens: Sequence[int], eos: Collection[int]) -> int | None:
    """How many tokens of a finished window stand: those up to its first end token, and it. None if there is none."""
    return next((place + 1 for place, token in enumerate(tokens) if token in eos), None)


def _stable(best: Tensor, recent: tuple[Tensor, ...], count: int) -> bool:
    """Whether as many forwards as `count` said before what this one says."""
    return len(recent) == count and all(torch.equal(best, earlier) for earlier in recent)


def _put(whole: Tensor, where: Tensor, part: Tensor) -> Tensor:
    """A copy of `whole` with `part` where `where` is true."""
    copy = whole.clone()
    copy[where] = part
    return copy

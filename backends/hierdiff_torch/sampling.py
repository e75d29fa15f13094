"""Sampling: from logits to one candidate token a position, without loops.

Small models repeat themselves. Each hole therefore lowers the logits of what its canvas has already said (the penalty
of CTRL, arXiv 1909.05858), forbids repeating any run of `ngram` tokens, and draws from the few most likely tokens only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(slots=True)
class Sampling:
    """How the tokens of one hole are drawn.

    Tokens in `spared` (articles, full stops) may come again freely. `bias` `(vocabulary,)` is added to the logits (-inf
    forbids a token), `opening` as well where a paragraph begins: at the hole's start and after a token in `breaks`.
    `stops` end a sentence. `ban` holds token runs that the hole must not begin with.
    """

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.92
    penalty: float = 1.15
    ngram: int = 4
    window: int = 192
    spared: frozenset[int] = frozenset()
    bias: Tensor | None = None
    opening: Tensor | None = None
    breaks: frozenset[int] = frozenset()
    stops: list[int] = field(default_factory=list[int])
    ban: list[list[int]] = field(default_factory=list[list[int]])


GREEDY = Sampling(temperature=0.0, penalty=1.0, ngram=0)
"""The most likely token, nothing forbidden: what a reference sampler does at temperature 0."""


def shaped(
    logits: Tensor,
    sampling: Sampling,
    history: Sequence[int],
    hole: Sequence[int],
    before: Sequence[int] | None = None,
) -> Tensor:
    """Logits `(positions, vocabulary)` with repetition lowered and forbidden tokens at -inf. `history` is all that the
    canvas says elsewhere or has said so far, `hole` the tokens of this hole, `before` what stands right before the
    next token (default: the history's end)."""
    if sampling.bias is not None:
        logits = logits + sampling.bias
    if sampling.opening is not None and (not hole or hole[-1] in sampling.breaks):
        logits = logits + sampling.opening
    recent = list(set(history[-sampling.window :]) - sampling.spared)
    if recent and sampling.penalty != 1.0:
        said = torch.tensor(recent, device=logits.device)
        values = logits[:, said]
        logits[:, said] = torch.where(values > 0, values / sampling.penalty, values * sampling.penalty)
    forbidden = _repeating(history, history if before is None else before, sampling.ngram) + _banned(hole, sampling.ban)
    if forbidden:
        logits[:, torch.tensor(forbidden, device=logits.device)] = float("-inf")
    return logits


def draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A token for each position and its probability before temperature: `(positions,)` each.

    Temperature 0 takes the most likely token. Otherwise Gumbel noise on the nucleus of the `top_k` most likely ones:
    as many draws as there are positions times `top_k`, so that a row's draws depend on nothing but its generator.
    """
    if sampling.temperature <= 0:
        best = logits.max(-1)
        return best.indices, (best.values - logits.logsumexp(-1)).exp()
    top = logits.topk(min(sampling.top_k, logits.shape[-1]), dim=-1)
    chance = (top.values / sampling.temperature).softmax(-1)
    outside = chance.cumsum(-1) - chance > sampling.top_p
    noise = torch.rand(chance.shape, generator=generator).clamp_min_(1e-20).to(logits.device)
    noisy = (chance.log() - (-noise.log()).log()).masked_fill_(outside, float("-inf"))
    place = noisy.argmax(-1, keepdim=True)
    sure = (top.values.gather(-1, place).squeeze(-1) - logits.logsumexp(-1)).exp()
    return top.indices.gather(-1, place).squeeze(-1), sure


def _repeating(history: Sequence[int], before: Sequence[int], ngram: int) -> list[int]:
    """The tokens that would complete a run of `ngram` tokens which stands in the history already."""
    width = ngram - 1
    if width < 1 or len(history) < ngram or len(before) < width:
        return []
    tail = list(before[len(before) - width :])
    last = tail[-1]
    return [
        history[at + 1]
        for at in range(width - 1, len(history) - 1)
        if history[at] == last and list(history[at - width + 1 : at + 1]) == tail
    ]


def _banned(hole: Sequence[int], ban: Sequence[Sequence[int]]) -> list[int]:
    """The tokens that would make the hole begin like a banned text: its first three tokens, or all of a shorter one."""
    return [
        text[len(hole)] for text in ban if len(hole) == min(len(text), 3) - 1 and list(text[: len(hole)]) == list(hole)
    ]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tokens and confidence."""

    tokens: Tensor
    confidence: Tensor


def candidates(logits: Tensor, sampling: Sampling, score: str, draws: object, places: Tensor, scope: int) -> Candidates:
    """Temporary."""
    tokens, sure = draw(logits, sampling, draws._generator)
    return Candidates(tokens, sure)

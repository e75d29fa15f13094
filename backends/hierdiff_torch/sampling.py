"""Sampling: from logits to one candidate token a position and how sure it is, without loops.

Families draw in different ways: a seed gives what a reference sampler gives only if numbers are drawn in the same
shape, number format and order.

Small models repeat themselves. Each hole therefore lowers the logits of what its canvas has already said (the penalty
of CTRL, arXiv 1909.05858), forbids repeating any run of `ngram` tokens, and draws from the few most likely tokens only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from hierdiff_torch.draws import Draws, keyed
from hierdiff_torch.filters import Filter, filtered, without
from hierdiff_torch.policies.view import Score

Noise = Literal["nucleus", "gumbel", "multinomial"]
"""Where the chance of a token comes from: Gumbel noise on the most likely tokens only; Gumbel noise in float64 on the
whole vocabulary (LLaDA, arXiv 2502.09992); what `torch.multinomial` does (Dream, SDAR)."""


@dataclass(slots=True)
class Sampling:
    """How the tokens of one hole are drawn.

    Tokens in `spared` (articles, full stops) may come again freely. `bias` `(vocabulary,)` is added to the logits (-inf
    forbids a token), `opening` as well where a paragraph begins: at the hole's start and after a token in `breaks`.
    `stops` end a sentence. `ban` holds token runs that the hole must not begin with.

    `noise` says how chance comes in. `filters` is the order in which `multinomial` applies `top_k` (0: all) and `top_p`
    (1: all). `filtered` says that confidence is that of the tempered and filtered distribution, and not of the logits
    as they came. Tokens in `suppressed` are never drawn; those in `unsure` may be, but with confidence 0.
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
    noise: Noise = "nucleus"
    filters: tuple[Filter, ...] = ("top_k", "top_p")
    filtered: bool = False
    unsure: tuple[int, ...] = ()
    suppressed: tuple[int, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Candidates:
    """A token for each place, int64 `(places,)`, and its score, float32 `(places,)`; the higher, the better."""

    tokens: Tensor
    confidence: Tensor


def candidates(
    logits: Tensor,
    sampling: Sampling,
    score: Score,
    draws: Draws,
    places: Tensor,
    scope: int,
    keys: Sequence[int] | None = None,
) -> Candidates:
    """Candidates for the rows of `logits`, float32 `(n, vocabulary)`, which are the places `(n,)` out of `scope`.

    Noise is drawn for all of `scope` in one call, that for the tokens before that for a random score, so that a row's
    numbers do not depend on which places are asked for. At temperature 0 the most likely token is taken and no noise is
    drawn for it. With `keys`, one a row, the noise of nucleus sampling belongs to the key and the token: two models
    that are asked for the same place draw the same token as often as their distributions allow.
    """
    logits = without(logits, sampling.suppressed)
    kept = logits
    if sampling.filtered or (sampling.noise == "multinomial" and sampling.temperature > 0):
        kept = filtered(logits, sampling.temperature, sampling.top_k, sampling.top_p, sampling.filters)
    tokens = _tokens(logits, kept, sampling, draws, places, scope, keys)
    judged = without(kept if sampling.filtered else logits, sampling.unsure)
    return Candidates(tokens, _confidence(judged, tokens, score, draws, places, scope))


def draw(logits: Tensor, sampling: Sampling, draws: Draws) -> tuple[Tensor, Tensor]:
    """A token for each position and its probability: `(positions,)` each. `candidates` for positions that are all there
    are."""
    drawn = candidates(logits, sampling, "probability", draws, torch.arange(len(logits)), len(logits))
    return drawn.tokens, drawn.confidence


def _tokens(
    logits: Tensor,
    kept: Tensor,
    sampling: Sampling,
    draws: Draws,
    places: Tensor,
    scope: int,
    keys: Sequence[int] | None,
) -> Tensor:
    """A token for each row, int64 `(n,)`. `kept` are the tempered and filtered logits."""
    vocabulary = logits.shape[-1]
    if sampling.temperature <= 0:
        return logits.argmax(-1)
    if sampling.noise == "nucleus":
        return _nucleus(logits, sampling, draws, places, scope, keys)
    if sampling.noise == "gumbel":
        noise = draws.uniform(scope, vocabulary)[places].to(logits.device)
        return (logits.double().exp() / (-noise.log()) ** sampling.temperature).argmax(-1)
    noise = draws.exponential(scope, vocabulary)[places].to(logits.device)
    return (kept.softmax(-1) / noise).argmax(-1)


def _nucleus(
    logits: Tensor, sampling: Sampling, draws: Draws, places: Tensor, scope: int, keys: Sequence[int] | None
) -> Tensor:
    """Gumbel noise on the nucleus of the `top_k` most likely tokens: only `top_k` numbers a place, or with keys one for
    every token of the vocabulary."""
    top = logits.topk(min(sampling.top_k, logits.shape[-1]), dim=-1)
    chance = (top.values / sampling.temperature).softmax(-1)
    outside = chance.cumsum(-1) - chance > sampling.top_p
    if keys is None:
        noise = draws.uniform32(scope, chance.shape[-1])[places].clamp_min_(1e-20).to(logits.device)
    else:
        own = keyed(draws, keys, logits.shape[-1]).to(logits.device)
        noise = own.gather(-1, top.indices).clamp_min_(1e-20)
    noisy = (chance.log() - (-noise.log()).log()).masked_fill_(outside, float("-inf"))
    return top.indices.gather(-1, noisy.argmax(-1, keepdim=True)).squeeze(-1)


def _confidence(logits: Tensor, tokens: Tensor, score: Score, draws: Draws, places: Tensor, scope: int) -> Tensor:
    """What a policy ranks by, float32 `(n,)`. Probability and margin need no distribution over the vocabulary."""
    if score == "random":
        return draws.ranks(scope)[places].to(logits.device)
    if score == "order":
        return -places.to(logits.device, torch.float32)
    if score == "entropy":
        chance = logits.softmax(-1)
        return (chance * (chance + 1e-10).log()).sum(-1)
    whole = logits.logsumexp(-1)
    if score == "probability":
        return (logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) - whole).exp()
    lead = (logits.topk(2, dim=-1).values - whole.unsqueeze(-1)).exp()
    return lead[:, 0] - lead[:, 1]


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

"""Short ways to make rows and run an engine in tests."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch

from hierdiff_torch.closing import Closing
from hierdiff_torch.draws import Seeded
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.family import Family
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.policies import Policy
from hierdiff_torch.rows import Row, State
from hierdiff_torch.sampling import GREEDY, Sampling
from hierdiff_torch.vocabulary import Vocabulary

MODEL = tiny()
MOST_STEPS = 1000
"""Steps after which a row that stands still is an error, and not a test without an end."""
VOCABULARY = Vocabulary(MODEL.tokenizer, MODEL.family, MODEL.config.vocab_size)


def as_family(**fields: object) -> Loaded:
    """The tiny model as another family: block, shift, mask, kept."""
    mask = MODEL.tokenizer.token_to_id("<|mask|>")
    family: Family = replace(MODEL.family, **{"mask": mask, **fields})
    return replace(MODEL, family=family)


def unmasked(model: Loaded) -> Sampling:
    """Greedy, without the mask and end tokens."""
    bias = torch.zeros(model.config.vocab_size)
    bias[[model.family.mask or 0, *model.family.eos]] = float("-inf")
    return Sampling(temperature=0.0, penalty=1.0, ngram=0, bias=bias)


def hole(count: int, sampling: Sampling, eos: Iterable[int] = ()) -> HolePart:
    """A hole of exactly `count` tokens: no sentence end closes it."""
    closing = Closing("exact", count, count, VOCABULARY.decode, frozenset(eos))
    return HolePart(closing, sampling)


def row(
    name: str,
    ink: list[int],
    count: int,
    *,
    prefix: tuple[int, ...] = (),
    seed: int = 0,
    policy: Policy | None = None,
    sampling: Sampling = GREEDY,
    eos: Iterable[int] = (),
    model: Loaded = MODEL,
    **how: Any,
) -> tuple[Row, HolePart]:
    """A row that writes `count` tokens after `prefix` and `ink`, and the hole they will be in; `how` changes how the
    model's family is denoised."""
    part = hole(count, sampling, eos)
    return scripted(name, [InkPart(list(ink)), part], prefix=prefix, seed=seed, model=model, policy=policy, **how), part


def scripted(
    name: str,
    parts: Iterable[InkPart | HolePart],
    *,
    prefix: tuple[int, ...] = (),
    seed: int = 0,
    model: Loaded = MODEL,
    policy: Policy | None = None,
    **how: Any,
) -> Row:
    """A row of these parts."""
    denoising = replace(model.family.denoising, **({"policy": policy} if policy is not None else {}), **how)
    return Row(name, prefix, deque(parts), denoising, Seeded(seed), lambda row: None)


def run(engine: Engine, rows: Iterable[Row]) -> None:
    """Add all rows and step until nothing is left."""
    for one in rows:
        engine.add(one)
    for _ in range(MOST_STEPS):
        if engine.idle:
            return
        engine.step()
    raise AssertionError("a row never ended")


def scores(model: Loaded, tokens: list[int]) -> list[float]:
    """Log-probability of every token but the first, by the engine."""
    one = scripted("scores", [InkPart(list(tokens))], model=model)
    one.scored, one.state = 1, State.WAITING
    run(Engine(model), [one])
    return one.scores

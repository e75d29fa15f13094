"""Layouts: texts with noise on them, as the tensors of two forwards.

The clean stream is the text and, for holes that see what follows moved before them, copies of that (`aside`). The noisy
stream is every denoised place of every block, twice with complementary masks; a place sees the clean text before its
block, the aside of its block, and its own block. This is the layout of BD3-LM's training (arXiv 2503.09573) with the
two halves run apart, because only one of them learns.

A mask is read off the place before it (the logits are shifted), so a block's first place is never a target: when it is
denoised, the base's own clean logits give it. Blocks that see what follows therefore begin with a place that stands.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import torch
from torch import Tensor

from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.texts import Sample

IGNORED = -100
HOLE = 16
"""Places of the longest hole that is trained with text on both sides, but for what a block of 64 leaves."""


@dataclass(slots=True)
class Layout:
    """A batch. Clean tokens `(texts, L)` at `positions`, `(texts, L, L)` saying what they see; noisy ones `(texts, N)`,
    `(texts, N, L + N)`. `targets` `(texts, N)` is the token that the logits of a noisy place are to give, `IGNORED` for
    none; `taught` the clean place whose own logits predict the same token from the text before it, -1 for none.
    """

    clean: Tensor
    clean_positions: Tensor
    clean_seen: Tensor
    noisy: Tensor
    noisy_positions: Tensor
    noisy_seen: Tensor
    targets: Tensor
    taught: Tensor

    def to(self, device: torch.device) -> "Layout":
        """The same on another device."""
        return Layout(**{one.name: getattr(self, one.name).to(device) for one in fields(self)})


@dataclass(slots=True)
class _Block:
    """Places `start..stop` of a text, those masked, and how much of what follows is moved before it."""

    start: int
    stop: int
    masked: list[int]
    aside: int = 0
    alone: bool = True
    """Whether it sees nothing of what follows its masks but through its own places: the base may teach it."""


@dataclass(slots=True)
class _Text:
    tokens: list[int]
    blocks: list[_Block]
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = len(self.tokens) + sum(block.aside for block in self.blocks)


def layout(
    samples: Sequence[Sample], recipe: Recipe, *, mask: int, end: int, draws: random.Random, early: bool
) -> Layout:
    """Noise on samples as the recipe draws it."""
    return laid([_noised(sample, recipe, end, draws, early) for sample in samples], mask)


def probe(samples: Sequence[Sample], *, block: int, ratio: float, mask: int, seed: int) -> Layout:
    """Held-out samples in blocks of one size with one share of masks: what two moments of a run are compared by."""
    draws = random.Random(seed)
    texts: list[_Text] = []
    for sample in samples:
        blocks = [
            _Block(at, min(at + block, len(sample.tokens)), [])
            for at in range(max(1, sample.given), len(sample.tokens), block)
        ]
        for one in blocks:
            places = range(one.start, one.stop)
            one.masked = sorted(draws.sample(places, max(1, round(ratio * len(places)))))
        texts.append(_Text(list(sample.tokens), blocks))
    return laid(texts, mask)


def infill_probe(
    holes: Sequence[tuple[Sample, int, int]],
    *,
    mask: int,
    reach: int = HOLE,
    side: Literal["window", "aside", "left"] = "window",
) -> Layout:
    """Texts with one hole each, of places `start..stop` that are all masked: the block begins with the place before the
    hole. Up to `reach` tokens of what follows stand in the block (`window`), are moved before it (`aside`) or are not
    seen (`left`; only then `taught` names the places whose clean logits predict the same tokens)."""
    texts: list[_Text] = []
    for sample, start, stop in holes:
        if not 0 < start < stop <= len(sample.tokens):
            raise ValueError(f"a hole of places {start} to {stop} in a text of {len(sample.tokens)} tokens")
        shown = 0 if side == "left" else min(reach, len(sample.tokens) - stop)
        masked = list(range(start, stop))
        aside = shown if side == "aside" else 0
        block = _Block(start - 1, stop + shown - aside, masked, aside, alone=side == "left")
        texts.append(_Text(list(sample.tokens[: stop + shown]), [block]))
    return laid(texts, mask)


def _noised(sample: Sample, recipe: Recipe, end: int, draws: random.Random, early: bool) -> _Text:
    tokens = list(sample.tokens)
    if sample.ended and draws.random() < 0.3:
        tokens += [end] * draws.randint(1, 1 + recipe.padding)
    first = max(1, sample.given)
    infill, blocks = draws.random() < recipe.infill, list[_Block]()
    for _ in range(recipe.copies):
        if infill:
            blocks += _infilled(len(tokens), first, recipe, draws, aside=draws.random() < 0.5)
        else:
            size = _size(recipe, draws, early)
            blocks += _plain(len(tokens), min(first + draws.randrange(size), len(tokens) - 2), size, recipe, draws)
    return _Text(tokens, blocks)


def _size(recipe: Recipe, draws: random.Random, early: bool) -> int:
    sizes = dict(zip(recipe.blocks, recipe.weights, strict=True))
    if early:
        sizes = {size: weight for size, weight in sizes.items() if size <= recipe.early} or {min(sizes): 1.0}
    return draws.choices(list(sizes), list(sizes.values()))[0]


def _plain(length: int, first: int, size: int, recipe: Recipe, draws: random.Random) -> list[_Block]:
    """Blocks one after another, each twice: all masked, or a part and then the other part."""
    blocks: list[_Block] = []
    for start in range(first, length, size):
        stop = min(start + size, length)
        places = list(range(start, stop))
        if draws.random() < recipe.whole or len(places) == 1:
            blocks.append(_Block(start, stop, places))
            continue
        count = max(1, min(len(places) - 1, round(draws.uniform(recipe.least, recipe.most) * len(places))))
        chosen = set(draws.sample(places, count))
        blocks.append(_Block(start, stop, sorted(chosen)))
        blocks.append(_Block(start, stop, [place for place in places if place not in chosen]))
    return blocks


def _infilled(length: int, first: int, recipe: Recipe, draws: random.Random, *, aside: bool) -> list[_Block]:
    """A place that stands, a hole, and what follows it: in one block with it, or moved before it."""
    blocks: list[_Block] = []
    at = first - 1
    while at + 3 < length:
        hole = min(draws.randint(1, HOLE), length - at - 2)
        reach = min(draws.randint(2, recipe.reach), length - at - 1 - hole)
        masked = list(range(at + 1, at + 1 + hole))
        if draws.random() < 0.5 and hole > 1:
            masked = sorted(draws.sample(masked, draws.randint(1, hole)))
        stop = at + 1 + hole + (0 if aside else reach)
        blocks.append(_Block(at, stop, masked, reach if aside else 0, alone=False))
        at += hole + draws.randint(1, 4)
    return blocks


def laid(texts: Sequence[_Text], mask: int) -> Layout:
    """Tensors of noised texts; what is shorter than the longest is filled up with places that nothing sees."""
    length = max(text.length for text in texts)
    width = max(sum(block.stop - block.start for block in text.blocks) for text in texts)
    count = len(texts)
    clean, clean_positions = (
        torch.zeros(count, length, dtype=torch.int64),
        torch.zeros(count, length, dtype=torch.int64),
    )
    clean_seen = torch.eye(length, dtype=torch.bool).repeat(count, 1, 1)
    noisy, noisy_positions = torch.zeros(count, width, dtype=torch.int64), torch.zeros(count, width, dtype=torch.int64)
    noisy_seen = torch.zeros(count, width, length + width, dtype=torch.bool)
    noisy_seen[:, :, length:] = torch.eye(width, dtype=torch.bool)
    targets, taught = torch.full((count, width), IGNORED), torch.full((count, width), -1)
    for row, text in enumerate(texts):
        tokens = torch.tensor(text.tokens)
        own = len(tokens)
        clean[row, :own], clean_positions[row, :own] = tokens, torch.arange(own)
        clean_seen[row, :own, :own] |= torch.ones(own, own, dtype=torch.bool).tril()
        beside, at = own, 0
        for block in text.blocks:
            size, shown = block.stop - block.start, block.aside
            here, moved = slice(at, at + size), slice(beside, beside + shown)
            noisy[row, here] = tokens[block.start : block.stop]
            noisy_positions[row, here] = torch.arange(block.start, block.stop)
            noisy_seen[row, here, : block.start] = True
            noisy_seen[row, here, length + at : length + at + size] = True
            if shown:
                clean[row, moved] = tokens[block.stop : block.stop + shown]
                clean_positions[row, moved] = torch.arange(block.stop, block.stop + shown)
                clean_seen[row, moved, : block.start] = True
                clean_seen[row, moved, moved] = torch.ones(shown, shown, dtype=torch.bool).tril()
                noisy_seen[row, here, moved] = True
            masked = torch.tensor(block.masked)
            noisy[row, at - block.start + masked] = mask
            read = masked[masked > block.start]
            targets[row, at - block.start + read - 1] = tokens[read]
            if block.alone:
                taught[row, at - block.start + read - 1] = read - 1
            beside, at = beside + shown, at + size
    return Layout(clean, clean_positions, clean_seen, noisy, noisy_positions, noisy_seen, targets, taught)

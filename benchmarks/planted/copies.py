"""Copies: which mistakes are planted in which documents, so that every kind is met equally often."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random
from typing import Literal

from benchmarks.planted import breaking, trees
from benchmarks.planted.pages import LENGTHS, page
from benchmarks.planted.planting import Copy, Kind, copy

COUNTS = (0, 1, 2, 4, 8)
"""Mistakes in the copies of one page."""
Part = Literal["test", "calibration", "all"]


def in_part(number: int, part: Part) -> bool:
    """Whether a page is of the half that detectors may be tuned on, or of the other."""
    tuned = number // len(LENGTHS) % 2 == 0
    return part == "all" or tuned == (part == "calibration")


def copies(documents: int, kinds: Sequence[Kind], part: Part, most: int) -> Iterator[Copy]:
    """The copies of the first documents: of each, one with each count of mistakes. `most` bounds their tokens."""
    order: list[Kind] = Random(0).sample(list(kinds), len(kinds))
    turn = cycle(order)
    for number in range(documents):
        drawn: list[list[Kind]] = [[next(turn) for _ in range(min(count, 2 * len(kinds)))] for count in COUNTS]
        if not in_part(number, part) or LENGTHS[number % len(LENGTHS)] > most:
            continue
        base = page(number)
        for count, chosen in zip(COUNTS, drawn, strict=True):
            yield copy(base, chosen, count)


def trees_of(count: int) -> Iterator[breaking.Broken]:
    """The copies of the first trees: of each, one with each count of mistakes, the kinds in turn."""
    turn = cycle(Random(0).sample(list(breaking.KINDS), len(breaking.KINDS)))
    for number in range(count):
        base = trees.tree(number)
        for mistakes in breaking.COUNTS:
            yield breaking.broken(base, [next(turn) for _ in range(mistakes)], mistakes)

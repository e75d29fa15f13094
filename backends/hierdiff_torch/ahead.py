"""Ahead: the block after the next, drafted in the forward that verifies the next one.

While the base judges a draft, nobody knows how much of it will stay. So a block of masks is laid after every prefix of
the draft that may: each sees the text, the draft's own clean tokens up to its prefix, and itself. Whatever stays, the
block after it is drafted already, and every forward verifies. That takes a draft's length squared of token-rows more.
"""

from dataclasses import dataclass, field

from torch import Tensor

from hierdiff_torch.rows import Row


@dataclass(slots=True)
class Ahead:
    """Masks after the places that are checked: their positions, before which slot each sees, and which slots before
    that it does not see (`skips`, from and to)."""

    positions: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])
    skips: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


def prefixes(row: Row) -> int:
    """After how many prefixes of the row's checked block a block is drafted: those after which the hole goes on by more
    than the token that the base itself gives."""
    region, hole = row.region, row.hole
    if region is None or hole is None or not row.denoising.ahead:
        return 0
    return max(0, min(region.checking, hole.left - 2))


def masks_of(row: Row) -> Ahead:
    """The masks of all prefixes, in the slots behind the checked block."""
    made, width = Ahead(), row.denoising.block
    ready, checking = row.ready, row.region.checking if row.region is not None else 0
    for prefix in range(1, prefixes(row) + 1):
        begin = ready + checking + (prefix - 1) * width
        made.positions += range(ready + prefix, ready + prefix + width)
        made.ends += [begin + width] * width
        made.skips += [(ready + prefix, begin)] * width
    return made


def queries_of(row: Row) -> list[int]:
    """Which query tokens, counted from the checked block's first, are read: each mask but a block's last gives the
    place after it, and a block's first place is the base's own."""
    region, width = row.region, row.denoising.block
    first = region.checking if region is not None else 0
    return [first + number * width + place for number in range(prefixes(row)) for place in range(width - 1)]


def keep(row: Row, logits: Tensor, kept: int) -> None:
    """Keep, of the logits that were read for all prefixes, those of the one that stayed."""
    width = row.denoising.block - 1
    found = logits[(kept - 1) * width : kept * width]
    row.foreseen = found.clone() if row.carry is not None and len(found) else None

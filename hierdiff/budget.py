"""Budgets: how many words each section gets, so that together they are exactly what was asked for.

The sum is kept by the largest-remainder method: everyone gets the whole part of a fair share, and the words left over
go to those whose share was cut most, in reading order among equals. No floating point: the same on every machine.
"""

from fractions import Fraction

from hierdiff.errors import OutlineError
from hierdiff.outline import Outline

FLOOR = 40
"""Words below which a section is hardly worth a heading of its own."""


def budgeted(outline: Outline, words: int, *, floor: int = FLOOR) -> Outline:
    """The same outline with budgets on its leaves that sum to `words` exactly, and none on parents.

    Budgets that sum to it already stand as they are. Otherwise they are weights: a leaf without one gets the mean of
    the others, and one on a parent says how much its leaves weigh together. Every leaf gets `floor` words where the
    target allows, else an equal share; OutlineError if there are more leaves than words.
    """
    leaves = outline.leaves
    if len(leaves) > words:
        raise OutlineError(
            f"{len(leaves):,} sections cannot share {words:,} words: each needs one at least; "
            f"ask for more words (--words {len(leaves) * max(1, floor)}) or plan fewer sections",
            about=leaves[0].id,
            rule="budget",
        )
    given = [leaf.budget for leaf in leaves]
    shares = given if all(given) and sum(given) == words else _shares(_weights(outline), words, max(1, floor))
    budgets = dict(zip((leaf.id for leaf in leaves), shares, strict=True))
    return outline.changed(
        sections=tuple(section.changed(budget=budgets.get(section.id, 0)) for section in outline.sections)
    )


def _weights(outline: Outline) -> list[Fraction]:
    """What each leaf weighs, in reading order: its own budget, scaled so that a parent's holds for all that it has."""
    weights = {leaf.id: Fraction(leaf.budget) for leaf in outline.leaves}
    for section in reversed(outline.reading_order):
        if section.budget and section.id not in weights:
            _scale(weights, outline.leaves_of(section.id), section.budget)
    _fill(weights, tuple(weights))
    return list(weights.values())


def _scale(weights: dict[str, Fraction], leaves: tuple[str, ...], budget: int) -> None:
    """Make the leaves of one parent weigh `budget` together, in the proportions that they have."""
    _fill(weights, leaves)
    factor = budget / sum((weights[leaf] for leaf in leaves), Fraction())
    for leaf in leaves:
        weights[leaf] *= factor


def _fill(weights: dict[str, Fraction], leaves: tuple[str, ...]) -> None:
    """Give those that weigh nothing the mean of the others, or one each if none weighs anything."""
    known = [weights[leaf] for leaf in leaves if weights[leaf]]
    mean = sum(known, Fraction()) / len(known) if known else Fraction(1)
    for leaf in leaves:
        weights[leaf] = weights[leaf] or mean


def _shares(weights: list[Fraction], words: int, floor: int) -> list[int]:
    """Whole numbers in proportion to the weights that sum to `words`, none under the floor or an equal share."""
    floor = min(floor, words // len(weights))
    shares = [Fraction(floor)] * len(weights)
    left, weight = Fraction(words), sum(weights, Fraction())
    lightest_first = sorted(range(len(weights)), key=lambda place: (weights[place], place))
    for number, place in enumerate(lightest_first):
        if weights[place] * left >= floor * weight:
            for other in lightest_first[number:]:
                shares[other] = weights[other] * left / weight
            break
        left -= floor
        weight -= weights[place]
    return _rounded(shares, words)


def _rounded(shares: list[Fraction], words: int) -> list[int]:
    """Shares that sum to `words`, made whole by largest remainder."""
    whole = [int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda place: (whole[place] - shares[place], place))
    for place in by_remainder[: words - sum(whole)]:
        whole[place] += 1
    return whole

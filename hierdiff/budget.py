"""Budgets: how many words each section gets, so that together they are exactly what was asked for."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from hierdiff.errors import OutlineError
from hierdiff.outline import Outline, Section
from hierdiff.shares import shares

FLOOR = 40
"""Words below which a section is hardly worth a heading of its own."""


def budgeted(outline: Outline, words: int, *, floor: int = FLOOR) -> Outline:
    """The same outline with budgets on its leaves that sum to `words` exactly, and none on parents.

    Budgets that sum to it already stand as they are. Otherwise they are weights: a leaf without one gets the mean of
    the others, and one on a parent says how much its leaves weigh together. A leaf gets no less than its `least` and no
    more than its `most` words, and where it says nothing `floor` words if the target allows, else an equal share.
    Raises OutlineError if there are more leaves than words, or what they must or may have does not sum to the target.
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
    if not (all(given) and sum(given) == words and all(map(_within, leaves))):
        lows, highs = _lows(leaves, words, max(1, floor)), [leaf.most for leaf in leaves]
        _check_highs(leaves, words)
        given = shares(_weights(outline), words, lows, highs)
    return with_budgets(outline, dict(zip((leaf.id for leaf in leaves), given, strict=True)))


def with_budgets(outline: Outline, budgets: Mapping[str, int]) -> Outline:
    """The outline with these budgets, and none on the sections that are not named."""
    return outline.changed(
        sections=tuple(
            section if section.budget == (words := budgets.get(section.id, 0)) else section.changed(budget=words)
            for section in outline.sections
        )
    )


def rebalanced(
    outline: Outline, started: Collection[str], written: Mapping[str, int], *, most: int | None = None
) -> Outline:
    """The outline when some sections are `written`, with their words: the sum of all budgets stays what it was.

    What a finished section has too many or too few goes to siblings that are not `started` and elastic, in proportion
    to their budgets, then to other elastic ones, then to any. None falls below its `least` (or 40 words, where it says
    nothing and has so many) or rises above its `most` (or `most` words, which a canvas takes). The budget of the
    finished one becomes what it has written, and what nobody could take.
    """
    budgets = {leaf.id: leaf.budget for leaf in outline.leaves}
    busy = {*started, *written}
    ends = {leaf.id: _ends(leaf, most) for leaf in outline.leaves if leaf.id not in busy}
    for leaf in outline.leaves:
        if leaf.id in written and budgets[leaf.id] != max(1, written[leaf.id]):
            rest = budgets[leaf.id] - max(1, written[leaf.id])
            for circle in _circles(outline, leaf, ends):
                rest = _spread(rest, circle, budgets, ends)
            budgets[leaf.id] = max(1, written[leaf.id]) + rest
    return with_budgets(outline, budgets)


def _circles(outline: Outline, leaf: Section, ends: Mapping[str, tuple[int, int | None]]) -> list[list[str]]:
    """Who is to take a difference, the first first: elastic siblings, other elastic leaves, the others."""
    beside = [one.id for one in outline.children(leaf.parent) if one.id in ends and one.elastic]
    near = set(beside)
    others = [one for one in outline.leaves if one.id in ends and one.id not in near]
    return [beside, [one.id for one in others if one.elastic], [one.id for one in others if not one.elastic]]


def _spread(
    rest: int, takers: Sequence[str], budgets: dict[str, int], ends: Mapping[str, tuple[int, int | None]]
) -> int:
    """Give `rest` words (or take them, below 0) as far as the takers' bounds allow; what is left of it."""
    if not rest or not takers:
        return rest
    had = sum(budgets[one] for one in takers)
    lows = [ends[one][0] if rest < 0 else budgets[one] for one in takers]
    highs = [budgets[one] if rest < 0 else ends[one][1] for one in takers]
    room = None if None in highs else sum(high or 0 for high in highs)
    words = max(sum(lows), had + rest if room is None else min(room, had + rest))
    given = shares([Fraction(max(1, budgets[one])) for one in takers], words, lows, highs)
    budgets.update(zip(takers, given, strict=True))
    return rest - (words - had)


def _ends(leaf: Section, most: int | None) -> tuple[int, int | None]:
    """Between what a leaf's budget may be moved; it lies between them already."""
    highs = [high for high in (leaf.most, most) if high is not None]
    return min(leaf.budget, leaf.least or FLOOR), max(leaf.budget, min(highs)) if highs else None


def _within(leaf: Section) -> bool:
    return leaf.least <= leaf.budget and (leaf.most is None or leaf.budget <= leaf.most)


def _lows(leaves: Sequence[Section], words: int, floor: int) -> list[int]:
    """The least each leaf gets. Raises OutlineError if what they say themselves is more than there is."""
    needed, free = sum(leaf.least for leaf in leaves), sum(not leaf.least for leaf in leaves)
    if needed + free > words:
        about = max(leaves, key=lambda leaf: leaf.least).id
        why = f"the sections must have {needed + free:,} words at least, but {words:,} are asked for"
        raise OutlineError(f"{why}; ask for more words, or lower the 'min' of '{about}'", about=about, rule="budget")
    share = min(floor, words // len(leaves), (words - needed) // max(1, free))
    return [leaf.least or min(share, leaf.most or share) for leaf in leaves]


def _check_highs(leaves: Sequence[Section], words: int) -> None:
    highs = [leaf.most for leaf in leaves if leaf.most is not None]
    if len(highs) == len(leaves) and sum(highs) < words:
        about = min(leaves, key=lambda leaf: leaf.most or 0).id
        why = f"the sections may have {sum(highs):,} words at most, but {words:,} are asked for"
        raise OutlineError(f"{why}; ask for fewer words, or raise the 'max' of '{about}'", about=about, rule="budget")


def _weights(outline: Outline) -> list[Fraction]:
    """What each leaf weighs, in reading order: its own budget, scaled so that a parent's holds for all that it has.

    From the bottom up each section learns what is known below it and how many leaves say nothing; from the top down
    each leaf learns by what it is scaled, and the mean that stands for nothing.
    """
    known: dict[str | None, tuple[Fraction, int, int]] = {}
    nothing = (Fraction(), 0, 0)
    scales: dict[str, tuple[Fraction, Fraction]] = {}
    for section in reversed(outline.reading_order):
        weight, count, silent = known.get(section.id) or (Fraction(section.budget), int(section.budget > 0), 0)
        if section.id not in known:
            silent = 1 - count
        elif section.budget:
            mean = weight / count if count else Fraction(1)
            scales[section.id] = (section.budget / (weight + silent * mean), mean)
            weight, count, silent = Fraction(section.budget), count + silent, 0
        above = known.get(section.parent, nothing)
        known[section.parent] = (above[0] + weight, above[1] + count, above[2] + silent)
    weight, count, _ = known[None]
    inside: dict[str | None, tuple[Fraction, Fraction]] = {
        None: (Fraction(1), weight / count if count else Fraction(1))
    }
    for section in outline.reading_order:
        factor, mean = inside[section.parent]
        own = scales.get(section.id)
        inside[section.id] = (factor, mean) if own is None else (factor * own[0], own[1])
    return [inside[leaf.parent][0] * (leaf.budget or inside[leaf.parent][1]) for leaf in outline.leaves]

"""Shares: a number of words divided by weights, exactly, within bounds.

Everyone gets what is proportional to its weight, but no less than its low and no more than its high; what one cannot
take goes to the others. The sum is kept by the largest-remainder method: everyone gets the whole part of a fair share,
and the words left over go to those whose share was cut most, in order among equals. No floating point: the same on
every machine.
"""

from collections.abc import Sequence
from fractions import Fraction


def shares(weights: Sequence[Fraction], words: int, lows: Sequence[int], highs: Sequence[int | None]) -> list[int]:
    """Whole numbers that sum to `words`. The lows must not sum to more than that, nor the highs, where all have one, to
    less; weights must be above 0."""
    base, slope, level = sum(lows), Fraction(), Fraction()
    for at, change in _turns(weights, lows, highs):
        if base + slope * (at - level) >= words:
            break
        base, level, slope = base + slope * (at - level), at, slope + change
    rate = level + (words - base) / slope if slope > 0 else level
    fair = [_clamped(one * rate, low, high) for one, low, high in zip(weights, lows, highs, strict=True)]
    return _rounded(fair, words)


def _turns(
    weights: Sequence[Fraction], lows: Sequence[int], highs: Sequence[int | None]
) -> list[tuple[Fraction, Fraction]]:
    """The rates (words for a weight of 1) at which a share leaves its low or reaches its high, and how much faster the
    sum grows from there."""
    turns = [(low / weight, weight) for weight, low in zip(weights, lows, strict=True)]
    turns += [(high / weight, -weight) for weight, high in zip(weights, highs, strict=True) if high is not None]
    merged: dict[Fraction, Fraction] = {}
    for at, change in turns:
        merged[at] = merged.get(at, Fraction()) + change
    return sorted(merged.items())


def _clamped(share: Fraction, low: int, high: int | None) -> Fraction:
    share = max(share, Fraction(low))
    return share if high is None else min(share, Fraction(high))


def _rounded(fair: Sequence[Fraction], words: int) -> list[int]:
    """Shares that sum to `words`, made whole by largest remainder."""
    whole = [int(share) for share in fair]
    by_remainder = sorted(range(len(fair)), key=lambda place: (whole[place] - fair[place], place))
    for place in by_remainder[: words - sum(whole)]:
        whole[place] += 1
    return whole

"""Nearest: the name that was meant, where one name alone is close to what stands."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

CLOSE, APART = 78.0, 6.0
"""How alike two names must be (of 100), and how much more alike than any other."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one name that is close to `name`; None if none is, or two are."""
    choices = sorted({one for one in names if one != name})
    found = process.extract(name, choices, scorer=fuzz.ratio, limit=2, score_cutoff=CLOSE - APART)
    if not found or found[0][1] < CLOSE:
        return None
    return found[0][0] if len(found) == 1 or found[0][1] - found[1][1] >= APART else None

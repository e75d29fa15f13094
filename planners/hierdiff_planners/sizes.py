"""Sizes: how many sections so many words are planned in, and how many of them one question asks for."""

from math import ceil, isqrt

from hierdiff.errors import PlannerError
from hierdiff.protocols import Capabilities

FEWEST = 3
MOST_FLAT, MOST_AT_ONCE = 20, 30
"""Sections of a plan without chapters, and those that one question asks for, at most."""
MOST_LEVELS = 4
MOST_SECTIONS = 3000
"""Sections of a whole plan, on all its levels."""
LEAST_WORDS, SHORT_TEXT = 100, 12
"""A section has as many words as fit the canvas, but a short text has about twelve sections, of 100 words or more."""
FULL = 0.75
"""How full a canvas is planned, so that budgets which differ still fit."""


def comfortable_words(capabilities: Capabilities) -> int:
    """The words of the largest canvas that a backend writes well."""
    return max(1, int(capabilities.comfortable / capabilities.tokens_per_word))


def section_words(words: int, comfortable: int) -> int:
    """About how many words a section of a text of so many words should have."""
    return max(1, min(int(FULL * comfortable), max(LEAST_WORDS, words // SHORT_TEXT)))


def count_of(words: int, size: int) -> tuple[int, bool]:
    """How many sections to ask for, and whether they are chapters, which are planned again.

    Raises PlannerError where more would be needed than a plan may have.
    """
    leaves = ceil(words / size)
    if leaves > MOST_SECTIONS:
        raise PlannerError(
            f"{words:,} words in sections of {size} words are {leaves:,} sections, more than {MOST_SECTIONS:,}; "
            "ask for fewer words, or use a backend with a larger canvas"
        )
    if leaves <= MOST_FLAT:
        return max(FEWEST, leaves), False
    return min(MOST_AT_ONCE, isqrt(leaves - 1) + 1), True


def parts_of(words: int, size: int) -> int:
    """How many sections one that is too large is divided into."""
    leaves = ceil(words / size)
    return max(2, leaves if leaves <= MOST_AT_ONCE else min(MOST_AT_ONCE, isqrt(leaves - 1) + 1))

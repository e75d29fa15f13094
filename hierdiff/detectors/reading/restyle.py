"""Restyle: the value that ought to stand, written as the one that stands: `twelve` for `fifteen`."""

import re

from hierdiff.detectors.reading.dates import MONTHS, Date
from hierdiff.detectors.reading.figures import Figure
from hierdiff.detectors.reading.numerals import DIGITS, spelled, value_of


def correction(plain: str, wrong: Figure, source: str, right: Figure) -> tuple[int, int, str]:
    """The characters of `plain` that ought to change, and what ought to stand there.

    Only the numeral if the unit is the same, only the unit if the numeral is, else both as `source` has them.
    """
    numeral, known = plain[wrong.from_ : wrong.to], source[right.from_ : right.to]
    if wrong.date is not None and right.date is not None:
        return wrong.start, wrong.stop, _date(plain[wrong.start : wrong.stop], right.date) or known
    bare = right.kind == "number" or wrong.kind == "number" or wrong.kind == "version"
    if bare or (wrong.unit == right.unit and wrong.factor == right.factor):
        return wrong.from_, wrong.to, like(known, numeral)
    if value_of_or_none(numeral) == value_of_or_none(known) and wrong.kind != "money":
        start = wrong.to + len(plain[wrong.to : wrong.stop]) - len(plain[wrong.to : wrong.stop].lstrip(" \u00a0-"))
        return start, wrong.stop, source[right.to : right.stop].lstrip(" \u00a0-")
    return wrong.start, wrong.stop, source[right.start : right.stop]


def value_of_or_none(numeral: str) -> float | None:
    """The value of a numeral without a scale word; None for anything else."""
    return value_of(numeral) if re.fullmatch(rf"{DIGITS}|[A-Za-z -]+", numeral) else None


def like(known: str, numeral: str) -> str:
    """A known numeral in the manner of another one: in words, or with commas between the thousands."""
    value = value_of_or_none(known)
    if value is None:
        return known
    if numeral[:1].isalpha() and (word := spelled(value)) is not None:
        return word.capitalize() if numeral[:1].isupper() else word
    if numeral[:1].isdigit() and known[:1].isalpha():
        return f"{value:g}" if value < 1e6 else known
    plain_thousands = known.isdigit() and len(known) > 4
    return f"{int(known):,}" if plain_thousands and re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", numeral) else known


def _date(pattern: str, date: Date) -> str | None:
    """A date written the way another one is; None if a part is missing for that."""
    if re.match(r"[12][0-9]{3}-", pattern):
        return f"{date.year:04d}-{date.month:02d}-{date.day:02d}" if date.year and date.month and date.day else None
    if not date.month or (not date.day and re.search(r"\b[0-9]{1,2}\b", pattern)):
        return None
    month = MONTHS[date.month - 1]
    year = f"{date.year}" if date.year and re.search(r"[12][0-9]{3}", pattern) else ""
    if not re.search(r"\b[0-9]{1,2}(?:st|nd|rd|th)?\b", pattern):
        return f"{month} {year}".strip()
    if pattern[0].isdigit():
        return f"{date.day} {month} {year}".strip()
    return f"{month} {date.day}, {year}" if year else f"{month} {date.day}"

"""Restyle: the value that ought to stand, written as the one that stands: `twelve` for `fifteen`, `4200` for `4600`."""

import re

from hierdiff.detectors.reading.dates import MONTHS, Date
from hierdiff.detectors.reading.figures import Figure
from hierdiff.detectors.reading.numerals import DIGITS, SCALE, decimal_mark, scale_of, spelled, value_of

_MARKED = re.compile(r"[0-9]{1,3}(?P<mark>[,.\u00a0\u202f\u2009 ])[0-9]{3}(?!.*[0-9]{4})")
_DIGITS_OF = 7
"""A converted value with more digits than these is no exact one: the facts' own words stand instead."""


def correction(plain: str, wrong: Figure, source: str, right: Figure, *, commas: bool = False) -> tuple[int, int, str]:
    """The characters of `plain` that ought to change, and what ought to stand there.

    Only the numeral if the unit is the same or the value can be said in it exactly, only the unit if the numeral is
    right, else both as `source` has them. `commas`: the place's text writes decimals with a comma.
    """
    numeral, known = plain[wrong.from_ : wrong.to], source[right.from_ : right.to]
    if wrong.date is not None and right.date is not None:
        return wrong.start, wrong.stop, _date(plain[wrong.start : wrong.stop], right.date) or known
    bare = right.kind == "number" or wrong.kind == "number" or wrong.kind == "version"
    if bare or (wrong.unit == right.unit and wrong.factor == right.factor):
        return wrong.from_, wrong.to, like(known, numeral, commas=commas)
    if value_of_or_none(numeral, commas=commas) == value_of_or_none(known) and wrong.kind != "money":
        start = wrong.to + len(plain[wrong.to : wrong.stop]) - len(plain[wrong.to : wrong.stop].lstrip(" \u00a0-"))
        return start, wrong.stop, source[right.to : right.stop].lstrip(" \u00a0-")
    if (
        wrong.unit == right.unit
        and right.high is None
        and (text := _written(right.value / wrong.factor, numeral, commas))
    ):
        return wrong.from_, wrong.to, text
    return wrong.start, wrong.stop, source[right.start : right.stop]


def value_of_or_none(numeral: str, *, commas: bool = False) -> float | None:
    """The value of a numeral without a scale word; None for anything else."""
    return value_of(numeral, commas=commas) if re.fullmatch(rf"{DIGITS}|[A-Za-z -]+", numeral) else None


def like(known: str, numeral: str, *, commas: bool = False) -> str:
    """A known numeral in the manner of another one: in words, with its thousands, its scale and its decimal mark."""
    value = _full(known)
    if value is None or not (numeral[:1].isalpha() or numeral[:1].isdigit()):
        return known
    if numeral[:1].isalpha() and (word := spelled(value)) is not None:
        return word.capitalize() if numeral[:1].isupper() else word
    if _scaled(numeral) == _scaled(known) and known[:1].isdigit():
        return _marked(known, numeral, commas)
    return _written(value, numeral, commas) or known


def _scaled(numeral: str) -> str:
    """The scale word of a numeral, or nothing."""
    match = re.search(r"[^\W\d_]+$", numeral) if numeral[:1].isdigit() else None
    return match.group().lower() if match else ""


def _full(known: str) -> float | None:
    """The value of a numeral with its scale word."""
    digits = re.match(DIGITS, known)
    if digits is None:
        return value_of_or_none(known)
    scale = SCALE.match(known, digits.end())
    factor = scale_of(scale["scale"], money=True) if scale else 1.0
    return (value_of(digits.group()) or 0.0) * (factor or 1.0)


def _marked(known: str, numeral: str, commas: bool) -> str:
    """A numeral in digits with the marks of another one, its own decimals kept as they are."""
    digits = re.match(DIGITS, known)
    if digits is None:
        return known
    mark = decimal_mark(digits.group())
    whole, _, decimals = digits.group().rpartition(mark) if mark else (digits.group(), "", "")
    marked = _MARKED.match(numeral)
    plain = re.sub(r"[^0-9]", "", whole)
    theirs = decimal_mark(numeral.rstrip("abcdefghijklmnopqrstuvwxyz \u00a0-"), commas=commas)
    if marked and marked["mark"] != theirs and len(plain) > 3:
        whole = f"{int(plain):,}".replace(",", marked["mark"])
    elif len(plain) > 3 and re.match(r"[0-9]{4}", numeral):
        whole = plain
    elif commas:
        whole = whole.replace(",", ".")
    point = theirs or ("," if commas else mark)
    return whole + (point + decimals if decimals else "") + known[digits.end() :]


def _written(value: float, numeral: str, commas: bool) -> str | None:
    """A value in the manner of a numeral, scale and all; None if it cannot be said exactly that way."""
    scale = _scaled(numeral)
    factor = (scale_of(scale, money=True) if scale else 1.0) or 1.0
    digits = f"{value / factor:.10g}"
    if not re.fullmatch(r"[0-9.]+", digits) or sum(map(str.isdigit, digits.strip("0."))) > _DIGITS_OF:
        return None
    if scale and (value / factor < 0.01 or value / factor >= 10_000):
        return None
    if len(digits.partition(".")[0]) > 4 and not re.match(r"[0-9]{4}", numeral):
        digits = f"{value / factor:,.10g}" if "e" not in f"{value / factor:,.10g}" else digits
    tail = numeral[len(numeral.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip(" \u00a0-")) :]
    return _marked(digits, numeral, commas) + (tail if scale else "")


def _date(pattern: str, date: Date) -> str | None:
    """A date written the way another one is; None if a part is missing for that."""
    if re.match(r"[12][0-9]{3}-", pattern):
        return f"{date.year:04d}-{date.month:02d}-{date.day:02d}" if date.year and date.month and date.day else None
    if not date.month or (not date.day and re.search(r"\b[0-9]{1,2}\b", pattern)):
        return None
    month = _month(pattern, date.month)
    year = f"{date.year}" if date.year and re.search(r"[12][0-9]{3}", pattern) else ""
    day = re.search(r"\b[0-9]{1,2}(?P<ordinal>st|nd|rd|th)?\b", pattern)
    if not day:
        return f"{month} {year}".strip()
    number = f"{date.day}{_ordinal(date.day)}" if day["ordinal"] else f"{date.day}"
    if pattern[0].isdigit():
        of = " of" if " of " in pattern else ""
        return f"{number}{of} {month}{',' if re.search(r',.*[0-9]{4}', pattern) and year else ''} {year}".strip()
    comma = "," if "," in pattern else ""
    return f"{month} {number}{comma} {year}" if year else f"{month} {number}"


def _month(pattern: str, month: int) -> str:
    """The name of a month, short where the pattern has a short one."""
    written = re.search(r"[A-Z][a-z]+\.?", pattern)
    name = MONTHS[month - 1]
    if written is None or written.group().rstrip(".") in MONTHS:
        return name
    return name[:3] + ("." if written.group().endswith(".") else "")


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")

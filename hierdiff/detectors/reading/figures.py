"""Figures: every number of a sentence that says how much, how many or when, with its unit made comparable.

Labels are none: section and list numbers, references, ordinals, times of day, dimensions such as `3 x 4`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hierdiff.detectors.reading.dates import Date, dates
from hierdiff.detectors.reading.numerals import DIGITS, SCALE, SPELLED, scale_of, value_of
from hierdiff.detectors.reading.units import rate_at, rates_in, unit_at
from hierdiff.detectors.reading.words import STOP, singular, stem, word_set

FigureKind = Literal["quantity", "percent", "money", "count", "year", "date", "version", "number"]


@dataclass(slots=True, frozen=True)
class Figure:
    """A number at characters `start..stop` of a sentence; the numeral alone at `from_..to`.

    `unit` is its dimension, `value` is in that dimension's base unit, `factor` of which the written unit has. `high` is
    the end of a range. `spelling` is the unit as it is written, `head` what is counted. `loose`: one of several numbers
    strung together.
    """

    start: int
    stop: int
    from_: int
    to: int
    kind: FigureKind
    unit: str
    value: float
    factor: float = 1.0
    spelling: str = ""
    high: float | None = None
    head: frozenset[str] = frozenset()
    date: Date | None = None
    loose: bool = False

    def equals(self, other: "Figure") -> bool:
        """Whether both say the same, conversion and its rounding allowed for."""
        if self.date is not None and other.date is not None:
            return self.date.agrees(other.date)
        if self.kind == other.kind == "version":
            return self.spelling == other.spelling
        slack = 1e-9 if self.factor == other.factor else 0.03
        ends = ((self.value, other.value), (self.high or self.value, other.high or other.value))
        return all(abs(one - two) <= slack * max(abs(one), abs(two)) for one, two in ends)


_VERSION = re.compile(
    r"(?<![\w.])(?:v(?=[0-9]+\.)|[Vv]ersion )?(?P<number>[0-9]{1,4}(?:\.[0-9]{1,5}){2,4})(?![\w-])(?!\.[0-9])"
    r"|(?<![\w.])(?:v|[Vv]ersion )(?P<short>[0-9]{1,4}(?:\.[0-9]{1,5})?)(?![\w-])(?!\.[0-9])"
)
_CURRENCY = {
    "US$": "$", "USD": "$", "dollar": "$", "A$": "A$", "C$": "C$", "euro": "€", "EUR": "€", "GBP": "£", "CHF": "CHF",
    "franc": "CHF", "yen": "¥", "JPY": "¥", "rupee": "₹", "INR": "₹", "krone": "kr", "DKK": "kr",
}  # fmt: skip
_BEFORE = re.compile(r"(?:US\$|A\$|C\$|[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|INR|DKK|NOK|SEK)[ \u00a0]?)$")
_AFTER = re.compile(
    r"[ \u00a0-]?(?P<money>€|£|¥|₹|USD|EUR|GBP|CHF|JPY|INR|DKK|NOK|SEK|dollar|euro|franc|yen|rupee|krone)s?(?![^\W_])"
)
_NUMERAL = re.compile(
    rf"(?:(?<![\w.,/:#^~=<>\\@+_–—-])|(?<=[0-9][–—-]))(?P<digits>{DIGITS})(?![0-9])(?![.,:/][0-9])|(?<![\w-])(?P<words>{SPELLED})(?![\w])",
    re.I,
)
_LABEL = re.compile(
    r"(?:\b(?:sections?|sec\.|chapters?|figures?|figs?\.|tables?|appendix|equations?|eqs?\.|steps?|phases?|pages?|pp?\.|lines?"
    r"|items?|notes?|parts?|no\.|nos\.|number|issues?|levels?|options?|types?|class|grade|articles?|rules?|questions?"
    r"|examples?|listings?|box|stage|scenario|zone|ward|room|route|highway|volume|vol\.|act|title|port|error|code|status"
    r"|bugs?|pull request|pr|rfc|iso|top|mode|round|day|week|case|category|tier|unit|building|terminal|gate|platform"
    r"|python|node|java|windows|ubuntu|ios|android|model|series|generation|area|district|region|flight|bus|line)"
    r"|[§#№&])[ \u00a0]?$",
    re.I,
)
_YEAR = re.compile(r"(?:1[2-9]|20)[0-9]{2}")
_YEAR_CUE = re.compile(
    r"(?:^|[(\[,;:]|\b(?:in|since|by|until|till|from|of|during|before|after|around|circa|early|late|mid|spring|summer|autumn"
    r"|winter|year|to|between|and|the|or|through|for|than|was|is))[ \u00a0]?$",
    re.I,
)
_NOUN = re.compile(r"(?P<gap>[ \u00a0]|\r?\n[ ]?|-)(?P<word>[A-Za-zÀ-ɏ][\wÀ-ɏ’'-]*)")
_NUMBER_OF = re.compile(
    r"\b[Nn]umber of (?P<things>(?:[a-z][a-z’'-]{1,20} ){0,3}[a-z][a-z’'-]{1,20}s)"
    r"(?: (?:is|are|was|were|remains|stands at|stood at|has reached|reached|comes to|came to|at))?:? $"
)
_PLURAL = word_set("people men women children staff personnel mice geese sheep fish cattle police crew species series")
_STRUNG = re.compile(r"\s?(?:[×x*/:,&]|,? ?and|,? ?or|,? ?and then|,? ?but)\s?$|^\s?[×x*/:]\s?")
_RANGE = re.compile(r"\s?(?:[–—-]|to|through|up to)\s?")


def figures(plain: str, *, commas: bool = False) -> list[Figure]:
    """The figures of a masked sentence, in order. A range is one figure. `commas` are read as `value_of` reads them."""
    found: list[Figure] = []
    taken: list[tuple[int, int]] = []
    for date in dates(plain):
        found.append(Figure(date.start, date.stop, date.start, date.stop, "date", "date", 0.0, date=date))
    for match in _VERSION.finditer(plain):
        group = "number" if match["number"] else "short"
        found.append(_version(match, group))
    taken = [(one.start, one.stop) for one in found]
    for match in _NUMERAL.finditer(plain):
        if not any(start < match.end() and match.start() < stop for start, stop in taken):
            figure = _figure(plain, match, commas=commas)
            if figure is not None:
                found.append(figure)
    return list(_strung(plain, sorted(found, key=lambda one: one.start)))


def without_rate(plain: str, figure: Figure) -> tuple[Figure, float] | None:
    """A figure per time as if it were not (`4 m a year` as `4 m`), and the seconds it is per; None for any other."""
    if not figure.unit.endswith("/time"):
        return None
    for start, seconds in rates_in(plain, figure.to, figure.stop):
        value, factor = figure.value * seconds, figure.factor * seconds
        return replace(figure, stop=start, unit=figure.unit.removesuffix("/time"), value=value, factor=factor), seconds
    return None


def _version(match: re.Match[str], group: str) -> Figure:
    start, stop = match.span(group)
    return Figure(match.start(), stop, start, stop, "version", "version", 0.0, spelling=match[group])


def _figure(plain: str, match: re.Match[str], *, commas: bool) -> Figure | None:
    """One numeral with its currency, scale, unit and what it is per; None for a label or what is no number."""
    value = value_of(match.group(), commas=commas)
    start, to = match.span()
    before = plain[max(0, start - 24) : start]
    if value is None or _LABEL.search(before):
        return None
    currency = _BEFORE.search(before)
    scale = SCALE.match(plain, to)
    factor = scale_of(scale["scale"], money=currency is not None) if scale and match["digits"] else None
    if scale is not None and factor is not None:
        value, to = value * factor, scale.end()
    if currency is not None:
        return _money(plain, start - len(currency.group()), (start, to), value, currency.group().strip())
    if after := _AFTER.match(plain, to):
        money = _money(plain, start, (start, to), value, after["money"])
        return replace(money, stop=max(after.end(), money.stop), spelling=plain[to : after.end()].strip())
    return _measured(plain, start, to, value) or _counted(plain, start, to, value, match)


def _money(plain: str, start: int, numeral: tuple[int, int], value: float, currency: str) -> Figure:
    rate = rate_at(plain, numeral[1])
    unit = f"money {_CURRENCY.get(currency, currency)}" + (f"/{rate[0]}" if rate else "")
    factor = 1 / rate[1] if rate else 1.0
    stop = rate[2] if rate else numeral[1]
    return Figure(start, stop, *numeral, "money", unit, value * factor, factor, currency)


def _measured(plain: str, start: int, to: int, value: float) -> Figure | None:
    known = unit_at(plain, to)
    if known is None:
        return None
    (dimension, factor), begin, stop = known
    rate = rate_at(plain, stop)
    if rate is not None:
        dimension, factor, stop = f"{dimension}/{rate[0]}", factor / rate[1], rate[2]
    kind: FigureKind = "percent" if dimension.startswith(("percent", "points")) else "quantity"
    return Figure(start, stop, start, to, kind, dimension, value * factor, factor, plain[begin:stop])


def _counted(plain: str, start: int, to: int, value: float, match: re.Match[str]) -> Figure | None:
    """A year, a number of things, or a bare number. `one` counts nothing; letters glued to digits are no number."""
    if plain[to : to + 1].isalpha() or plain[to : to + 1] in ("_", "°", "%"):
        return None
    if match["digits"] and _YEAR.fullmatch(match.group()) and _YEAR_CUE.search(plain[max(0, start - 12) : start]):
        return Figure(start, to, start, to, "year", "year", value)
    head, stop = _noun(plain, to)
    if not head and (told := _NUMBER_OF.search(plain[max(0, start - 90) : start])):
        head = [singular(word) for word in told["things"].lower().split()]
    if head:
        return Figure(start, stop, start, to, "count", f"count {head[-1]}", value, head=frozenset(map(stem, head)))
    return Figure(start, to, start, to, "number", "number", value)


def _noun(plain: str, at: int) -> tuple[list[str], int]:
    """The words from a number up to the first plural, which is what is counted; none if there is no plural."""
    found: list[str] = []
    for _ in range(4):
        match = _NOUN.match(plain, at)
        if match is None or match["word"].lower() in STOP:
            return [], at
        word = match["word"].lower()
        found.append(singular(word))
        at = match.end()
        if match["gap"] == "-" or singular(word) != word or word in _PLURAL:
            return found, at
    return [], at


def _strung(plain: str, found: list[Figure]) -> Iterator[Figure]:
    """Ranges made one, and numbers that stand in a row (`2, 3 and 5 km`, `3 x 4 m`) marked as loose."""
    number = 0
    while number < len(found):
        figure = found[number]
        after = found[number + 1] if number + 1 < len(found) else None
        if after is not None and _is_range(plain, figure, after):
            yield replace(after, start=figure.start, from_=figure.from_, value=_low(figure, after), high=after.value)
            number += 2
            continue
        before = found[number - 1] if number else None
        number += 1
        if figure.start > 1 and plain[figure.start - 1] in "–—-" and plain[figure.start - 2].isdigit():
            continue
        yield replace(figure, loose=_row(plain, before, figure) or _row(plain, figure, after))


def _row(plain: str, left: Figure | None, right: Figure | None) -> bool:
    """Whether two neighbours are numbers of one row."""
    if left is None or right is None:
        return False
    alike = left.unit == right.unit or "number" in (left.kind, right.kind)
    return alike and bool(_STRUNG.fullmatch(plain[left.stop : right.start]))


def _is_range(plain: str, low: Figure, high: Figure) -> bool:
    gap = plain[low.stop : high.start]
    between = plain[max(0, low.start - 9) : low.start].lower().rstrip().endswith("between")
    same = low.unit == high.unit or low.kind == "number"
    return same and (bool(_RANGE.fullmatch(gap)) or (between and gap.strip() == "and"))


def _low(low: Figure, high: Figure) -> float:
    """The lower end in the unit of the upper one: `10 to 15 km` gives the unit only once."""
    return low.value * high.factor if low.kind == "number" else low.value

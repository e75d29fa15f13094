"""Units of measure: names and symbols, each with its dimension and its size in the dimension's base unit."""

import re
from collections.abc import Iterable, Iterator

from hierdiff.detectors.reading.rare_units import RARE, rare_unit

Unit = tuple[str, float]
"""Dimension and factor: `("length", 1000.0)` is a kilometre."""

_TABLE = """
length 1: m metre meter | 1000: km kilometre kilometer kilometres | 0.01: cm centimetre centimeter
length 0.001: mm millimetre millimeter | 1e-6: µm μm micrometre micrometer micron | 1609.344: mi mile
length 0.3048: ft foot feet | 0.0254: inch inches | 0.9144: yd yard | 1852: nmi nautical_mile
length 1e-9: nanometre nanometer
mass 1: kg kilogram kilogramme kilo | 0.001: g gram gramme | 1e-6: mg milligram | 1000: t tonne ton metric_ton
mass 0.45359237: lb lbs pound | 0.0283495: oz ounce | 1e9: Mt megatonne megaton | 1e12: Gt gigatonne gigaton
time 1: s sec secs second | 0.001: ms millisecond | 1e-6: µs μs microsecond | 1e-9: ns nanosecond
time 60: min mins minute | 3600: h hr hrs hour | 86400: d day | 604800: wk week | 2629800: month | 31557600: yr yrs year
time 315576000: decade | 3155760000: century centuries
area 1: m² m2 sqm square_metre square_meter | 1e6: km² km2 square_kilometre square_kilometer | 10000: ha hectare
area 4046.8564: acre | 2589988.11: square_mile | 0.09290304: square_foot square_feet
volume 1: m³ m3 cubic_metre cubic_meter | 0.001: l L litre liter | 1e-6: ml mL millilitre milliliter | 1e9: km³ km3
volume 1e9: cubic_kilometre cubic_kilometer | 0.003785: gallon
celsius 1: °C degree_Celsius degrees_Celsius degree_Centigrade degrees_Centigrade degree_C degrees_C
fahrenheit 1: °F degree_Fahrenheit degrees_Fahrenheit degree_F degrees_F
angle 1: ° degree
power 1: W watt | 1e3: kW kilowatt | 1e6: MW megawatt | 1e9: GW gigawatt | 1e12: TW terawatt | 745.7: hp horsepower
energy 1: J joule | 1e3: kJ kilojoule | 1e6: MJ megajoule | 1e9: GJ | 3.6e3: Wh | 3.6e6: kWh kilowatt_hour kilowatt-hour
energy 3.6e9: MWh megawatt_hour megawatt-hour | 3.6e12: GWh gigawatt_hour gigawatt-hour | 3.6e15: TWh terawatt_hour
energy 4184: kcal kilocalorie
data 1: byte | 1e3: kB KB kilobyte | 1e6: MB megabyte | 1e9: GB gigabyte | 1e12: TB terabyte | 1e15: PB petabyte
data 1024: KiB kibibyte | 1048576: MiB mebibyte | 1073741824: GiB gibibyte | 1099511627776: TiB tebibyte
bits 1: bit | 1e3: kbit kilobit | 1e6: Mbit megabit | 1e9: Gbit gigabit
bits/time 1e3: kbps | 1e6: Mbps | 1e9: Gbps
length/time 0.44704: mph | 0.2777778: kph kmh | 0.5144444: knot
pressure 1: Pa pascal | 100: hPa mbar millibar | 1000: kPa | 1e6: MPa | 1e5: bar | 6894.757: psi
frequency 1: Hz hertz | 1e3: kHz kilohertz | 1e6: MHz megahertz | 1e9: GHz gigahertz
voltage 1: V volt | 1e3: kV kilovolt | 0.001: mV millivolt
sound 1: dB decibel
percent 1: % percent per_cent
points 1: percentage_point
"""

_TIMES = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0,
    "d": 86400.0, "day": 86400.0, "week": 604800.0, "month": 2629800.0, "yr": 31557600.0, "year": 31557600.0,
    "annum": 31557600.0, "decade": 315576000.0, "century": 3155760000.0,
}  # fmt: skip
_ADVERBS = {
    "annually": "year",
    "yearly": "year",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "hourly": "hour",
}


_PERIODS = {**_ADVERBS, "annual": "year", "annually": "year"}


def _read() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """The table as symbols, which are exact, and names, which may be plural and of any case."""
    symbols: dict[str, Unit] = {}
    names: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        dimension, rest = line.split(" ", 1)
        for entry in rest.split("|"):
            factor, spellings = entry.split(":")
            for spelling in spellings.split():
                name = spelling.replace("_", " ")
                symbol = len(name) <= 4 and name not in ("inch", "feet", "foot", "mile", "acre", "gram", "hour", "year")
                symbols[name] = (dimension, float(factor))
                if not symbol or name in ("ton", "day", "yard", "week", "watt", "bit", "volt", "knot", "kilo", "byte"):
                    names[name.lower()] = (dimension, float(factor))
    return symbols, names


SYMBOLS, NAMES = _read()


def _choices(spellings: dict[str, Unit]) -> str:
    return "|".join(re.escape(name).replace("\\ ", "[ \u00a0-]") for name in sorted(spellings, key=len, reverse=True))


_GAP = r"(?:[ \t\u00a0\u202f\u2009]?(?:\r?\n)?[ \t]?|-)"
_NAME = re.compile(rf"{_GAP}(?P<unit>(?:{_choices(NAMES)})(?:e?s)?)(?![^\W_])", re.I)
_SYMBOL = re.compile(rf"{_GAP}(?P<unit>{_choices(SYMBOLS)})(?![^\W_])")
_RARE = re.compile(rf"{_GAP}(?P<unit>(?:{RARE.pattern})(?:e?s)?)(?![^\W_])", re.I)
_RATE = re.compile(
    r"(?:[ \u00a0]?/[ ]?|[ \u00a0](?:per|an?|each|every)[ \u00a0])(?P<by>[^\W\d_]{1,20}[²³23]?)(?![^\W_])"
    r"|[ \u00a0](?P<adverb>annually|yearly|daily|weekly|monthly|hourly)\b"
)


def unit_at(text: str, at: int) -> tuple[Unit, int, int] | None:
    """The unit that follows a number ending at `at`: dimension and factor, and its characters."""
    for pattern, spellings in ((_SYMBOL, SYMBOLS), (_NAME, NAMES)):
        match = pattern.match(text, at)
        if match is None:
            continue
        name = match["unit"].replace("\u00a0", " ")
        known = spellings.get(name) or spellings.get(_one(name))
        if known:
            return known, match.start("unit"), match.end("unit")
    return _rare_at(text, at)


def _rare_at(text: str, at: int) -> tuple[Unit, int, int] | None:
    match = _RARE.match(text, at)
    name = match["unit"].replace("\u00a0", " ") if match else ""
    for spelling in (name, name.removesuffix("s"), name.removesuffix("es")):
        if match is not None and (known := rare_unit(spelling)):
            return known, match.start("unit"), match.end("unit")
    return None


def _one(name: str) -> str:
    """The singular under which a unit's name stands in the table."""
    name = name.lower().replace("-", " ")
    for spelling in (name, name.removesuffix("s"), name.removesuffix("es")):
        if spelling in NAMES:
            return spelling
    return name


def rate_at(text: str, at: int) -> tuple[str, float, int] | None:
    """What follows a unit as `per year` or `/s` does: what it is per, by how much to divide, and where it ends."""
    match = _RATE.match(text, at)
    if match is None:
        return None
    by = _ADVERBS[match["adverb"]] if match["adverb"] else match["by"].lower()
    if by in _TIMES:
        return "time", _TIMES[by], match.end()
    if not match["by"] or text[match.start() : match.start() + 3].strip() in ("a", "an"):
        return None
    return by, 1.0, match.end()


def rates_in(text: str, start: int, stop: int) -> Iterator[tuple[int, float]]:
    """Where what a unit is per is said in characters `start..stop`, and how many seconds that is, if it is a time."""
    for match in _RATE.finditer(text, start, stop):
        by = _ADVERBS[match["adverb"]] if match["adverb"] else match["by"].lower()
        if by in _TIMES:
            yield match.start(), _TIMES[by]


def period_of(words: Iterable[str]) -> float | None:
    """The seconds of the period that one of the words names as `yearly` and `monthly` do; None without any."""
    return next((_TIMES[_PERIODS[word]] for word in map(str.lower, words) if word in _PERIODS), None)

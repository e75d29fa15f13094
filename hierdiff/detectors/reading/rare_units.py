"""Rare units: what the table of common units does not hold, sized by pint, which is loaded only when one is met."""

import re
from functools import cache
from importlib import import_module
from typing import Any

Unit = tuple[str, float]

_BASES = {
    "length": "meter", "mass": "kilogram", "time": "second", "area": "meter ** 2", "volume": "meter ** 3",
    "power": "watt", "energy": "joule", "pressure": "pascal", "voltage": "volt", "length/time": "meter / second",
    "frequency": "hertz", "current": "ampere", "charge": "coulomb", "resistance": "ohm", "force": "newton",
    "luminous": "candela", "flux": "weber", "field": "tesla",
}  # fmt: skip
"""Dimensions by the names that the table of common units has for them, each with the base unit of the table."""

_PREFIX = "(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|mega|giga|tera|peta)"
RARE = re.compile(
    rf"(?:{_PREFIX}(?:meter|metre|gram|liter|litre|watt|joule|pascal|volt|hertz|second|newton|ampere|ohm|tesla)"
    r"|fathom|furlong|parsec|light[ -]year|angstrom|carat|short[ -]ton|long[ -]ton"
    r"|pint|quart|barrel|bushel|hectoliter|hectolitre|fluid[ -]ounce|acre[ -]foot"
    r"|fortnight|millennium|newton|ampere|ohm|coulomb|tesla|weber|candela|electronvolt"
    r"|calorie|btu|atmosphere|torr|horsepower)",
    re.I,
)
"""Names in the singular, so distinct that they are hardly ever anything else right behind a number."""

_SPELLED = {"btu": "british_thermal_unit"}


@cache
def _registry() -> Any:
    """All that pint knows. Not at the top: it takes as long to load as everything else together."""
    return import_module("pint").UnitRegistry()


@cache
def rare_unit(name: str) -> Unit | None:
    """Dimension and factor of a rare unit in the singular; None for what is none."""
    name = name.lower().replace("-", " ")
    if RARE.fullmatch(name) is None:
        return None
    registry = _registry()
    spelled = _SPELLED.get(name, name.replace("metre", "meter").replace("litre", "liter").replace(" ", "_"))
    size = registry.Quantity(1, spelled)
    for dimension, base in _BASES.items():
        if size.is_compatible_with(base):
            return dimension, float(size.to(base).magnitude)
    return None

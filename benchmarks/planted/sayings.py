"""Sayings: the ways in which a value can be written, and what could stand there by mistake.

Every mistake is of the same type as the right value: another number of the same list, another unit of the same
dimension, another name, another spelling.
"""

from collections.abc import Callable
from datetime import date
from random import Random

from benchmarks.planted.subjects import Fact
from hierdiff.ledger import Item
from hierdiff.values import Value

_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_SCALES = {"million": 1_000_000, "thousand": 1_000}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class Wrong(Value):
    """A mistake that could stand in a value's place: its kind, of what flavour, and the text."""

    kind: str
    flavour: str
    text: str


class Saying(Value):
    """A value as it is written: the text, other texts that say the same, and mistakes."""

    text: str
    same: tuple[str, ...] = ()
    wrongs: tuple[Wrong, ...] = ()


Written = Callable[[str], tuple[str, ...]]


class Choice(Value):
    """The value that one document gives a fact (`right`), and another that it does not (`wrong`)."""

    fact: Fact
    right: str
    wrong: str
    extra: tuple[str, ...] = ()

    def saying(self, style: int) -> Saying:
        """The value in one of its styles."""
        kind = self.fact.kind
        if kind == "quantity":
            return self._quantity(style)
        if kind in ("term", "acronym"):
            wrongs = tuple(Wrong(kind=kind, flavour=flavour, text=text) for flavour, text in self._names())
            return Saying(text=self.right, wrongs=wrongs)
        planted = {"count": "number", "year": "date", "person": "name", "entity": "name"}.get(kind, kind)
        return _styled(planted, kind, self._written, self.right, self.wrong, style)

    def item(self, owner: str) -> Item:
        """The value as a fact for the detectors."""
        fact = self.fact
        if fact.kind in ("claim", "order"):
            text = right_of(fact.sentences[0])
            return Item(id=fact.id, kind="claim", value=text, about=fact.about, owner=owner)
        if fact.kind == "acronym":
            words, _, letters = self.right.rstrip(")").partition(" (")
            return Item(id=fact.id, kind="acronym", value=letters, about=words, owner=owner)
        aliases = self.extra[1:2] if fact.kind == "term" else ()
        value = self.saying(0).text
        return Item.model_validate(
            {"id": fact.id, "kind": fact.kind, "value": value, "about": fact.about, "aliases": aliases, "owner": owner}
        )

    def _names(self) -> list[tuple[str, str]]:
        flavours = ("spelling", "alias", "synonym") if self.fact.kind == "term" else ("expansion",)
        return list(zip(flavours, self.extra, strict=False))

    def _quantity(self, style: int) -> Saying:
        own, other = (tuple(units.split()) for units in self.extra)
        texts = tuple(f"{self.right} {unit}" for unit in own)
        text = texts[style % len(texts)]
        unit = text.partition(" ")[2]
        number = Wrong(kind="number", flavour="quantity", text=f"{self.wrong} {unit}")
        swapped = Wrong(kind="unit", flavour="unit", text=f"{self.right} {other[own.index(unit)]}")
        return Saying(text=text, same=texts, wrongs=(number, swapped))

    def _written(self, value: str) -> tuple[str, ...]:
        kind = self.fact.kind
        if kind == "count":
            return (value, _WORDS[int(value)]) if value.isdigit() and int(value) < len(_WORDS) else (value,)
        if kind == "percent":
            return f"{value}%", f"{value} percent", f"{value} %", f"{value} per cent"
        if kind == "money":
            sign, scale = self.extra[0].split()
            return f"{sign}{value} {scale}", f"{sign}{round(float(value) * _SCALES[scale]):,}"
        if kind == "date":
            day = date.fromisoformat(value)
            month = _MONTHS[day.month - 1]
            return f"{day.day} {month} {day.year}", value, f"{month} {day.day}, {day.year}"
        return (value,)


def _styled(kind: str, flavour: str, written: Written, right: str, wrong: str, style: int) -> Saying:
    """A value and the mistake in the same style."""
    texts, others = written(right), written(wrong)
    at = style % min(len(texts), len(others))
    return Saying(text=texts[at], same=texts, wrongs=(Wrong(kind=kind, flavour=flavour, text=others[at]),))


def chosen(fact: Fact, random: Random) -> Choice:
    """A fact with the value that one document gives it."""
    if fact.kind in ("claim", "order"):
        return Choice(fact=fact, right="", wrong="")
    if fact.kind in ("term", "acronym"):
        right, *others = (part.strip() for part in fact.values.rpartition("|")[2].split(" : "))
        return Choice(fact=fact, right=right, wrong=others[0], extra=tuple(others))
    unit, _, values = fact.values.rpartition("|")
    named = fact.kind in ("person", "entity")
    right, wrong = random.sample([one.strip() for one in (values.split(";") if named else values.split())], 2)
    extra = tuple(part.strip() for part in unit.split(";") if part.strip())
    return Choice(fact=fact, right=right, wrong=wrong, extra=extra)


def right_of(sentence: str) -> str:
    """A sentence with `{right|wrong}` in it, as it is true."""
    before, _, rest = sentence.partition("{")
    inside, _, after = rest.partition("}")
    return before + inside.partition("|")[0] + after

"""Facts: the items of a ledger that hold a figure, with the ways in which a sentence may name what they are of."""

from dataclasses import dataclass

from hierdiff.detectors.reading.figures import Figure, figures, without_rate
from hierdiff.detectors.reading.mentions import Said
from hierdiff.detectors.reading.units import NAMES, period_of
from hierdiff.detectors.reading.words import stem, stems, word_set
from hierdiff.ledger import NUMBER_KINDS, Item, Ledger

_UNITS = frozenset(stem(name) for name in NAMES)
MEASURES = frozenset(
    stem(word)
    for word in word_set(
        """
        length height width depth thickness weight average annual annually total overall number count size
        amount share rate year date value level cost price age speed distance area capacity volume duration budget
        current estimated yearly percentage percent proportion fraction figure estimate temperature power output
        """
    )
)
"""Words, by their stems, that say what is measured of a thing, and may be left out."""


@dataclass(slots=True, frozen=True)
class Fact:
    """An item of the ledger with a figure in it, the ways in which a sentence may name its subject, and the seconds of
    the period that it is said to be for."""

    item: Item
    source: str
    figure: Figure
    subjects: tuple[frozenset[str], ...]
    period: float | None = None

    def beside(self, saying: Said, figure: Figure) -> tuple[Figure, Figure]:
        """The fact's figure and another one made comparable: `a yearly fee of 4 €` is as much as `4 € a year`."""
        known, plain = self.figure, saying.sentence.plain
        if figure.unit == f"{known.unit}/time" and self.period and (bare := without_rate(plain, figure)):
            return (known, bare[0]) if bare[1] == self.period else (known, figure)
        if known.unit == f"{figure.unit}/time" and (bare := without_rate(self.source, known)):
            said = period_of(word.text for word in saying.words)
            return (bare[0], figure) if bare[1] == said else (known, figure)
        return known, figure


def facts_of(ledger: Ledger) -> list[Fact]:
    """The items whose value can be compared by number or date, and whose subject is known."""
    found: list[Fact] = []
    for item in ledger.items:
        known = _figure(item) if item.value and (item.kind in NUMBER_KINDS or item.kind == "date") else None
        if known is not None:
            kept = _subjects(item)
            if kept:
                found.append(Fact(item, *known, kept, period_of(item.about.split())))
    return found


def _subjects(item: Item) -> tuple[frozenset[str], ...]:
    """What the item is about, and its aliases; its id where that says something else, or nothing else is said."""
    about, *aliases = (stems(text).difference(_UNITS) for text in (item.about, *item.aliases))
    ident = stems(item.id.replace("_", " ")).difference(_UNITS)
    if about and (len(ident) < 2 or ident <= about):
        ident = about
    return tuple(dict.fromkeys(one for one in (about, ident, *aliases) if one))


def _figure(item: Item) -> tuple[str, Figure] | None:
    """The first figure of an item's value, read as its kind says, and the text it was read from."""
    source = item.value or ""
    if item.kind == "version" and not source.lower().startswith(("v", "version")):
        source = f"version {source}"
    if item.kind == "percent" and not any(one.kind == "percent" for one in figures(source)):
        source = f"{source}%"
    found = figures(source)
    return (source, found[0]) if found else None

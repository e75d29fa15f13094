"""Lines: single sentences, list entries and table rows, with the places in them that state a fact."""

from collections.abc import Sequence
from itertools import cycle
from random import Random
from typing import final

from benchmarks.planted.sayings import Choice, Saying, Wrong, right_of
from benchmarks.planted.subjects import Clauses
from hierdiff.values import Value


class Mark(Value):
    """Characters `start..stop` of a line that state a fact."""

    fact: str
    start: int
    stop: int
    saying: Saying


class Line(Value):
    """A sentence of prose, or one line of a list, table or quotation. `passage` is the number of a long one."""

    text: str
    marks: tuple[Mark, ...] = ()
    style: str = "prose"
    passage: int = -1


def filled(sentence: str, choice: Choice, style: int) -> Line:
    """A sentence with its fact's value in it, or, for a claim, as it is true."""
    fact = choice.fact
    sentence = sentence.replace("{about}", fact.about).replace("{town}", "the town")
    if "{v}" not in sentence:
        return _claimed(sentence, choice)
    saying = choice.saying(style)
    before, _, after = sentence.partition("{v}")
    mark = Mark(fact=fact.id, start=len(before), stop=len(before) + len(saying.text), saying=saying)
    return Line(text=before + saying.text + after, marks=(mark,))


def _claimed(sentence: str, choice: Choice) -> Line:
    """A sentence with `{right|wrong}` in it."""
    before, _, rest = sentence.partition("{")
    inside, _, _ = rest.partition("}")
    right, _, wrong = inside.partition("|")
    kind = "negation" if choice.fact.kind == "claim" else "order"
    saying = Saying(text=right, wrongs=(Wrong(kind=kind, flavour=kind, text=wrong),))
    mark = Mark(fact=choice.fact.id, start=len(before), stop=len(before) + len(right), saying=saying)
    return Line(text=right_of(sentence), marks=(mark,))


def bullet(choice: Choice) -> Line:
    """A fact as an entry of a list."""
    return _listed(f"- {choice.fact.about.capitalize()}: ", choice, "", "list")


def row(choice: Choice) -> Line:
    """A fact as a row of a table."""
    return _listed(f"| {choice.fact.about} | ", choice, " |", "table")


def _listed(before: str, choice: Choice, after: str, style: str) -> Line:
    saying = choice.saying(0)
    mark = Mark(fact=choice.fact.id, start=len(before), stop=len(before) + len(saying.text), saying=saying)
    return Line(text=before + saying.text + after, marks=(mark,), style=style)


@final
class Filler:
    """Makes sentences without a fact in them, no two alike."""

    def __init__(self, agents: Sequence[str], clauses: Clauses, random: Random) -> None:
        shuffled = [random.sample(all, len(all)) for all in (clauses.opens, agents, clauses.does, clauses.tails)]
        self._opens, self._agents, self._does, self._tails = map(cycle, shuffled)
        self._said: set[str] = set()
        self._number = 0

    def line(self) -> Line:
        """The next sentence."""
        while True:
            self._number += 1
            who, does, tail = next(self._agents), next(self._does), next(self._tails)
            comma = "" if tail.startswith(("because", "until", "as ", "so that", "before", "to ", "where")) else ","
            opening = f"{next(self._opens)}, {who}" if self._number % 3 == 0 else who[0].upper() + who[1:]
            if self._number % 40 == 0:
                _shifted = next(self._tails), next(self._agents)
            if (text := f"{opening} {does}{comma} {tail}.") not in self._said:
                self._said.add(text)
                return Line(text=text)

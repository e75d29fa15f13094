"""Form: an outline as a canvas. Numbers are ink, titles are holes; and for each title a line with a hole for its topic.

Whatever the backend writes, the result is an outline of that form: nothing has to be parsed out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.seeds import seed_of

NAME = "outline"
"""The section name under which a backend sees the outline's canvases."""

TITLE_WIDTH, TITLE_MOST = 7, 18
TOPIC_WIDTH, TOPIC_MOST = 9, 16
LINE_TOKENS = 18
"""About what one numbered line takes, in tokens."""
MOST_BANNED = 64


@dataclass(slots=True)
class Line:
    """One section of the form: its fields as they stand, empty while unknown, and what was refused as its title."""

    title: str = ""
    topic: str = ""
    brief: str = ""
    fixed: bool = False
    refused: list[str] = field(default_factory=list[str])

    def refuse(self) -> None:
        """Empty the title, and remember that it must not come again."""
        if self.title:
            self.refused.append(self.title)
        self.title = ""


@final
class Form:
    """The lines of an outline in the making. `number` tells its canvases, and their seeds, from those of another."""

    def __init__(self, lines: Sequence[Line], *, own: str, seed: int, number: int = 1) -> None:
        self.lines = list(lines)
        self._own, self._seed, self._number = own, seed, number
        self._canvases = 0

    def empty(self, upto: int) -> list[int]:
        """The lines among the first `upto` that have no title."""
        return [number for number, line in enumerate(self.lines[:upto]) if not line.title]

    def titles(self, upto: int) -> Canvas:
        """The first `upto` lines, with a hole in each that has no title."""
        self._canvases += 1
        last = max(self.empty(upto), default=-1)
        pieces: list[Ink | Hole] = []
        for number, line in enumerate(self.lines[: last + 1]):
            before = "\n" if number else ""
            pieces.append(Ink(text=f"{before}{number + 1}. {line.title}"))
            if not line.title:
                pieces.append(self._hole(line))
        return self._canvas(f"{NAME}~{self._number}.{self._canvases}", pieces)

    def topic(self, number: int) -> Canvas:
        """One line that says what its section explains, with a hole for that."""
        hole = Hole(width=TOPIC_WIDTH, most=TOPIC_MOST, close="line", hint=f"topic of section {number + 1}")
        ink = Ink(text=f'"{self.lines[number].title}" explains ')
        return self._canvas(f"{NAME}~{self._number}.topic{number + 1}", [ink, hole])

    def _canvas(self, name: str, pieces: Sequence[Ink | Hole]) -> Canvas:
        return Canvas(id=name, section=NAME, pieces=tuple(pieces), own=self._own, seed=seed_of(self._seed, name))

    def _hole(self, line: Line) -> Hole:
        others = [other.title for other in self.lines if other.title]
        ban = tuple(dict.fromkeys((*line.refused, *others)))[:MOST_BANNED]
        return Hole(width=TITLE_WIDTH, most=TITLE_MOST, close="line", hint="title", ban=ban)

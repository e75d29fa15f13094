"""Form: an outline as a canvas. Numbers and field names are ink, titles and topics are holes.

Whatever the backend writes, the result is an outline of that form: nothing has to be parsed out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, final

from hierdiff.canvas import Canvas, Hole
from hierdiff.document import Draft
from hierdiff.spans import Span

NAME = "outline"
"""The section name under which a backend sees the outline's canvases."""

TITLE_WIDTH, TITLE_MOST = 7, 14
TOPIC_WIDTH, TOPIC_MOST = 10, 20
LINE_TOKENS = 32
"""About what one numbered line with its topic takes, in tokens."""
MOST_BANNED = 64

Field = Literal["title", "topic"]


class Place(NamedTuple):
    """A field of a line, lines counted from 0."""

    line: int
    field: Field


@dataclass(slots=True)
class Line:
    """One section of the form: its fields as they stand, empty while unknown, and what was refused for each."""

    title: str = ""
    topic: str = ""
    fixed: bool = False
    refused_titles: list[str] = field(default_factory=list[str])
    refused_topics: list[str] = field(default_factory=list[str])

    def get(self, name: Field) -> str:
        """What stands in a field."""
        return self.title if name == "title" else self.topic

    def put(self, name: Field, text: str) -> None:
        """Let a text stand in a field."""
        if name == "title":
            self.title = text
        else:
            self.topic = text

    def refuse(self, name: Field, *texts: str) -> None:
        """Empty a field, and remember what must not come again."""
        (self.refused_titles if name == "title" else self.refused_topics).extend(text for text in texts if text)
        self.put(name, "")

    def refused(self, name: Field) -> list[str]:
        """What was refused for a field."""
        return self.refused_titles if name == "title" else self.refused_topics


@final
class Form:
    """The lines of an outline in the making, and its canvases, `seed` and number telling one from another."""

    def __init__(self, lines: Sequence[Line], *, shared: str, seed: int) -> None:
        self.lines = list(lines)
        self._shared, self._seed = shared, seed
        self._canvases = 0

    def empty(self, upto: int) -> list[Place]:
        """The fields of the first `upto` lines in which nothing stands, in order."""
        places = [Place(number, name) for number in range(upto) for name in ("title", "topic")]
        return [place for place in places if not self.lines[place.line].get(place.field)]

    def canvas(self, places: Sequence[Place], upto: int) -> Canvas:
        """The first `upto` lines with a hole at each of the places and everything else as ink."""
        text, spans = self._laid_out(upto)
        self._canvases += 1
        number = self._canvases
        return Canvas.renoise(
            Draft(section=NAME, text=text),
            [spans[place] for place in places],
            holes={number: self._hole(place) for number, place in enumerate(places)},
            shared=self._shared,
            seed=self._seed + number - 1,
            id=NAME if number == 1 else f"{NAME}~{number}",
        )

    def _laid_out(self, upto: int) -> tuple[str, Mapping[Place, Span]]:
        """The text of the first lines, and where in it each field stands (nowhere wide, if it is empty)."""
        text = ""
        spans: dict[Place, Span] = {}
        for number, line in enumerate(self.lines[:upto]):
            for name, before, after in (("title", f"{number + 1}. Title:", ""), ("topic", "\n   Topic:", "\n")):
                place = Place(number, "title" if name == "title" else "topic")
                text += before
                stands = f" {line.get(place.field)}" if line.get(place.field) else ""
                spans[place] = Span(start=len(text), stop=len(text) + len(stands))
                text += stands + after
        return text, spans

    def _hole(self, place: Place) -> Hole:
        is_title = place.field == "title"
        others = [line.title for line in self.lines if line.title] if is_title else []
        return Hole(
            width=TITLE_WIDTH if is_title else TOPIC_WIDTH,
            most=TITLE_MOST if is_title else TOPIC_MOST,
            close="line",
            hint=f"{place.field} of section {place.line + 1}",
            ban=tuple(dict.fromkeys((*self.lines[place.line].refused(place.field), *others)))[:MOST_BANNED],
        )

"""Passage and Evidence: what sections were given to write from, and how they cite it.

A passage has a source, a locator in it and text. Given to a section it gets an id (`src1`), under which the section may
cite it: `[src1]`. The ledger knows the same ids as items of kind `citation`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import Field, field_validator

from hierdiff.spans import printable
from hierdiff.values import Value

LONGEST_TEXT, LONGEST_SOURCE = 8000, 300
"""Characters of a passage, and of the name of its source, at most: what is longer is no passage."""

OWN_ID = re.compile(r"src[0-9]{1,6}")
"""The shape of the ids that a run gives."""

_ID = r"[A-Za-z][\w.-]{0,60}"
_CITED = re.compile(rf"(?<![\]!\\\w])\[(?P<list>{_ID}(?:[ ]?[,;][ ]?{_ID}){{0,20}})\](?!\()|(?<=\])\[(?P<next>{_ID})\]")
_ONE = re.compile(_ID)


class Passage(Value):
    """Text from a source: `source` names it (a file, an address), `locator` says where in it (`lines 3-9`).

    `score` says how well it fits what was asked: more is better, and only passages of one retriever compare.
    """

    source: str = Field(min_length=1)
    locator: str = ""
    text: str = Field(max_length=LONGEST_TEXT)
    score: float = 0.0

    @field_validator("source", "locator")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return printable(text)[:LONGEST_SOURCE]

    @property
    def place(self) -> str:
        """Source and locator, as they are listed."""
        return f"{self.source}, {self.locator}" if self.locator else self.source


class Evidence(Value):
    """The passages of a run by id, and which of them each section was given, the most relevant first."""

    passages: dict[str, Passage] = Field(default_factory=dict)
    given: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def of(self, section: str) -> list[tuple[str, Passage]]:
        """Ids and passages of a section, the most relevant first."""
        return [(one, self.passages[one]) for one in self.given.get(section, ()) if one in self.passages]


class Cited(NamedTuple):
    """A citation in a text: its id's characters `start..stop`, and those of the brackets that hold it."""

    id: str
    start: int
    stop: int
    opening: int
    closing: int


def citations(text: str) -> Iterator[Cited]:
    """Everything in a text that has the form of a citation by id: `[src1]`, `[src1, src2]`. No link is one."""
    for match in _CITED.finditer(text):
        group = "list" if match["list"] else "next"
        for one in _ONE.finditer(match[group]):
            start = match.start(group) + one.start()
            yield Cited(one.group(), start, start + len(one.group()), match.start(), match.end())

"""Span: characters `start..stop` of a text, and what is done with texts by spans.

Offsets count Unicode code points of the Python string, so `text[span.start:span.stop]` is the span's text.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from hierdiff.errors import CanvasError
from hierdiff.values import Value


class Span(Value):
    """Characters `start` (included) to `stop` (excluded) of a text."""

    start: int = Field(ge=0)
    stop: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stop < self.start:
            raise ValueError(f"a span cannot stop ({self.stop}) before it starts ({self.start})")
        return self

    def __len__(self) -> int:
        return self.stop - self.start

    def of(self, text: str) -> str:
        """The characters of `text` inside the span."""
        return text[self.start : self.stop]

    def moved(self, by: int) -> "Span":
        """The span `by` characters further on."""
        return Span(start=self.start + by, stop=self.stop + by)

    def holds(self, other: "Span") -> bool:
        """Whether `other` lies wholly inside."""
        return self.start <= other.start and other.stop <= self.stop

    def meets(self, other: "Span") -> bool:
        """Whether the two share a character."""
        return self.start < other.stop and other.start < self.stop


class Quote(Span):
    """A span with the text that stood there, so that a finding can be read, and checked, by itself."""

    text: str

    @classmethod
    def cut(cls, text: str, start: int, stop: int) -> "Quote":
        """The quote of `text[start:stop]`."""
        return cls(start=start, stop=stop, text=text[start:stop])


def in_order(spans: Iterable[Span], length: int) -> list[Span]:
    """The spans sorted by place; raises CanvasError if one overlaps another or leaves `0..length`."""
    ordered = sorted(spans, key=lambda span: (span.start, span.stop))
    for left, right in pairwise(ordered):
        if right.start < left.stop:
            raise CanvasError(f"spans {left.start}..{left.stop} and {right.start}..{right.stop} overlap")
    if ordered and ordered[-1].stop > length:
        last = ordered[-1]
        raise CanvasError(f"span {last.start}..{last.stop} lies outside a text of {length} characters")
    return ordered


def between(text: str, spans: Sequence[Span]) -> list[str]:
    """The pieces of `text` around ordered spans: one more than there are spans."""
    starts = [0, *(span.stop for span in spans)]
    stops = [*(span.start for span in spans), len(text)]
    return [text[start:stop] for start, stop in zip(starts, stops, strict=True)]


def printable(text: str) -> str:
    """A text as one line that can be printed: white space as single blanks, control characters gone."""
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())

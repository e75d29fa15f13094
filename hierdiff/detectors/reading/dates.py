"""Dates: written and ISO dates of a text, with the parts that are given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_NUMBER_OF = {name: number for number, name in enumerate(MONTHS, start=1)} | {
    name[:3]: number for number, name in enumerate(MONTHS, start=1)
} | {"Sept": 9}  # fmt: skip
_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])"
DATE = re.compile(
    rf"(?<![\w-])(?:(?P<iy>[12][0-9]{{3}})-(?P<im>0[1-9]|1[0-2])-(?P<id>0[1-9]|[12][0-9]|3[01])(?![\w-])"
    rf"|(?P<d1>{_DAY})(?:st|nd|rd|th)?[ \u00a0](?:of[ ])?(?P<m1>{_MONTH})(?:,?[ \u00a0](?P<y1>[12][0-9]{{3}}))?"
    rf"|(?P<m2>{_MONTH})[ \u00a0](?P<d2>{_DAY})(?:st|nd|rd|th)?(?![\w:%])(?:,?[ \u00a0](?P<y2>[12][0-9]{{3}}))?"
    rf"|(?P<m3>{_MONTH}),?[ \u00a0](?P<y3>[12][0-9]{{3}}))(?![\w])"
)


@dataclass(slots=True, frozen=True)
class Date:
    """A date at characters `start..stop`; a part that is not given is 0."""

    start: int
    stop: int
    year: int
    month: int
    day: int

    def agrees(self, other: "Date") -> bool:
        """Whether no part that both give differs."""
        ours, theirs = (self.year, self.month, self.day), (other.year, other.month, other.day)
        return all(not one or not two or one == two for one, two in zip(ours, theirs, strict=True))

    def comparable(self, other: "Date") -> bool:
        """Whether both give the same parts, so that they could be the same date."""
        return [bool(part) for part in (self.year, self.month, self.day)] == [
            bool(part) for part in (other.year, other.month, other.day)
        ]


def dates(text: str) -> Iterator[Date]:
    """The dates of a text, in order."""
    for match in DATE.finditer(text):
        year = match["iy"] or match["y1"] or match["y2"] or match["y3"] or "0"
        day = match["id"] or match["d1"] or match["d2"] or "0"
        name = match["m1"] or match["m2"] or match["m3"]
        month = _NUMBER_OF.get(name.rstrip("."), 0) if name else int(match["im"])
        yield Date(match.start(), match.end(), int(year), month, int(day))

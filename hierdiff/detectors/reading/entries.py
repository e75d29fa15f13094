"""Entries: sections that are items of a catalogue (functions of an API, options, the releases of a changelog).

What stands in one entry of a catalogue is read without the others, so that it may say again what another one says.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import final

from hierdiff.detectors.reading.prose import Heading

LEAST = 4
"""So many sections side by side, more than half of them entries, make entries of all of them."""
BESIDE = 2
"""So many plain words may stand beside a name in code: `Class: fs.Dir`."""

_CODE = re.compile(r"`[^`]{1,300}`|\{[^{}]{1,100}\}|<[^<>]{1,100}>|'[^']{1,80}'")
_DIGITS = re.compile(r"[0-9]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NAME = re.compile(
    r"(?=[^\s]*[A-Za-z])(?:[-\w$@/.:#~]*(?:[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]|::|--[a-z]|\(\)|[A-Za-z]\.[A-Za-z]|/)"
    r"[-\w$@/.:#~()\[\]]*|[.$@-]{1,2}[A-Za-z][\w-]*|[\w.]{1,80}\([^()]{0,200}\))"
)
_DATE = re.compile(
    r"[12][0-9]{3}-[0-9]{2}(?:-[0-9]{2})?|(?:[0-3]?[0-9] )?"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?(?: [0-3]?[0-9],?)? [12][0-9]{3}"
)
_ASIDE = re.compile(r"\([^()]{0,100}\)|@[\w-]+")
_RELEASE = re.compile(r"\W*(?:v|(?:version|release) )?[0-9]{1,4}(?:\.[0-9]{1,5}){1,4}[\w.+-]{0,20}\W*", re.I)
_NUMBERED = re.compile(r"\b(?:version|release) v?[0-9]{1,4}\.[0-9]", re.I)


@final
class Entries:
    """Which characters of a text lie in an entry of a catalogue, and under which title each character stands."""

    def __init__(self, headings: Sequence[Heading]) -> None:
        self._starts = [heading.start for heading in headings]
        self._titles = [_DIGITS.sub("0", heading.title.lower()) for heading in headings]
        self.parents = _parents(headings)
        own = [is_entry(heading.title) and heading.level > 1 for heading in headings]
        lone = sum(heading.level == 1 for heading in headings) == 1
        if not lone:
            own = [is_entry(heading.title) for heading in headings]
        self._entry = _spread(headings, self.parents, own)

    def holds(self, offset: int) -> bool:
        """Whether an offset lies in an entry, or below one."""
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and self._entry[at]

    def alike(self, one: int, two: int) -> bool:
        """Whether two offsets lie in sections of one name, but for its number, as parallel parts have them."""
        left, right = (bisect_right(self._starts, offset) - 1 for offset in (one, two))
        if left < 0 or right < 0 or left == right:
            return False
        if self._titles[left] != self._titles[right]:
            return False
        return self.parents[left] != self.parents[right] or "0" in self._titles[left]


def is_entry(title: str) -> bool:
    """Whether a title is a name of a program's things, or a release, and not a heading in words."""
    bare = title.strip().strip("*_").strip()
    rest = _CODE.sub(" ", bare)
    if rest != bare and len(_WORDS.findall(rest)) <= BESIDE:
        return True
    if _NAME.fullmatch(bare.rstrip(":")) or bare.lower().strip("[]") in ("unreleased", "next release"):
        return True
    undated = _ASIDE.sub(" ", _DATE.sub(" ", bare)).strip(" ,:-–—")
    dated = undated != bare and not undated
    return dated or bool(_RELEASE.fullmatch(undated)) or bool(_NUMBERED.search(bare))


def _parents(headings: Sequence[Heading]) -> list[int]:
    """The number of the heading above each, -1 for none."""
    found: list[int] = []
    path: list[int] = []
    for number, heading in enumerate(headings):
        while path and headings[path[-1]].level >= heading.level:
            path.pop()
        found.append(path[-1] if path else -1)
        path.append(number)
    return found


def _spread(headings: Sequence[Heading], parents: Sequence[int], own: Sequence[bool]) -> list[bool]:
    """Entries by themselves, by their neighbours, or by what they stand below."""
    beside: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, parent in enumerate(parents):
        beside[parent, headings[number].level].append(number)
    found = list(own)
    for (_, level), numbers in beside.items():
        titles = [headings[number].title for number in numbers]
        names = sum(
            own[number] or (title.islower() and " " not in title) for number, title in zip(numbers, titles, strict=True)
        )
        if len(numbers) >= LEAST and 2 * names > len(numbers) and level > 1:
            for number in numbers:
                found[number] = True
    for number, parent in enumerate(parents):
        found[number] = found[number] or (parent >= 0 and found[parent])
    return found

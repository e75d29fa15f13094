"""Mentioned: one figure of a sentence and the words that tie it to a subject."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hierdiff.detectors.reading.figures import Figure
from hierdiff.detectors.reading.mentions import Said, Word
from hierdiff.detectors.reading.reading import Place
from hierdiff.detectors.reading.words import word_set

_NUMBER_OF = re.compile(r"\b[Tt]he number of (?:[\w’'-]{1,20} ){1,4}(?:[a-z]{1,9} ){0,4}$")
_OF = re.compile(r"\b(?:an?|the|its|their) (?:[\w-]{1,20} ){1,3}of $", re.I)
_PART = re.compile(r" of (?:all |the |our |its |their )?")
_BETWEEN = word_set(
    """
    is was are were be of at to about around the a an its with measures measure has had have stands stand
    stretches runs reaches reached covers cost costs in on for by held holds now
    """
)


@dataclass(slots=True, frozen=True)
class Mention:
    """One figure of a sentence and the words that tie it to a subject, the nearest of them apart."""

    saying: Said
    figure: Figure
    near: frozenset[str]
    bound: frozenset[str]
    names: frozenset[str]
    years: frozenset[float]
    listed: bool

    @property
    def numbered(self) -> bool:
        """Whether a count is given as `the number of pumps`, which is the number of all of them."""
        return bool(_NUMBER_OF.search(self.saying.sentence.plain[: self.figure.start]))

    @property
    def place(self) -> Place:
        return self.saying.place(self.figure.start, self.figure.stop)


def mention_of(saying: Said, figure: Figure) -> Mention:
    """A figure of a sentence with the words that are said of it."""
    near = [word for _, word in saying.near(figure)]
    first = saying.words[0].at if saying.words else 0
    names = {word.stem for word in near if word.text[0].isupper() and word.at != first}
    years = {one.value for one in saying.figures if one.kind == "year" and one is not figure}
    dated = {float(one.date.year) for one in saying.figures if one.date is not None and one is not figure}
    stems = frozenset(word.stem for word in near) - figure.head
    stems -= frozenset[str]().union(*(one.head for one in saying.figures if one is not figure))
    times = frozenset(years | dated)
    return Mention(saying, figure, stems, _bound(saying, figure), frozenset(names), times, saying.listed)


def _bound(saying: Said, figure: Figure) -> frozenset[str]:
    """The noun right behind a figure (`4 km sea wall`), or the one it is said of (`the sea wall is 4 km`)."""
    plain, before = saying.sentence.plain, saying.index(figure)
    after = [word for word in saying.words if word.at >= figure.stop]
    found = set(_run(plain, figure.stop, after))
    if figure.kind == "percent" and (of := _PART.match(plain, figure.stop)):
        found |= set(_run(plain, of.end(), [word for word in after if word.at >= of.end()]))
    left = list(reversed(saying.words[:before]))
    skipped = 0
    while skipped < len(left) and skipped < 4 and left[skipped].text.lower() in _BETWEEN:
        skipped += 1
    edge = figure.start
    for word in left[skipped : skipped + 4]:
        gap = plain[word.at + len(word.text) : edge]
        if (
            not word.content
            or (edge != figure.start and gap.strip(" -\u00a0"))
            or any(mark in gap for mark in ",.;:()")
        ):
            break
        found.add(word.stem)
        edge = word.at
    return frozenset(found)


def _run(plain: str, at: int, words: Iterable[Word]) -> Iterator[str]:
    """Content words in a row from a place on, nothing but blanks and hyphens between them."""
    for word, _ in zip(words, range(4), strict=False):
        if not word.content or plain[at : word.at].strip(" -\u00a0\r\n"):
            return
        yield word.stem
        at = word.at + len(word.text)


def stated(saying: Said, figure: Figure) -> bool:
    """Whether a figure is given as that of a thing, `an idle timeout of 90 s`, whatever else the sentence says."""
    return figure.kind != "count" and bool(_OF.search(saying.sentence.plain[max(0, figure.start - 80) : figure.start]))

"""Pairs: which sentences of a document are worth holding against each other, without asking a model.

Two sentences are of one matter when they share words that few others have. So the time grows with the text, and not
with its square, whatever model is asked afterwards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.reading import Place, Reading
from hierdiff.detectors.reading.words import stems
from hierdiff.document import Document

LONGEST = 600
"""Characters of a sentence at most."""


@dataclass(slots=True, frozen=True)
class Said:
    """A sentence of the prose: its characters, which one it is, the section that it lies in, its words of content, and
    whether it stands in a list or a catalogue, where things are said alike by nature."""

    place: Place
    number: int
    section: str
    text: str
    stems: frozenset[str]
    listed: bool


@dataclass(slots=True, frozen=True)
class Pair:
    """Two sentences, the earlier one first, and the rare words that both have."""

    first: Said
    then: Said
    shared: frozenset[str]


def sayings(document: Document, least: int) -> list[Said]:
    """The sentences with at least so many words of content, in order; what holds code, and quotations, are left out."""
    reading = Reading(document, "judges")
    entries = Entries(reading.prose.headings)
    found: list[Said] = []
    for number, one in enumerate(reading.prose.sentences):
        if BLOT in one.plain or len(one.plain) > LONGEST:
            continue
        words = stems(one.plain)
        if len(words) >= least:
            place, text = (one.start, one.stop), " ".join(document.text[one.start : one.stop].split())
            listed = reading.prose.blocks[one.block].kind == "list" or entries.holds(one.start)
            found.append(Said(place, number, reading.section(one.start), text, words, listed))
    return found


def pairs(said: Sequence[Said], *, rare: int, share: int, most: int) -> Iterator[Pair]:
    """Pairs that share at least `share` words, none of which is in more than `rare` sentences; of each sentence the
    `most` earlier ones that share most with it."""
    often = Counter(word for one in said for word in one.stems)
    having: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(said):
        words = sorted(word for word in one.stems if often[word] <= rare)
        count = Counter(other for word in words for other in having[word])
        close = sorted((-times, other) for other, times in count.items() if times >= share)
        for _, other in close[:most]:
            shared = frozenset(word for word in words if word in said[other].stems)
            yield Pair(said[other], one, shared)
        for word in words:
            having[word].append(number)

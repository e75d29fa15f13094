"""Reworded: sentences that say in nearly the same words what was said before.

Candidates share rare words, so that the time grows with the text; what they share is then counted. What differs in a
figure, a name or a piece of code says something else, however alike it is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from hierdiff.detectors.reading.entries import Entries
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.reading import Place, Reading, short
from hierdiff.detectors.reading.words import PLAIN, STOP, content, stem
from hierdiff.findings import Finding

LEAST_WORDS = 9
"""Content words that a sentence must have to be known again in other words."""
RARE = 12
"""A word in more sentences than these leads to none."""
KEYS = 5
MOST = 30
ALIKE = 0.74
"""Share of the content words of both that both must have."""
IN_ORDER = 0.6
MOVED = 0.9
"""Share from which on the order of the words does not matter: clauses that changed places say the same."""


@dataclass(slots=True, frozen=True)
class Said:
    """A sentence: its stems in order, those that carry meaning, and what must be the same in both."""

    place: Place
    number: int
    section: str
    stems: tuple[str, ...]
    meaning: frozenset[str]
    fixed: frozenset[str]


def reworded(reading: Reading, entries: Entries) -> Iterator[tuple[Finding, Place]]:
    """Each later sentence that says an earlier one over again, and where the earlier one stands."""
    sayings = list(_sayings(reading, entries))
    frequency = Counter(one for said in sayings for one in said.meaning)
    index: dict[str, list[int]] = defaultdict(list)
    for number, said in enumerate(sayings):
        rare = sorted((one for one in said.meaning if frequency[one] <= RARE), key=lambda one: (frequency[one], one))
        close = Counter(other for one in rare for other in index[one])
        for other, shared in close.most_common(MOST):
            if shared >= 3 and _same(sayings[other], said):
                reason = f"This was said before in nearly the same words: '{_text(reading, sayings[other].place)}'."
                expected = (
                    "" if said.meaning <= sayings[other].meaning or _alike(sayings[other], said) >= ALIKE else None
                )
                yield (
                    reading.finding(
                        "reworded sentence", [said.place], reason, expected=expected, against=[sayings[other].place]
                    ),
                    sayings[other].place,
                )
                break
        for one in rare:
            index[one].append(number)


def _sayings(reading: Reading, entries: Entries) -> Iterator[Said]:
    for number, sentence in enumerate(reading.prose.sentences):
        if reading.prose.blocks[sentence.block].kind == "list" or BLOT in sentence.plain or len(sentence.plain) > 1000:
            continue
        found = [match.group() for match in PLAIN.finditer(sentence.plain)]
        meaning = frozenset(stem(word) for word in found if content(word))
        if len(meaning) < LEAST_WORDS or entries.holds(sentence.start):
            continue
        inner = found[1:]
        fixed = {word for word in found if any(char.isdigit() for char in word)}
        fixed |= {stem(word) for word in inner if word[0].isupper() and word.lower() not in STOP}
        stems = tuple(stem(word) for word in found)
        place = (sentence.start, sentence.stop)
        yield Said(place, number, reading.section(sentence.start), stems, meaning, frozenset(fixed))


def _same(one: Said, two: Said) -> bool:
    """Whether two sentences say the same thing."""
    if one.fixed != two.fixed or one.stems == two.stems or two.number - one.number < 2:
        return False
    ours, theirs = one.meaning - two.meaning, two.meaning - one.meaning
    swapped = min(len(ours), len(theirs))
    apart = one.section != two.section
    if _alike(one, two) < ALIKE or swapped > (len(one.meaning) // 7 if apart else 0):
        return False
    if swapped and _parallel(one, two):
        return False
    return _alike(one, two) >= MOVED or Indel.normalized_similarity(one.stems, two.stems) >= IN_ORDER


def _parallel(one: Said, two: Said) -> bool:
    """Whether two sentences are one form filled twice: word by word the same but for what they speak of."""
    if len(one.stems) != len(two.stems):
        return False
    differ = [at for at, (left, right) in enumerate(zip(one.stems, two.stems, strict=True)) if left != right]
    return len(differ) <= 2 and any(3 * at < len(one.stems) for at in differ)


def _alike(one: Said, two: Said) -> float:
    return len(one.meaning & two.meaning) / max(1, len(one.meaning | two.meaning))


def _text(reading: Reading, place: Place) -> str:
    return short(reading.text[slice(*place)])

"""Names: slips in the names of people, places and bodies that a text itself writes otherwise, and more often."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import final

from rapidfuzz.distance import OSA

from hierdiff.detectors.prose.swaps import swaps
from hierdiff.detectors.reading.reading import Reading, in_order, short
from hierdiff.detectors.reading.spellings import Token, is_name, tokens
from hierdiff.detectors.reading.words import STOP, word_set
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.ledger import NAME_KINDS

OFTEN = 2
"""Uses of the right form that outvote one slip beside a neighbour of the name; alone it takes one more."""
LONG = 8
LEAST = 5
_DOUBLED = re.compile(r"(.)\1+")
_TITLES = word_set("Mr Mrs Ms Dr Prof Professor Sir Dame Lord Lady Saint St President Mayor Minister Captain Judge")


@final
class Names:
    """Finds a capitalised word that is a letter or two off one used more often, in the same company or by itself.

    With a ledger also another name in the place of a person or body that the words around it describe. Titles,
    initials, possessives and plurals are no other names. Slips in names of the ledger are left to `Terms`.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "names")
        row = tokens(reading)
        known = {
            word.lower()
            for item in document.ledger.items
            if item.kind in NAME_KINDS
            for text in (item.value or "", *item.aliases)
            for word in text.split()
        }
        return in_order([*_slips(reading, row, known), *swaps(reading, document, row)])


def _slips(reading: Reading, row: Sequence[Token], known: set[str]) -> Iterator[Finding]:
    uses: dict[str, list[int]] = defaultdict(list)
    common = Counter(token.text for token in row if token.text.islower())
    for number, token in enumerate(row):
        word = _owned(token.text)
        if is_name(word) and word[1:].islower() and len(word) >= LEAST and (not token.opens or word in uses):
            uses[word].append(number)
    names = [word for word in uses if not common[word.lower()] and word not in _TITLES and word.lower() not in STOP]
    for wrong, right in _pairs(names, uses):
        places = uses[wrong]
        near = _neighbours(row, places[0])
        beside = any(near & _neighbours(row, other) for other in uses[right])
        alone = not near and len(uses[right]) > OFTEN and len(wrong) > LEAST and OSA.distance(wrong, right) == 1
        if wrong.lower() in known or right.lower() in known or not (beside or alone):
            continue
        token = row[places[0]]
        place = (token.start, token.start + len(wrong))
        against = [(row[one].start, row[one].start + len(right)) for one in uses[right][:3]]
        reason = f"'{short(wrong)}' stands once, but the name is '{short(right)}' elsewhere in the document."
        yield reading.finding("name", [place], reason, expected=right, against=against)


def _pairs(names: Sequence[str], uses: dict[str, list[int]]) -> Iterator[tuple[str, str]]:
    """A name that stands once, and one that is written almost alike and stands more often."""
    often: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name in names:
        if len(uses[name]) >= OFTEN:
            often[name[0], len(name)].append(name)
    for wrong in names:
        if len(uses[wrong]) != 1:
            continue
        close = [
            right
            for length in range(len(wrong) - 2, len(wrong) + 3)
            for right in often.get((wrong[0], length), ())[:400]
            if _slip(right, wrong)
        ]
        if len(close) == 1:
            yield wrong, close[0]


def _slip(right: str, wrong: str) -> bool:
    """Whether two words differ as slips do and not as forms of one word do, or as two words of one family."""
    most = 2 if len(right) >= LONG else 1
    if not 0 < OSA.distance(right, wrong, score_cutoff=most) <= most:
        return False
    swapped = sorted(right) == sorted(wrong)
    stem = min(len(right), len(wrong)) - 2
    if right.startswith(wrong) or wrong.startswith(right):
        return False
    doubled = _DOUBLED.sub(r"\1", right) == _DOUBLED.sub(r"\1", wrong)
    return swapped or doubled or right[:stem] != wrong[:stem]


def _owned(word: str) -> str:
    """A name without the ending of the possessive; an `s` of its own stays."""
    return re.sub(r"['’]s?$", "", word)


def _neighbours(row: Sequence[Token], at: int) -> set[str]:
    """The names that stand right beside a word, as first names and surnames do."""
    found: set[str] = set()
    if row[at].joint == " " and at and is_name(row[at - 1].text) and row[at - 1].text not in _TITLES:
        found.add(_owned(row[at - 1].text))
    if at + 1 < len(row) and row[at + 1].joint == " " and is_name(row[at + 1].text):
        found.add(_owned(row[at + 1].text))
    return {word for word in found if word.lower() not in STOP}

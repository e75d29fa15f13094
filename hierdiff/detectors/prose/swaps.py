"""Swaps: another name in the place of one that the ledger knows, told by the words around it that say what it names."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from hierdiff.detectors.prose.roles import filled
from hierdiff.detectors.reading.reading import Reading, short
from hierdiff.detectors.reading.spellings import Token, is_name, place, surface
from hierdiff.detectors.reading.words import stem, stems, word_set
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.ledger import Item

LEAST_WORDS = 2
"""A subject of fewer words than these is met by chance."""
REACH = 6
LEAST_FRAME = 3
SLIP = 2
"""Letters in which a slip may differ; what differs in more is another word."""
_BODIES = word_set(
    """
    trust council board university college institute institution guild association society agency authority ministry
    department office company foundation union club cooperative committee commission bank museum library hospital
    school academy federation consortium alliance group corporation bureau service centre center laboratory
    system software network works partner solution technology industry press studio firm board ltd inc
    """
)
_NO_PERSON = word_set(
    """
    street road lane avenue square bridge river lake sea bay island mount valley north south east west northern
    southern eastern western new old upper lower great act law treaty report plan project programme program prize
    day war party church city county state states kingdom republic national international united european monday
    tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december the of
    """
)


@dataclass(slots=True, frozen=True)
class _Wanted:
    """A name of the ledger: what it names, by stems, and the words of the name itself."""

    item: Item
    about: frozenset[str]
    words: frozenset[str]
    sort: str


def swaps(reading: Reading, document: Document, row: Sequence[Token]) -> Iterator[Finding]:
    """Names of several words that stand where the ledger's name ought to.

    Told by the words that say what is named, or by a sentence that has the ledger's name in the same words. Where the
    ledger knows every other name of its sort in the text, the one that it does not know is a hint.
    """
    wanted = list(_wanted(document))
    known = {text.lower() for item in document.ledger.items for text in (item.value or "", *item.aliases) if text}
    sentences = [(sentence, list(_names(sentence))) for sentence in _sentences(row)] if wanted else []
    said = [(sentence, runs) for sentence, runs in sentences if runs]
    strange = [(sentence, run) for sentence, runs in said for run in runs if not _known(run, known)]
    often = Counter(surface(run).lower() for _, run in strange)
    sorts = Counter(sort for text in often if (sort := _sort(text.split())))
    frames = {one.item.id: [_frame(s, run) for s, runs in said for run in runs if _is(run, one)] for one in wanted}
    for sentence, run in strange:
        sort = _sort([token.text.lower() for token in run])
        alike = [one for one in wanted if one.sort == sort and frames[one.item.id] and _apart(run, one)]
        for one in wanted:
            described = _alone(sentence, one) and (
                (bool(one.about) and _near(sentence, run, one.about))
                or filled(reading.text, sentence, run, one.item.about)
            )
            framed = _frame(sentence, run) in frames[one.item.id]
            lone = alike == [one] and sorts[sort] == 1 and often[surface(run).lower()] == 1
            if _apart(run, one) and (described or framed or lone):
                value = " ".join((one.item.value or "").split())
                about = f" for '{short(one.item.about)}'" if one.item.about else ""
                reason = f"The facts have '{short(value)}'{about}, not '{short(surface(run))}'."
                hard = described or framed
                yield reading.finding(one.item.kind, [place(run)], reason, expected=value, hard=hard)
                break


def _wanted(document: Document) -> Iterator[_Wanted]:
    for item in document.ledger.items:
        words = (item.value or "").lower().split()
        if item.kind in ("person", "entity") and len(words) > 1:
            about = stems(item.about)
            sort = "person" if item.kind == "person" else "body"
            yield _Wanted(item, about if len(about) >= LEAST_WORDS else frozenset(), frozenset(words), sort)


def _sort(words: Sequence[str]) -> str:
    """What a name seems to name: a body, by its last word, or, of two or three words, a person; else nothing."""
    if words[-1].removesuffix("s") in _BODIES or words[-1] in _BODIES:
        return "body"
    return "person" if len(words) in (2, 3) and not any(word in _NO_PERSON for word in words) else ""


def _known(run: Sequence[Token], known: set[str]) -> bool:
    text = surface(run).lower()
    return any(text in one or one in text for one in known)


def _is(run: Sequence[Token], one: _Wanted) -> bool:
    return surface(run).lower() == " ".join((one.item.value or "").lower().split())


def _alone(sentence: Sequence[Token], one: _Wanted) -> bool:
    """Whether the ledger's own name does not stand in the sentence, too."""
    return not one.words <= {token.text.lower() for token in sentence}


def _frame(sentence: Sequence[Token], run: Sequence[Token]) -> tuple[str, ...]:
    """The other words of a sentence in order; nothing to compare where they are few."""
    inside = {token.start for token in run}
    words = tuple("*" if token.start in inside else token.text.lower() for token in sentence)
    return words if len(words) - len(run) >= LEAST_FRAME else (str(run[0].start),)


def _sentences(row: Sequence[Token]) -> Iterator[Sequence[Token]]:
    first = 0
    for at in range(1, len(row) + 1):
        if at == len(row) or row[at].sentence != row[first].sentence:
            yield row[first:at]
            first = at


def _names(sentence: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Runs of two to four capitalised words; at the sentence's beginning the first word may be none of the name."""
    at = 0
    while at < len(sentence):
        stop = at
        while stop < len(sentence) and is_name(sentence[stop].text) and (stop == at or sentence[stop].joint == " "):
            stop += 1
        if 2 <= stop - at <= 4 and not (sentence[at].opens and sentence[at].text.lower() in ("the", "a", "an", "in")):
            yield sentence[at:stop]
        elif 3 <= stop - at <= 5 and sentence[at].opens:
            yield sentence[at + 1 : stop]
        at = max(stop, at + 1)


def _apart(run: Sequence[Token], one: _Wanted) -> bool:
    """Whether a name is another one altogether or shares only what such names share: not a form of the right one."""
    if run[0].text.lower() not in one.words:
        return True
    right = (one.item.value or "").lower().split()
    mine = [token.text.lower() for token in run]
    pairs = zip(mine, right, strict=True) if len(mine) == len(right) else ()
    return any(left not in one.words and OSA.distance(left, other) > SLIP for left, other in pairs)


def _near(sentence: Sequence[Token], run: Sequence[Token], about: frozenset[str]) -> bool:
    """Whether the words that say what is named stand close to the name."""
    at = next(number for number, token in enumerate(sentence) if token is run[0])
    around = sentence[max(0, at - REACH) : at + len(run) + REACH]
    return about <= frozenset(stem(token.text) for token in around)

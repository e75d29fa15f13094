"""Variants: one term in two spellings within a document: `sea wall`, `seawall`, `sea-wall`; `Harbour trust`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hierdiff.detectors.reading.reading import Place, Reading, short
from hierdiff.detectors.reading.spellings import Token, is_name, place, surface, windows
from hierdiff.detectors.reading.words import STOP, folded, singular, word_set
from hierdiff.findings import Finding

_PARTICLES = word_set(
    """
    up down in out on off over under by back away through about around along to for with at of into onto upon
    after before aside ahead together apart forward
    """
)
_GRAMMAR = word_set(
    """
    any every some no may can all al an a the what who when where which how one ever day time thing where body
    self selves way more less non pre re co sub over under anti semi multi inter intra super un de mis out up
    well so much not it its i he she we they to be is as if in on
    """
)
_ORDER = ("closed", "hyphen", "open")
MAJORITY = 3
_GLUED = re.compile(r"^[./_@$#]|[/_=]|\.\w|\]$")
"""What stands at words that are part of a path, a file's name or a label, and no term."""


@dataclass(slots=True, frozen=True)
class _Use:
    """A spelling as it is used once: its manner, its words, and whether a word follows that it might describe."""

    manner: str
    text: str
    place: Place
    describes: bool


def variants(reading: Reading, row: Sequence[Token], spoken_for: Sequence[Place]) -> Iterator[Finding]:
    """The minority spelling of each term. A term that the ledger knows is left to it (`spoken_for`)."""
    taken = {start for start, _ in spoken_for}
    yield from _compounds(reading, row, taken)
    yield from _capitals(reading, row, taken)


def _compounds(reading: Reading, row: Sequence[Token], taken: set[int]) -> Iterator[Finding]:
    uses = _uses(reading.text, row)
    for group in uses.values():
        manners: dict[str, list[_Use]] = defaultdict(list)
        for use in group:
            manners[use.manner].append(use)
        if len(manners) < 2:
            continue
        right = max(_ORDER, key=lambda manner: (len(manners[manner]), -_first(manners[manner])))
        for manner, minority in manners.items():
            if manner != right and _inconsistent(manner, right, minority, manners[right]):
                yield from _each(reading, minority, manners[right], taken)


def _first(uses: Sequence[_Use]) -> int:
    return uses[0].place[0] if uses else 1 << 60


def _uses(text: str, row: Sequence[Token]) -> dict[str, list[_Use]]:
    """Every closed, hyphenated and open spelling of each pair of words that is spelled closed or with a hyphen."""
    pairs: dict[str, list[_Use]] = defaultdict(list)
    joined = _joined(row)
    for at, (left, right) in enumerate(pairwise(row)):
        if (
            right.joint is None
            or (left.text + right.text).lower() not in joined
            or not _may_join(left.text, right.text)
        ):
            continue
        if left.joint == "-" or (at + 2 < len(row) and row[at + 2].joint == "-"):
            continue
        if right.joint == "-" and _GLUED.search(
            text[max(0, left.start - 1) : left.start] + text[right.stop : right.stop + 2]
        ):
            continue
        after = row[at + 2] if at + 2 < len(row) else None
        describes = after is not None and after.joint is not None and after.text.lower() not in STOP
        manner = "hyphen" if right.joint == "-" else "open"
        run = (left, right)
        pairs[_key(left.text + right.text)].append(_Use(manner, surface(run), place(run), describes))
    for token in row:
        key = _key(token.text)
        if key in pairs and token.joint != "-" and len(key) >= 5 and token.text[1:].islower():
            pairs[key].append(_Use("closed", token.text, (token.start, token.stop), False))
    return {key: group for key, group in pairs.items() if len({use.manner for use in group}) > 1}


def _joined(row: Sequence[Token]) -> set[str]:
    """What two words may make together: the words of the text, and what a hyphen joins in it, singular or plural."""
    found = {token.text.lower() for token in row}
    found |= {(left.text + right.text).lower() for left, right in pairwise(row) if right.joint == "-"}
    one = {singular(text) for text in found}
    return found | one | {f"{text}{ending}" for text in one for ending in ("s", "es")}


def _key(text: str) -> str:
    return folded(singular(text))


def _may_join(left: str, right: str) -> bool:
    """Whether two words can be one term: no function words, no particles, no numbers, no names."""
    low, high = left.lower(), right.lower()
    if high in _PARTICLES or high in STOP or high in _GRAMMAR or low in _GRAMMAR or low in STOP or len(high) < 3:
        return False
    plain = left.isalpha() and right.isalpha() and (len(left) == 1 or left[1:].islower()) and right.islower()
    return plain and len(low) <= 14


def _inconsistent(manner: str, right: str, minority: Sequence[_Use], majority: Sequence[_Use]) -> bool:
    """Whether two manners cannot both be right. An open pair and a hyphen before a noun can."""
    if {manner, right} == {"open", "hyphen"}:
        hyphened = minority if manner == "hyphen" else majority
        opened = majority if manner == "hyphen" else minority
        return all(not use.describes for use in hyphened) and len(majority) >= MAJORITY > len(minority) and bool(opened)
    if {manner, right} == {"closed", "hyphen"}:
        return len(majority) >= len(minority)
    return len(majority) >= MAJORITY and len(majority) >= 2 * len(minority)


def _each(reading: Reading, wrong: Sequence[_Use], right: Sequence[_Use], taken: set[int]) -> Iterator[Finding]:
    """One finding for each wrong spelling of each section, with the right one in the same number and case."""
    groups: dict[tuple[str, str, str], list[Place]] = defaultdict(list)
    for use in wrong:
        expected = _like(use.text, right)
        if use.place[0] not in taken and expected is not None:
            groups[reading.section(use.place[0]), use.text, expected].append(use.place)
    for (_, text, expected), places in groups.items():
        reason = f"'{short(text)}' is spelled '{short(expected)}' elsewhere in the document."
        yield reading.finding("spelling", places, reason, expected=expected, against=[right[0].place])


def _like(text: str, right: Sequence[_Use]) -> str | None:
    """The right spelling with the plural and the capital of the wrong one."""
    plural = text.lower() != singular(text)
    model = right[0].text
    for use in right:
        if (use.text.lower() != singular(use.text)) == plural:
            model = use.text
            break
    else:
        model = model + "s" if plural else singular(model)
    if text[:1].isupper():
        return model[:1].upper() + model[1:]
    return model if model.isupper() else model[:1].lower() + model[1:]


def _capitals(reading: Reading, row: Sequence[Token], taken: set[int]) -> Iterator[Finding]:
    """Names of several words that nearly always have their capitals, and once have not."""
    names: dict[str, list[Sequence[Token]]] = defaultdict(list)
    for run in _name_runs(row):
        names[surface(run)].append(run)
    often = {name.lower(): (name, runs) for name, runs in names.items() if len(runs) >= MAJORITY}
    firsts = {runs[0][0].text.lower() for _, runs in often.values()}
    for size in sorted({len(runs[0]) for _, runs in often.values()}):
        found: dict[str, list[Sequence[Token]]] = defaultdict(list)
        for run in windows(row, size):
            if run[0].text.lower() not in firsts:
                continue
            text = surface(run)
            known = often.get(text.lower())
            if known is not None and text != known[0] and not text.isupper():
                found[text.lower()].append(run)
        for key, wrong in found.items():
            name, runs = often[key]
            if len(runs) >= MAJORITY * len(wrong):
                yield from _recase(reading, name, runs, [run for run in wrong if run[0].start not in taken])


def _recase(
    reading: Reading, name: str, runs: Sequence[Sequence[Token]], wrong: Sequence[Sequence[Token]]
) -> Iterator[Finding]:
    for run in wrong:
        if run[0].opens and surface(run)[1:] == name[1:]:
            continue
        reason = f"'{short(surface(run))}' is written '{short(name)}' elsewhere in the document."
        yield reading.finding("capitals", [place(run)], reason, expected=name, against=[place(runs[0])])


def _name_runs(row: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The longest runs of two to four capitalised words in the middle of a sentence."""
    at = 0
    while at < len(row):
        stop = at
        while stop < len(row) and is_name(row[stop].text) and (stop == at or row[stop].joint == " "):
            stop += 1
        if 2 <= stop - at <= 4 and not row[at].opens and row[at].joint is not None:
            yield row[at:stop]
        at = max(stop, at + 1)

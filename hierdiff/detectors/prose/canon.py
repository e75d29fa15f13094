"""Canon: names and terms held against the ledger's: other names, slips of the pen, other capitals or hyphens."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from rapidfuzz.distance import OSA

from hierdiff.detectors.reading.reading import Place, Reading, short
from hierdiff.detectors.reading.spellings import Token, bare, is_name, place, surface, windows
from hierdiff.detectors.reading.words import PLAIN, STOP, folded
from hierdiff.findings import Finding
from hierdiff.ledger import NAME_KINDS, Item, Ledger

LONG = 7
VERY_LONG = 10
COMMON = 3
_PROPER = frozenset({"person", "entity", "acronym"})


@dataclass(slots=True, frozen=True)
class _Name:
    """A canonical name with the words it is made of."""

    item: Item
    value: str
    words: tuple[str, ...]

    @property
    def proper(self) -> bool:
        return self.item.kind in _PROPER


@final
class Canon:
    """The ledger's names, and all that a text may have instead of them."""

    def __init__(self, ledger: Ledger) -> None:
        items = [item for item in ledger.items if item.kind in NAME_KINDS and item.value and item.value.strip()]
        self.names = [_Name(item, value := " ".join((item.value or "").split()), _parts(value)) for item in items]
        self.names = [name for name in self.names if name.words]
        self._right = {word.lower() for name in self.names for word in name.words}
        self._right |= {word.lower() for item in items for text in (*item.aliases, item.about) for word in _parts(text)}
        self._values = {folded(name.value) for name in self.names}

    def find(self, reading: Reading, row: Sequence[Token]) -> Iterator[Finding]:
        """One finding for each place where something else stands for a name; no two of them overlap."""
        if not self.names:
            return
        taken: set[int] = set()
        found = [*self._standing(row)]
        for run in found:
            taken.update(token.start for token in run)
        for step in (self._aliases, self._respelled, self._slips):
            for name, run, expected, reason in step(row):
                starts = {token.start for token in run}
                if taken.isdisjoint(starts):
                    taken |= starts
                    start, stop = place(run)
                    yield _finding(reading, name, (start, stop), expected, reason)

    def _standing(self, row: Sequence[Token]) -> Iterator[Sequence[Token]]:
        """Where a canonical name stands as it should, which nothing may touch."""
        right = {name.value: name for name in self.names}
        for size in {len(name.words) for name in self.names}:
            for run in windows(row, size):
                text = surface(run)
                head, _ = bare(text)
                if text in right or head in right:
                    yield run

    def _aliases(self, row: Sequence[Token]) -> Iterator[tuple[_Name, Sequence[Token], str, str]]:
        """Another name that the ledger knows. Initials and surnames are short for the name, not other names."""
        wanted: dict[int, dict[str, tuple[_Name, str]]] = defaultdict(dict)
        for name in self.names:
            for alias in name.item.aliases:
                if folded(alias) and folded(alias) not in self._values and not _short_for(alias, name):
                    wanted[len(_parts(alias))][folded(alias)] = (name, alias)
        for size in sorted(wanted, reverse=True):
            for run in windows(row, size) if size else ():
                hit = wanted[size].get(folded(surface(run))) or wanted[size].get(folded(bare(surface(run))[0]))
                if hit is not None and not (hit[0].proper and hit[1][:1].isupper() and not run[0].text[:1].isupper()):
                    yield hit[0], run, _as_written(hit[0], run), f"is another name for '{short(hit[0].value)}'"

    def _respelled(self, row: Sequence[Token]) -> Iterator[tuple[_Name, Sequence[Token], str, str]]:
        """The same letters with other capitals, hyphens or blanks."""
        by_fold = {folded(name.value): name for name in self.names}
        sizes = {size for name in self.names for size in (len(name.words) - 1, len(name.words), len(name.words) + 1, 1)}
        for size in sorted(sizes - {0}, reverse=True):
            for run in windows(row, size):
                text = surface(run)
                whole, cut = folded(text), folded(bare(text)[0])
                name = by_fold.get(whole) or by_fold.get(cut)
                if name is not None and _spelled_otherwise(name, run, whole in by_fold):
                    yield name, run, _as_written(name, run), f"is spelled '{short(name.value)}' in this document"

    def _slips(self, row: Sequence[Token]) -> Iterator[tuple[_Name, Sequence[Token], str, str]]:
        """Words one or two letters away from a word of a name, where they are no other word of the text."""
        counts = Counter(token.text.lower() for token in row)
        targets: dict[str, list[tuple[_Name, str]]] = defaultdict(list)
        close: dict[tuple[str, str], list[tuple[_Name, str]]] = {}
        for name in self.names:
            for word in name.words:
                least = LONG - 2 if len(name.words) > 1 else LONG - name.proper
                if len(word) >= least and word.lower() not in STOP:
                    targets[word[0].lower()].append((name, word))
        for number, token in enumerate(row):
            word, ending = bare(token.text)
            if (
                len(word) < LONG - 2
                or {word.lower(), token.text.lower()} & self._right
                or counts[token.text.lower()] > COMMON
            ):
                continue
            if (key := (word, ending)) not in close:
                close[key] = [one for one in targets.get(word[0].lower(), ()) if _slip(*one, word, ending)]
            for name, right in close[key]:
                if _in_company(row, number, name, right):
                    expected = right if word[0] == right[0] else right[0].upper() + right[1:]
                    yield name, [token], expected + ending, f"looks like a slip for '{short(name.value)}'"
                    break


def _finding(reading: Reading, name: _Name, where: Place, expected: str, reason: str) -> Finding:
    written = reading.text[slice(*where)]
    start, stop = where
    if expected.endswith(tail := bare(written)[1]) and tail and folded(bare(written)[0]):
        stop, expected = stop - len(tail), expected.removesuffix(tail)
    return reading.finding(name.item.kind, [(start, stop)], f"'{short(written)}' {reason}.", expected=expected)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(match.group() for match in PLAIN.finditer(text))


def _short_for(alias: str, name: _Name) -> bool:
    """Whether an alias is a lawful short form: the initials, or some of the words of a proper name."""
    initials = "".join(word[0] for word in name.words if word.lower() not in STOP or word[0].isupper())
    every = "".join(word[0] for word in name.words)
    if alias.replace(".", "") in (initials.upper(), every.upper()):
        return True
    own = {word.lower() for word in name.words}
    return name.item.kind == "person" and all(word.lower() in own for word in _parts(alias))


def _as_written(name: _Name, run: Sequence[Token]) -> str:
    """The canonical name with the ending of the run, and its capital where it opens a sentence."""
    text = surface(run)
    ending = (
        "" if folded(text) == folded(name.value) or folded(text) in map(folded, name.item.aliases) else bare(text)[1]
    )
    value = name.value
    if run[0].opens and run[0].text[:1].isupper() and value[:1].islower():
        value = value[0].upper() + value[1:]
    return value + ending


def _spelled_otherwise(name: _Name, run: Sequence[Token], whole: bool) -> bool:
    """Whether a run differs by more than the capital at a sentence's beginning, or capitals throughout."""
    text = surface(run) if whole else bare(surface(run))[0]
    value = name.value
    if text == value or text.isupper():
        return False
    if text[1:] == value[1:] and run[0].opens:
        return False
    same_letters = text.lower() == value.lower()
    if same_letters and len(name.words) == 1 and not name.proper and value[1:].islower():
        return False
    if same_letters and value.islower() and all(is_name(token.text) for token in run):
        return len(run) > 1 and not run[0].opens
    return True


def _slip(name: _Name, right: str, word: str, ending: str) -> bool:
    """Whether a word is one or two letters off, and not merely another form of the right one."""
    if right[0].isupper() != word[0].isupper() and name.proper:
        return False
    if right.lower().startswith(word.lower()) or word.lower().startswith(right.lower()):
        return False
    if any(right.lower() == (word + tail).lower() for tail in ("e", ending)):
        return False
    most = 2 if len(right) >= VERY_LONG - 2 * name.proper else 1
    distance = OSA.distance(right.lower(), word.lower(), score_cutoff=most)
    stem = min(len(right), len(word)) - 3
    inflected = right[:stem].lower() == word[:stem].lower() and not name.proper
    if not 0 < distance <= most or (inflected and distance == 2):
        return False
    return name.proper or len(name.words) > 1 or _is_typing_slip(right.lower(), word.lower(), distance)


def _is_typing_slip(right: str, word: str, distance: int) -> bool:
    """Whether two plain words differ as slips do (a letter lost, doubled, swapped, a wrong vowel), not as words do.

    `protection` and `projection` are one letter apart, too: another consonant makes another word.
    """
    if distance != 1:
        return False
    if len(right) != len(word) or sorted(right) == sorted(word):
        return True
    return all(one in "aeiou" and two in "aeiou" for one, two in zip(right, word, strict=True) if one != two)


def _in_company(row: Sequence[Token], at: int, name: _Name, right: str) -> bool:
    """Whether the rest of a name of several words stands around a slip; a proper name's long word may stand alone."""
    if len(name.words) == 1 or (name.proper and len(right) >= LONG and is_name(right)):
        return True
    place_ = name.words.index(right)
    for offset in (-1, 1):
        if 0 <= place_ + offset < len(name.words) and 0 <= at + offset < len(row):
            return row[at + offset].text.lower() == name.words[place_ + offset].lower()
    return False

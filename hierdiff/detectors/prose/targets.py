"""Targets: all that a text may point to: numbered sections, captions, anchors, titles, sources, footnotes."""

import re
from bisect import bisect_right
from collections.abc import Collection
from functools import cached_property
from typing import final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from hierdiff.detectors.reading.prose import Prose
from hierdiff.detectors.reading.words import folded, stems, word_set

_CAPTION = re.compile(
    r"^[ \t>*_|]{0,20}(?:<[^<>\n]{0,200}>[ \t]*){0,5}(?:!\[)?[*_]{0,3}"
    r"(?P<label>Figure|FIGURE|Fig\.?|Table|TABLE)[ \u00a0]"
    r"(?P<number>[0-9A-Z]{1,4}(?:[.-][0-9]{1,4}){0,4})[*_]*[ \t]*(?:[:.|)\]–—-]|$)",
    re.M,
)
_INNER = re.compile(
    r"(?:!\[|<(?:figcaption|caption)>)[ \t]*(?P<label>Figure|Fig\.?|Table)[ ](?P<number>[0-9A-Z.-]{1,12})\b"
)
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,1000}\]|<img\b|<svg\b|<figure\b", re.I)
_MARKED = re.compile(r"(?:\bid|\bname)[ ]?=[ ]?[\"']?([^\"'\s<>]{1,300})|\{#([^{}\s]{1,300})")
_NUMBERED = re.compile(
    r"^[ \t>*_#-]*(?:(?:Section|SECTION|Chapter|CHAPTER|Appendix|APPENDIX|Article|§)[ ]*)?"
    r"(?P<number>[0-9]{1,4}(?:\.[0-9]{1,4}){0,5}|[A-Z](?=[.:) ])|[IVXLC]{1,6}(?=[.:) ]))",
    re.M,
)
_SOURCES = word_set(
    """
    references bibliography sources literature workscited citations furtherreading notes referencesandnotes
    literaturecited
    """
)
_ENTRY = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?(?:\[([0-9]{1,3})\]|([0-9]{1,3})[.)])", re.M)
_DEFINED = re.compile(r"^ {0,3}\[([0-9]{1,3})\]:", re.M)
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\[\]\s]{1,100})\]:", re.M)
_LABELLED = re.compile(r"^[ >]{0,8}\[(?!\^)([^\[\]\n]{1,100})\]:", re.M)
_LEADING = re.compile(r"^(?:(?:Section|Chapter|Appendix)\s+)?(?:[0-9]+(?:\.[0-9]+)*|[A-Z]|[IVXLC]+)[.:)]?\s+")
_CLOSE = 84.0
_ASKING = word_set("who what where when why how which")
MOST_KNOWN = 2000


@final
class Targets:
    """What there is to point to in one text. `lacks` is careful: it says yes only where the numbers are known."""

    def __init__(self, prose: Prose, text: str) -> None:
        self.prose = prose
        self.text = text
        self.titles = [heading.title for heading in prose.headings if heading.title]
        self.footnotes = {folded(match[1]) for match in _FOOTNOTE.finditer(text)}
        self._known_titles = {folded(one) for title in self.titles for one in (title, _LEADING.sub("", title))}
        self._captions: dict[str, set[str]] = {"figure": set(), "table": set()}
        self._caption_places: list[int] = []
        for match in (*_CAPTION.finditer(text), *_INNER.finditer(text)):
            self._captions[_captioned(match["label"])].add(match["number"].rstrip(".-").upper())
            self._caption_places.append(match.start("label"))
        self._caption_places.sort()

    @cached_property
    def labels(self) -> list[str]:
        """The labels that links may be given by."""
        return [match[1] for match in _LABELLED.finditer(self.text)]

    @cached_property
    def _folded_labels(self) -> frozenset[str]:
        return frozenset(" ".join(label.lower().split()) for label in self.labels)

    def has_label(self, name: str) -> bool:
        """Whether a label is defined; capitals and blanks do not count."""
        return " ".join(name.lower().split()) in self._folded_labels

    @cached_property
    def slugs(self) -> list[str]:
        """The names under which the headings can be linked to, as GitHub makes them."""
        names: dict[str, int] = {}
        for heading in self.prose.headings:
            slug = re.sub(r"[^\w\- ]", "", heading.title.lower()).replace(" ", "-")
            count = names[slug] = names.get(slug, -1) + 1
            if count:
                names.setdefault(f"{slug}-{count}", 0)
        return list(names)

    @cached_property
    def _anchors(self) -> frozenset[str]:
        marked = {folded(match[1] or match[2]) for match in _MARKED.finditer(self.text)}
        return frozenset({folded(slug) for slug in self.slugs} | marked | {"top", ""} | self._known_titles)

    @cached_property
    def _sections(self) -> tuple[frozenset[str], bool]:
        """The numbers that begin a line anywhere, and whether the headings are numbered."""
        loose = {match["number"].upper() for match in _NUMBERED.finditer(self.text)}
        numbered = [heading for heading in self.prose.headings if _NUMBERED.match(heading.title)]
        return frozenset(loose), 2 * len(numbered) > len(self.prose.headings) > 1

    @cached_property
    def sources(self) -> frozenset[int]:
        """The numbers in the list of sources; empty if there is no such list."""
        found: set[int] = set()
        for start, stop in self._source_lists:
            for match in _ENTRY.finditer(self.text, start, stop):
                found.add(int(match[1] or match[2]))
        if found:
            found |= {int(match[1]) for match in _DEFINED.finditer(self.text)}
        return frozenset(found)

    @cached_property
    def _source_lists(self) -> list[tuple[int, int]]:
        headings = self.prose.headings
        stops = [*(heading.start for heading in headings[1:]), len(self.text)]
        return (
            [
                (heading.stop, stop)
                for heading, stop in zip(headings, stops, strict=True)
                if folded(_LEADING.sub("", heading.title)) in _SOURCES
            ]
            if headings
            else []
        )

    def among_sources(self, offset: int) -> bool:
        """Whether an offset lies in the list of sources itself."""
        return any(start <= offset < stop for start, stop in self._source_lists)

    def caption_at(self, offset: int) -> bool:
        """Whether a caption, and no reference, begins here."""
        at = bisect_right(self._caption_places, offset)
        return at > 0 and self._caption_places[at - 1] == offset

    def numbers(self, kind: str) -> list[str]:
        """The known numbers of a kind."""
        if kind in self._captions:
            return sorted(self._captions[kind])
        return sorted(
            match["number"] for heading in self.prose.headings if (match := _NUMBERED.match(heading.title)) is not None
        )

    def number_of(self, title: str) -> str | None:
        """The number of the section with that title, if its heading has one."""
        for heading in self.prose.headings:
            number = _NUMBERED.match(heading.title)
            if number and folded(_LEADING.sub("", heading.title)) == folded(title):
                return number["number"]
        return None

    def lacks(self, kind: str, number: str) -> bool:
        """Whether the text surely has no such section, figure or table."""
        if kind in self._captions:
            return self._lacks_caption(kind, number.upper())
        loose, numbered = self._sections
        if number.upper() in loose or any(one.startswith(number.upper() + ".") for one in loose):
            return False
        if numbered:
            return True
        if kind == "chapter":
            return any(re.match(r"chapter [0-9]", title, re.I) for title in self.titles)
        unnumbered = max((self._count(level) for level in range(1, 7)), default=0)
        return kind == "section" and number.isdigit() and len(self.titles) > 1 and int(number) > unnumbered

    def _count(self, level: int) -> int:
        return sum(heading.level == level for heading in self.prose.headings)

    def _lacks_caption(self, kind: str, number: str) -> bool:
        known = self._captions[kind]
        if number in known or any(one.startswith((number + ".", number + "-")) for one in known):
            return False
        if known:
            return True
        there = len(_IMAGE.findall(self.text)) if kind == "figure" else self._tables
        return not number.isdigit() or int(number) > there

    @cached_property
    def _tables(self) -> int:
        lines = self.prose.lines
        rows = [number for number, line in enumerate(lines) if line.kind == "table"]
        drawn = sum(number == 0 or lines[number - 1].kind != "table" for number in rows)
        return drawn + self.text.lower().count("<table")

    def has_title(self, title: str) -> bool:
        """Whether a heading bears that title, its number left out or not."""
        name = folded(title)
        return not name or name in self._known_titles

    def has_anchor(self, name: str) -> bool:
        """Whether a link to #name leads anywhere; spellings of slugs differ, so only letters and digits count."""
        return folded(name) in self._anchors or "%" in name


def _captioned(label: str) -> str:
    return "table" if label.lower().startswith("tab") else "figure"


def nearest(name: str, known: Collection[str], *, slips: int) -> str | None:
    """The one known name that is nearly this one: at most `slips` letters off, or by far the most alike."""
    if len(known) > MOST_KNOWN:
        return None
    close = [one for one in known if 0 < OSA.distance(name.lower(), one.lower(), score_cutoff=2) <= slips]
    if slips and (len(set(close)) == 1 or len(name) < 5):
        return close[0] if len(set(close)) == 1 else None
    names = list(dict.fromkeys(known))
    best = process.extract(name, names, scorer=fuzz.ratio, processor=str.lower, limit=2)
    if not slips and (not best or best[0][1] < _CLOSE):
        return _by_words(name, names)
    if not best or best[0][1] < _CLOSE or (len(best) > 1 and best[0][1] - best[1][1] < 4):
        return None
    return best[0][0]


def _by_words(name: str, known: Collection[str]) -> str | None:
    """The one known title that shares most of its words with a name, however the rest was mistaken."""
    wanted = stems(name)
    scored = sorted(((len(wanted & stems(one)) / max(1, len(wanted | stems(one))), one) for one in known), reverse=True)
    if not wanted or not scored or scored[0][0] < 0.5 or (len(scored) > 1 and scored[1][0] > 0.25):
        return None
    return scored[0][1]


def sharing(title: str, known: Collection[str]) -> str | None:
    """The one known title, without its number, that shares words of content, or its question, with a title."""
    wanted = _asked(title)
    shared = [one for one in known if wanted & _asked(_LEADING.sub("", one))] if len(known) <= MOST_KNOWN else []
    return _LEADING.sub("", shared[0]) if len(shared) == 1 else None


def _asked(title: str) -> frozenset[str]:
    """The stems of a title's words of content, and the words that it asks with."""
    return stems(title) | frozenset(word for word in title.lower().split() if word in _ASKING)

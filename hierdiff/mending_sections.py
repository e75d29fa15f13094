"""Sections read from what a model or a file gave: a tree of drafts with ids, titles and fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from hierdiff.errors import OutlineError
from hierdiff.mending_plain import (
    MOST_COUNT,
    Notes,
    entries_of,
    listed,
    mapping,
    name_of,
    text_of,
    truth_of,
    whole_of,
)
from hierdiff.names import Slugs, topic_and_brief
from hierdiff.outline import Section
from hierdiff.outline_file import LINKS, SECTION_KEYS
from hierdiff.spans import printable

LONGEST_TITLE = 500

MEANT = {
    "name": "title", "heading": "title", "description": "brief", "summary": "brief", "content": "brief",
    "budget": "words", "word_count": "words", "length": "words", "target_words": "words", "least": "min",
    "min_words": "min", "most": "max", "max_words": "max", "depends_on": "after", "dependencies": "after",
    "children": "sections", "subsections": "sections", "key_points": "must_cover", "points": "must_cover",
    "type": "kind", "summarizes": "summarises",
}  # fmt: skip
"""Other words for keys of a section, and the key that is meant."""


@dataclass(slots=True)
class Draft:
    """A section in the making. `links` are as they were given, until they are settled."""

    id: str
    title: str
    parent: "Draft | None" = None
    order: int = 0
    topic: str = ""
    brief: str = ""
    kind: str = "prose"
    words: int = 0
    least: int = 0
    most: int | None = None
    elastic: bool = True
    must_cover: list[str] = field(default_factory=list[str])
    must_not_cover: list[str] = field(default_factory=list[str])
    provides: list[str] = field(default_factory=list[str])
    requires: list[str] = field(default_factory=list[str])
    links: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    given: Mapping[str, object] = field(default_factory=dict[str, object])
    children: "list[Draft]" = field(default_factory=list["Draft"])

    @property
    def level(self) -> int:
        """Depth in the hierarchy: 1 for a top section."""
        return 1 if self.parent is None else self.parent.level + 1

    def section(self) -> Section:
        """The section, as far as it goes without the others."""
        return Section(
            id=self.id,
            title=self.title,
            topic=self.topic,
            brief=self.brief,
            kind=self.kind,
            parent=None if self.parent is None else self.parent.id,
            order=self.order,
            budget=self.words,
            least=self.least,
            most=self.most,
            elastic=self.elastic,
            provides=tuple(self.provides),
            requires=tuple(self.requires),
            must_cover=tuple(self.must_cover),
            must_not_cover=tuple(self.must_not_cover),
        )


def drafts_of(sections: object, notes: Notes, *, title: str, most: int, depth: int) -> list[Draft]:
    """The drafts in reading order. Raises OutlineError if there are none, or more than `most`."""
    grove = _Grove(notes, title, most, depth)
    grove.plant(sections)
    grove.name()
    ordered = list(grove.walked())
    for draft in ordered:
        _read(draft, notes)
    return ordered


@final
class _Grove:
    """Makes the tree: what stands where, and what it is called."""

    def __init__(self, notes: Notes, title: str, most: int, depth: int) -> None:
        self._notes, self._title, self._most, self._depth = notes, title, most, depth
        self._tops: list[Draft] = []
        self._count = 0

    def plant(self, sections: object) -> None:
        """Make a draft of every section in there, however it is written."""
        waiting: list[tuple[object, Draft | None]] = [(one, None) for one in reversed(self._several(sections))]
        while waiting:
            value, parent = waiting.pop()
            if (inner := listed(value)) is not None:
                self._notes.add("shape", self._title, f"a list of {len(inner)} among the sections was laid out flat")
                waiting += [(one, parent) for one in reversed(inner)]
                continue
            fields = self._fields(value)
            if not any(text_of(one) for one in fields.values()):
                self._notes.add("shape", self._title, "an empty section was left out")
                continue
            draft = self._draft(fields, parent)
            waiting += [(one, draft) for one in reversed(self._several(fields.get("sections")))]
        if not self._count:
            raise OutlineError("the plan has no sections; name at least one", about=self._title, rule="sections")

    def _draft(self, fields: Mapping[str, object], parent: Draft | None) -> Draft:
        draft = Draft(name_of(fields.get("id")), printable(text_of(fields.get("title"))), given=fields)
        self._count += 1
        if self._count > self._most:
            about = draft.title or draft.id or f"section {self._count}"
            why = f"the plan has more than {self._most} sections ('{about}' is one too many); plan fewer"
            raise OutlineError(why, about=about, rule="sections")
        if parent is not None and parent.level >= self._depth:
            what = f"stood deeper than {self._depth} levels; it follows '{parent.title or parent.id}' instead"
            self._notes.add("depth", draft.title or draft.id or "a section", what)
            parent = parent.parent
        draft.parent = parent
        (self._tops if parent is None else parent.children).append(draft)
        return draft

    def _several(self, value: object) -> list[object]:
        """The sections behind a key: a list, one alone, or a mapping of names to sections."""
        pairs = mapping(value)
        if pairs is None or any(MEANT.get(str(key), key) in ("id", "title", "brief") for key in pairs):
            return entries_of(value)
        self._notes.add("shape", self._title, f"a mapping of {len(pairs)} sections was read as a list")
        return [{"title": key, **(inner or {"brief": one})} for key, one in pairs.items() for inner in [mapping(one)]]

    def _fields(self, value: object) -> Mapping[str, object]:
        """A section's fields by their proper keys."""
        pairs = mapping(value)
        if pairs is None:
            return {"title": value}
        fields: dict[str, object] = {}
        about = name_of(pairs.get("id")) or name_of(pairs.get("title")) or self._title
        for key, one in pairs.items():
            said = text_of(key).strip().lower()
            proper = said if said in SECTION_KEYS else MEANT.get(said)
            if proper is None or proper in fields:
                if text_of(one):
                    self._notes.add("keys", about, f"'{said[:60]}' was left out: {text_of(one)[:500]}")
            else:
                fields[proper] = one
        return fields

    def name(self) -> None:
        """Give everything a title and an id of its own; the first of two keeps the id."""
        drafts = list(self.walked())
        slugs = Slugs(draft.id for draft in drafts if draft.id)
        seen: set[str] = set()
        for number, draft in enumerate(drafts, start=1):
            self._entitle(draft, number)
            if not draft.id:
                draft.id = slugs.take(draft.title)
            elif draft.id in seen:
                old, draft.id = draft.id, slugs.take(draft.id)
                self._notes.add(
                    "unique ids", draft.id, f"'{draft.title}' was the second '{old}'; it is '{draft.id}' now"
                )
            seen.add(draft.id)

    def _entitle(self, draft: Draft, number: int) -> None:
        if draft.title:
            return
        sources = (text_of(draft.given.get(key)) for key in ("topic", "brief", "id"))
        words = next((printable(text) for text in sources if printable(text)), f"Section {number}").split()
        draft.title = " ".join(words[:8])[:LONGEST_TITLE].strip()
        self._notes.add("title", draft.id or draft.title, f"had no title; it is called '{draft.title}' now")

    def walked(self) -> Iterator[Draft]:
        """The drafts in reading order, numbered among their siblings."""
        waiting = [(one, number) for number, one in reversed(list(enumerate(_in_order(self._tops))))]
        while waiting:
            draft, draft.order = waiting.pop()
            yield draft
            waiting += [(one, number) for number, one in reversed(list(enumerate(_in_order(draft.children))))]


def _in_order(siblings: list[Draft]) -> list[Draft]:
    """Siblings by the `order` that they were given; those without one go by their place."""
    said = [whole_of(draft.given.get("order")) for draft in siblings]
    keys = [number if order is None else order for number, order in enumerate(said)]
    return [siblings[number] for number in sorted(range(len(siblings)), key=lambda number: keys[number])]


def _read(draft: Draft, notes: Notes) -> None:
    """Fill in the fields that stand by themselves."""
    given = draft.given
    for key in ("title", "topic", "brief", "kind"):
        if given.get(key) is not None and not isinstance(given[key], str):
            notes.add("types", draft.id, f"'{key}' was no text; it was read as one: {text_of(given[key])[:500]}")
    topic, brief = " ".join(text_of(given.get("topic")).split()), text_of(given.get("brief"))
    draft.topic, draft.brief = topic_and_brief(topic, brief)
    if draft.topic != topic:
        notes.add("topic", draft.id, f"the topic was too long; the whole of it went to the brief: {topic[:500]}")
    if len(draft.title) > LONGEST_TITLE:
        draft.title, whole = draft.title[:LONGEST_TITLE].rstrip(), draft.title
        draft.brief = f"{whole} {draft.brief}".strip()
        notes.add("title", draft.id, "the title was too long; the whole of it went to the brief")
    draft.kind = text_of(given.get("kind")).strip() or "prose"
    _read_length(draft, notes)
    draft.must_cover = _texts(given.get("must_cover"))
    draft.must_not_cover = _texts(given.get("must_not_cover"))
    for key in LINKS:
        draft.links[key] = [name for one in entries_of(given.get(key)) if (name := _target(one))]


def _read_length(draft: Draft, notes: Notes) -> None:
    found: dict[str, int] = {}
    for key in ("words", "min", "max"):
        value, number = draft.given.get(key), whole_of(draft.given.get(key))
        if number is not None and 0 <= number < MOST_COUNT:
            found[key] = number
        elif value not in (None, ""):
            notes.add("types", draft.id, f"'{key}' is no length in words and was left out: {text_of(value)[:60]}")
    draft.words, draft.least, draft.most = found.get("words", 0), found.get("min", 0), found.get("max") or None
    if draft.most is not None and draft.most < draft.least:
        draft.least, draft.most = draft.most, draft.least
        notes.add("length", draft.id, f"'min' was over 'max'; they are {draft.least} and {draft.most} now")
    said = truth_of(draft.given.get("elastic"))
    draft.elastic = True if said is None else said


def _texts(value: object) -> list[str]:
    return [text for one in entries_of(value) if (text := text_of(one))]


def _target(value: object) -> str:
    """The name of a section that a link leads to; of a mapping, its id or title."""
    pairs = mapping(value)
    return name_of(value if pairs is None else pairs.get("id") or pairs.get("title"))

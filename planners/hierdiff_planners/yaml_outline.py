"""Outlines read from YAML: children nest under `sections`, `after` says what a section waits for.

Beside the keys that people write, a file may hold `kind` and `order` of a section, `facts` that no section provides,
`fused` groups of sections that share a canvas, and `edges` (then these are all there are): with them any outline can be
written down and read again.
"""

from dataclasses import dataclass, field
from typing import cast, final, get_args

from pydantic import ValidationError

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, ItemKind, Ledger
from hierdiff.names import Slugs, topic_and_brief
from hierdiff.outline import Edge, EdgeKind, Outline, Section, edges_of
from hierdiff.outline_file import EDGE_KEYS, FILE_KEYS, ITEM_KEYS, LINKS, SECTION_KEYS
from hierdiff.request import LEAST_WORDS, MOST_WORDS
from hierdiff.yaml_text import Plain
from hierdiff_planners.entry import Entry
from hierdiff_planners.items import merged


def outline_from(value: Plain, facts: Ledger, *, file: str) -> tuple[Outline, int | None]:
    """The outline that a YAML file holds, and its `words` if it says so. Raises OutlineError, naming the file."""
    top = Entry(value, FILE_KEYS, file=file, place="the file")
    words = top.whole("words")
    if words is not None and not LEAST_WORDS <= words <= MOST_WORDS:
        top.fail(f"has words: {words}; they must be between {LEAST_WORDS} and {MOST_WORDS:,}")
    if not top.text("title").strip():
        top.fail("has no title")
    if not top.entries("sections"):
        top.fail("has no sections; list at least one under 'sections'")
    return _Reader(top, facts).outline(), words


@final
@dataclass(slots=True)
class _Reader:
    """Walks the file once, collecting sections, items and edges."""

    top: Entry
    facts: Ledger
    sections: list[Section] = field(default_factory=list[Section])
    items: list[Item] = field(default_factory=list[Item])
    links: list[Edge] = field(default_factory=list[Edge])
    provided: dict[str, str] = field(default_factory=dict[str, str])
    slugs: Slugs = field(default_factory=Slugs)

    def outline(self) -> Outline:
        top = self.top.entries("sections")
        self.slugs = Slugs(_explicit_ids(top))
        self._sections(top, None, "")
        self._facts()
        try:
            ledger = merged(self.items, self.facts, file=self.top.file)
            edges = self._edges() if self.top.has("edges") else edges_of(self.sections, ledger)
            sections, edges = tuple(self.sections), (*edges, *self.links)
            title, fused = self.top.text("title"), self._fused()
            return Outline(title=title, sections=sections, edges=edges, ledger=ledger, fused=fused)
        except OutlineError as error:
            raise _named(self.top.file, error) from None
        except ValidationError as error:
            raise OutlineError(f"{self.top.file}: {problem_of(error)}", rule="format") from None

    def _sections(self, values: list[Plain], parent: str | None, under: str) -> None:
        for number, value in enumerate(values):
            place = f"section {under}{number + 1}"
            entry = Entry(value, SECTION_KEYS, file=self.top.file, place=_place(value, place))
            section = self._section(entry, number, parent)
            self.sections.append(section)
            for key, kind in LINKS.items():
                names = entry.names(key)
                self.links += [Edge(kind=kind, source=section.id, target=name) for name in names]
            self._sections(entry.entries("sections"), section.id, f"{under}{number + 1}.")

    def _section(self, entry: Entry, number: int, parent: str | None) -> Section:
        if not entry.text("title").strip():
            entry.fail("has no title")
        name = " ".join(entry.text("id").split()) or self.slugs.take(entry.text("title"))
        topic, brief = topic_and_brief(entry.text("topic"), entry.text("brief"))
        order = entry.whole("order")
        try:
            return Section(
                id=name,
                title=entry.text("title"),
                topic=topic,
                brief=brief,
                kind=entry.text("kind") or "prose",
                parent=parent,
                order=number if order is None else order,
                budget=entry.whole("words") or 0,
                least=entry.whole("min") or 0,
                most=entry.whole("max"),
                elastic=entry.yes("elastic", True),
                provides=self._provides(entry, name),
                requires=entry.names("requires"),
                must_cover=entry.texts("must_cover"),
                must_not_cover=entry.texts("must_not_cover"),
            )
        except ValidationError as error:
            entry.fail(problem_of(error))

    def _provides(self, entry: Entry, section: str) -> tuple[str, ...]:
        """The ids that a section provides: of items written out there, or of facts of the file."""
        names: list[str] = []
        for value in entry.entries("provides"):
            if isinstance(value, str):
                names.append(" ".join(value.split()))
                self.provided.setdefault(names[-1], section)
            else:
                item = _item(value, self.top.file, f"an item that {entry.place} provides", section)
                self.items.append(item)
                names.append(item.id)
        return tuple(names)

    def _facts(self) -> None:
        for value in self.top.entries("facts"):
            item = _item(value, self.top.file, "a fact", None)
            says = isinstance(value, dict) and "owner" in value
            self.items.append(item if says else item.changed(owner=self.provided.get(item.id)))

    def _fused(self) -> tuple[tuple[str, ...], ...]:
        """The groups of sections that share a canvas."""
        groups = self.top.entries("fused")
        if not all(isinstance(group, list) and all(isinstance(one, str) for one in group) for group in groups):
            self.top.fail("must have lists of ids under 'fused', such as [[causes, policy]]")
        return tuple(tuple(" ".join(str(one).split()) for one in group or ()) for group in groups)

    def _edges(self) -> tuple[Edge, ...]:
        """The edges written out at the top of the file."""
        return tuple(_edge(value, self.top.file) for value in self.top.entries("edges"))


def _item(value: Plain, file: str, place: str, owner: str | None) -> Item:
    entry = Entry(value, ITEM_KEYS, file=file, place=place)
    kind, kinds = entry.text("kind") or "claim", get_args(ItemKind)
    if kind not in kinds:
        entry.fail(f"has the kind '{kind}'; there are {', '.join(kinds)}")
    try:
        return Item(
            id=entry.text("id"),
            kind=cast(ItemKind, kind),
            value=entry.optional("value"),
            unit=entry.text("unit"),
            signature=entry.text("signature"),
            about=entry.text("about"),
            aliases=entry.texts("aliases"),
            source=entry.text("source"),
            owner=entry.optional("owner") if entry.has("owner") else owner,
        )
    except ValidationError as error:
        entry.fail(problem_of(error))


def _edge(value: Plain, file: str) -> Edge:
    entry = Entry(value, EDGE_KEYS, file=file, place="an edge")
    kind, kinds = entry.text("kind"), get_args(EdgeKind)
    if kind not in kinds:
        entry.fail(f"has the kind '{kind}'; there are {', '.join(kinds)}")
    source, target = entry.text("source"), entry.text("target")
    return Edge(kind=cast(EdgeKind, kind), source=source, target=target, item=entry.optional("item"))


def _place(value: Plain, place: str) -> str:
    """How errors name a section: by its id or title if it has one, else by its number."""
    name = next((name for key in ("id", "title") if isinstance(value, dict) and (name := value.get(key))), None)
    return f"section '{name}'" if isinstance(name, str) else place


def _explicit_ids(values: list[Plain]) -> set[str]:
    """The ids that are written anywhere in the file, so that a derived one does not take them."""
    found: set[str] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name, below = value.get("id"), value.get("sections")
            found |= {" ".join(name.split())} if isinstance(name, str) else set()
            waiting += below if isinstance(below, list) else []
    return found


def _named(file: str, error: OutlineError) -> OutlineError:
    return OutlineError(f"{file}: {error}", about=error.about, rule=error.rule)


def problem_of(error: ValidationError) -> str:
    """What is wrong with a value, in one line: the field, and what it has or lacks."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")

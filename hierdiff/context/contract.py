"""Contract: what a section owes to the others: its slice of the ledger, and what its edges say of them.

Items and edges are sorted once, for all sections.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import final

from hierdiff.document import Draft
from hierdiff.ledger import Item
from hierdiff.outline import EdgeKind, Outline, Section

MOST_NAMED = 12
"""Sections or things that one line names."""


@final
class Contract:
    """The ledger and the edges of an outline, by section."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._items = {item.id: item for item in outline.ledger.items}
        self._owned: dict[str, list[Item]] = defaultdict(list)
        for item in outline.ledger.items:
            if item.owner is not None:
                self._owned[item.owner].append(item)
        self._targets: dict[tuple[EdgeKind, str], list[str]] = defaultdict(list)
        for edge in outline.edges:
            self._targets[edge.kind, edge.source].append(edge.target)
            if edge.kind == "mirrors":
                self._targets[edge.kind, edge.target].append(edge.source)

    def common(self, but: Mapping[str, object]) -> list[str]:
        """The items that nobody owns, a line each, without those whose ids are in `but`."""
        return [
            item.line() for item in self._items.values() if item.owner is None and item.value and item.id not in but
        ]

    def states(self, section: Section) -> list[str]:
        """What the section owns and must state exactly so."""
        return [item.line() for item in self._owned.get(section.id, ()) if item.value]

    def may_cite(self, section: Section) -> list[str]:
        """What it may refer to and need not explain."""
        return [item.line() for one in section.requires if (item := self._items.get(one)) is not None and item.value]

    def covered(self, section: Section) -> list[str]:
        """What the sections that it excludes cover, a line each."""
        lines: list[str] = []
        for other in self._others("excludes", section):
            things = [item.about or item.value or item.id for item in self._owned.get(other.id, ())]
            named = ", ".join(things[:MOST_NAMED]) or other.topic.rstrip(".")
            lines.append(f'Covered in "{other.title}", do not explain{f": {named}" if named else " it"}')
        return lines

    def shapes(self, section: Section, drafts: Mapping[str, Draft]) -> list[str]:
        """The form of the sections that it mirrors, a line each."""
        lines: list[str] = []
        for other in self._others("mirrors", section):
            points = f", which covers {', '.join(other.must_cover[:MOST_NAMED])}" if other.must_cover else ""
            drafted = drafts.get(other.id)
            count = len(drafted.text.strip().split("\n\n")) if drafted is not None else 0
            form = f" in {count} paragraphs" if count > 1 else ""
            lines.append(f'Build it like "{other.title}"{form}{points}')
        return lines

    def refers_to(self, section: Section) -> list[str]:
        """The titles of the sections that it refers to."""
        return [other.title for other in self._others("refers_to", section)]

    def follows(self, section: Section, before: str) -> bool:
        """Whether the section depends on the text of that one, and not only on what it states."""
        return before in self._targets.get(("depends_on", section.id), ())

    def _others(self, kind: EdgeKind, section: Section) -> Iterable[Section]:
        """The sections at the other end of a section's edges, in the order in which the edges were given."""
        ends = dict.fromkeys(self._targets.get((kind, section.id), ()))
        return [self._outline.section(one) for one in list(ends)[:MOST_NAMED] if one != section.id]

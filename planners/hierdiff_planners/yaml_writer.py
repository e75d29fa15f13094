"""Outlines written as YAML, for people to edit and for `yaml_outline` to read back as they were."""

from collections import defaultdict
from typing import final

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item
from hierdiff.outline import Edge, Outline, Section, edges_of
from hierdiff.outline_file import LINKS
from hierdiff_planners.yaml_emit import Emitted, emit

MOST_LEVELS = 25
"""Deeper than this no outline is written: the reader's cap on nesting would refuse it."""


def dump_outline(outline: Outline) -> str:
    """The outline as YAML. Reading it gives an equal outline, sections listed in reading order.

    Raises OutlineError for one nested deeper than 25 levels.
    """
    for section in outline.sections:
        if outline.level(section.id) > MOST_LEVELS:
            raise OutlineError(f"section '{section.id}' lies deeper than {MOST_LEVELS} levels", about=section.id)
    return emit(_Writer(outline).content())


@final
class _Writer:
    """The outline as mappings and lists. Items stand where they are provided and edges under their sections, unless
    the reader would then put them in another order: then they are listed apart, as `facts` and `edges`."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._provided = {name for section in outline.sections for name in section.provides}
        self._links: dict[tuple[str, str], list[str]] = defaultdict(list)
        for edge in outline.edges:
            self._links[edge.source, edge.kind].append(edge.target)
        self._inline = self._inline_items()
        self._linked = (*edges_of(outline.reading_order, outline.ledger), *self._read_links()) == outline.edges

    def content(self) -> dict[str, Emitted]:
        """What the file holds, in the order in which it is to be read."""
        outline = self._outline
        content: dict[str, Emitted] = {"title": outline.title}
        if all(leaf.budget for leaf in outline.leaves):
            content["words"] = sum(leaf.budget for leaf in outline.leaves)
        content["sections"] = self._sections(None)
        facts = [self._fact(item) for item in outline.ledger.items if item.id not in self._inline]
        if facts:
            content["facts"] = facts
        if not self._linked:
            content["edges"] = [edge.model_dump(exclude_none=True) for edge in outline.edges]
        if outline.fused:
            content["fused"] = [list(group) for group in outline.fused]
        return content

    def _inline_items(self) -> dict[str, Item]:
        """The items to write where they are provided: all that their owners provide, or none."""
        items = {item.id: item for item in self._outline.ledger.items}
        owned = [
            items[name]
            for section in self._outline.reading_order
            for name in section.provides
            if items[name].owner == section.id
        ]
        return {item.id: item for item in owned} if owned == list(items.values())[: len(owned)] else {}

    def _read_links(self) -> list[Edge]:
        """The edges as the reader would find them under their sections."""
        return [
            Edge(kind=kind, source=section.id, target=target)
            for section in self._outline.reading_order
            for kind in LINKS.values()
            for target in self._links[section.id, kind]
        ]

    def _sections(self, parent: str | None) -> list[Emitted]:
        return [self._section(section, number) for number, section in enumerate(self._outline.children(parent))]

    def _section(self, section: Section, number: int) -> dict[str, Emitted]:
        entry: dict[str, Emitted] = {
            "id": section.id,
            "title": section.title,
            "topic": section.topic,
            "brief": section.brief,
            "words": section.budget,
            "min": section.least,
            "max": section.most or 0,
            "elastic": "" if section.elastic else "false",
            "kind": section.kind if section.kind != "prose" else "",
            "must_cover": list(section.must_cover),
            "must_not_cover": list(section.must_not_cover),
            "provides": [self._provided_item(name, section.id) for name in section.provides],
            "requires": list(section.requires),
        }
        for key, kind in LINKS.items() if self._linked else ():
            entry[key] = self._links[section.id, kind]
        entry["sections"] = self._sections(section.id)
        if section.order != number:
            entry["order"] = section.order
        return {key: value for key, value in entry.items() if value or key == "order"}

    def _provided_item(self, name: str, section: str) -> str | dict[str, Emitted]:
        item = self._inline.get(name)
        return name if item is None or item.owner != section else _item(item)

    def _fact(self, item: Item) -> dict[str, Emitted]:
        says = item.owner is not None or item.id in self._provided
        return {**_item(item), "owner": item.owner} if says else _item(item)


def _item(item: Item) -> dict[str, Emitted]:
    """An item without its owner."""
    entry: dict[str, Emitted] = {"id": item.id, "kind": item.kind}
    if item.value is not None:
        entry["value"] = item.value
    texts = {"unit": item.unit, "signature": item.signature, "about": item.about}
    entry |= {key: text for key, text in texts.items() if text}
    if item.aliases:
        entry["aliases"] = list(item.aliases)
    return {**entry, "source": item.source} if item.source else entry

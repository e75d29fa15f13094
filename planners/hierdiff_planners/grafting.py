"""Grafting: the plan of one section becomes part of the plan of the whole.

Nothing is provided twice and nothing waits in a circle: what a part wants to provide although another section owns it,
it requires; and a part waits for another's item only where its section already did.
"""

from collections.abc import Mapping
from typing import final

from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline, Section, edges_of
from hierdiff_planners.names import Slugs
from hierdiff_planners.owners import owner_of

DERIVED = ("contains", "uses")
"""Edges that follow from the sections themselves."""


def grafted(whole: Outline, parts: Mapping[str, Outline]) -> Outline:
    """The outline with each of these sections divided as its own plan says, in reading order."""
    graft = _Graft(whole)
    for section in whole.reading_order:
        if section.id in parts:
            graft.divide(section, parts[section.id])
    return graft.outline()


@final
class _Graft:
    """The outline in the making: its sections, its items by id, and the edges that somebody drew."""

    def __init__(self, whole: Outline) -> None:
        self._whole = whole
        self._sections = {section.id: section for section in whole.sections}
        self._items = {item.id: item for item in whole.ledger.items}
        self._links = [edge for edge in whole.edges if edge.kind not in DERIVED]
        self._fused = list(whole.fused)
        self._slugs = Slugs(self._sections)

    def outline(self) -> Outline:
        """The whole, valid as every outline is."""
        sections, ledger = tuple(self._sections.values()), Ledger(items=tuple(self._items.values()))
        edges = (*edges_of(sections, ledger), *self._links)
        return Outline(title=self._whole.title, sections=sections, edges=edges, ledger=ledger, fused=tuple(self._fused))

    def divide(self, section: Section, part: Outline) -> None:
        """Put a part's sections under the section that it plans."""
        names = {one.id: self._slugs.take(one.id) for one in part.sections}
        owned = {name for name in section.provides if self._items[name].owner == section.id}
        self._take_items(section, part, names, owned)
        left = self._leftover(section, part, names, owned)
        allowed = self._allowed(section, part, names) - left
        for one in part.sections:
            name = names[one.id]
            mine = tuple(item.id for item in self._items.values() if item.owner == name)
            wanted = dict.fromkeys((*one.requires, *one.provides))
            self._sections[name] = one.changed(
                id=name,
                parent=section.id if one.parent is None else names[one.parent],
                provides=mine,
                requires=tuple(item for item in wanted if item in allowed and item not in mine),
            )
        self._links += [
            edge.changed(source=names[edge.source], target=names[edge.target])
            for edge in part.edges
            if edge.kind not in DERIVED
        ]
        left_alone = (tuple(one for one in group if one != section.id) for group in self._fused)
        self._fused = [group for group in left_alone if len(group) > 1]
        self._fused += [tuple(names[one] for one in group) for group in part.fused]
        taken = {item for name in names.values() for item in self._sections[name].requires}
        rest = tuple(item for item in section.requires if item not in taken)
        kept = tuple(name for name in section.provides if name not in owned)
        self._sections[section.id] = section.changed(budget=0, provides=kept, requires=rest)

    def _take_items(self, section: Section, part: Outline, names: Mapping[str, str], owned: set[str]) -> None:
        """Items that are new, or that the divided section owned, belong to the part's sections that provide them."""
        for item in part.ledger.items:
            owner = None if item.owner is None else names.get(item.owner)
            known = self._items.get(item.id)
            free = known is None or known.owner is None or (known.owner == section.id and item.id in owned)
            if owner is not None and free:
                self._items[item.id] = _joined(known, item, owner)

    def _leftover(self, section: Section, part: Outline, names: Mapping[str, str], owned: set[str]) -> set[str]:
        """Give what the section still owns to the leaf that shares its words, or the first; the undecided of these."""
        leaves = part.leaves
        undecided: set[str] = set()
        for item in [item for item in self._items.values() if item.owner == section.id]:
            owner = owner_of(item, leaves) or leaves[0].id
            self._items[item.id] = item.changed(owner=names[owner])
            owned.add(item.id)
            undecided |= {item.id} if item.value is None else set()
        return undecided

    def _allowed(self, section: Section, part: Outline, names: Mapping[str, str]) -> set[str]:
        """What the part's sections may require: decided items, their own, and those that this section waits for."""
        waited = set(self._whole.sources(section.id))
        inside = set(names.values())
        allowed: set[str] = set()
        for item in self._items.values():
            top = self._whole.ledger.get(item.id)
            if item.value is not None or item.owner in inside or (top is not None and top.owner in waited):
                allowed.add(item.id)
        return allowed


def _joined(known: Item | None, item: Item, owner: str) -> Item:
    """An item with its new owner; of one that was known, all that was known of it."""
    if known is None:
        return item.changed(owner=owner)
    return known.changed(owner=owner, value=item.value if known.value is None else known.value)

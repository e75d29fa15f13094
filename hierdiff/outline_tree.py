"""Tree: the hierarchy of an outline, walked once, so that every question about it is answered at once.

It knows nothing of what a section is: whatever has an id, a parent and an order among its siblings has a place in it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar, final

from hierdiff.errors import OutlineError


class Placed(Protocol):
    """What stands in a tree: `parent` is the id of what holds it, `order` sorts it among its siblings."""

    @property
    def id(self) -> str:
        """Its name, which no other has."""
        ...

    @property
    def parent(self) -> str | None:
        """The id of what holds it."""
        ...

    @property
    def order(self) -> int:
        """Its place among its siblings."""
        ...


Kind = TypeVar("Kind", bound=Placed)


@final
class Tree(Generic[Kind]):
    """Sections by id, by parent and in reading order. Raises OutlineError unless they are a forest of unique ids.

    `places` and `ends` are the first place of a section and the one behind its last descendant: one section holds
    another where the other's place lies between them.
    """

    def __init__(self, sections: Sequence[Kind]) -> None:
        self.by_id: dict[str, Kind] = {}
        for section in sections:
            if section.id in self.by_id:
                raise OutlineError(f"two sections have the id '{section.id}'", about=section.id, rule="unique ids")
            self.by_id[section.id] = section
        self.children: dict[str | None, list[Kind]] = self._children(sections)
        self.order: tuple[Kind, ...] = self._walked()
        self.places = {section.id: place for place, section in enumerate(self.order)}
        if len(self.order) != len(sections):
            lost = next(section.id for section in sections if section.id not in self.places)
            raise OutlineError(f"section '{lost}' is its own ancestor", about=lost, rule="tree")
        self.leaves: tuple[Kind, ...] = tuple(section for section in self.order if section.id not in self.children)
        self._ends = self._closed()

    def _children(self, sections: Sequence[Kind]) -> dict[str | None, list[Kind]]:
        children: dict[str | None, list[Kind]] = defaultdict(list)
        for section in sorted(sections, key=lambda section: section.order):
            if section.parent is not None and section.parent not in self.by_id:
                raise OutlineError(
                    f"section '{section.id}' stands under '{section.parent}', which is not in the outline",
                    about=section.id,
                    rule="known parent",
                )
            children[section.parent].append(section)
        return dict(children)

    def _walked(self) -> tuple[Kind, ...]:
        found: list[Kind] = []
        waiting = list(reversed(self.children.get(None, [])))
        while waiting:
            section = waiting.pop()
            found.append(section)
            waiting.extend(reversed(self.children.get(section.id, ())))
        return tuple(found)

    def _closed(self) -> dict[str, int]:
        """For each section that holds others, the place behind the last of them."""
        ends: dict[str, int] = {}
        for section in reversed(self.order):
            if below := self.children.get(section.id):
                last = below[-1].id
                ends[section.id] = ends.get(last, self.places[last] + 1)
        return ends

    def holds(self, outer: str, inner: str) -> bool:
        """Whether `inner` is `outer` or lies anywhere under it."""
        place = self.places[inner]
        return self.places[outer] <= place < self._ends.get(outer, self.places[outer] + 1)

    def leaves_of(self, section: str) -> tuple[str, ...]:
        """The ids of the leaves under a section, itself if it is one, in reading order."""
        start = self.places[section]
        stop = self._ends.get(section, start + 1)
        return tuple(one.id for one in self.order[start:stop] if one.id not in self.children)

    def line(self, section: str) -> list[str]:
        """The section and what holds it, innermost first."""
        line = [section]
        while (parent := self.by_id[line[-1]].parent) is not None:
            line.append(parent)
        return line

"""Links of a mended plan: ends that exist, and no circle of sections that wait for each other.

A circle is first loosened by items: a section that comes after another only because it uses something of it needs no
more than that item's value. What still waits in a circle is put on one canvas, if it fits there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import final

import networkx as nx

from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.mending_plain import Notes, entries_of, mapping, name_of
from hierdiff.mending_sections import Draft
from hierdiff.names import slug_of
from hierdiff.outline import Edge, Section, edges_of
from hierdiff.outline_file import LINKS
from hierdiff.outline_tree import Tree
from hierdiff.outline_waits import Node, Side, circle_in, waits_of

KEYS = {kind: key for key, kind in LINKS.items()}
WAITING = ("after", "summarises")


def read_edges(drafts: Sequence[Draft], raw: object, notes: Notes, *, title: str) -> None:
    """Put the edges that a plan lists apart under the sections that they start from."""
    by_name = {slug_of(draft.id): draft for draft in reversed(drafts)} | {draft.id: draft for draft in reversed(drafts)}
    for value in entries_of(raw):
        edge = mapping(value) or {}
        kind, source, target = (name_of(edge.get(key)) for key in ("kind", "source", "target"))
        draft, item = by_name.get(source) or by_name.get(slug_of(source)), name_of(edge.get("item"))
        if draft is not None and kind in KEYS and target:
            links = draft.links.setdefault(KEYS[kind], [])
            links += [] if target in links else [target]
        elif draft is not None and kind == "uses" and item:
            draft.requires.append(item)
        elif kind != "contains":
            notes.add("known ends", title, f"an edge was left out: '{source}' {kind} '{target}'")


def settle_ends(drafts: Sequence[Draft], notes: Notes) -> None:
    """Let every link lead to a section by its id, once, and none to the section itself."""
    ids = {draft.id for draft in drafts}
    by_name = {name: draft.id for draft in reversed(drafts) for name in (slug_of(draft.title), slug_of(draft.id))}
    for draft in drafts:
        for key in LINKS:
            found: list[str] = []
            for name in draft.links.get(key, ()):
                target = name if name in ids else by_name.get(slug_of(name)) if slug_of(name) else None
                if target is None:
                    notes.add("known ends", draft.id, f"'{name}' under '{key}' is no section and was left out")
                elif target == draft.id:
                    notes.add("self", draft.id, f"it stood under its own '{key}', which was left out")
                elif target not in found:
                    found.append(target)
            draft.links[key] = found


def groups_of(drafts: Sequence[Draft], raw: object, notes: Notes) -> list[tuple[str, ...]]:
    """The groups of leaves that the plan wants on one canvas, as far as they can share one."""
    leaves = {draft.id for draft in drafts if not draft.children}
    taken: set[str] = set()
    groups: list[tuple[str, ...]] = []
    for value in entries_of(raw):
        names = [name_of(one) for one in entries_of(value)]
        group = tuple(dict.fromkeys(name for name in names if name in leaves and name not in taken))
        if len(group) != len(names):
            notes.add("fused", group[0] if group else "fused", f"of {names}, {list(group)} can share a canvas")
        if len(group) > 1:
            groups.append(group)
            taken.update(group)
    return groups


@final
class Circles:
    """Takes the circles out of the drafts' links."""

    def __init__(self, drafts: Sequence[Draft], ledger: Ledger, notes: Notes) -> None:
        self._drafts, self._ledger, self._notes = drafts, ledger, notes
        self._by_id = {draft.id: draft for draft in drafts}
        self._tree = Tree[Section]([draft.section() for draft in drafts])
        self._undecided = {item.id for item in ledger.items if item.value is None}
        self._owners = {item.id: item.owner for item in ledger.items}

    def clear_lines(self) -> None:
        """Nothing waits for what holds it, or for what it holds."""
        for draft in self._drafts:
            for key in WAITING:
                for target in [one for one in draft.links[key] if self._in_line(draft.id, one)]:
                    draft.links[key].remove(target)
                    self._notes.add("acyclic", draft.id, f"'{target}' under '{key}' holds it or is held by it")
            for item in [one for one in draft.requires if one in self._undecided]:
                owner = self._owners[item]
                if owner is not None and self._in_line(draft.id, owner):
                    draft.requires.remove(item)
                    self._notes.add("acyclic", draft.id, f"it need not require '{item}': '{owner}' is in line with it")

    def settled(
        self, groups: Sequence[tuple[str, ...]], budgets: Mapping[str, int], fit: int | None
    ) -> tuple[tuple[str, ...], ...]:
        """The groups that share a canvas when nothing waits in a circle any more; a canvas takes `fit` words.

        Raises OutlineError, naming the circle, where there is one that does not fit.
        """
        fused = [tuple(sorted(group, key=self._tree.places.__getitem__)) for group in groups]
        while circle := self._circle(fused):
            waits, nodes = circle
            if self._loosened(nodes, {one: group[0] for group in fused for one in group}):
                continue
            names = {name for name, side in nodes if side == "leaf"}
            members = {one for group in fused if names & set(group) for one in group} | names
            whole = tuple(sorted(members, key=self._tree.places.__getitem__))
            words = sum(budgets[one] for one in whole)
            if fit is None or words > fit:
                raise _no_way_out(circle_in(waits), words, fit)
            fused = [group for group in fused if not members & set(group)] + [whole]
            self._notes.add("acyclic", whole[0], f"waiting for each other, {', '.join(whole)} share one canvas now")
        return tuple(sorted(fused, key=lambda group: self._tree.places[group[0]]))

    def _circle(self, fused: Sequence[tuple[str, ...]]) -> "tuple[nx.DiGraph[Node], set[Node]] | None":
        """What waits for what, and the first set of sections that all wait for each other."""
        waits = waits_of(self._tree, self._arrows(), {one: group for group in fused for one in group})
        found = [part for part in nx.strongly_connected_components(waits) if len(part) > 1]
        if not found:
            return None
        return waits, min(found, key=lambda part: min(self._tree.places[name] for name, _ in part))

    def _arrows(self) -> list[tuple[str, str]]:
        arrows = [(draft.id, target) for draft in self._drafts for key in WAITING for target in draft.links[key]]
        for draft in self._drafts:
            owners = (self._owners[item] for item in draft.requires if item in self._undecided)
            arrows += [(draft.id, owner) for owner in owners if owner is not None and owner != draft.id]
        return arrows

    def _loosened(self, circle: set[Node], heads: Mapping[str, str]) -> bool:
        """Whether something in the circle need not wait: it uses items of known value."""
        loose = False
        for draft in self._drafts:
            for target in list(draft.links["after"]):
                ends = (self._node(draft.id, "before", heads), self._node(target, "after", heads))
                items = self._shared.get((draft.id, target)) if circle.issuperset(ends) else None
                if items:
                    draft.links["after"].remove(target)
                    what = f"it need not wait for '{target}': of it, it uses {', '.join(items)}, known beforehand"
                    self._notes.add("acyclic", draft.id, what)
                    loose = True
        return loose

    @cached_property
    def _shared(self) -> Mapping[tuple[str, str], list[str]]:
        """The items of known value that one section, or one in it, requires and another, or one in it, provides."""
        shared: dict[tuple[str, str], list[str]] = defaultdict(list)
        for draft in self._drafts:
            for item in draft.requires:
                owner = self._owners[item]
                if owner is not None and item not in self._undecided:
                    for pair in product(self._tree.line(draft.id), self._tree.line(owner)):
                        shared[pair] += [] if item in shared[pair] else [item]
        return shared

    def _node(self, section: str, side: Side, heads: Mapping[str, str]) -> Node:
        return (section, side) if section in self._tree.children else (heads.get(section, section), "leaf")

    def _in_line(self, one: str, other: str) -> bool:
        return self._tree.holds(one, other) or self._tree.holds(other, one)


def edges_from(drafts: Sequence[Draft], ledger: Ledger) -> tuple[Edge, ...]:
    """All edges: those that follow from the sections, then the links."""
    links = [
        Edge(kind=kind, source=draft.id, target=target)
        for draft in drafts
        for key, kind in LINKS.items()
        for target in draft.links[key]
    ]
    return (*edges_of([draft.section() for draft in drafts], ledger), *links)


def _no_way_out(names: list[str], words: int, fit: int | None) -> OutlineError:
    circle = " -> ".join([*names, names[0]])
    room = "with no canvas to put them on" if fit is None else f"with {words:,} words; a canvas takes {fit:,}"
    why = f"the sections wait for each other in a circle: {circle}, {room}; take one of these arrows out"
    return OutlineError(why, about=names[0], rule="acyclic")

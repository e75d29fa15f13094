"""Joining: leaves too small for a canvas of their own go to a neighbour, with all that was planned for them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import final

import networkx as nx

from hierdiff.outline import Edge, Outline, Section
from hierdiff.outline_waits import Node


def joined(outline: Outline, least: int) -> Outline:
    """The outline without prose leaves of fewer than `least` words, as far as there is somebody they can join.

    A leaf joins the smaller of the leaves beside it, an only child its parent, and one among parents the leaf before or
    after it; never so that sections would wait in a circle. Who is joined keeps id and title; the other's title and
    points become points to cover, and its brief, items, edges and words go along. Leaves that share a canvas, and those
    that are not prose, stay apart.
    """
    joins = _Joins(outline)
    for leaf in outline.leaves:
        joins.settle(leaf.id, least)
    return joins.outline()


@final
class _Joins:
    """The outline while it changes: what stands beside what, and what has gone where."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._sections = {section.id: section for section in outline.sections}
        parents = {section.parent for section in outline.sections}
        self._rows = {parent: _Row([one.id for one in outline.children(parent)]) for parent in parents}
        self._leaves = _Row([leaf.id for leaf in outline.leaves])
        self._waits: nx.DiGraph[Node] = outline.waits.copy()
        self._gone: dict[str, str] = {}

    def settle(self, leaf: str, least: int) -> None:
        """Join a leaf, and then what it has become, until it is large enough or nobody is left."""
        while leaf not in self._gone and self._free(leaf) and self._sections[leaf].budget < least:
            into = next(self._neighbours(leaf), None)
            if into is None:
                return
            self._join(leaf, into)
            leaf = into

    def _neighbours(self, leaf: str) -> Iterator[str]:
        """Whom it may join, the best first."""
        parent = self._sections[leaf].parent
        siblings = self._rows[parent].beside(leaf)
        if not siblings and parent is not None:
            if self._sections[parent].kind == "prose":
                yield parent
            return
        beside = [one for one in siblings if one not in self._rows]
        beside.sort(key=lambda one: self._sections[one].budget)
        for one in (*beside, *self._leaves.beside(leaf)):
            if self._free(one) and not self._circle(leaf, one):
                yield one

    def _free(self, leaf: str) -> bool:
        return len(self._outline.group(leaf)) == 1 and self._sections[leaf].kind == "prose"

    def _circle(self, one: str, other: str) -> bool:
        """Whether something waits for the one of them and is waited for by the other."""
        first: Node = (one, "leaf")
        second: Node = (other, "leaf")
        return self._leads(first, second) or self._leads(second, first)

    def _leads(self, start: Node, stop: Node) -> bool:
        """Whether there is a way from the one to the other with something between them."""
        waiting = [node for node in self._waits.successors(start) if node != stop]
        seen: set[Node] = set(waiting)
        while waiting:
            for node in self._waits.successors(waiting.pop()):
                if node == stop:
                    return True
                if node not in seen:
                    seen.add(node)
                    waiting.append(node)
        return False

    def _join(self, leaf: str, into: str) -> None:
        gone, kept = self._sections.pop(leaf), self._sections[into]
        self._gone[leaf] = into
        if gone.parent == into:
            del self._rows[into]
            self._leaves.replace(leaf, into)
            self._contract([(leaf, "leaf"), (into, "before"), (into, "after")], (into, "leaf"))
            self._sections[into] = _both(kept, gone, gone)
            return
        first = self._outline.place(leaf) < self._outline.place(into)
        self._rows[gone.parent].remove(leaf)
        self._leaves.remove(leaf)
        self._contract([(leaf, "leaf")], (into, "leaf"))
        self._sections[into] = _both(gone, kept, gone) if first else _both(kept, gone, gone)

    def _contract(self, nodes: list[Node], into: Node) -> None:
        """Let one node stand for all."""
        found = [node for node in nodes if node in self._waits]
        ends = {*found, into}
        before = [one for node in found for one in self._waits.predecessors(node) if one not in ends]
        after = [one for node in found for one in self._waits.successors(node) if one not in ends]
        self._waits.remove_nodes_from(found)
        self._waits.add_node(into)
        self._waits.add_edges_from([*((one, into) for one in before), *((into, one) for one in after)])

    def outline(self) -> Outline:
        """The outline as it stands now; itself, if nobody joined anybody."""
        if not self._gone:
            return self._outline
        ledger = self._outline.ledger
        items = tuple(
            item if item.owner is None else item.changed(owner=self._now(item.owner)) for item in ledger.items
        )
        sections = tuple(self._sections[one.id] for one in self._outline.sections if one.id in self._sections)
        return self._outline.changed(sections=sections, edges=tuple(self._edges()), ledger=ledger.changed(items=items))

    def _edges(self) -> Iterable[Edge]:
        """The edges between what is left, each once."""
        moved: dict[Edge, None] = {}
        for edge in self._outline.edges:
            source, target = self._now(edge.source), self._now(edge.target)
            if (source, target) == (edge.source, edge.target):
                moved[edge] = None
            elif source != target and edge.kind != "contains":
                moved[edge.changed(source=source, target=target)] = None
        return moved

    def _now(self, section: str) -> str:
        while section in self._gone:
            section = self._gone[section]
        return section


@final
class _Row:
    """Names in order, each of which knows those beside it."""

    def __init__(self, names: Sequence[str]) -> None:
        self._after = dict(pairwise(names))
        self._before = {after: before for before, after in self._after.items()}

    def beside(self, name: str) -> list[str]:
        """What stands right before and right after it."""
        return [ends[name] for ends in (self._before, self._after) if name in ends]

    def remove(self, name: str) -> None:
        """Take it out of the row."""
        before, after = self._before.pop(name, None), self._after.pop(name, None)
        _link(self._after, before, after)
        _link(self._before, after, before)

    def replace(self, name: str, other: str) -> None:
        """Put another in its place."""
        before, after = self._before.pop(name, None), self._after.pop(name, None)
        for one, two in ((before, other), (other, after)):
            _link(self._after, one, two)
            _link(self._before, two, one)


def _link(ends: dict[str, str], one: str | None, other: str | None) -> None:
    """Let the one know the other, or nobody."""
    if one is not None and other is not None:
        ends[one] = other
    elif one is not None:
        ends.pop(one, None)


def _both(first: Section, second: Section, gone: Section) -> Section:
    """What is left of two sections, in reading order, when one is `gone`."""
    kept = second if gone is first else first
    points = {section.id: section.must_cover for section in (first, second)}
    said = f"{gone.title}: {gone.topic}" if gone.topic else gone.title
    points[gone.id] = (said, *gone.must_cover)
    cover = tuple(dict.fromkeys((*points[first.id], *points[second.id])))
    provides = tuple(dict.fromkeys((*first.provides, *second.provides)))
    ceilings = (first.most, second.most)
    return kept.changed(
        brief="\n\n".join(text for text in (first.brief, second.brief) if text),
        budget=first.budget + second.budget,
        least=first.least + second.least,
        most=None if None in ceilings else sum(most or 0 for most in ceilings),
        elastic=first.elastic or second.elastic,
        provides=provides,
        requires=tuple(one for one in dict.fromkeys((*first.requires, *second.requires)) if one not in provides),
        must_cover=cover,
        must_not_cover=tuple(
            one for one in dict.fromkeys((*first.must_not_cover, *second.must_not_cover)) if one not in cover
        ),
    )

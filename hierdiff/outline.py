"""Section, Edge and Outline: the plan of a document as a graph that cannot be wrong.

An Outline is checked when it is made: unique ids, known parents and ends of edges, a hierarchy that is a tree, blocking
edges without a cycle. Whoever holds one may rely on all of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise, product
from typing import Literal, Self

import networkx as nx
from pydantic import Field, field_validator, model_validator

from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.spans import printable
from hierdiff.values import Value

EdgeKind = Literal["contains", "depends_on", "uses", "refers_to", "summarises", "excludes", "mirrors", "imports"]

Side = Literal["leaf", "before", "after"]
Node = tuple[str, Side]

TOPIC_WORDS = 8


class Section(Value):
    """A node of the plan. `budget` is in words (0 for one that only holds others); `order` sorts it among siblings."""

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=500)
    topic: str = ""
    brief: str = ""
    kind: str = "prose"
    parent: str | None = None
    order: int = 0
    budget: int = Field(default=0, ge=0)
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    must_cover: tuple[str, ...] = ()
    must_not_cover: tuple[str, ...] = ()

    @field_validator("title", "id")
    @classmethod
    def _one_line(cls, text: str) -> str:
        text = printable(text)
        if not text:
            raise ValueError("is blank")
        return text

    @field_validator("topic")
    @classmethod
    def _short(cls, topic: str) -> str:
        topic = " ".join(topic.split())
        if len(topic.split()) > TOPIC_WORDS:
            raise ValueError(f"has more than {TOPIC_WORDS} words: {topic!r}; put the rest into the brief")
        return topic


class Edge(Value):
    """`source` --kind--> `target`, read as a sentence: policy depends_on causes. `item` is what a `uses` edge uses."""

    kind: EdgeKind
    source: str
    target: str
    item: str | None = None


class Outline(Value):
    """Sections, edges and ledger. Only `depends_on`, `summarises` and `uses` of an undecided item make one wait."""

    title: str = Field(min_length=1)
    sections: tuple[Section, ...] = Field(min_length=1, max_length=200_000)
    edges: tuple[Edge, ...] = ()
    ledger: Ledger = Field(default_factory=Ledger)

    @model_validator(mode="after")
    def _valid(self) -> Self:
        self._check_tree()
        self._check_edges()
        self._check_items()
        self._check_cycles()
        return self

    def _check_tree(self) -> None:
        seen: set[str] = set()
        for section in self.sections:
            if section.id in seen:
                raise OutlineError(f"two sections have the id '{section.id}'", about=section.id, rule="unique ids")
            seen.add(section.id)
        for section in self.sections:
            if section.parent is not None and section.parent not in seen:
                raise OutlineError(
                    f"section '{section.id}' stands under '{section.parent}', which is not in the outline",
                    about=section.id,
                    rule="known parent",
                )
        if len(self.reading_order) != len(self.sections):
            lost = next(section.id for section in self.sections if section.id not in self._places)
            raise OutlineError(f"section '{lost}' is its own ancestor", about=lost, rule="tree")

    def _check_edges(self) -> None:
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in self._by_id:
                    raise OutlineError(
                        f"'{edge.source}' {edge.kind} '{edge.target}', but no section has the id '{end}'",
                        about=edge.source,
                        rule="known ends",
                    )

    def _check_items(self) -> None:
        known = {item.id for item in self.ledger.items}
        for section in self.sections:
            for item in (*section.requires, *section.provides):
                if item not in known:
                    raise OutlineError(
                        f"section '{section.id}' needs the item '{item}', which nobody provides",
                        about=section.id,
                        rule="provided",
                    )
        for item in self.ledger.items:
            if item.owner is not None and item.owner not in self._by_id:
                raise OutlineError(
                    f"item '{item.id}' belongs to '{item.owner}', which is not in the outline",
                    about=item.id,
                    rule="owner",
                )

    def _check_cycles(self) -> None:
        for edge in self.blocking:
            if edge.target in self._line(edge.source) or edge.source in self._line(edge.target):
                raise OutlineError(
                    f"section '{edge.source}' waits for '{edge.target}', which holds it, is held by it, or is itself",
                    about=edge.source,
                    rule="acyclic",
                )
        if not nx.is_directed_acyclic_graph(self.waits):
            names = [section for (section, side), _ in nx.find_cycle(self.waits) if side == "leaf"]
            circle = " -> ".join([*names, names[0]])
            raise OutlineError(
                f"the sections wait for each other in a circle: {circle}; take one of these arrows out",
                about=names[0],
                rule="acyclic",
            )

    @cached_property
    def _by_id(self) -> dict[str, Section]:
        return {section.id: section for section in self.sections}

    @cached_property
    def _children(self) -> dict[str | None, list[Section]]:
        children: dict[str | None, list[Section]] = defaultdict(list)
        for section in sorted(self.sections, key=lambda section: section.order):
            children[section.parent].append(section)
        return dict(children)

    @cached_property
    def reading_order(self) -> tuple[Section, ...]:
        """Every section, parents before their children, siblings by `order`."""
        found: list[Section] = []
        waiting = list(reversed(self._children.get(None, [])))
        while waiting:
            section = waiting.pop()
            found.append(section)
            waiting.extend(reversed(self._children.get(section.id, [])))
        return tuple(found)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {section.id: place for place, section in enumerate(self.reading_order)}

    @cached_property
    def leaves(self) -> tuple[Section, ...]:
        """The sections that hold text, in reading order: those without children."""
        return tuple(section for section in self.reading_order if section.id not in self._children)

    @cached_property
    def blocking(self) -> tuple[Edge, ...]:
        """The edges whose source waits for its target."""
        undecided = {item.id for item in self.ledger.items if item.value is None}
        return tuple(
            edge
            for edge in self.edges
            if edge.kind in ("depends_on", "summarises") or (edge.kind == "uses" and edge.item in undecided)
        )

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """What waits for what, between leaves, as arrows from what comes first. An edge to a parent means all of it."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(leaf.id for leaf in self.leaves)
        for edge in self.blocking:
            graph.add_edges_from(product(self.leaves_of(edge.target), self.leaves_of(edge.source)))
        return graph

    @cached_property
    def waits(self) -> "nx.DiGraph[Node]":
        """What `graph` says in as many arrows as there are sections and edges: a parent that waits, or is waited for,
        stands in it as a gate that opens `before` its leaves or `after` them."""
        waits: nx.DiGraph[Node] = nx.DiGraph()
        waits.add_nodes_from((leaf.id, "leaf") for leaf in self.leaves)
        for edge in self.blocking:
            waits.add_edge(self._gate(waits, edge.target, "after"), self._gate(waits, edge.source, "before"))
        return waits

    def _gate(self, waits: "nx.DiGraph[Node]", section: str, side: Side) -> Node:
        """The node that stands for a section on that side; what hangs on it is put into `waits` when it is new."""
        new = [section]
        while new:
            gate = self._node(one := new.pop(), side)
            for child in self._children.get(one, []):
                inner = self._node(child.id, side)
                arrow = (gate, inner) if side == "before" else (inner, gate)
                if not waits.has_edge(*arrow):
                    waits.add_edge(*arrow)
                    new.append(child.id)
        return self._node(section, side)

    def _node(self, section: str, side: Side) -> Node:
        return section, side if section in self._children else "leaf"

    def section(self, section: str) -> Section:
        """The section of that id; raises OutlineError if there is none."""
        try:
            return self._by_id[section]
        except KeyError:
            raise OutlineError(f"no section has the id '{section}'", about=section, rule="known") from None

    def place(self, section: str) -> int:
        """The section's place in reading order, from 0."""
        return self._places[section]

    def children(self, section: str | None) -> tuple[Section, ...]:
        """The sections right under this one, or the top ones for None."""
        return tuple(self._children.get(section, ()))

    def leaves_of(self, section: str) -> tuple[str, ...]:
        """The ids of the leaves under a section, itself if it is one."""
        found: list[str] = []
        waiting = [section]
        while waiting:
            children = self._children.get(one := waiting.pop(), [])
            waiting.extend(child.id for child in reversed(children))
            if not children:
                found.append(one)
        return tuple(found)

    def path(self, section: str) -> tuple[Section, ...]:
        """The section and what holds it, outermost first."""
        return tuple(self._by_id[one] for one in reversed(self._line(section)))

    def level(self, section: str) -> int:
        """Depth in the hierarchy: 1 for a top section."""
        return len(self._line(section))

    def sources(self, section: str) -> tuple[str, ...]:
        """The leaves that must be finished before this leaf may open, in reading order."""
        found: set[str] = set()
        seen: set[Node] = set()
        nodes = list(self.waits.predecessors((section, "leaf")))
        while nodes:
            node = nodes.pop()
            if node[1] == "leaf":
                found.add(node[0])
            elif node not in seen:
                seen.add(node)
                nodes.extend(self.waits.predecessors(node))
        return tuple(sorted(found, key=self.place))

    def _line(self, section: str) -> list[str]:
        line = [section]
        while (parent := self._by_id[line[-1]].parent) is not None:
            line.append(parent)
        return line


def edges_of(sections: Iterable[Section], ledger: Ledger) -> tuple[Edge, ...]:
    """The edges that follow from the sections themselves: `contains` from parents, `uses` from what they require."""
    owners = {item.id: item.owner for item in ledger.items}
    edges: list[Edge] = []
    for section in sections:
        if section.parent is not None:
            edges.append(Edge(kind="contains", source=section.parent, target=section.id))
        for item in section.requires:
            owner = owners.get(item)
            if owner is not None and owner != section.id:
                edges.append(Edge(kind="uses", source=section.id, target=owner, item=item))
    return tuple(edges)


def chained(outline: Outline) -> Outline:
    """The same outline with every leaf waiting for the one before it: the sequential way."""
    steps = tuple(Edge(kind="depends_on", source=b.id, target=a.id) for a, b in pairwise(outline.leaves))
    blocking = set(outline.blocking)
    kept = tuple(edge for edge in outline.edges if edge not in blocking)
    return outline.changed(edges=kept + steps)

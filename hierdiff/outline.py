"""Section, Edge and Outline: the plan of a document as a graph that cannot be wrong.

An Outline is checked when it is made: unique ids, known parents and ends of edges, a hierarchy that is a tree, items
with an owner, blocking edges without a cycle. Whoever holds one may rely on all of it.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise, product
from typing import Literal, Self

import networkx as nx
from pydantic import Field, field_validator, model_validator

from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.outline_tree import Tree
from hierdiff.outline_waits import Node as Node
from hierdiff.outline_waits import before, circle_in, waits_of
from hierdiff.spans import printable
from hierdiff.values import Value

EdgeKind = Literal["contains", "depends_on", "uses", "refers_to", "summarises", "excludes", "mirrors", "imports"]

BLOCKING: frozenset[EdgeKind] = frozenset({"depends_on", "summarises"})
"""The kinds that make a section wait, whatever it takes from the other. `uses` blocks while its item is undecided."""

TOPIC_WORDS = 8


class Section(Value):
    """A node of the plan. `order` sorts it among its siblings.

    `budget` is in words, 0 for one that only holds others; it may be moved between `least` and `most`, and what other
    sections have too many or too few words is made up for by `elastic` ones first.
    """

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=500)
    topic: str = ""
    brief: str = ""
    kind: str = "prose"
    parent: str | None = None
    order: int = 0
    budget: int = Field(default=0, ge=0)
    least: int = Field(default=0, ge=0)
    most: int | None = Field(default=None, ge=1)
    elastic: bool = True
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

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"must have {self.least} words at least and {self.most} at most, which no text has")
        return self


class Edge(Value):
    """`source` --kind--> `target`, read as a sentence: policy depends_on causes. `item` is what a `uses` edge uses.

    `depends_on` needs the other's text and `summarises` all of it: both wait. `uses` needs an item, and waits only
    where its value is still to be decided. The others never wait; they tell the source something about the target:
    `refers_to` that it may point there, `excludes` that this is covered there and only there, `mirrors` that its form
    is the model, `imports` that its interface is used, `contains` that it stands under the source.
    """

    kind: EdgeKind
    source: str
    target: str
    item: str | None = None


class Outline(Value):
    """Sections, edges and ledger. Only `depends_on`, `summarises` and `uses` of an undecided item make one wait.

    `fused` are groups of leaves that share one canvas. Inside a group nothing waits; an arrow to or from one of them
    holds for all.
    """

    title: str = Field(min_length=1)
    sections: tuple[Section, ...] = Field(min_length=1, max_length=200_000)
    edges: tuple[Edge, ...] = ()
    ledger: Ledger = Field(default_factory=Ledger)
    fused: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="after")
    def _valid(self) -> Self:
        self._check_edges()
        self._check_items()
        self._check_fused()
        self._check_cycles()
        return self

    def _check_edges(self) -> None:
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in self._tree.by_id:
                    raise OutlineError(
                        f"'{edge.source}' {edge.kind} '{edge.target}', but no section has the id '{end}'",
                        about=edge.source,
                        rule="known ends",
                    )

    def _check_items(self) -> None:
        for section in self.sections:
            for item in (*section.requires, *section.provides):
                if self.ledger.get(item) is None:
                    raise OutlineError(
                        f"section '{section.id}' needs the item '{item}', which nobody provides",
                        about=section.id,
                        rule="provided",
                    )
        for item in self.ledger.items:
            if item.owner is not None and item.owner not in self._tree.by_id:
                raise OutlineError(
                    f"item '{item.id}' belongs to '{item.owner}', which is not in the outline",
                    about=item.id,
                    rule="owner",
                )

    def _check_fused(self) -> None:
        seen: set[str] = set()
        for group in self.fused:
            wrong = next((one for one in group if one not in self._tree.by_id or one in self._tree.children), None)
            if wrong is not None:
                why = f"'{wrong}' cannot share a canvas: it is no section of the outline, or one that holds others"
                raise OutlineError(why, about=wrong, rule="fused")
            twice = next((one for number, one in enumerate(group) if one in seen or one in group[:number]), None)
            if twice is not None:
                raise OutlineError(f"'{twice}' is on two canvases, or twice on one", about=twice, rule="fused")
            if len(group) < 2:
                alone = f"'{''.join(group)}' shares its canvas with nobody; name two sections at least"
                raise OutlineError(alone, about="".join(group), rule="fused")
            seen.update(group)

    def _check_cycles(self) -> None:
        for edge in self.blocking:
            if self._tree.holds(edge.target, edge.source) or self._tree.holds(edge.source, edge.target):
                raise OutlineError(
                    f"section '{edge.source}' waits for '{edge.target}', which holds it, is held by it, or is itself",
                    about=edge.source,
                    rule="acyclic",
                )
        if names := circle_in(self.waits):
            circle = " -> ".join([*names, names[0]])
            raise OutlineError(
                f"the sections wait for each other in a circle: {circle}; take one of these arrows out",
                about=names[0],
                rule="acyclic",
            )

    @cached_property
    def _tree(self) -> Tree[Section]:
        return Tree(self.sections)

    @property
    def reading_order(self) -> tuple[Section, ...]:
        """Every section, parents before their children, siblings by `order`."""
        return self._tree.order

    @property
    def leaves(self) -> tuple[Section, ...]:
        """The sections that hold text, in reading order: those without children."""
        return self._tree.leaves

    @cached_property
    def blocking(self) -> tuple[Edge, ...]:
        """The edges whose source waits for its target."""
        undecided = {item.id for item in self.ledger.items if item.value is None}
        return tuple(
            edge for edge in self.edges if edge.kind in BLOCKING or (edge.kind == "uses" and edge.item in undecided)
        )

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """What waits for what, between leaves, as arrows from what comes first. An edge to a parent means all of it."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(leaf.id for leaf in self.leaves)
        for node in self.waits:
            if node[1] == "leaf":
                for source in before(self.waits, node):
                    graph.add_edges_from(product(self.group(source), self.group(node[0])))
        return graph

    @cached_property
    def waits(self) -> "nx.DiGraph[Node]":
        """What `graph` says in as many arrows as there are sections and edges (see `hierdiff.outline_waits`): leaves
        are nodes, those that share a canvas one node, named after the first of them."""
        return waits_of(self._tree, ((edge.source, edge.target) for edge in self.blocking), self._groups)

    @cached_property
    def _groups(self) -> dict[str, tuple[str, ...]]:
        groups = [tuple(sorted(group, key=self.place)) for group in self.fused]
        return {section: group for group in groups for section in group}

    def group(self, section: str) -> tuple[str, ...]:
        """The leaves that share this one's canvas, in reading order, itself among them; itself alone as a rule."""
        return self._groups.get(section, (section,))

    def section(self, section: str) -> Section:
        """The section of that id; raises OutlineError if there is none."""
        try:
            return self._tree.by_id[section]
        except KeyError:
            raise OutlineError(f"no section has the id '{section}'", about=section, rule="known") from None

    def place(self, section: str) -> int:
        """The section's place in reading order, from 0."""
        return self._tree.places[section]

    def children(self, section: str | None) -> tuple[Section, ...]:
        """The sections right under this one, or the top ones for None."""
        return tuple(self._tree.children.get(section, ()))

    def leaves_of(self, section: str) -> tuple[str, ...]:
        """The ids of the leaves under a section, itself if it is one."""
        return self._tree.leaves_of(section)

    def path(self, section: str) -> tuple[Section, ...]:
        """The section and what holds it, outermost first."""
        return tuple(self._tree.by_id[one] for one in reversed(self._tree.line(section)))

    def level(self, section: str) -> int:
        """Depth in the hierarchy: 1 for a top section."""
        return len(self._tree.line(section))

    def sources(self, section: str) -> tuple[str, ...]:
        """The leaves that must be finished before this leaf may open, in reading order."""
        found = before(self.waits, (self.group(section)[0], "leaf"))
        return tuple(sorted((one for source in found for one in self.group(source)), key=self.place))

    def linked(self, section: str, kind: EdgeKind) -> tuple[str, ...]:
        """The sections that this one has an edge of that kind to, in the order in which they are listed."""
        return self._links.get((section, kind), ())

    @cached_property
    def _links(self) -> dict[tuple[str, EdgeKind], tuple[str, ...]]:
        links: dict[tuple[str, EdgeKind], list[str]] = {}
        for edge in self.edges:
            links.setdefault((edge.source, edge.kind), []).append(edge.target)
        return {key: tuple(targets) for key, targets in links.items()}


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
    """The same outline with every leaf waiting for the one before it, on a canvas of its own: the sequential way."""
    steps = tuple(Edge(kind="depends_on", source=b.id, target=a.id) for a, b in pairwise(outline.leaves))
    blocking = set(outline.blocking)
    kept = tuple(edge for edge in outline.edges if edge not in blocking)
    return outline.changed(edges=kept + steps, fused=())

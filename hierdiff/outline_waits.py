"""What waits for what, as a graph in as many arrows as there are sections and blocking edges.

A leaf is a node. A parent that waits, or is waited for, stands there as a gate that opens `before` its leaves or
`after` them, so that "all of this after all of that" is a few arrows and not a product. Sections that share one canvas
are one node, named after the first of them: nothing inside a canvas waits, and what waits for one waits for all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, final

import networkx as nx

from hierdiff.outline_tree import Kind, Tree

Side = Literal["leaf", "before", "after"]
Node = tuple[str, Side]


def waits_of(
    tree: Tree[Kind], arrows: Iterable[tuple[str, str]], groups: Mapping[str, Sequence[str]]
) -> "nx.DiGraph[Node]":
    """The graph for `arrows` (who waits, for whom) and `groups` (for each section that shares a canvas, all on it)."""
    gates = _Gates(tree, {member: group[0] for member, group in groups.items()})
    for waiter, awaited in arrows:
        gates.add(waiter, awaited)
    return _simple(gates.waits, {group[0] for group in groups.values()}) if groups else gates.waits


def circle_in(waits: "nx.DiGraph[Node]") -> list[str]:
    """The leaves of a circle of sections that wait for each other, empty if there is none."""
    if nx.is_directed_acyclic_graph(waits):
        return []
    return [section for (section, side), _ in nx.find_cycle(waits) if side == "leaf"]


def before(waits: "nx.DiGraph[Node]", node: Node) -> set[str]:
    """The leaves right before a node, seen through the gates between."""
    found: set[str] = set()
    seen: set[Node] = set()
    nodes = list(waits.predecessors(node))
    while nodes:
        one = nodes.pop()
        if one[1] == "leaf":
            found.add(one[0])
        elif one not in seen:
            seen.add(one)
            nodes.extend(waits.predecessors(one))
    return found


@final
class _Gates:
    """The graph in the making. What hangs on a gate is put there when the gate is first asked for."""

    def __init__(self, tree: Tree[Kind], heads: Mapping[str, str]) -> None:
        self.waits: nx.DiGraph[Node] = nx.DiGraph()
        self._below = {name: [one.id for one in held] for name, held in tree.children.items() if name is not None}
        self._heads = heads
        self._open: set[Node] = set()
        self.waits.add_nodes_from((heads.get(leaf.id, leaf.id), "leaf") for leaf in tree.leaves)

    def add(self, waiter: str, awaited: str) -> None:
        """Let one wait for the other; nothing, if both are on one canvas."""
        first, then = self._gate(awaited, "after"), self._gate(waiter, "before")
        if first != then or waiter == awaited:
            self.waits.add_edge(first, then)

    def _gate(self, section: str, side: Side) -> Node:
        new = [section]
        while new:
            gate = self._node(new.pop(), side)
            if gate[1] == "leaf" or gate in self._open:
                continue
            self._open.add(gate)
            for child in self._below[gate[0]]:
                inner = self._node(child, side)
                self.waits.add_edge(*((gate, inner) if side == "before" else (inner, gate)))
                new.append(child)
        return self._node(section, side)

    def _node(self, section: str, side: Side) -> Node:
        return (section, side) if section in self._below else (self._heads.get(section, section), "leaf")


def _simple(waits: "nx.DiGraph[Node]", heads: set[str]) -> "nx.DiGraph[Node]":
    """The graph without gates that a group both opens and waits for.

    Parents that wait for each other leave such gates behind when their leaves share a canvas. Whatever stands before
    such a gate stands before the group, and whatever stands behind it behind the group: the two are one node.
    """
    into: dict[Node, Node] = {}
    for circle in nx.strongly_connected_components(waits):
        leaves = [node for node in circle if node[1] == "leaf"]
        if len(circle) > 1 and len(leaves) == 1 and leaves[0][0] in heads:
            into.update(dict.fromkeys(circle, leaves[0]))
    if not into:
        return waits
    simple: nx.DiGraph[Node] = nx.DiGraph()
    simple.add_nodes_from(into.get(node, node) for node in waits)
    ends = ((into.get(one, one), into.get(other, other)) for one, other in waits.edges)
    simple.add_edges_from((one, other) for one, other in ends if one != other)
    return simple

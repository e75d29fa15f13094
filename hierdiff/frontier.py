"""Frontier: which sections may open now.

A section may open as soon as everything it waits for is done; there are no levels and no barriers between them. Of
those that may, the one with the longest way still to go behind it goes first, because nothing shortens that way later.
"""

import heapq
from collections.abc import Iterable
from typing import final

import networkx as nx

from hierdiff.errors import OutlineError
from hierdiff.outline import Node, Outline, Section


@final
class Frontier:
    """Hands out an outline's leaves as they become free, those with the longest blocking path behind them first.

    `sections` limits it to some of them (a parent stands for its leaves); the others count as done already, which is
    how a resumed run starts. A path is as long as the budgets on it, in words; equals go in reading order.
    """

    def __init__(self, outline: Outline, sections: Iterable[str] | None = None) -> None:
        self._outline = outline
        named = [section.id for section in outline.leaves] if sections is None else list(sections)
        self._waiting = {leaf for one in named for leaf in outline.leaves_of(outline.section(one).id)}
        self._taken: set[str] = set()
        self._missing: dict[Node, int] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._ways = _ways(outline, self._waiting)
        self._left = len(self._waiting)
        self._settle()

    @property
    def ready(self) -> int:
        """How many sections may open now."""
        return len(self._ready)

    @property
    def left(self) -> int:
        """How many sections are not done yet, the ones that were taken among them."""
        return self._left

    def take(self) -> Section | None:
        """The section that should open next, or None while all that is left waits for others (or nothing is left)."""
        if not self._ready:
            return None
        _, _, section = heapq.heappop(self._ready)
        self._waiting.remove(section)
        self._taken.add(section)
        return self._outline.section(section)

    def done(self, section: str) -> None:
        """Say that a taken section is finished, which frees what waited for it. Raises OutlineError otherwise."""
        if section not in self._taken:
            raise OutlineError(f"section '{section}' is not being written: {self._why(section)}", about=section)
        self._taken.remove(section)
        self._left -= 1
        group = self._outline.group(section)
        if not any(one in self._waiting or one in self._taken for one in group):
            self._release([(group[0], "leaf")])

    def _why(self, section: str) -> str:
        if section in self._waiting:
            return "it was not taken yet; take() it first"
        if section in self._ways:
            return "it is done already"
        return "the outline has no such leaf"

    def _settle(self) -> None:
        """Count what each node waits for; what lies outside counts as done from the start."""
        self._missing = dict(self._outline.waits.in_degree())
        free = [node for node, missing in self._missing.items() if not missing]
        outside = [node for node in self._missing if node[1] == "leaf" and not self._left_of(node)]
        for node in free:
            self._open(node)
        self._release(outside)

    def _release(self, finished: list[Node]) -> None:
        """Free what waited for the finished nodes. A parent's gate is finished as soon as it is free."""
        while finished:
            for node in self._outline.waits.successors(finished.pop()):
                self._missing[node] -= 1
                if not self._missing[node]:
                    if node[1] == "leaf":
                        self._open(node)
                    else:
                        finished.append(node)

    def _open(self, node: Node) -> None:
        for section in self._left_of(node) if node[1] == "leaf" else ():
            heapq.heappush(self._ready, (-self._ways[section], self._outline.place(section), section))

    def _left_of(self, node: Node) -> list[str]:
        """The sections of a leaf's canvas that are still to be taken."""
        return [section for section in self._outline.group(node[0]) if section in self._waiting]


def _ways(outline: Outline, unfinished: Iterable[str]) -> dict[str, int]:
    """For each leaf the words on the longest blocking path that starts with it, finished ones counting nothing."""
    todo = set(unfinished)
    ways: dict[Node, int] = {}
    for node in reversed(list(nx.topological_sort(outline.waits))):
        behind = max((ways[after] for after in outline.waits.successors(node)), default=0)
        section, side = node
        if side == "leaf":
            own = [max(1, outline.section(one).budget) for one in outline.group(section) if one in todo]
            behind = behind + sum(own) if own else 0
        ways[node] = behind
    return {one: way for (section, side), way in ways.items() if side == "leaf" for one in outline.group(section)}

"""Frontier: which sections may open now.

A section may open as soon as everything it waits for is done; there are no levels and no barriers between them. Of
those that may, the one with the longest way still to go behind it goes first, because nothing shortens that way later.
Sections that are fused share one canvas: the first of them stands for all, and waits for what any of them waits for.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import final

import networkx as nx

from hierdiff.errors import OutlineError
from hierdiff.outline import Outline, Section
from hierdiff.outline_waits import Node

LOOKED_AT, PASSED_OVER = 32, 8
"""How many of those that are ready are tried for room, and how often the first may be passed over for its size."""


@final
class Frontier:
    """Hands out an outline's leaves as they become free, those with the longest blocking path behind them first.

    `sections` limits it to some of them (a parent stands for its leaves); the others count as done already, which is
    how a resumed run starts. Those `taken` are being written. A path is as long as the budgets on it, in words; equals
    go in reading order.
    """

    def __init__(self, outline: Outline, sections: Iterable[str] | None = None, *, taken: Iterable[str] = ()) -> None:
        self._outline = outline
        named = [section.id for section in outline.leaves] if sections is None else list(sections)
        unfinished = {leaf for one in named for leaf in outline.leaves_of(outline.section(one).id)}
        self._words: dict[str, int] = defaultdict(int)
        self.resized(outline)
        self._taken = {self._head(section) for section in taken}
        self._waiting = {self._head(leaf) for leaf in unfinished} - self._taken
        self._missing: dict[Node, int] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._ways = _ways(outline, self._waiting | self._taken, self._words)
        self._left = len(self._waiting) + len(self._taken)
        self._passed = 0
        self._settle()

    @property
    def ready(self) -> int:
        """How many canvases may open now."""
        return len(self._ready)

    @property
    def left(self) -> int:
        """How many canvases are not done yet, the ones that were taken among them."""
        return self._left

    @property
    def waiting(self) -> int:
        """How many canvases were not taken yet."""
        return len(self._waiting)

    @property
    def taken(self) -> frozenset[str]:
        """The sections that were taken and are not done, each for those that it is fused with."""
        return frozenset(self._taken)

    def words(self, section: str) -> int:
        """The words of the canvas that a section stands for: its own, or those of all that share it."""
        return self._words[section]

    def resized(self, outline: Outline) -> None:
        """The same outline with other budgets: canvases have other widths, and go in the order in which they went."""
        self._words.clear()
        for leaf in outline.leaves:
            self._words[self._head(leaf.id)] += leaf.budget

    def take(self, room: int | None = None) -> Section | None:
        """The section that should open next, or None while all that is left waits for others (or nothing is left).

        With `room` for so many words, the first one that fits; it is not passed over for ever.
        """
        aside: list[tuple[int, int, str]] = []
        most = 1 if self._passed >= PASSED_OVER else LOOKED_AT
        found: str | None = None
        while self._ready and len(aside) < most and found is None:
            entry = heapq.heappop(self._ready)
            if room is None or self._words[entry[2]] <= room:
                found = entry[2]
            else:
                aside.append(entry)
        for entry in aside:
            heapq.heappush(self._ready, entry)
        if found is None:
            return None
        self._passed = self._passed + 1 if aside else 0
        return self._took(found)

    def guess(self, room: int | None = None) -> Section | None:
        """A section that waits for nothing but the text of sections that are being written (`depends_on`), first the
        one with the longest way behind it: it may begin on a guess. None where there is none."""
        fits = [one for one in self._waiting if room is None or self._words[one] <= room]
        ready = {section for _, _, section in self._ready}
        for section in heapq.nsmallest(LOOKED_AT, (one for one in fits if one not in ready), key=self._order):
            if self._guessable(section):
                return self._took(section)
        return None

    def _guessable(self, section: str) -> bool:
        if len(self._outline.group(section)) > 1:
            return False
        undone = [s for s in self._outline.sources(section) if self._head(s) in self._waiting | self._taken]
        if any(self._head(source) not in self._taken for source in undone):
            return False
        line = {one.id for one in self._outline.path(section)}
        hard = [edge for edge in self._outline.blocking if edge.kind != "depends_on" and edge.source in line]
        return not any(leaf in undone for edge in hard for leaf in self._outline.leaves_of(edge.target))

    def done(self, section: str) -> None:
        """Say that a taken section is finished, which frees what waited for it. Raises OutlineError otherwise."""
        if section not in self._taken:
            raise OutlineError(f"section '{section}' is not being written: {self._why(section)}", about=section)
        self._taken.remove(section)
        self._left -= 1
        self._release([(section, "leaf")])

    def _took(self, section: str) -> Section:
        self._waiting.remove(section)
        self._taken.add(section)
        return self._outline.section(section)

    def _why(self, section: str) -> str:
        if section in self._waiting:
            return "it was not taken yet; take() it first"
        if section in self._ways:
            return "it is done already"
        return "the outline has no such leaf"

    def _head(self, section: str) -> str:
        return self._outline.group(section)[0]

    def _order(self, section: str) -> tuple[int, int, str]:
        return -self._ways[section], self._outline.place(section), section

    def _settle(self) -> None:
        """Count what each node waits for; what lies outside counts as done from the start."""
        self._missing = dict(self._outline.waits.in_degree())
        free = [node for node, missing in self._missing.items() if not missing]
        inside = self._waiting | self._taken
        outside = [node for node in self._missing if node[1] == "leaf" and node[0] not in inside]
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
        section, side = node
        if side == "leaf" and section in self._waiting:
            heapq.heappush(self._ready, self._order(section))


def _ways(outline: Outline, todo: set[str], words: Mapping[str, int]) -> dict[str, int]:
    """For each canvas the words on the longest blocking path that starts with it, finished ones counting nothing."""
    ways: dict[Node, int] = {}
    for node in reversed(list(nx.topological_sort(outline.waits))):
        behind = max((ways[after] for after in outline.waits.successors(node)), default=0)
        section, side = node
        if side == "leaf":
            behind = behind + max(1, words[section]) if section in todo else 0
        ways[node] = behind
    return {section: way for (section, side), way in ways.items() if side == "leaf"}

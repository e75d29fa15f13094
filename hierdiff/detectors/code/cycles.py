"""Cycles: files of a tree that import each other in a circle, reported once, at the import that closes it.

Many circles do no harm: `import m` needs nothing of m yet. Whether one does is found by going through the imports as
Python would, module by module, with what each has bound by then; nothing is run.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import networkx as nx

from hierdiff.detectors.code.modules import Modules, key_of, modules_of
from hierdiff.detectors.code.scopes import Import
from hierdiff.detectors.code.source import Source
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.findings import Finding

DETECTOR = "cycles"
MOST_STARTS = 60
"""Modules of a circle from which it is gone through."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Closing:
    """An import inside a circle."""

    source: Source
    node: Import
    key: str


@final
class Cycles:
    """Finds circles of imports at module level.

    One is hard where no module of it can be imported first; else it is a hint. Imports in functions and under
    TYPE_CHECKING do not count.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """One finding for each circle; `expected` is nothing where the import that closes it serves nothing."""
        modules = modules_of(document)
        graph = modules.graph
        groups = (group for group in nx.strongly_connected_components(graph) if len(group) > 1)
        return in_order(_finding(modules, group) for group in groups)


def _finding(modules: Modules, group: set[str]) -> Finding:
    order = [key_of(source.path) for source in modules.sources if key_of(source.path) in group]
    inside = [one for key in order for one in _closings(modules, key, group)]
    failures = [_Run(modules).fails(key) for key in order[:MOST_STARTS]]
    hard = all(one is not None for one in failures)
    failing = next((one for one in failures if one is not None), None)
    idle = [one for one in inside if _idle(one) and _breaks(modules, group, one)]
    if len(idle) == 1:
        chosen, expected = idle[0], ""
    else:
        back = {key: at for at, key in enumerate(order)}
        closing = [one for one in inside if back[one.key] <= back[key_of(one.source.path)]]
        chosen, expected = failing or (closing or inside)[0], None
    path = nx.shortest_path(modules.graph.subgraph(group), chosen.key, key_of(chosen.source.path))
    names = [modules.path(key) or key for key in [*path, chosen.key]]
    shown = names if len(names) <= _SHOWN else [*names[: _SHOWN - 2], "...", names[-1]]
    reason = f"Files import each other in a circle: {' -> '.join(shown)}."
    if hard:
        reason += " None of them can be imported first."
    place = chosen.source.place(chosen.node)
    return chosen.source.finding(DETECTOR, "import cycle", [place], reason, expected=expected, hard=hard)


def _closings(modules: Modules, key: str, group: set[str]) -> Iterator[_Closing]:
    """The imports of a module that lead to others of its circle."""
    source = modules.source(key)
    for node, scope, guard in source.code.read.imports if source is not None else ():
        if source is None or guard.typing or scope.inside_function():
            continue
        for target in dict.fromkeys(one for alias in node.names for one in modules.run_by(source, node, alias)):
            if target in group and target != key:
                yield _Closing(source, node, target)


def _idle(one: _Closing) -> bool:
    """Whether an import could go: nothing in its file uses what it binds, and the file is not there to hand it on."""
    if one.source.path.endswith("__init__.py"):
        return False
    read = one.source.code.read
    names = [alias.asname or alias.name.partition(".")[0] for alias in one.node.names]
    return "*" not in names and not any(name in read.uses or f'"{name}"' in one.source.text for name in names)


def _breaks(modules: Modules, group: set[str], one: _Closing) -> bool:
    """Whether the circle is none without an import."""
    graph = nx.DiGraph(modules.graph.subgraph(group))
    own = key_of(one.source.path)
    others = [other for other in _closings(modules, own, group) if other.node is not one.node]
    if not any(other.key == one.key for other in others):
        graph.remove_edge(own, one.key)
    return nx.is_directed_acyclic_graph(graph)


@final
class _Run:
    """One way through the imports of a tree, from one module on."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._bound: dict[str, set[str]] = {}
        self._done: set[str] = set()

    def fails(self, start: str) -> _Closing | None:
        """The import that fails when a module is imported first; None if none does, or the chain is too long."""
        try:
            return self._load(start)
        except RecursionError:
            return None

    def _load(self, key: str) -> _Closing | None:
        parts = key.split("/") if key else []
        for name in ["/".join(parts[:count]) for count in range(len(parts))] + [key]:
            if name not in self._bound and (source := self._modules.source(name)) is not None:
                failed = self._run(name, source)
                if failed is not None:
                    return failed
        return None

    def _run(self, key: str, source: Source) -> _Closing | None:
        bound = self._bound[key] = set()
        for statement in _statements(source):
            if isinstance(statement, str):
                bound.add(statement)
                continue
            node, tried = statement
            for alias in node.names:
                failed = self._import(source, node, alias)
                if failed is not None and not tried:
                    return failed
            bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        self._done.add(key)
        return None

    def _import(self, source: Source, node: Import, alias: ast.alias) -> _Closing | None:
        for key in self._modules.run_by(source, node, alias):
            failed = self._load(key)
            if failed is not None:
                return failed
        kind, module = self._modules.named(source, node, alias)
        if kind != "local" or module is None or module.missing or isinstance(node, ast.Import):
            return None
        key = module.key
        if key not in self._bound or key in self._done or alias.name == "*":
            return None
        names = self._modules.names(key)
        known = names is not None and alias.name in names and alias.name not in self._bound[key]
        there = self._modules.child(key, alias.name) is not None
        return _Closing(source, node, key) if known and not there and "*" not in self._bound[key] else None


def _statements(source: Source) -> list[str | tuple[Import, bool]]:
    """What a module does as it is imported, in order: names that it binds, and its imports."""
    found: list[tuple[tuple[int, int], str | tuple[Import, bool]]] = []
    read = source.code.read
    imports = {id(alias) for node, _, _ in read.imports for alias in node.names}
    for name, nodes in read.scope.names.items():
        for node in nodes:
            if id(node) not in imports and isinstance(node, ast.stmt | ast.expr | ast.excepthandler):
                found.append(((node.lineno, node.col_offset), name))
    for node, scope, guard in read.imports:
        if not guard.typing and not scope.inside_function():
            found.append(((node.lineno, node.col_offset), (node, guard.tried)))
    return [what for _, what in sorted(found, key=lambda one: one[0])]

"""Undefined: names that a file uses and nothing binds, as pyflakes sees them, and where they could come from.

Pyflakes reads the tree that was parsed already; nothing is run. Where a name could come from is asked of the tree: how
its other files import it, then which of them defines it, then a few names of the standard library.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx
from pyflakes import checker, messages

from hierdiff.detectors.code.modules import Modules, key_of
from hierdiff.detectors.code.scopes import Import
from hierdiff.detectors.code.source import Code, Place, Source
from hierdiff.tree_join import MODULES, NAMES

_FOLLOWING = 2000
"""Characters behind its place in which a name in a quoted annotation is looked for."""
_COMMON = frozenset({"_", "WindowsError", "__builtins__", "reveal_type"})
"""Names that something outside a file may bring in."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is not defined where it stands. `exported` says that it stands in `__all__`."""

    name: str
    place: Place
    exported: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name could be imported from: the module as it is written, the name there, and what it is called here.
    Without a name it is the module itself."""

    module: str
    name: str = ""
    key: str | None = None
    known_as: str = ""

    @property
    def line(self) -> str:
        """The import as a line."""
        alias = f" as {self.known_as}" if self.known_as else ""
        return f"from {self.module} import {self.name}{alias}" if self.name else f"import {self.module}{alias}"


def undefined(source: Source) -> Iterator[Use]:
    """The names that a file uses and nothing binds, in order of place. Raises RecursionError for what is nested too
    deeply."""
    found: list[Use] = []
    for name, line, column, exported, local in _messages(source.path.rpartition("/")[2], source.code):
        if name not in _COMMON and (place := _place(source, name, line, column)) is not None:
            found.append(Use(name, place, exported, local))
    yield from sorted(found, key=lambda use: use.place)


@lru_cache(maxsize=2048)
def _messages(file: str, code: Code) -> tuple[tuple[str, int, int, bool, bool], ...]:
    found: list[tuple[str, int, int, bool, bool]] = []
    for message in checker.Checker(code.tree, filename=file).messages:
        if isinstance(message, messages.UndefinedName | messages.UndefinedExport | messages.UndefinedLocal):
            exported, local = (
                isinstance(message, messages.UndefinedExport),
                isinstance(message, messages.UndefinedLocal),
            )
            found.append((str(message.message_args[0]), message.lineno, message.col, exported, local))
    return tuple(found)


def _place(source: Source, name: str, line: int, column: int) -> Place | None:
    """Where a name stands: at its place, or quoted behind it."""
    start = source.offset(line, column)
    at = start - source.base
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(source.text, at, at + _FOLLOWING)
    if found is None:
        return None
    return source.base + found.start(), source.base + found.end()


def origin_of(modules: Modules, source: Source, name: str) -> Origin | None:
    """Where a name could come from, if there is one place for it and an import from there closes no circle."""
    for found in (_as_others(modules, source, name), _defined(modules, source, name), _standard(source, name)):
        if found is not None:
            own = key_of(source.path)
            return None if found.key is not None and leads_to(modules, found.key, own) else found
    return None


def _as_others(modules: Modules, source: Source, name: str) -> Origin | None:
    """How all other files import a name that no two of them import differently."""
    found: Counter[Origin] = Counter()
    for other in modules.sources:
        for node, scope, guard in other.code.read.imports if other is not source else ():
            if scope.kind != "module" or guard.tried or guard.conditional:
                continue
            for alias in node.names:
                if (alias.asname or alias.name) != name:
                    continue
                kind, module = modules.named(other, node, alias)
                if kind == "unknown" or (module is not None and module.missing):
                    return None
                found[_origin(modules, source, node, alias, module.key if module is not None else None)] += 1
    return next(iter(found)) if len(found) == 1 else None


def _origin(modules: Modules, source: Source, node: Import, alias: ast.alias, key: str | None) -> Origin:
    known_as = alias.asname or ""
    if isinstance(node, ast.ImportFrom):
        module = modules.spelled(source, key) if key is not None else node.module or ""
        return Origin(module, alias.name, key, known_as)
    return Origin(alias.name, "", key, known_as)


def _defined(modules: Modules, source: Source, name: str) -> Origin | None:
    """The one module that defines a name which it does not keep to itself, or the one module of that name."""
    keys = [key for key in modules.definers.get(name, ()) if key != key_of(source.path)]
    if name.startswith("_") or len(keys) != 1:
        return None
    return Origin(modules.spelled(source, keys[0]), name, keys[0])


def _standard(source: Source, name: str) -> Origin | None:
    if name in NAMES:
        return Origin(NAMES[name], name)
    if name not in MODULES:
        return None
    based = {id(node.value) for node, _, _ in source.code.read.attributes}
    uses = source.code.read.uses.get(name, [])
    return Origin(name) if uses and all(id(use) in based for use in uses) else None


def leads_to(modules: Modules, start: str, goal: str) -> bool:
    """Whether importing one module imports another."""
    graph = modules.graph
    return start in graph and goal in graph and (start == goal or nx.has_path(graph, start, goal))

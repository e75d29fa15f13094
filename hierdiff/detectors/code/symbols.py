"""Symbols: what is asked of a module of the tree that it has not: `from m import x`, and `m.x`."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

from hierdiff.detectors.code.modules import Modules, key_of, modules_of
from hierdiff.detectors.code.nearest import nearest
from hierdiff.detectors.code.scopes import Scope
from hierdiff.detectors.code.source import Place, Source
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.findings import Finding

DETECTOR = "symbols"


@final
class Symbols:
    """Finds names that a module of the tree has not.

    A module whose names cannot be known (star imports from outside, `__getattr__`, `globals()`) is left alone, and so
    is what stands in a `try` that catches it.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place; `expected` is the close name of that module, or where else the name is."""
        modules = modules_of(document)
        found = [_import(modules, source, one) for source in modules.sources for one in broken(modules, source)]
        found += [one for source in modules.sources for one in _attributes(modules, source)]
        return in_order(found)


@dataclass(frozen=True, slots=True)
class Broken:
    """An import of a name that its module has not; `nearest` is the one that was meant, if there is one."""

    node: ast.ImportFrom
    alias: ast.alias
    key: str
    nearest: str | None
    elsewhere: str | None


def broken(modules: Modules, source: Source) -> Iterator[Broken]:
    """The imports of a file from modules of the tree that have not the name."""
    for node, _, guard in source.code.read.imports:
        if not isinstance(node, ast.ImportFrom) or guard.tried:
            continue
        for alias in node.names:
            key = _without(modules, source, node, alias)
            if key is None:
                continue
            names = modules.names(key) or frozenset[str]()
            others = [one for one in modules.definers.get(alias.name, ()) if one not in (key, key_of(source.path))]
            elsewhere = others[0] if len(others) == 1 else None
            public = [name for name in names if not name.startswith("__")]
            yield Broken(node, alias, key, None if elsewhere else nearest(alias.name, public), elsewhere)


def renamed(modules: Modules, source: Source) -> frozenset[str]:
    """Names that a file uses and gets when its imports of names that are not there are put right."""
    return frozenset(one.nearest for one in broken(modules, source) if one.nearest is not None)


def _without(modules: Modules, source: Source, node: ast.ImportFrom, alias: ast.alias) -> str | None:
    """The key of a module of the tree that has not the name which is imported from it."""
    kind, module = modules.named(source, node, alias)
    if alias.name == "*" or kind != "local" or module is None or module.missing or not module.sure:
        return None
    names = modules.names(module.key)
    if names is None or _has(modules, module.key, alias.name, names):
        return None
    return module.key if modules.path(module.key) is not None else None


def _has(modules: Modules, key: str, name: str, names: frozenset[str]) -> bool:
    known = name in names or name in modules.assigned or "*" in modules.assigned
    return known or modules.child(key, name) is not None or (name.startswith("__") and name.endswith("__"))


def _import(modules: Modules, source: Source, one: Broken) -> Finding:
    place = source.place(one.alias)
    place = place[0], place[0] + len(one.alias.name)
    reason = f"{modules.path(one.key)} has no '{one.alias.name}'"
    if one.elsewhere is not None:
        where = modules.path(one.elsewhere)
        whole, text = _moved(modules, source, one, one.elsewhere)
        return source.finding(DETECTOR, "no such name", [whole], f"{reason}; {where} has it.", expected=text)
    if one.nearest is None:
        return source.finding(DETECTOR, "no such name", [place], f"{reason}.")
    places = [place]
    if one.alias.asname is None and one.nearest not in source.code.read.uses:
        places += [source.place(use) for use in source.code.read.uses.get(one.alias.name, [])]
    reason = f"{reason}; '{one.nearest}' is close to it."
    return source.finding(DETECTOR, "no such name", sorted(places), reason, expected=one.nearest)


def _moved(modules: Modules, source: Source, one: Broken, key: str) -> tuple[Place, str | None]:
    """What is to be rewritten so that a name comes from the module that has it, and the text for it."""
    module, place = modules.spelled(source, key), source.place(one.node)
    if len(one.node.names) == 1:
        start = re.compile(r"from\s+([.\w\s]+?)\s+import\b").match(source.of(place))
        if start is None:
            return place, None
        return (place[0] + start.start(1), place[0] + start.end(1)), module
    if source.code.text[: place[0] - source.base].rpartition("\n")[2].strip() or "\n" in source.of(place):
        return place, None
    indent = source.code.text[: place[0] - source.base].rpartition("\n")[2]
    old = source.of(place).partition(" import ")[0]
    kept = ", ".join(_said(alias) for alias in one.node.names if alias is not one.alias)
    return place, f"{old} import {kept}{source.newline}{indent}from {module} import {_said(one.alias)}"


def _said(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _attributes(modules: Modules, source: Source) -> Iterator[Finding]:
    for node, scope, guard in source.code.read.attributes:
        key = module_named(modules, source, node.value, scope)
        if key is None or guard.tried or guard.conditional or _asked_for(source, node.attr):
            continue
        names = modules.names(key)
        if names is None or modules.path(key) is None or _has(modules, key, node.attr, names):
            continue
        stop = source.place(node)[1]
        public = [name for name in names if not name.startswith("_")]
        close = nearest(node.attr, public)
        reason = f"{modules.path(key)} has no '{node.attr}'" + (f"; '{close}' is close to it." if close else ".")
        place = (stop - len(node.attr), stop)
        yield source.finding(DETECTOR, "no such attribute", [place], reason, expected=close)


def _asked_for(source: Source, name: str) -> bool:
    """Whether a file asks first whether there is such an attribute."""
    return f'"{name}")' in source.text or f"'{name}')" in source.text


def module_named(modules: Modules, source: Source, value: ast.expr, scope: Scope) -> str | None:
    """The key of the module of the tree that an expression is, where nothing else can be meant."""
    names: list[str] = []
    while isinstance(value, ast.Attribute):
        names.insert(0, value.attr)
        value = value.value
    if not isinstance(value, ast.Name):
        return None
    bound = scope.only(value.id)
    if not isinstance(bound, ast.alias):
        return None
    found = imported(modules, source, bound)
    for name in names:
        found = modules.child(found, name) if found is not None else None
    return found


def imported(modules: Modules, source: Source, alias: ast.alias) -> str | None:
    """The key of the module that an alias binds, if it is one of the tree and there."""
    for node, _, guard in source.code.read.imports:
        if not any(alias is one for one in node.names) or guard.tried:
            continue
        kind, module = modules.named(source, node, alias)
        if kind != "local" or module is None or module.missing or not module.sure:
            return None
        if isinstance(node, ast.ImportFrom):
            child = modules.child(module.key, alias.name)
            own = modules.names(module.key)
            return child if own is not None and alias.name not in own else None
        if alias.asname is None and "." in alias.name:
            top = modules.absolute(source, alias.name.partition(".")[0])[1]
            return top.key if top is not None and not top.missing else None
        return module.key
    return None

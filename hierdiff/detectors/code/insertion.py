"""Insertion: where an import that is missing is to stand, as an edit of one place of a file."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from hierdiff.detectors.code.modules import Modules
from hierdiff.detectors.code.source import Place, Source
from hierdiff.detectors.code.undefined import Origin


@dataclass(frozen=True, slots=True)
class Edit:
    """A place, the text that is to stand there, and what that imports."""

    place: Place
    text: str
    origins: tuple[Origin, ...]


def added(modules: Modules, source: Source, origins: Iterable[Origin]) -> list[Edit]:
    """The edits that bring names into a file: one for each import that can take them in, and one for all new lines."""
    joined: dict[int, tuple[ast.ImportFrom, list[Origin]]] = {}
    new: list[Origin] = []
    for origin in origins:
        node = _fitting(modules, source, origin)
        if node is None:
            new.append(origin)
        else:
            joined.setdefault(id(node), (node, []))[1].append(origin)
    edits = [_widened(source, node, several) for node, several in joined.values()]
    return [*edits, _inserted(source, new)] if new else edits


def _fitting(modules: Modules, source: Source, origin: Origin) -> ast.ImportFrom | None:
    """An import on one line, at module level, that takes names from the same module."""
    for node, scope, guard in source.code.read.imports:
        if not isinstance(node, ast.ImportFrom) or scope.kind != "module" or guard.tried or guard.conditional:
            continue
        text = source.of(source.place(node))
        plain = not any(mark in text for mark in "(\n\r\\*")
        if plain and origin.name and not origin.known_as and _names(modules, source, node, origin):
            return node
    return None


def _names(modules: Modules, source: Source, node: ast.ImportFrom, origin: Origin) -> bool:
    if origin.key is None:
        return not node.level and node.module == origin.module
    _, module = modules.named(source, node, node.names[0])
    return module is not None and not module.missing and module.key == origin.key


def _widened(source: Source, node: ast.ImportFrom, origins: list[Origin]) -> Edit:
    """An import with more names, in order if they were."""
    place = source.place(node)
    said = [f"{one.name} as {one.asname}" if one.asname else one.name for one in node.names]
    names = [*said, *(origin.name for origin in origins)]
    for key in (None, str.lower, _isort):
        if said == sorted(said, key=key):
            names.sort(key=key)
            break
    head = source.of(place).partition(" import ")[0]
    return Edit(place, f"{head} import {', '.join(names)}", tuple(origins))


def _isort(name: str) -> tuple[bool, bool, str]:
    """Constants first, then classes, then the rest."""
    return not name.isupper(), not name[:1].isupper(), name


def _inserted(source: Source, origins: list[Origin]) -> Edit:
    """New lines behind the imports at the top, behind the docstring, or before all else."""
    body = source.code.tree.body
    last: ast.stmt | None = None
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node
        elif not _is_text(node):
            break
    lines = source.newline.join(origin.line for origin in sorted(origins, key=lambda one: one.line))
    if last is None and body and _is_text(body[0]):
        stop = source.place(body[0])[1]
        place = source.place(body[0])[0], source.line_end(stop)
        return Edit(place, f"{source.of(place)}{source.newline * 2}{lines}", tuple(origins))
    if last is None:
        start = source.offset(_first_line(body[0]), 0)
        place = start, source.line_end(start)
        return Edit(place, f"{lines}{source.newline * 3}{source.of(place)}", tuple(origins))
    start, stop = source.place(last)
    place = start, source.line_end(stop)
    return Edit(place, f"{source.of(place)}{source.newline}{lines}", tuple(origins))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])

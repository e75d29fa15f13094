"""Insertion: where an import that is missing is to stand, as an edit of one place of a file."""

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from hierdiff.detectors.code.modules import Modules
from hierdiff.detectors.code.scopes import Import
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
    return [*edits, *_inserted(source, new)] if new else edits


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


def _inserted(source: Source, origins: list[Origin]) -> list[Edit]:
    """New lines among the imports at the top, where they belong; else behind the docstring, or before all else."""
    new = sorted(_lines(origins), key=lambda one: _rank(source, one.text))
    top, body = _at_the_top(source), source.code.tree.body
    if top:
        return _among(source, top, new)
    text = source.newline.join(one.text for one in new)
    if body and _is_text(body[0]):
        place = _ending(source, *source.place(body[0]))
        old = source.of(place).rstrip()
        return [Edit(place, f"{old}{source.newline * 2}{text}", tuple(origins))]
    start = source.offset(_first_line(body[0]), 0)
    place = start, source.line_end(start)
    return [Edit(place, f"{text}{source.newline * 3}{source.of(place)}", tuple(origins))]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line to be written, and what it imports."""

    text: str
    origins: tuple[Origin, ...]


def _lines(origins: list[Origin]) -> list[_Line]:
    """The lines that import all of it: one for each module that names are taken from."""
    found: list[_Line] = []
    taken: dict[str, list[Origin]] = {}
    for origin in origins:
        if origin.name and not origin.known_as:
            taken.setdefault(origin.module, []).append(origin)
        else:
            found.append(_Line(origin.line, (origin,)))
    for module, several in taken.items():
        names = sorted((origin.name for origin in several), key=_isort)
        found.append(_Line(f"from {module} import {', '.join(names)}", tuple(several)))
    return found


def _ending(source: Source, start: int, stop: int) -> Place:
    """The lines of a statement to their end; where three empty lines follow, with one of them, which is one more than
    stands between imports and what comes after."""
    stop = source.line_end(stop)
    gap = source.newline * 4
    more = source.text.startswith(gap, stop - source.base)
    return start, stop + len(source.newline) * more


def _at_the_top(source: Source) -> list[Import]:
    """The imports before the first statement that is none."""
    found: list[Import] = []
    for node in source.code.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not _is_text(node):
            break
    return found


def _among(source: Source, top: list[Import], new: list[_Line]) -> list[Edit]:
    """Each new line behind the last import that goes before it, with an empty line between groups."""
    behind: dict[int, list[_Line]] = {}
    ranks = [_rank(source, source.of(source.place(node))) for node in top]
    for line in new:
        rank = _rank(source, line.text)
        behind.setdefault(max((at for at, one in enumerate(ranks) if one < rank), default=-1), []).append(line)
    return [_beside(source, top[max(at, 0)], ranks[max(at, 0)][0], several, at < 0) for at, several in behind.items()]


def _beside(source: Source, node: Import, group: int, lines: list[_Line], before: bool) -> Edit:
    """New lines before or behind an import of a group."""
    place = _ending(source, *source.place(node))
    old = source.of(place).rstrip("\r\n")
    origins = tuple(origin for line in lines for origin in line.origins)
    if before:
        gap = source.newline * (1 + (_rank(source, lines[-1].text)[0] != group))
        return Edit(place, source.newline.join(line.text for line in lines) + gap + old, origins)
    for line in lines:
        own = _rank(source, line.text)[0]
        old, group = f"{old}{source.newline * (1 + (own != group))}{line.text}", own
    return Edit(place, old, origins)


def _rank(source: Source, line: str) -> tuple[int, bool, str]:
    """Where an import belongs: `__future__`, the standard library, others, those of this tree; whole modules first."""
    words = line.split()
    module = words[1] if len(words) > 1 else ""
    top = module.partition(".")[0]
    own = not top or top == source.path.partition("/")[0] or top == source.path.removesuffix(".py")
    group = 0 if top == "__future__" else 3 if own else 1 if top in sys.stdlib_module_names else 2
    return group, words[0] == "from", module.lower()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])

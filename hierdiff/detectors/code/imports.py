"""Imports: modules that are nowhere, dependencies that nothing declares, and imports that are missing."""

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import final

from hierdiff.detectors.code.insertion import added
from hierdiff.detectors.code.modules import Module, Modules, modules_of
from hierdiff.detectors.code.nearest import nearest
from hierdiff.detectors.code.scopes import Guard, Import, Scope
from hierdiff.detectors.code.source import Place, Source
from hierdiff.detectors.code.surroundings import NOTHING, Surroundings, installed
from hierdiff.detectors.code.symbols import renamed
from hierdiff.detectors.code.undefined import Origin, Use, origin_of, undefined
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.findings import Finding

DETECTOR = "imports"
_ASIDE = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "conf.py", "fabfile.py", "versioneer.py"})
_ASIDE_FOLDERS = ("test", "doc", "example", "bench", "script", "tool", "ci")
_PROVIDED = frozenset({"_typeshed", "__main__", "typing_extensions", "pytest", "setuptools", "distutils", "pip"})
"""Modules that nobody has to declare where they are used."""


@final
class Imports:
    """Finds imports that cannot work, and names that an import would define.

    `surroundings` says what lies beside the files; without it a third-party module is at most a hint.
    """

    def __init__(self, surroundings: Surroundings = NOTHING) -> None:
        self._around = surroundings

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place. A missing import is one edit with the line to insert as `expected`."""
        modules = modules_of(document)
        found: list[Finding] = []
        foreign: set[str] = set()
        for source in modules.sources:
            for node, scope, guard in source.code.read.imports:
                found += self._of(modules, source, node, scope, guard, foreign)
            found += _missing(modules, source)
        return in_order(found)

    def _of(
        self, modules: Modules, source: Source, node: Import, scope: Scope, guard: Guard, foreign: set[str]
    ) -> Iterator[Finding]:
        for alias in node.names if isinstance(node, ast.Import) else node.names[:1]:
            kind, module = modules.named(source, node, alias)
            if guard.tried or guard.typing:
                continue
            if kind == "local" and module is not None and module.missing:
                yield from self._not_there(modules, source, node, alias, module, guard)
            elif kind == "foreign":
                yield from self._undeclared(modules, source, node, alias, foreign, guard, scope)

    def _not_there(
        self, modules: Modules, source: Source, node: Import, alias: ast.alias, module: Module, guard: Guard
    ) -> Iterator[Finding]:
        """A module of the tree that is not in it."""
        path = f"{module.key}/{module.missing}".strip("/")
        if (
            path in self._around.beside
            or (source.path.rpartition("/")[0] + "/" + module.missing) in self._around.beside
        ):
            return
        hidden = module.missing.startswith("_") and not self._around.disk
        hard = module.sure and not hidden and not guard.conditional
        place = _module_place(source, node, alias)
        said = source.of(place)
        folder = modules.path(module.key)
        inside = (
            {name for name in _children(modules, module.key)} if folder is None or "__init__" in folder else set[str]()
        )
        close = nearest(module.missing, inside)
        expected = None
        if close is not None and said.count(module.missing) == 1:
            expected = said.replace(module.missing, close)
        reason = f"There is no module '{module.missing}' in {module.key or modules.title or 'the tree'}"
        reason += f"; '{close}' is close to it." if close else "."
        yield source.finding(DETECTOR, "no such module", [place], reason, expected=expected, hard=hard)

    def _undeclared(
        self,
        modules: Modules,
        source: Source,
        node: Import,
        alias: ast.alias,
        seen: set[str],
        guard: Guard,
        scope: Scope,
    ) -> Iterator[Finding]:
        """A module that is neither the standard library's nor the tree's nor a declared dependency's."""
        dotted = alias.name if isinstance(node, ast.Import) else node.module or ""
        top = dotted.partition(".")[0]
        around = self._around
        if top in seen or guard.conditional or scope.inside_function() or top in _PROVIDED or around.declares(top):
            return
        if _beside_main(source.path) or top == modules.title or f"{top}" in around.beside:
            return
        there = top in installed()
        if there and around.declared is None:
            return
        seen.add(top)
        place = _module_place(source, node, alias)
        close = nearest(top, {*sys.stdlib_module_names, *(around.declared or ()), *_children(modules, "")})
        hard = not there and around.declared is not None
        said = source.of(place)
        whole = isinstance(node, ast.ImportFrom) or alias.asname is not None
        expected = close + said[len(top) :] if close and close.isidentifier() and whole and not there else None
        what = "no declared dependency" if around.declared is not None else "not installed here"
        reason = f"The module '{top}' is not of the standard library, not of this tree, and {what}."
        yield source.finding(DETECTOR, "undeclared module", [place], reason, expected=expected, hard=hard)


def _module_place(source: Source, node: Import, alias: ast.alias) -> Place:
    """Where the module's name stands in an import."""
    if isinstance(node, ast.Import):
        start = source.place(alias)[0]
        return start, start + len(alias.name)
    place = source.place(node)
    said = f"{'.' * node.level}{node.module or ''}"
    at = source.of(place).find(said)
    return (place[0] + at, place[0] + at + len(said)) if said and at >= 0 else place


def _children(modules: Modules, key: str) -> set[str]:
    """The names of the modules right inside a package or folder."""
    start = f"{key}/" if key else ""
    inside = (path[len(start) :] for path in modules.paths if path.startswith(start))
    return {name.partition("/")[0].removesuffix(".py") for name in inside} - {"__init__", "__main__"}


def _beside_main(path: str) -> bool:
    """Whether a file is a test, a script or an example, which may use more than is declared."""
    *folders, name = path.split("/")
    aside = any(folder.lower().lstrip("_").startswith(_ASIDE_FOLDERS) for folder in folders)
    return aside or name in _ASIDE or name.startswith("test_") or name.endswith("_test.py")


def _missing(modules: Modules, source: Source) -> Iterator[Finding]:
    """Names that nothing in a file defines and that one import would."""
    try:
        uses = [use for use in undefined(source) if not use.exported and not use.local]
    except RecursionError:
        return
    misnamed = renamed(modules, source)
    origins: dict[Origin, list[Use]] = {}
    for use in uses:
        origin = origin_of(modules, source, use.name) if use.name not in misnamed else None
        if origin is not None:
            origins.setdefault(origin, []).append(use)
    for edit in added(modules, source, list(origins)):
        names = [origin.known_as or origin.name or origin.module for origin in edit.origins]
        quotes = [source.quote(use.place) for origin in edit.origins for use in origins[origin]]
        lines = "; ".join(origin.line for origin in edit.origins)
        plural = "are" if len(names) > 1 else "is"
        reason = f"{', '.join(names)} {plural} used in {source.path} but not imported: {lines}."
        yield source.finding(DETECTOR, "missing import", [edit.place], reason, expected=edit.text, against=quotes,
                             hard=not source.code.read.open)  # fmt: skip

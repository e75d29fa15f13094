"""Modules: the files of a tree under the names by which they are imported, and what each of them defines.

A tree may be a package itself, a folder that holds packages, or a heap of scripts; a folder without `__init__.py` is
where the search for a module can begin. What could mean the standard library is left alone.
"""

import ast
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, final

import networkx as nx

from hierdiff.detectors.code.scopes import Import
from hierdiff.detectors.code.source import ENDING, Source, sources
from hierdiff.document import Document, Part
from hierdiff.tree import SKIPPED

_INIT = "__init__"


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the tree: its key, a path without ending. `missing` names the part that is not there, if one is."""

    key: str
    missing: str = ""
    sure: bool = True


Kind = Literal["local", "standard", "foreign", "unknown"]


@final
class Modules:
    """The modules of one tree; `title` is its folder's name."""

    def __init__(self, title: str, text: str, parts: tuple[Part, ...]) -> None:
        self.sources = sources(text, parts)
        self.title = title
        self.paths = {part.path for part in parts if part.path is not None and part.path.endswith(ENDING)}
        self._by_path = {source.path: source for source in self.sources}
        self._folders = {"/".join(parts[:count]) for parts in self._parts() for count in range(len(parts))}
        self._names: dict[str, frozenset[str] | None] = {}

    def _parts(self) -> list[list[str]]:
        return [path.split("/") for path in self.paths]

    def path(self, key: str) -> str | None:
        """The path of a module's file; None for a folder without `__init__.py` and for what is not there."""
        ways = (f"{key}{ENDING}", f"{key}/{_INIT}{ENDING}") if key else (f"{_INIT}{ENDING}",)
        return next((path for path in reversed(ways) if path in self.paths), None)

    def source(self, key: str) -> Source | None:
        """The file of a module, if it is there and can be read."""
        return self._by_path.get(self.path(key) or "")

    def there(self, key: str) -> bool:
        """Whether a module or a folder is there."""
        return self.path(key) is not None or key in self._folders

    def is_package(self, folder: str) -> bool:
        """Whether a folder has an `__init__.py`."""
        return (f"{folder}/{_INIT}{ENDING}" if folder else f"{_INIT}{ENDING}") in self.paths

    @cached_property
    def _tops(self) -> dict[str, list[str]]:
        """Keys of what can be imported under one word, by that word: what lies in folders that are no packages."""
        found: dict[str, list[str]] = {}
        keys = {path.removesuffix(ENDING) for path in self.paths} | (self._folders - {""})
        for key in sorted(keys):
            folder, _, name = key.rpartition("/")
            if name != _INIT and not self.is_package(folder):
                found.setdefault(name, []).append(key)
        return found

    def absolute(self, source: Source, dotted: str) -> tuple[Kind, Module | None]:
        """What `import dotted` means in a file."""
        top, _, rest = dotted.partition(".")
        tops = self._tops.get(top, [])
        if not tops and top == self.title and (self.is_package("") or top not in sys.stdlib_module_names):
            return "local", self._below("", rest, sure=self.is_package(""))
        if top in sys.stdlib_module_names:
            return ("unknown" if tops else "standard"), None
        if not tops:
            return "foreign", None
        near = [key for key in tops if "/" not in key or source.path.startswith(f"{key.rpartition('/')[0]}/")]
        chosen = max(near, key=len) if near else tops[0] if len(tops) == 1 else None
        if chosen is None:
            return "unknown", None
        return "local", self._below(chosen, rest, sure=self.path(chosen) is not None)

    def relative(self, source: Source, level: int, dotted: str) -> Module | None:
        """What `from ..dotted` means in a file; None where it leads out of the tree."""
        folders = source.path.split("/")[:-1]
        if level - 1 > len(folders):
            return None
        return self._below("/".join(folders[: len(folders) - level + 1]), dotted, sure=True)

    def _below(self, key: str, dotted: str, *, sure: bool) -> Module:
        for name in dotted.split(".") if dotted else ():
            below = f"{key}/{name}" if key else name
            if not self.there(below):
                return Module(key, missing=name, sure=sure and name not in SKIPPED)
            key = below
        return Module(key, sure=sure)

    def named(self, source: Source, node: Import, alias: ast.alias) -> tuple[Kind, Module | None]:
        """The module that an import names (for `from m import x`: m)."""
        if isinstance(node, ast.Import):
            return self.absolute(source, alias.name)
        if node.level:
            found = self.relative(source, node.level, node.module or "")
            return ("local", found) if found is not None else ("unknown", None)
        return self.absolute(source, node.module or "")

    def child(self, key: str, name: str) -> str | None:
        """The key of a module inside a package, if it is there."""
        below = f"{key}/{name}" if key else name
        is_folder = key in self._folders and (self.path(key) or f"{_INIT}{ENDING}").endswith(f"{_INIT}{ENDING}")
        return below if is_folder and self.there(below) else None

    def names(self, key: str) -> frozenset[str] | None:
        """The names that a module binds, star imports followed; None where that cannot be known."""
        if key not in self._names:
            self._names[key] = None
            self._names[key] = self._bound(key)
        return self._names[key]

    def _bound(self, key: str) -> frozenset[str] | None:
        source = self.source(key)
        if source is None:
            return frozenset() if self.path(key) is None and key in self._folders else None
        read = source.code.read
        if read.open:
            return None
        found = set(read.scope.names)
        for node, _, _ in read.imports:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                _, target = self.named(source, node, node.names[0])
                more = self.names(target.key) if target is not None and not target.missing else None
                if more is None:
                    return None
                found |= more
        return frozenset(found)

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Names of attributes that are set somewhere in the tree: a module may have got them from outside."""
        return frozenset(name for source in self.sources for name in source.code.read.assigned)

    @cached_property
    def definers(self) -> dict[str, list[str]]:
        """Keys of the modules that define a function, class or constant, by its name."""
        found: dict[str, list[str]] = {}
        for source in self.sources:
            for name, nodes in source.code.read.scope.names.items():
                if any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Name)
                       for node in nodes):  # fmt: skip
                    found.setdefault(name, []).append(key_of(source.path))
        return found

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """Which module imports which as it is imported itself; what stands in functions does not count."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(key_of(source.path) for source in self.sources)
        for source in self.sources:
            own = key_of(source.path)
            for node, scope, guard in source.code.read.imports:
                if not guard.typing and not scope.inside_function():
                    graph.add_edges_from((own, key) for alias in node.names for key in self.run_by(source, node, alias))
        return graph

    def run_by(self, source: Source, node: Import, alias: ast.alias) -> list[str]:
        """Keys of the modules that an import runs, packages before what they hold; the file's own packages, which run
        before it, only where it takes a name from them."""
        kind, module = self.named(source, node, alias)
        if kind != "local" or module is None or module.missing:
            return []
        own = key_of(source.path)
        found = [key for key in _packages(module.key) if not _holds(key, own)]
        child = self.child(module.key, alias.name) if isinstance(node, ast.ImportFrom) else None
        taken = child is None and isinstance(node, ast.ImportFrom)
        if child is not None and alias.name in (self.names(module.key) or ()):
            taken = self.path(child) is None
        if (taken or not _holds(module.key, own)) and module.key != own:
            found.append(module.key)
        if child is not None and child != own:
            found.append(child)
        return [key for key in found if self.path(key) is not None]

    @cached_property
    def _spellings(self) -> dict[str, Counter[str]]:
        """How the tree's files name its modules in absolute imports, by key."""
        found: dict[str, Counter[str]] = {}
        for source in self.sources:
            for node, _, _ in source.code.read.imports:
                for alias in node.names:
                    dotted = alias.name if isinstance(node, ast.Import) else node.module or ""
                    kind, module = self.named(source, node, alias)
                    relative = isinstance(node, ast.ImportFrom) and node.level
                    if kind == "local" and module is not None and not module.missing and not relative:
                        found.setdefault(module.key, Counter())[dotted] += 1
        return found

    def spelled(self, source: Source, key: str) -> str:
        """How a file would name a module in `from NAME import ...`: as it names others, relative or absolute."""
        nodes = [node for node, _, _ in source.code.read.imports if isinstance(node, ast.ImportFrom)]
        relative = any(node.level for node in nodes) or (self.is_package("") and not self._says_title(nodes))
        if relative:
            return _relative(source.path, key)
        if key in self._spellings:
            return self._spellings[key].most_common(1)[0][0]
        if self.is_package(""):
            return ".".join([self.title, *key.split("/")]) if key else self.title
        folders = key.split("/")
        start = next((at for at in range(len(folders)) if self.is_package("/".join(folders[: at + 1]))), 0)
        return ".".join(folders[start:])

    def _says_title(self, nodes: list[ast.ImportFrom]) -> bool:
        return any((node.module or "").partition(".")[0] == self.title for node in nodes)


def modules_of(document: Document) -> Modules:
    """The modules of a document; the last few are kept, because all detectors read the same one."""
    return _modules(document.title, document.text, document.sections)


@lru_cache(maxsize=4)
def _modules(title: str, text: str, parts: tuple[Part, ...]) -> Modules:
    return Modules(title, text, parts)


def _packages(key: str) -> list[str]:
    """The packages that a module lies in, the outermost first."""
    parts = key.split("/") if key else []
    return ["/".join(parts[:count]) for count in range(len(parts))]


def _holds(package: str, key: str) -> bool:
    return not package or package == key or key.startswith(f"{package}/")


def key_of(path: str) -> str:
    """The key of a file's module."""
    return path.removesuffix(ENDING).removesuffix(f"/{_INIT}") if path != f"{_INIT}{ENDING}" else ""


def _relative(path: str, key: str) -> str:
    here, there = path.split("/")[:-1], key.split("/") if key else []
    same = 0
    while same < min(len(here), len(there)) and here[same] == there[same]:
        same += 1
    return "." * (len(here) - same + 1) + ".".join(there[same:])

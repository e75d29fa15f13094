"""The repository as the house tests read it: its root, its modules, and what each of them imports."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "hierdiff": ROOT / "hierdiff",
    "hierdiff_planners": ROOT / "planners" / "hierdiff_planners",
    "hierdiff_torch": ROOT / "backends" / "hierdiff_torch",
}


@dataclass(frozen=True, slots=True)
class Arrow:
    """One import: from which module, of which, in which line, and whether it stands at the top of the file."""

    source: str
    target: str
    line: int
    top: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found: dict[str, Path] = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


def arrows() -> list[Arrow]:
    """Every import in our modules, also those inside functions."""
    known = modules()
    return [arrow for name, path in known.items() for arrow in _arrows(name, ast.parse(path.read_text("utf-8")), known)]


def _arrows(name: str, tree: ast.Module, known: dict[str, Path]) -> Iterator[Arrow]:
    for node in ast.walk(tree):
        for target in _targets(name, node, known):
            yield Arrow(name, target, getattr(node, "lineno", 0), node in tree.body)


def _targets(name: str, node: ast.AST, known: dict[str, Path]) -> list[str]:
    """The modules that a statement imports; `from package import module` means the module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        own = name.split(".") if known[name].name == "__init__.py" else name.split(".")[:-1]
        base = ".".join([*own[: len(own) - node.level + 1], *([base] if base else [])])
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [one for one in inner if one in known] + ([base] if any(one not in known for one in inner) else [])


def same(name: str) -> str:
    """A distribution's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()

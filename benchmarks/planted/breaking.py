"""Breaking: mistakes of seven kinds put into a tree of Python files, each with the text that stood there.

At most one mistake a line. Every kind but the first leaves files that parse; every one is what a model does that writes
the files apart: a name that is nearly right, an import that another file has, one argument too few.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, get_args

from benchmarks.planted.planting import Planted
from benchmarks.planted.trees import Tree
from hierdiff.values import Value

Kind = Literal["syntax", "undefined", "missing import", "no such name", "arity", "contract", "cycle"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COUNTS = (0, 1, 2, 4)
"""Mistakes in the copies of one tree."""
Place = tuple[int, int, str]
_BLOCK = re.compile(r"^[ \t]+(?:if|for|while|else|with)\b[^\n]*(:)$", re.M)
_CLOSING = re.compile(r"^[ \t]+[^\n#\"']*\([^\n\"']*(\))$", re.M)


class Broken(Value):
    """A tree with mistakes in it: its files, and where each mistake stands in all of them, one after the other."""

    page: Tree
    texts: dict[str, str]
    planted: tuple[Planted, ...]

    @property
    def text(self) -> str:
        """All files, one after the other."""
        return "".join(self.texts.values())


def broken(tree: Tree, kinds: Sequence[Kind], seed: int) -> Broken:
    """A tree with a mistake of each of these kinds, where it has a place for one."""
    random = Random(f"broken {tree.number} {seed}")
    taken: dict[str, list[tuple[Place, Kind]]] = {path: [] for path in tree.texts}
    for kind in kinds:
        places = [
            (path, place) for path, text in tree.texts.items() for place in _places(tree, path, text, kind, random)
        ]
        free = [
            (path, place) for path, place in places
            if all(_apart(tree.texts[path], place, other) for other, _ in taken[path])
            and not (kind == "syntax" and taken[path]) and not any(one == "syntax" for _, one in taken[path])
        ]  # fmt: skip
        if free:
            path, place = random.choice(free)
            taken[path].append((place, kind))
    texts, planted, shift, start = dict[str, str](), list[Planted](), 0, 0
    for path, text in tree.texts.items():
        made = text
        for (first, last, new), kind in sorted(taken[path]):
            at = first + len(made) - len(text)
            made = made[:at] + new + text[last:]
            planted.append(_planted(kind, path, text[first:last], new, start + first, start + shift + at))
        texts[path], shift, start = made, shift + len(made) - len(text), start + len(text)
    return Broken(page=tree, texts=texts, planted=tuple(planted))


def _planted(kind: Kind, path: str, right: str, wrong: str, clean: int, at: int) -> Planted:
    return Planted(
        kind=kind, flavour=kind, fact=path, place="", owner=True, style="code", start=at, stop=at + len(wrong),
        text=wrong, clean_start=clean, clean_stop=clean + len(right), right=right,
    )  # fmt: skip


def _apart(text: str, one: Place, other: Place) -> bool:
    """Whether two places share no line."""
    first, second = sorted((one[:2], other[:2]))
    return text.count("\n", first[1], second[0]) > 0


def _places(tree: Tree, path: str, text: str, kind: Kind, random: Random) -> Iterator[Place]:
    """Where in a file a mistake of a kind can be made, and what would stand there."""
    module, lines = ast.parse(text), _starts(text)
    if kind == "syntax":
        yield from ((*match.span(1), "") for pattern in (_BLOCK, _CLOSING) for match in pattern.finditer(text))
    elif kind == "cycle":
        yield from _cycles(tree, path, module, lines)
    for node in ast.walk(module):
        start, stop = _span(node, lines)
        if kind == "undefined" and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and len(node.id) > 3:
            if node.id in _bound(module):
                yield start, stop, _misspelt(node.id, random)
        elif kind == "missing import" and isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset == 0:
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                yield start, stop + 1, ""
        elif kind == "no such name" and isinstance(node, ast.ImportFrom) and _file_of(tree, node.module) is not None:
            at = text.index(node.names[0].name, text.index(" import ", start))
            yield at, at + len(node.names[0].name), _misspelt(node.names[0].name, random)
        elif kind == "arity" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in _functions(tree) and not node.keywords:
                last = _span(node.args[-1], lines)
                before = _span(node.args[-2], lines)[1] if len(node.args) > 1 else last[0]
                yield (before, last[1], "") if random.random() < 0.5 else (last[1], last[1], ", None, None, None")
        elif kind == "contract" and isinstance(node, ast.FunctionDef) and node in module.body and node.returns:
            start, stop = _span(node.returns, lines)
            yield start, stop, "bytes" if text[start:stop] != "bytes" else "int"


def _starts(text: str) -> list[int]:
    found = [0]
    for line in text.splitlines(keepends=True):
        found.append(found[-1] + len(line))
    return found


def _span(node: ast.AST, lines: Sequence[int]) -> tuple[int, int]:
    """Characters of a node; the templates are ASCII, so that bytes are characters."""
    if not isinstance(node, ast.expr | ast.stmt):
        return 0, 0
    return lines[node.lineno - 1] + node.col_offset, lines[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)


def _bound(module: ast.Module) -> set[str]:
    """Names that a module itself gives something."""
    stored = {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}


def _misspelt(name: str, random: Random) -> str:
    """A name with two letters changed over, or one more behind."""
    at = random.randrange(1, len(name) - 1)
    turned = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return turned if turned != name else f"{name}s"


def _functions(tree: Tree) -> set[str]:
    return {item.id.rpartition(":")[2] for item in tree.ledger.items}


def _file_of(tree: Tree, module: str | None) -> str | None:
    path = f"{(module or '').replace('.', '/')}.py"
    return path if path in tree.texts else None


def _cycles(tree: Tree, path: str, module: ast.Module, lines: Sequence[int]) -> Iterator[Place]:
    """An import of something from a file that itself imports this one, before all others."""
    name = path.removesuffix(".py").replace("/", ".")
    first = next((node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef)), None)
    if first is None or (isinstance(first, ast.ImportFrom) and first.module == "__future__"):
        return
    for other, text in tree.texts.items():
        parsed = ast.parse(text)
        if any(isinstance(node, ast.ImportFrom) and node.module == name for node in parsed.body):
            given = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
            at = lines[
                (first.decorator_list[0] if isinstance(first, ast.ClassDef) and first.decorator_list else first).lineno
                - 1
            ]
            for symbol in given[:1]:
                yield at, at, f"from {other.removesuffix('.py').replace('/', '.')} import {symbol}\n"

"""Code plans: what an outline of a tree of files must be, and what its sections mean.

A section of kind "file" has its path as title; the leaves under it, in order, are its text. A leaf owns the symbols
that it defines: ledger items of kind "symbol" whose value is the signature. `requires` and `imports` say what comes
from other files. A file without leaves is one leaf itself.
"""

import ast
import keyword
from collections.abc import Iterable
from typing import NoReturn

import networkx as nx

from hierdiff.errors import OutlineError, RequestError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline, Section
from hierdiff.request import Request
from hierdiff.tree_names import apart_from_each_other, safe_path
from hierdiff.tree_python import identifier, parsed
from hierdiff.tree_signature import Signature, looks_like_signature, signature_of

ENDING = ".py"
LEAF_KINDS = ("function", "class", "region", "main", "tests")
MOST_FILES = 2000


def as_code(outline: Outline) -> Outline:
    """The outline as a code plan, checked: kinds filled in, titles such as `def parse(text: str) -> int` as symbols.

    Raises OutlineError: a leaf in no file, a path that may not be written, a signature that is none, a name defined
    twice in a file, files that import each other in a circle. A plan that was checked comes back equal.
    """
    files = _files(outline)
    sections: list[Section] = []
    items = list(outline.ledger.items)
    for section in outline.sections:
        if section.id in files:
            section = section.changed(kind="file", title=safe_path(section.title))
        if section.id in {leaf.id for leaf in outline.leaves}:
            section, more = _leaf(section, items, alone=section.id in files)
            items += more
        sections.append(section)
    checked = outline.changed(sections=tuple(sections), ledger=Ledger(items=tuple(items)))
    apart_from_each_other(checked.section(name).title for name in files)
    _check_names(checked)
    _check_circles(checked)
    return checked


def planned_for(request: Request, outline: Outline) -> Outline:
    """The outline as the request's kind needs it: for code checked as a code plan, else as it is.

    Raises RequestError for code on one flat canvas: a tree has a canvas for each of its parts.
    """
    if request.kind != "code":
        return outline
    if request.mode == "flat":
        raise RequestError("code cannot be written flat: every function has its own canvas; leave --flat out")
    return as_code(outline)


def files_of(outline: Outline) -> tuple[Section, ...]:
    """The files of a code plan, in reading order."""
    return tuple(section for section in outline.reading_order if section.kind == "file")


def file_of(outline: Outline, section: str) -> Section | None:
    """The file that a section is, or lies in."""
    return next((one for one in reversed(outline.path(section)) if one.kind == "file"), None)


def symbols_of(outline: Outline, section: str) -> tuple[tuple[Item, Signature], ...]:
    """The symbols that a section itself defines, in the ledger's order."""
    owned = outline.ledger.owned_by(section)
    return tuple((item, signature_of(item.value)) for item in owned if item.kind == "symbol" and item.value is not None)


def module_of(path: str) -> str:
    """The name under which a file is imported from the tree's folder, empty if it cannot be."""
    parts = path.removesuffix(ENDING).split("/")
    if parts[-1] == "__init__":
        parts.pop()
    named = path.endswith(ENDING) and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return ".".join(parts) if named else ""


def required_by(outline: Outline, file: str) -> tuple[Item, ...]:
    """The symbols of other files that a file requires, in the order in which they are asked for."""
    inside = [section.id for section in outline.reading_order if _within(outline, section.id, file)]
    names = dict.fromkeys(name for one in inside for name in outline.section(one).requires)
    found = [item for name in names if (item := outline.ledger.get(name)) is not None and item.kind == "symbol"]
    return tuple(item for item in found if item.owner is not None and not _within(outline, item.owner, file))


def imported_by(outline: Outline, file: str) -> tuple[str, ...]:
    """The files that a file has `imports` edges to, its own left out."""
    inside = {section.id for section in outline.reading_order if _within(outline, section.id, file)}
    targets = [edge.target for edge in outline.edges if edge.kind == "imports" and edge.source in inside]
    owners = [one.id for target in targets if (one := file_of(outline, target)) is not None]
    return tuple(dict.fromkeys(one for one in owners if one != file))


def _within(outline: Outline, section: str, file: str) -> bool:
    return any(one.id == file for one in outline.path(section))


def _files(outline: Outline) -> tuple[str, ...]:
    """The ids of the sections that are files. Raises OutlineError for a leaf in none, and for a file in a file."""
    found = [one for one in outline.reading_order if one.kind == "file" or _names_a_file(one)]
    names = {one.id for one in found}
    for leaf in outline.leaves:
        around = [one.id for one in outline.path(leaf.id) if one.id in names]
        if len(around) != 1:
            why = "lies in no file" if not around else f"lies in a file inside the file '{around[0]}'"
            _refuse(leaf.id, f"{why}; put it under one section of kind 'file' whose title is its path", "file")
    for one in found:
        if not one.title.endswith(ENDING):
            _refuse(one.id, f"is the file '{one.title}', but only Python files ({ENDING}) can be planned", "path")
    if len(found) > MOST_FILES:
        _refuse(found[0].id, f"is one of {len(found):,} files; plan at most {MOST_FILES:,}", "file")
    return tuple(one.id for one in found)


def _names_a_file(section: Section) -> bool:
    return section.kind == "prose" and section.title.endswith(ENDING) and not looks_like_signature(section.title)


def _leaf(section: Section, items: list[Item], *, alone: bool) -> tuple[Section, list[Item]]:
    """A leaf with its kind, and the symbol that its title or its kind stands for where it owns none."""
    owned = [item for item in items if item.owner == section.id and item.kind == "symbol"]
    if any(item.value is None for item in owned):
        _refuse(section.id, "owns a symbol without a signature; give it as the symbol's value", "signature")
    more: list[Item] = []
    if not owned and (value := _implied(section)):
        name = signature_of(value).name
        taken = {item.id for item in items}
        unique = name if name not in taken else f"{section.id}.{name}"
        if unique in taken:
            _refuse(section.id, f"defines '{name}', but the ledger has items of that id; name it yourself", "signature")
        more = [Item(id=unique, kind="symbol", value=value, owner=section.id)]
    found = [signature_of(item.value or "") for item in (*owned, *more)]
    provides = (*section.provides, *(item.id for item in more))
    section = section.changed(provides=provides) if more else section
    if alone:
        return section, more
    kind = section.kind if section.kind in LEAF_KINDS else _kind(found)
    _check_kind(section, kind, found)
    return section.changed(kind=kind), more


def _implied(section: Section) -> str:
    """The signature of a leaf that owns no symbol: its title, or what its kind stands for."""
    if looks_like_signature(section.title):
        return section.title
    if section.kind == "main":
        return "def main() -> None"
    if section.kind == "tests":
        name = identifier(section.title.removeprefix("test_")) or identifier(section.id) or "all"
        return f"def test_{name}() -> None"
    tree = parsed(section.title) if "=" in section.title and section.kind in ("prose", "region") else None
    return section.title if tree is not None and isinstance(tree.body[0], ast.Assign | ast.AnnAssign) else ""


def _kind(found: list[Signature]) -> str:
    if len(found) != 1 or found[0].kind == "constant":
        return "region"
    name = found[0].name
    return "main" if name == "main" else "tests" if name.startswith("test_") else found[0].kind


def _check_kind(section: Section, kind: str, found: list[Signature]) -> None:
    if kind == "region":
        return
    wanted = "class" if kind == "class" else "function"
    if len(found) != 1 or (found[0].kind != wanted and not (kind == "tests" and found[0].kind == "class")):
        _refuse(section.id, f"is a {kind}, so it owns one symbol with the signature of a {wanted}", "signature")
    if kind == "main" and found[0].needed:
        _refuse(section.id, f"is the entry point, but needs {', '.join(found[0].needed)}; give defaults", "signature")


def _check_names(outline: Outline) -> None:
    """Every name stands once in a file, whether it is defined there or comes from another."""
    for file in files_of(outline):
        seen: dict[str, str] = {}
        own = [(item, file.id) for leaf in outline.leaves_of(file.id) for item, _ in symbols_of(outline, leaf)]
        for item, _ in [*own, *((item, "") for item in required_by(outline, file.id))]:
            name = signature_of(item.value or "").name
            if seen.setdefault(name, item.id) != item.id:
                _refuse(file.id, f"would have the name '{name}' twice (from '{seen[name]}' and '{item.id}')", "names")
        for item in required_by(outline, file.id):
            source = file_of(outline, item.owner or "")
            if source is not None and not module_of(source.title):
                _refuse(file.id, f"imports from '{source.title}', which is no module's name", "imports")


def _check_circles(outline: Outline) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for file in files_of(outline):
        owners = (file_of(outline, item.owner or "") for item in required_by(outline, file.id))
        graph.add_edges_from((file.id, owner.id) for owner in owners if owner is not None)
        graph.add_edges_from((file.id, target) for target in imported_by(outline, file.id))
    circles: Iterable[set[str]] = (group for group in nx.strongly_connected_components(graph) if len(group) > 1)
    for group in circles:
        names = sorted(group, key=outline.place)
        _refuse(names[0], f"imports in a circle: {' <-> '.join(names)}; move what they share into a file", "imports")


def _refuse(section: str, why: str, rule: str) -> NoReturn:
    raise OutlineError(f"section '{section}' {why}", about=section, rule=rule)

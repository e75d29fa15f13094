"""Which module may import which. The floors are pinned here: a module that is new has to be given one."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import networkx as nx
import pytest

from house.tree import PACKAGES, ROOT, Arrow, arrows, modules, same

FLOORS: dict[str, tuple[str, ...]] = {
    "values": (
        "errors", "values", "spans", "findings", "ledger", "outline_tree", "outline_waits", "outline", "outline_file",
        "names", "document", "canvas", "request", "settings", "seeds", "yaml_text", "facts", "budget", "shares",
        "joining", "fitting", "mending", "mending_plain", "mending_sections", "mending_items", "mending_links", "modes",
        "tree", "tree_join", "tree_names", "tree_plan", "tree_python", "tree_signature", "faults", "evidence",
        "sources", "loose_json",
    ),
    "seams": ("protocols", "events"),
    "machines": (
        "prompts", "bounded", "plugins", "store", "frontier", "context", "opening", "drafting", "detectors", "revise",
        "writer", "testing", "amending", "canvases", "course", "filling", "limits", "moving", "pace", "quote",
        "realising", "retrying", "speculation", "virtual", "gathering", "retriever", "chat", "chat_wire",
        "judges",
    ),
    "faces": ("api", "report", "cli", ""),
}  # fmt: skip
"""The core from the ground up: a module, or all of a package, imports only its own floor and those below it. The empty
name is the package `hierdiff` itself."""

HEAVY = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub", "gguf", "numpy")
"""What only the torch extra brings."""

LENT = ("hierdiff.chat", "hierdiff.chat_wire")
"""What the core lends its plugins beside values and seams."""

ORDER = list(FLOORS)
ARROWS = arrows()
OURS = [arrow for arrow in ARROWS if arrow.target.split(".")[0] in PACKAGES]


def floor_of(module: str) -> str | None:
    part = (*module.split("."), "")[1]
    return next((floor for floor, names in FLOORS.items() if part in names), None)


def package_of(module: str) -> str:
    return module.split(".")[0]


def within(package: str) -> list[Arrow]:
    return [arrow for arrow in OURS if package_of(arrow.source) == package_of(arrow.target) == package]


def listed(found: list[Arrow]) -> str:
    return "\n".join(str(arrow) for arrow in found)


def test_every_module_of_the_core_has_a_floor() -> None:
    core = [name for name in modules() if package_of(name) == "hierdiff"]
    assert [name for name in core if floor_of(name) is None] == []


def test_the_table_of_floors_names_only_what_there_is() -> None:
    there = {(*name.split("."), "")[1] for name in modules() if package_of(name) == "hierdiff"}
    assert sorted(part for names in FLOORS.values() for part in names if part not in there) == []


def test_arrows_of_the_core_point_down() -> None:
    up = [
        arrow
        for arrow in within("hierdiff")
        if ORDER.index(floor_of(arrow.source) or "faces") < ORDER.index(floor_of(arrow.target) or "faces")
    ]
    assert up == [], listed(up)


def test_the_core_knows_nothing_of_its_planners_and_backends() -> None:
    wrong = [arrow for arrow in OURS if package_of(arrow.source) == "hierdiff" != package_of(arrow.target)]
    assert wrong == [], listed(wrong)


def test_the_core_imports_nothing_that_an_extra_brings() -> None:
    wrong = [a for a in ARROWS if package_of(a.source) != "hierdiff_torch" and package_of(a.target) in HEAVY]
    assert wrong == [], listed(wrong)


@pytest.mark.parametrize("package", ["hierdiff_planners", "hierdiff_torch"])
def test_plugins_import_the_core_and_themselves(package: str) -> None:
    wrong = [a for a in OURS if package_of(a.source) == package and package_of(a.target) not in ("hierdiff", package)]
    assert wrong == [], listed(wrong)


def test_plugins_stand_on_values_and_seams() -> None:
    """But for their commands, which are faces like those of the core, and the client of chat servers, which is lent."""
    wrong = [
        arrow
        for arrow in OURS
        if package_of(arrow.source) != "hierdiff" == package_of(arrow.target)
        and not arrow.source.endswith(".commands")
        and arrow.target not in LENT
        and floor_of(arrow.target) not in ("values", "seams")
    ]
    assert wrong == [], listed(wrong)


def test_imports_name_the_owning_module() -> None:
    """A package face is for users. `hierdiff_torch` may be imported by its commands, because it owns what they call."""
    faces = {"hierdiff", "hierdiff.api", "hierdiff.testing", "hierdiff_planners", "hierdiff_torch"}
    allowed = {("hierdiff", "hierdiff.api"), ("hierdiff_torch.commands", "hierdiff_torch")}
    wrong = [arrow for arrow in OURS if arrow.target in faces and (arrow.source, arrow.target) not in allowed]
    assert wrong == [], listed(wrong)


def test_imports_stand_at_the_top() -> None:
    late = [arrow for arrow in OURS if not arrow.top]
    assert late == [], listed(late)


def test_nothing_is_imported_for_type_checking_only() -> None:
    named = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) == "TYPE_CHECKING"
    ]
    assert named == []


@pytest.mark.parametrize("package", list(PACKAGES))
def test_there_are_no_circles(package: str) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((arrow.source, arrow.target) for arrow in within(package))
    circles = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    assert circles == []


@pytest.mark.parametrize("package", list(PACKAGES))
def test_what_is_imported_is_declared(package: str) -> None:
    """An undeclared dependency works in a developer's environment and nowhere else."""
    extras = ("torch",) if package == "hierdiff_torch" else ()
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*said["dependencies"], *(line for extra in extras for line in said["optional-dependencies"][extra])]
    declared = {same(re.split(r"[\s<>=!~;\[]", line)[0]) for line in lines}
    installed = packages_distributions()
    wrong = [
        arrow
        for arrow in ARROWS
        if package_of(arrow.source) == package
        and (top := package_of(arrow.target)) not in (*PACKAGES, *sys.stdlib_module_names)
        and not declared & {same(name) for name in installed.get(top, [top])}
    ]
    assert wrong == [], listed(wrong)

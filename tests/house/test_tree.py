"""The files of the repository: sizes, docstrings, versions, pins."""

import ast
import re
import tomllib
from typing import Any

import pytest

from house.tree import PACKAGES, ROOT, modules, same

LONGEST = 300
"""Lines of a module; a longer one is cut along a noun."""

TEMPLATES = sorted(path for folder in PACKAGES.values() for path in folder.rglob("*.j2"))


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))["project"]


@pytest.mark.parametrize("name", list(modules()))
def test_a_module_is_short_and_says_what_it_is(name: str) -> None:
    text = modules()[name].read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST, "cut it along a noun"
    assert ast.get_docstring(ast.parse(text)), "the module has no docstring"


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b")
    files = [*modules().values(), *TEMPLATES]
    assert [str(path.relative_to(ROOT)) for path in files if marks.search(path.read_text("utf-8"))] == []


def test_every_package_is_typed() -> None:
    assert [package for package, folder in PACKAGES.items() if not (folder / "py.typed").is_file()] == []


def test_the_folders_of_packages_are_no_packages() -> None:
    assert not (ROOT / "backends" / "__init__.py").exists()
    assert not (ROOT / "planners" / "__init__.py").exists()


def test_contributing_is_read_in_a_minute() -> None:
    assert len(read("CONTRIBUTING.md").splitlines()) < 50


def test_the_readme_is_not_a_book() -> None:
    assert len(read("README.md").splitlines()) < 220


def test_the_changelog_has_the_version() -> None:
    releases = re.findall(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert releases[0] == project()["version"]
    assert "## [Unreleased]" in read("CHANGELOG.md")


def names_of(*extras: str) -> set[str]:
    """The distributions that pyproject.toml names for the core and these extras."""
    said = project()
    lines = [*said["dependencies"], *(one for extra in extras for one in said["optional-dependencies"][extra])]
    return {re.split(r"[\s<>=!~;\[]", line)[0] for line in lines} - {said["name"]}


def test_every_dependency_has_its_reason() -> None:
    table = read("README.md").partition("## Dependencies")[2]
    assert [name for name in names_of("torch") if not re.search(rf"^\|[^|]*\b{name}\b", table, re.MULTILINE)] == []


def test_every_dependency_is_pinned() -> None:
    names = names_of(*project()["optional-dependencies"])
    pinned = set(re.findall(r"^([\w.-]+)==", read("constraints.txt"), re.MULTILINE))
    assert {same(name) for name in names} <= {same(name) for name in pinned}

"""Surroundings: what lies beside a tree's Python files: declared dependencies, compiled modules.

Declarations are read as data from pyproject.toml, setup.cfg, Pipfile and requirements files, in the tree's folder and
above it as far as the project goes. Nothing is run: a setup.py is not looked into.
"""

import configparser
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, cast

from hierdiff.values import Value

_MOST_BYTES, _MOST_ABOVE, _MOST_FILES = 1_000_000, 4, 20_000
_COMPILED = (".so", ".pyd", ".pyx", ".pyi", ".dll")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_OTHER_NAMES = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "crypto": "pycryptodome", "dateutil":
    "python-dateutil", "docx": "python-docx", "dotenv": "python-dotenv", "fitz": "pymupdf", "git": "gitpython",
    "github": "pygithub", "jose": "python-jose", "jwt": "pyjwt", "kafka": "kafka-python", "magic": "python-magic",
    "mysqldb": "mysqlclient", "openssl": "pyopenssl", "pil": "pillow", "pkg_resources": "setuptools", "pptx":
    "python-pptx", "psycopg2": "psycopg2-binary", "serial": "pyserial", "skimage": "scikit-image", "sklearn":
    "scikit-learn", "slugify": "python-slugify", "socks": "pysocks", "telegram": "python-telegram-bot", "usb": "pyusb",
    "websocket": "websocket-client", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
"""Distributions whose module has another name."""


class Surroundings(Value):
    """What is known of a tree beside its files. `declared` are the names of distributions, None where nothing declares
    any; `beside` the paths, without ending, of modules that are no Python source."""

    declared: frozenset[str] | None = None
    beside: frozenset[str] = frozenset()
    disk: bool = False

    def declares(self, top: str) -> bool:
        """Whether a top-level module may come from a declared distribution."""
        wanted = _same(top)
        other = _same(_OTHER_NAMES.get(top.lower(), top))
        return any(
            name in (wanted, other, f"python-{wanted}", f"py{wanted}") or name.startswith((f"{wanted}-", f"{other}-"))
            for name in self.declared or ()
        )


NOTHING = Surroundings()


def surroundings_of(folder: Path) -> Surroundings:
    """What lies around a folder's Python files. A declaration that cannot be read is left out."""
    declared: set[str] = set()
    known = False
    here = folder.resolve()
    for place in [here, *here.parents][: _MOST_ABOVE + 1]:
        names = [one for path in _declarations(place) for one in [_declared(path)] if one is not None]
        known = known or bool(names)
        declared.update(name for several in names for name in several)
        if known or (place / ".git").exists():
            break
    return Surroundings(declared=frozenset(declared) if known else None, beside=frozenset(_beside(here)), disk=True)


@lru_cache(maxsize=1)
def installed() -> frozenset[str]:
    """Top-level modules of the distributions that are installed where this runs."""
    return frozenset(packages_distributions())


def _beside(folder: Path) -> Iterator[str]:
    """Paths of modules that are compiled or described, without ending."""
    seen = 0
    for here, below, names in os.walk(folder, followlinks=False):
        below[:] = [name for name in below if not name.startswith(".") and name != "node_modules"]
        seen += len(names)
        if seen > _MOST_FILES:
            return
        place = Path(here).relative_to(folder)
        for name in names:
            if name.endswith(_COMPILED):
                yield (place / name.partition(".")[0]).as_posix()


def _declarations(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in ("pyproject.toml", "setup.cfg", "Pipfile") if (folder / name).is_file())
    for place in (folder, folder / "requirements"):
        try:
            yield from sorted(one for one in place.glob("*requirements*.txt") if one.is_file())[:20]
        except OSError:
            continue


def _declared(path: Path) -> frozenset[str] | None:
    """The distributions that a file declares; None if it declares nothing or cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8")
        if path.suffix == ".txt":
            lines: Iterable[str] = text.splitlines()
        elif path.suffix == ".cfg":
            lines = _of_setup(text)
        else:
            lines = _of_toml(tomllib.loads(text))
    except (OSError, ValueError, configparser.Error, RecursionError):
        return None
    found = frozenset(_same(match[1]) for line in lines if (match := _NAME.match(line)))
    return found or None


def _of_setup(text: str) -> list[str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    keys = [("options", "install_requires"), ("options", "setup_requires"), ("options", "tests_require")]
    keys += [("options.extras_require", name) for name in parser.options("options.extras_require")] if (
        parser.has_section("options.extras_require")) else []  # fmt: skip
    said = [parser.get(section, key, fallback="") for section, key in keys]
    name = parser.get("metadata", "name", fallback="")
    return [name, *(line for one in said for line in re.split(r"[\n;,]", one))]


def _of_toml(said: dict[str, Any]) -> list[str]:
    """Whatever a pyproject.toml or a Pipfile lists as dependencies, of whichever tool."""
    project, tool = _table(said, "project"), _table(said, "tool")
    poetry = _table(tool, "poetry")
    found = [project.get("name"), poetry.get("name"), *_list(project.get("dependencies"))]
    for groups in (_table(project, "optional-dependencies"), _table(said, "dependency-groups")):
        found += [line for group in groups.values() for line in _list(group)]
    found += _list(_table(said, "build-system").get("requires"))
    found += _list(_table(_table(tool, "uv"), "").get("dev-dependencies"))
    groups = [_table(one, "dependencies") for one in _table(poetry, "group").values() if isinstance(one, dict)]
    for table in (poetry, *groups):
        found += [*_table(table, "dependencies"), *_table(table, "dev-dependencies"), *table] if (
            table is not poetry) else [*_table(poetry, "dependencies"), *_table(poetry, "dev-dependencies")]  # fmt: skip
    found += [*_table(said, "packages"), *_table(said, "dev-packages")]
    return [one for one in found if isinstance(one, str)]


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def _list(found: object) -> list[object]:
    return list(cast(list[object], found)) if isinstance(found, list) else []


def _same(name: str) -> str:
    """A distribution's name as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()

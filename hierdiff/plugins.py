"""Plugins: from `torch:smol` to an object, by the entry points of installed packages.

Our own backends and planners are found the same way as anybody's: entry point groups `hierdiff.backends`,
`hierdiff.planners`, `hierdiff.retrievers` (a callable that takes what follows the colon), `hierdiff.commands` (a click
command) and `hierdiff.outlines` (a callable that writes an outline in the format it is named after). `hierdiff.judges`
takes the backend as well; `hierdiff.embedders` and `hierdiff.entailers` give the models that two of them ask.
"""

import importlib.metadata as metadata
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any, cast

from hierdiff.errors import MissingExtraError, UnknownPluginError
from hierdiff.protocols import Backend, Judge, Planner, Retriever
from hierdiff.retriever.folder import FolderRetriever

DEFAULT_BACKEND = "torch:smol"
DEFAULT_PLANNER = "scaffold"
DEFAULT_CODE_PLANNER = "code"

Told = Callable[[str, int, int], None]
"""Hears of progress: what is being done ("fetching"), how much of it is done, and of how much."""

_EXTRAS = {"hierdiff_torch": "torch"}
"""Which extra brings what one of our own packages needs."""


def open_backend(uri: str = DEFAULT_BACKEND, *, told: Told | None = None) -> Backend:
    """The backend behind a URI such as `torch:smol` or `scripted:FILE`. May load a model, or fetch one.

    `told` hears how far that is, if the backend's factory has a parameter of that name; others go without.
    """
    scheme, target = _split(uri)
    factory = load("backends", scheme)
    if told is not None and "told" in signature(factory).parameters:
        return cast(Backend, factory(target, told=told))
    return cast(Backend, factory(target))


def default_planner(kind: str) -> str:
    """The URI of the planner for requests of a kind that name none."""
    return DEFAULT_CODE_PLANNER if kind == "code" else DEFAULT_PLANNER


def open_planner(uri: str = DEFAULT_PLANNER, *, told: Told | None = None) -> Planner:
    """The planner behind a URI: `scaffold`, `manual:outline.yaml`. `told` is for those that tell of progress."""
    scheme, target = _split(uri)
    factory = load("planners", scheme)
    if told is not None and "told" in signature(factory).parameters:
        return cast(Planner, factory(target, told=told))
    return cast(Planner, factory(target))


def open_retriever(where: str) -> Retriever:
    """The retriever of a folder, or behind a URI whose scheme an installed package has (`NAME:WHAT`).

    Raises FileError for a folder that is not there.
    """
    scheme, target = _split(where)
    if scheme in names("retrievers") and not Path(where).is_dir():
        return cast(Retriever, load("retrievers", scheme)(target))
    return FolderRetriever(where)


def open_judge(uri: str, backend: Backend) -> Judge:
    """The judge behind a URI such as `doubt`, `meaning:FOLDER` or `asked:https://HOST/v1#MODEL`."""
    scheme, target = _split(uri)
    return cast(Judge, load("judges", scheme)(target, backend))


def names(group: str) -> list[str]:
    """The names installed in a group (`backends`, `planners`, `commands`), sorted."""
    return sorted({point.name for point in metadata.entry_points(group=f"hierdiff.{group}")})


def load(group: str, name: str) -> Callable[..., Any]:
    """What an entry point stands for. Raises UnknownPluginError or MissingExtraError."""
    for point in metadata.entry_points(group=f"hierdiff.{group}"):
        if point.name == name:
            try:
                return cast(Callable[..., Any], point.load())
            except ModuleNotFoundError as error:
                raise _missing(point, error) from None
    known = ", ".join(names(group)) or "none"
    one = group.removesuffix("s")
    raise UnknownPluginError(f"there is no {one} '{name}'; installed {group}: {known}", about=name)


def _split(uri: str) -> tuple[str, str]:
    scheme, _, target = uri.strip().partition(":")
    return scheme, target


def _missing(point: metadata.EntryPoint, error: ModuleNotFoundError) -> MissingExtraError:
    package = point.module.split(".")[0]
    extra = _EXTRAS.get(package)
    if extra is None:
        return MissingExtraError(f"'{point.name}' needs the Python package '{error.name}': pip install {error.name}")
    return MissingExtraError(f"'{point.name}' needs '{error.name}': pip install \"hierdiff-lm[{extra}]\"", about=extra)

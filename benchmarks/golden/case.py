"""Case: one generation of a reference sampler, as a file has it.

Every field is checked while it is read, so that whatever comes later may trust it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Rows = tuple[tuple[int, ...], ...]


class Broken(Exception):
    """A case that cannot be read or run, and why."""


@dataclass(frozen=True, slots=True)
class Written:
    """A token that a step wrote. `old` is what stood there if it was no mask; `sure` its score, where it is told."""

    row: int
    place: int
    token: int
    sure: float | None = None
    old: int | None = None


@dataclass(frozen=True, slots=True)
class Forward:
    """The tokens of one forward; `keeps` says that its keys and values were stored."""

    ids: tuple[int, ...]
    keeps: bool


@dataclass(frozen=True, slots=True)
class Logits:
    """Logits at some places (row, column) of one forward. `name` is the field that they come from."""

    name: str
    ids: Rows
    places: Rows
    logits: tuple[tuple[float, ...], ...]
    keys: Rows | None
    positions: Rows | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `prompts` are without padding; `steps` has what each denoising step wrote; `canvases` (DiffusionGemma)
    is kept as it stands in the file."""

    name: str
    folder: Path
    family: str
    checkpoint: str
    seed: int
    dtype: str
    settings: Mapping[str, Any]
    prompts: Rows
    expected: Rows
    steps: tuple[tuple[Written, ...], ...]
    forwards: tuple[Forward, ...]
    canvases: tuple[Mapping[str, Any], ...]
    logits: tuple[Logits, ...]
    nfe: int | None
    robust: bool
    informational: bool
    notes: tuple[str, ...]

    @property
    def mask(self) -> int | None:
        """The mask id, or none."""
        found = self.settings.get("mask_id")
        return None if found is None else int(found)

    def number(self, name: str, default: float | None = None) -> float:
        """A setting that is a number. Raises Broken if it is missing or something else."""
        found = self.settings.get(name, default)
        found = default if found is None else found
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Broken(f"setting {name} is {found!r}, not a number")
        return found

    def count(self, name: str, default: int | None = None) -> int:
        """A setting that is a whole number. Raises Broken if it is missing or something else."""
        found = self.number(name, default)
        if found != int(found):
            raise Broken(f"setting {name} is {found!r}, not a whole number")
        return int(found)

    def ids(self, name: str) -> frozenset[int]:
        """A setting that is a list of token ids, one id or nothing."""
        found = self.settings.get(name)
        if found is None:
            return frozenset()
        several = cast(list[Any], found) if isinstance(found, list) else [found]
        return frozenset(int(one) for one in several)


def paths(folder: Path) -> list[Path]:
    """The case files of a folder: all in `cases`, and whatever its index names besides."""
    found = set((folder / "cases").rglob("*.json"))
    index = folder / "index.json"
    if index.is_file():
        try:
            listed = json.loads(index.read_text("utf-8"))
            found |= {folder / str(one["path"]) for one in listed}
        except (ValueError, TypeError, KeyError):
            found.add(index)
    return sorted(found)


def title(folder: Path, path: Path) -> str:
    """How a case is named: its family's folder and its file."""
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    return "/".join(part for part in inside.with_suffix("").parts if part != "cases")


def read_case(folder: Path, path: Path) -> Case:
    """The case in a file. Raises Broken saying what is wrong with it."""
    try:
        fields = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Broken(f"cannot be read: {error}") from None
    if not isinstance(fields, dict):
        raise Broken("is no JSON object")
    try:
        return _case(title(folder, path), folder, cast(dict[str, Any], fields))
    except KeyError as error:
        raise Broken(f"field {error} is missing") from None
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise Broken(f"a field is not as it should be: {error}") from None


def _case(name: str, folder: Path, fields: dict[str, Any]) -> Case:
    robust = fields.get("robust") or {}
    nfe = fields.get("nfe")
    canvases = tuple(fields.get("canvas_steps") or ())
    case = Case(
        name=name,
        folder=folder,
        family=str(fields["family"]),
        checkpoint=str(fields["checkpoint"]).rstrip("/").rsplit("/", 1)[-1],
        seed=int(fields.get("seed") or 0),
        dtype=str(fields.get("dtype") or "float32"),
        settings=dict(fields["settings"]),
        prompts=_rows(fields.get("prompt_ids")),
        expected=_rows(fields.get("expected_ids")),
        steps=_steps(fields.get("commits") or [], fields.get("edits") or []),
        forwards=tuple(
            Forward(tuple(map(int, one["input_ids"])), bool(one["stores_kv"])) for one in fields.get("forwards") or ()
        ),
        canvases=canvases,
        logits=tuple(_logits(key, fields[key]) for key in fields if key.endswith("_logits") and fields[key]),
        nfe=None if nfe is None else int(nfe),
        robust=bool(robust.get("ok")) if isinstance(robust, dict) else bool(robust),
        informational=bool(fields.get("informational")),
        notes=tuple(map(str, fields.get("notes") or ())),
    )
    rows = len(case.prompts)
    if any(not 0 <= one.row < rows for step in case.steps for one in step):
        raise ValueError(f"a step writes a row that is none of the {rows}")
    if case.expected and len(case.expected) != rows:
        raise ValueError(f"{len(case.expected)} results for {rows} prompts")
    return case


def _rows(found: object) -> Rows:
    """Rows of ids; a single row may stand without a list around it."""
    rows = cast(list[Any], found or [])
    if rows and not isinstance(rows[0], list):
        rows = [rows]
    return tuple(tuple(map(int, row)) for row in rows)


def _steps(commits: Sequence[Any], edits: Sequence[Any]) -> tuple[tuple[Written, ...], ...]:
    """What each step wrote, edits and all."""
    steps = [[Written(int(r), int(p), int(t), float(c)) for r, p, t, c in step] for step in commits]
    for number, step in enumerate(edits):
        steps[number] += [Written(int(r), int(p), int(new), float(c), int(old)) for r, p, old, new, c in step]
    return tuple(map(tuple, steps))


def _logits(name: str, found: Mapping[str, Any]) -> Logits:
    return Logits(
        name=name.removesuffix("_logits"),
        ids=_rows(found.get("input_ids") or found.get("decoder_input_ids")),
        places=_rows(found["positions"]),
        logits=tuple(tuple(map(float, row)) for row in found["logits"]),
        keys=_rows(found["attention_mask"]) if isinstance(found.get("attention_mask"), list) else None,
        positions=_rows(found["position_ids"]) if found.get("position_ids") else None,
    )

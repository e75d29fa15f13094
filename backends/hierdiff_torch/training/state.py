"""State: where a run stands, in one file that appears whole or not at all.

The record is in the header of the tensors' file, so that a stop can never leave the two out of step. `training.json`
beside it is the record again, for people and programs to read; nothing reads it back.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hierdiff.errors import ModelError
from hierdiff_torch.models.files import whole

TENSORS, RECORD = "state.safetensors", "training.json"
_KEY = "hierdiff"


@dataclass(frozen=True, slots=True)
class Point:
    """One step of the curve: loss, negative log-likelihood in nats and share of right tokens over `count` masks."""

    step: int
    loss: float
    nats: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """Held-out texts after so many steps, in blocks of `block` with the share `ratio` masked."""

    step: int
    block: int
    ratio: float
    nats: float
    right: float


@dataclass(slots=True)
class Record:
    """What is written down of a run: `about` (recipe, data hash, base, torch), the curve, held-out figures."""

    about: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    curve: list[Point] = field(default_factory=list[Point])
    held: list[Held] = field(default_factory=list[Held])


def save(folder: Path, record: Record, parameters: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
    """The state, and the record beside it. Raises FileError (a full disk, say); the state before is then untouched."""
    tensors = {f"p.{name}": tensor.contiguous() for name, tensor in parameters.items()} | moments
    said = asdict(record)
    whole(folder / TENSORS, lambda path: save_file(tensors, path, metadata={_KEY: json.dumps(said)}))
    whole(folder / RECORD, lambda path: path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8"))


def restored(folder: Path, about: dict[str, Any]) -> tuple[Record, dict[str, Tensor]] | None:
    """The run that was begun in this folder, or None. Raises ModelError if it was another run's, or is damaged."""
    path = folder / TENSORS
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as opened:
            said = json.loads((opened.metadata() or {})[_KEY])
            tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118  # no mapping
        curve = [Point(**point) for point in said["curve"]]
        held = [Held(**point) for point in said["held"]]
        record = Record(dict(said["about"]), int(said["step"]), float(said["seconds"]), curve, held)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            f"{path} cannot be read as the state of a run ({error}); delete it to begin anew, "
            "or name another folder with --out",
            about=str(path),
        ) from None
    other = [
        _other(name, record.about.get(name), about[name]) for name in about if record.about.get(name) != about[name]
    ]
    if other:
        raise ModelError(
            f"{folder} holds a run with another {' and another '.join(other)}; "
            "give the same, or name another folder with --out",
            about=str(folder),
        )
    return record, tensors


def _other(name: str, there: object, here: object) -> str:
    """What differs, by field where it has fields."""
    if not (isinstance(there, dict) and isinstance(here, dict)):
        return name
    then, now = cast(dict[str, object], there), cast(dict[str, object], here)
    fields = [f"{key} {then.get(key)}, not {now.get(key)}" for key in sorted(now) if then.get(key) != now.get(key)]
    return f"{name} ({'; '.join(fields)})"

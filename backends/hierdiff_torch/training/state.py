"""State: where a run stands, in two files that appear whole or not at all."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from hierdiff.errors import FileError, ModelError

TENSORS, RECORD = "state.safetensors", "training.json"


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
    """Both files, the record last. Raises FileError (a full disk, say); what was there before is then untouched."""
    tensors = {f"p.{name}": tensor for name, tensor in parameters.items()} | moments
    tensors["step"] = torch.tensor(record.step)
    whole(folder / TENSORS, lambda path: save_file(tensors, path))
    whole(folder / RECORD, lambda path: path.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8"))


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there. Raises FileError; nothing half-written is left."""
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"{path} cannot be written: {why}; make room and run the same command again", about=str(path)
        ) from None


def restored(folder: Path, about: dict[str, Any]) -> tuple[Record, dict[str, Tensor]] | None:
    """The run that was begun in this folder, or None. Raises ModelError if it was another run's, or is damaged."""
    if not (folder / RECORD).is_file() or not (folder / TENSORS).is_file():
        return None
    try:
        said = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        tensors = load_file(folder / TENSORS)
        curve = [Point(**point) for point in said["curve"]]
        held = [Held(**point) for point in said["held"]]
        record = Record(said["about"], int(said["step"]), float(said["seconds"]), curve, held)
        step = int(tensors.pop("step"))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds a run that cannot be read ({error}); name another folder with --out"
        ) from None
    other = [name for name in about if record.about.get(name) != about[name]]
    if other:
        raise ModelError(
            f"{folder} holds a run with another {' and '.join(other)}; give the same, or name another folder with --out",
            about=str(folder),
        )
    if step != record.step:  # stopped between the two files: the tensors are newer
        record.step = step
    return record, tensors

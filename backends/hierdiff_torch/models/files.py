"""The files of a checkpoint folder: JSON, safetensors, the tokenizer. Nothing else is opened, least of all pickles."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from torch import Tensor

from hierdiff.errors import FileError, ModelError

FORMATS = ("F64", "F32", "F16", "BF16")
"""Number formats of weights that are what they say. Others are parts of a quantisation."""

TOLD = "hierdiff.json"
"""What is said of a checkpoint beside its own files: see `told`."""

INDEX = "model.safetensors.index.json"

_SAMPLES, _SAMPLE = 32, 1 << 14


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as a header describes it: in which file, under which name, its shape and number format."""

    file: Path
    name: str
    shape: tuple[int, ...]
    format: str

    @property
    def parts(self) -> tuple["Stored", ...]:
        """Itself: as a source of a tensor it is all of it."""
        return (self,)

    @property
    def exact(self) -> bool:
        """False: it is read in whatever the model is in."""
        return False


@dataclass(frozen=True, slots=True)
class Source:
    """What a tensor of a class is made of: `parts` laid one below the other, seen in its `shape`. One that is `exact`
    stays in float32 whatever the model is in."""

    parts: tuple[Stored, ...]
    shape: tuple[int, ...]
    exact: bool = False


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file that must be there."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: this is no checkpoint folder", about=str(path)) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}", about=str(path)) from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} does not hold a JSON object", about=str(path))
    return found


def read_headers(folder: Path) -> dict[str, Stored]:
    """Every tensor of a checkpoint by its name in the files; the weights themselves are not read.

    Raises ModelError if a file cannot be read, or has not what the index says it has.
    """
    found: dict[str, Stored] = {}
    files, where = _shards(folder)
    for file in files:
        try:
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118  # not a mapping
                    part = opened.get_slice(name)
                    found[name] = Stored(file, name, tuple(part.get_shape()), str(part.get_dtype()))
        except (SafetensorError, OSError) as error:
            raise _unreadable(file, error) from None
    for name, file in where.items():
        if name not in found or found[name].file.name != file:
            raise ModelError(
                f"{folder / file} has no tensor '{name}', but {INDEX} says so; fetch the checkpoint again",
                about=str(folder / file),
            )
    return found


def is_whole(folder: Path) -> bool:
    """Whether the configuration and every file of weights are there. None of the weights is opened."""
    try:
        return (folder / "config.json").is_file() and all(file.is_file() for file in _shards(folder)[0])
    except ModelError:
        return False


def read_weights(
    tensors: Mapping[str, Source | Stored], dtype: torch.dtype, device: torch.device | None = None
) -> dict[str, Tensor]:
    """The tensors under the names they are asked for by, in `dtype` on `device`, which they are read straight onto.

    Each file is opened once, and of a tensor in many parts there is never more than one part beside it.
    """
    device = device or torch.device("cpu")
    asked: dict[Path, list[tuple[str, int, Stored]]] = {}
    for name, source in tensors.items():
        for number, stored in enumerate(source.parts):
            asked.setdefault(stored.file, []).append((name, number, stored))
    weights: dict[str, Tensor] = {}
    for file, parts in sorted(asked.items()):
        try:
            with safe_open(file, framework="pt", device=str(device)) as opened:
                for name, number, stored in parts:
                    source = tensors[name]
                    kept = torch.float32 if source.exact else dtype
                    part = opened.get_tensor(stored.name)
                    if len(source.parts) == 1:
                        weights[name] = part.to(kept).view(source.shape)
                        continue
                    if name not in weights:
                        weights[name] = torch.empty(source.shape, dtype=kept, device=device)
                    weights[name].view(len(source.parts), *stored.shape)[number].copy_(part)
        except (SafetensorError, OSError) as error:
            raise _unreadable(file, error) from None
    return weights


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer in `tokenizer.json`; it neither cuts nor pads."""
    if not path.exists():
        raise ModelError(f"{path} is missing: the checkpoint has no fast tokenizer", about=str(path))
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception for a broken file
        raise ModelError(f"{path} cannot be read as a tokenizer: {error}", about=str(path)) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def mask_token(folder: Path) -> str | None:
    """What the tokenizer's own files call its mask token, if they do."""
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            given = read_json(folder / name).get("mask_token")
            text = given.get("content") if isinstance(given, dict) else given
            if isinstance(text, str):
                return text
    return None


def content_hash(folder: Path, tokenizer: Tokenizer | None = None) -> str:
    """A short name for the content of a checkpoint: its configuration and tokenizer (its own, or one given), and of
    each file of weights the name, the size and samples from its whole length, which other weights do not share."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    own = folder / "tokenizer.json"
    if tokenizer is not None:
        digest.update(tokenizer.to_str().encode())
    elif own.exists():
        digest.update(own.read_bytes())
    if (folder / TOLD).is_file():
        digest.update((folder / TOLD).read_bytes())
    for file in _shards(folder)[0]:
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}".encode())
        with file.open("rb") as opened:
            for part in range(_SAMPLES):
                opened.seek(size * part // _SAMPLES)
                digest.update(opened.read(_SAMPLE))
    return digest.hexdigest()[:12]


def _shards(folder: Path) -> tuple[list[Path], dict[str, str]]:
    """The files that hold the weights, and which tensor is in which, as the index says; or the one there is."""
    index = folder / INDEX
    if index.exists():
        given: Any = read_json(index).get("weight_map")
        where = {str(name): Path(str(file)).name for name, file in given.items()} if isinstance(given, dict) else {}
        names = set(where.values())
        if not names or names & {"", ".."}:
            raise ModelError(f"{index} does not say in 'weight_map' which files hold the weights", about=str(index))
        files = [folder / name for name in sorted(names)]
        lost = next((file for file in files if not file.exists()), None)
        if lost is not None:
            raise ModelError(
                f"{lost} is missing, but {index.name} names it; fetch the checkpoint again", about=str(lost)
            )
        return files, where
    whole = folder / "model.safetensors"
    if whole.exists():
        return [whole], {}
    pickles = [path.name for path in folder.glob("*.bin")] + [path.name for path in folder.glob("*.pt*")]
    if pickles:
        raise ModelError(
            f"{folder} holds only pickled weights ({pickles[0]}), which are never opened; convert to safetensors",
            about=str(folder),
        )
    raise ModelError(f"{whole} is missing: this is no checkpoint folder", about=str(folder))


def _unreadable(file: Path, error: Exception) -> ModelError:
    return ModelError(f"{file} cannot be read as safetensors: {error}; fetch it again", about=str(file))


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there. Raises FileError; nothing half-written is left."""
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"{path} cannot be written: {why}; make room there and run the same command again", about=str(path)
        ) from None
    finally:
        part.unlink(missing_ok=True)

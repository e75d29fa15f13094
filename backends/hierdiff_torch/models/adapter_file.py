"""The file of an adapter: its tensors in bfloat16 and, in the header, what they were trained from."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hierdiff.errors import ModelError
from hierdiff_torch.models.files import whole

ADAPTER = "adapter.safetensors"
"""What the file is called in a checkpoint's folder."""
_KEY = "hierdiff"


def write_adapter(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write the file whole or not at all. Raises FileError (a full disk, say); what was there is then untouched."""
    stored = {name: tensor.detach().to(torch.bfloat16).contiguous() for name, tensor in tensors.items()}
    whole(path, lambda part: save_file(stored, part, metadata={_KEY: json.dumps(about)}))


def read_adapter(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, in bfloat16, and what they were trained from. Raises ModelError if it is missing or damaged."""
    try:
        with safe_open(path, framework="pt") as opened:
            about: Any = json.loads((opened.metadata() or {})[_KEY])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # not a mapping
    except KeyError:
        raise ModelError(
            f"{path} does not say what it was trained from: it is no adapter of 'hierdiff models convert'",
            about=str(path),
        ) from None
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as an adapter: {error}; convert again", about=str(path)) from None
    if not isinstance(about, dict) or not tensors:
        raise ModelError(f"{path} is no adapter: convert again", about=str(path))
    return tensors, about

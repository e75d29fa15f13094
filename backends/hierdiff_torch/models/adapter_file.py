"""The file of an adapter: safetensors in bfloat16, with what is to be known of it as JSON in the metadata."""

import json
import os
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hierdiff.errors import ModelError

NAME = "adapter.safetensors"
_KEY = "hierdiff"


def write_adapter(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write it in bfloat16, whole or not at all. Raises OSError."""
    part = path.with_name(path.name + ".part")
    halved = {name: tensor.to("cpu", torch.bfloat16).contiguous() for name, tensor in tensors.items()}
    try:
        save_file(halved, part, metadata={"format": "pt", _KEY: json.dumps(about)})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_adapter(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Its tensors and what is said of them. Raises ModelError if it is damaged or no adapter."""
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(_KEY, ""))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path} is no adapter that can be read: {error}", about=str(path)) from None
    if not isinstance(about, dict):
        raise ModelError(f"{path} is no adapter that can be read: its metadata are no object", about=str(path))
    return tensors, cast(dict[str, Any], about)

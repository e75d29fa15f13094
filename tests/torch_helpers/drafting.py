"""The tiny model with an adapter that changes much: what it drafts is often refused and sometimes not."""

from pathlib import Path

import torch

from hierdiff_torch.models.adapter import blank
from hierdiff_torch.models.adapter_file import write_adapter
from hierdiff_torch.models.checkpoint import adapted
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import tiny

ABOUT = {"recipe": {"blocks": [4, 8], "seed": 0}, "data": "0123"}


def write_drafter(path: Path, *, strength: float = 0.05) -> Path:
    """The file of an adapter of random weights; the stronger, the less of a draft stays."""
    tensors = blank(tiny().body, 4, 0)
    draws = torch.Generator().manual_seed(1)
    tensors = {
        name: torch.randn(one.shape, generator=draws) * strength if name.endswith("up") else one
        for name, one in tensors.items()
    }
    write_adapter(path, tensors, ABOUT)
    return path


def drafter(path: Path) -> Loaded:
    """The tiny model with the adapter of that file."""
    return adapted(tiny(), path)

"""The torch backend of hierdiff: block diffusion on a local model, many canvases in one batch."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from hierdiff.errors import ModelError
from hierdiff_torch.backend import TorchBackend as TorchBackend
from hierdiff_torch.machine import best_dtype, device
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.pull import pull
from hierdiff_torch.models.tiny import tiny

DEFAULT = "smol"


def open_backend(target: str = DEFAULT, *, told: Callable[[str, int, int], None] | None = None) -> TorchBackend:
    """The backend of `torch:TARGET`: `smol` (fetched if it is not there yet), `tiny`, or the path of a checkpoint.

    `told` hears how far a download is; without it, its beginning and end are said on standard error.
    """
    return TorchBackend(load(target or DEFAULT, told=told))


def load(target: str, *, told: Callable[[str, int, int], None] | None = None) -> Loaded:
    """The model behind `torch:TARGET`, in this machine's best number format. `told` hears of a download's progress."""
    if target == "tiny":
        return tiny()
    on = device()
    if target == DEFAULT:
        folder = pull(told or _say)
    else:
        folder = Path(target).expanduser()
        if not folder.is_dir():
            raise ModelError(f"'{target}' is neither 'smol', 'tiny' nor a folder with a checkpoint", about=target)
    return read_checkpoint(folder, dtype=best_dtype(on), device=on)


def _say(doing: str, done: int, of: int) -> None:
    """One line when each part of a download begins or ends: for callers that show no bar of their own."""
    if done >= of and os.environ.get("HIERDIFF_QUIET") is None:
        print(f"hierdiff: {doing} the default model: done", file=sys.stderr)


__all__ = ["DEFAULT", "TorchBackend", "load", "open_backend"]

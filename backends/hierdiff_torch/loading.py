"""Loading: from what stands after `torch:` to a model that is ready to run."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from hierdiff.errors import FileError
from hierdiff_torch.machine import alone, best_dtype, device
from hierdiff_torch.models.checkpoint import assembled
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.pull import pull
from hierdiff_torch.models.tiny import tiny

DEFAULT = "smol"


def load(target: str, *, told: Callable[[str, int, int], None] | None = None) -> Loaded:
    """The model behind `torch:TARGET`, in this machine's best number format. `told` hears of a download's progress.

    Raises NotYetError, before any weights are read, for a family that the engine cannot denoise correctly.
    """
    if target == "tiny":
        return alone(tiny)
    folder = pull(told or _say) if target == DEFAULT else checkpoint_folder(target)
    return alone(lambda: _ready(folder))


def checkpoint_folder(target: str) -> Path:
    """The folder that a target names. Raises FileError if there is no checkpoint."""
    folder = Path(target).expanduser()
    if not (folder / "config.json").is_file():
        raise FileError(
            f"'{target}' is neither 'smol', 'tiny' nor a folder with a checkpoint (config.json)", about=target
        )
    return folder


def _ready(folder: Path) -> Loaded:
    found, on = describe(folder), device()
    return assembled(found, dtype=best_dtype(on), device=on)


def _say(doing: str, done: int, of: int) -> None:
    """One line when each part of a download begins or ends: for callers that show no bar of their own."""
    if done >= of and os.environ.get("HIERDIFF_QUIET") is None:
        print(f"hierdiff: {doing} the default model: done", file=sys.stderr)

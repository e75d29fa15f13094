"""Loading: from what stands after `torch:` to a model that is ready to run."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from hierdiff.errors import FileError
from hierdiff_torch.machine import alone, best_dtype, device
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.pull import pull
from hierdiff_torch.models.tiny import tiny

DEFAULT = "smol"


def load(target: str, *, told: Callable[[str, int, int], None] | None = None) -> Loaded:
    """The model behind `torch:TARGET`, in this machine's best number format. `told` hears of a download's progress."""
    if target == "tiny":
        return alone(tiny)
    on = device()
    if target == DEFAULT:
        folder = pull(told or _say)
    else:
        folder = Path(target).expanduser()
        if not (folder / "config.json").is_file():
            raise FileError(
                f"'{target}' is neither 'smol', 'tiny' nor a folder with a checkpoint (config.json)", about=target
            )
    return alone(lambda: read_checkpoint(folder, dtype=best_dtype(on), device=on))


def _say(doing: str, done: int, of: int) -> None:
    """One line when each part of a download begins or ends: for callers that show no bar of their own."""
    if done >= of and os.environ.get("HIERDIFF_QUIET") is None:
        print(f"hierdiff: {doing} the default model: done", file=sys.stderr)

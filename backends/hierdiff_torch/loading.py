"""Loading: from what stands after `torch:` to a model that is ready to run."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from hierdiff.errors import FileError
from hierdiff_torch.machine import alone, best_dtype, device
from hierdiff_torch.models.checkpoint import adapted, assembled
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.hub import EXAMPLE, HubId, fetch, hub_id
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.pull import pull
from hierdiff_torch.models.tiny import tiny

DEFAULT = "smol"
BLOCK = "smol-block"
"""The default model with the adapter that this package brings, which drafts several tokens at a time."""
WEIGHTS = Path(__file__).parent / "weights" / f"{BLOCK}.safetensors"


def load(target: str, *, told: Callable[[str, int, int], None] | None = None) -> Loaded:
    """The model behind `torch:TARGET`, in this machine's best number format. `told` hears of a download's progress."""
    if target == "tiny":
        return alone(tiny)
    if target == BLOCK:
        folder = pull(told or _say("the default model"))
        return alone(lambda: adapted(_ready(folder, BLOCK), WEIGHTS))
    hub = on_hub(target)
    if hub is not None:
        folder = fetch(hub, told or _say(str(hub)))
    else:
        folder = pull(told or _say("the default model")) if target == DEFAULT else checkpoint_folder(target)
    return alone(lambda: _ready(folder, str(hub) if hub is not None else None))


def on_hub(target: str) -> HubId | None:
    """The id of the hub that a target is; None for one that is not well-formed and for a path that exists."""
    return None if os.path.lexists(_path(target)) else hub_id(target)


def checkpoint_folder(target: str) -> Path:
    """The folder that a target names. Raises FileError if there is no checkpoint."""
    folder = _path(target)
    if not os.path.isfile(folder / "config.json"):
        known = f"'smol', 'smol-block', 'tiny', a folder with a checkpoint (config.json) nor a hub id such as {EXAMPLE}"
        if hub_id(target) is not None:
            known = "a folder with a checkpoint (config.json); as a path that exists it is not taken for a hub id"
            raise FileError(f"'{target}' is not {known}", about=target)
        raise FileError(f"'{target}' is neither {known}", about=target)
    return folder


def _path(target: str) -> Path:
    return Path(os.path.expanduser(target))


def _ready(folder: Path, name: str | None) -> Loaded:
    found, on = describe(folder), device()
    return assembled(found, dtype=best_dtype(on), device=on, name=name)


def _say(what: str) -> Callable[[str, int, int], None]:
    """One line when each part of a download begins and one when it ends: for callers that show no bar of their own."""
    said: set[tuple[str, bool]] = set()

    def say(doing: str, done: int, of: int) -> None:
        stage = doing, done >= of
        if stage not in said and os.environ.get("HIERDIFF_QUIET") is None:
            said.add(stage)
            size = f"{of / 1e6:,.1f} MB" if doing == "fetching" else "begun"
            print(f"hierdiff: {doing} {what}: {'done' if done >= of else size}", file=sys.stderr)

    return say

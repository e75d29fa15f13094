"""The classes that checkpoints are mapped onto: configured, made without weights, filled.

A class is made on the meta device, where it has shapes and no weights. A configuration that cannot be fails there,
before anything large is read.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedConfig,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.dit import Dit
from hierdiff_torch.models.families.recipe import Kind, Recipe
from hierdiff_torch.models.llada2 import Llada2

Config = PreTrainedConfig
Native = (
    LlamaForCausalLM | Qwen2ForCausalLM | Qwen3ForCausalLM | Qwen3MoeForCausalLM | ModernBertForMaskedLM | Llada2 | Dit
)

_CONFIGS: Mapping[Kind, Callable[..., Config]] = {
    "llama": LlamaConfig,
    "qwen2": Qwen2Config,
    "qwen3": Qwen3Config,
    "qwen3_moe": Qwen3MoeConfig,
    "modernbert": ModernBertConfig,
}
_CLASSES: Mapping[Kind, Callable[..., Native]] = {
    "llama": LlamaForCausalLM,
    "qwen2": Qwen2ForCausalLM,
    "qwen3": Qwen3ForCausalLM,
    "qwen3_moe": Qwen3MoeForCausalLM,
    "modernbert": ModernBertForMaskedLM,
    "llada2": Llada2,
    "dit": Dit,
}
_CODE = (
    "auto_map",
    "architectures",
    "dtype",
    "torch_dtype",
    "model_type",
    "attn_implementation",
    "experts_implementation",
    "return_dict",
    "output_hidden_states",
    "output_attentions",
    "output_router_logits",
)
"""Fields that choose code, number formats or what comes back: ours to choose."""


def native_config(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> Config:
    """What `config.json` at `path` says, as the class takes it. Raises ModelError naming the field."""
    own = recipe.native not in _CONFIGS
    fields = _flat(path, recipe, fields) if own else fields
    _fits(path, recipe, fields)
    given = {name: value for name, value in fields.items() if not name.startswith("_") and name not in _CODE}
    given = {name: value for name, value in given.items() if name not in recipe.renamed}
    given |= {ours: fields[theirs] for theirs, ours in recipe.renamed.items() if fields.get(theirs) is not None}
    given |= recipe.fixed
    if recipe.sparse is not None:
        given["mlp_only_layers"] = _dense_layers(path, recipe.sparse, fields)
    if own:
        given.pop("rope_scaling", None)
        given.setdefault("tie_word_embeddings", False)
    try:
        made = _CONFIGS.get(recipe.native, PreTrainedConfig)(
            **given, attn_implementation=NAME, experts_implementation="eager"
        )
        return _complete(path, recipe, made)
    except ModelError:
        raise
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path}: {' '.join(str(error).split())[:300]}", about=str(path)) from None


def _flat(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with what `rope_parameters` says beside the others, as our own classes read it; they turn heads in one way
    only, and another is refused."""
    _known_rope(path, "rope_parameters", fields.get("rope_parameters"))
    newer: dict[str, Any] = fields.get("rope_parameters") or {}
    if newer.get("rope_type", "default") != "default":
        raise ModelError(f"{path}: rope_parameters {newer!r} is not read of '{recipe.name}'", about=str(path))
    return {**newer, **{name: value for name, value in fields.items() if name != "rope_parameters"}}


def _complete(path: Path, recipe: Recipe, made: Config) -> Config:
    """The configuration with the fields that the engine reads, which not every class has by itself."""
    config = cast(Any, made)
    _known_layers(path, recipe, getattr(config, "layer_types", None))
    if getattr(config, "num_key_value_heads", None) is None:
        config.num_key_value_heads = config.num_attention_heads
    if getattr(config, "head_dim", None) is None and config.num_attention_heads:
        config.head_dim = config.hidden_size // config.num_attention_heads
    heads, kv = config.num_attention_heads, config.num_key_value_heads
    if kv < 1 or heads % kv:
        raise ModelError(
            f"{path}: num_key_value_heads {kv} does not divide num_attention_heads {heads}", about=str(path)
        )
    top, count = getattr(config, "num_experts_per_tok", None), getattr(config, "num_experts", None)
    if top is not None and count is not None and not 1 <= top <= count:
        raise ModelError(f"{path}: num_experts_per_tok {top} is not between 1 and num_experts {count}", about=str(path))
    return made


def _fits(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> None:
    """Refuse a configuration that lacks what the family needs, or asks for layers that the class has not."""
    for name in (*recipe.needed, *(recipe.rope if fields.get("rope_parameters") is None else ())):
        if fields.get(name) is None:
            raise ModelError(f"{path}: the field '{name}' is missing from this '{recipe.name}'", about=str(path))
    for name, allowed in recipe.only.items():
        if name in fields and fields[name] not in allowed:
            raise ModelError(
                f"{path}: {name} is {fields[name]!r}; of '{recipe.name}' only {allowed[0]!r} is read", about=str(path)
            )
    _known_layers(path, recipe, fields.get("layer_types"))
    for name in ("rope_scaling", "rope_parameters"):
        _known_rope(path, name, fields.get(name))


def _known_layers(path: Path, recipe: Recipe, given: object) -> None:
    """Refuse kinds of attention that the class does not have."""
    kinds = cast(list[object], given) if isinstance(given, list) else [given] * (given is not None)
    other = {str(kind) for kind in kinds} - set(recipe.layer_types)
    if other:
        said, read = ", ".join(sorted(other)), ", ".join(recipe.layer_types)
        raise ModelError(f"{path}: layer_types has {said}; of '{recipe.name}' only {read} is read", about=str(path))


def _known_rope(path: Path, name: str, given: object) -> None:
    """Refuse a way of stretching positions that transformers does not compute: it would be left out in silence."""
    if given is None:
        return
    parts = list(cast(dict[str, object], given).values()) if isinstance(given, dict) else []
    nested = [cast(dict[str, object], part) for part in parts if isinstance(part, dict)]
    for part in nested or [given]:
        kind = cast(dict[str, object], part) if isinstance(part, dict) else {}
        said = kind.get("rope_type", kind.get("type", "default" if "rope_theta" in kind else None))
        if said != "default" and said not in ROPE_INIT_FUNCTIONS:
            raise ModelError(f"{path}: {name} {given!r} is of no kind that is known", about=str(path))


def _dense_layers(path: Path, name: str, fields: Mapping[str, Any]) -> list[int]:
    """The layers without experts, as a list of what every layer has says it."""
    found, count = fields.get(name), fields.get("num_hidden_layers")
    if not isinstance(found, list) or len(cast(list[object], found)) != count:
        raise ModelError(f"{path}: {name} is no list of {count} layers", about=str(path))
    return [layer for layer, sparse in enumerate(cast(list[object], found)) if not sparse]


def skeleton(kind: Kind, config: Config, path: Path) -> Native:
    """The class without weights."""
    try:
        with torch.device("meta"):
            return _CLASSES[kind](config)
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path} describes no model: {error!r}", about=str(path)) from None


def filled(model: Native, weights: dict[str, Tensor], device: torch.device) -> Native:
    """The class with its weights, on `device`, ready to run."""
    nn.Module.load_state_dict(model, weights, strict=False, assign=True)
    body = cast(Any, model.model)  # classes that pyright cannot see as one
    tied = tied_head(model)
    if tied is not None:
        cast(Any, model.get_submodule(tied.rpartition(".")[0])).weight = cast(Any, input_embedding(model)).weight
    own = isinstance(model, Llada2 | Dit)
    body.rotary_emb = body.turning() if own else type(body.rotary_emb)(config=model.config)
    nn.Module.to(model, device)
    return model.eval().requires_grad_(False)


def head(model: Native) -> nn.Module:
    """What makes logits of hidden states: for a ModernBERT a layer of its own before the decoder."""
    if isinstance(model, ModernBertForMaskedLM):
        return nn.Sequential(model.head, model.decoder)
    return model.lm_head


def tied_head(model: Native) -> str | None:
    """The name of the weight that is the embedding's, if the configuration ties them."""
    if not cast(Any, model.config).tie_word_embeddings:
        return None
    return "decoder.weight" if isinstance(model, ModernBertForMaskedLM) else "lm_head.weight"


def input_embedding(model: Native) -> nn.Module:
    """The table that tokens are looked up in, `(vocabulary, width)`."""
    if isinstance(model, ModernBertForMaskedLM):
        return cast(nn.Module, model.model.embeddings.tok_embeddings)
    return cast(Any, model.model).embed_tokens

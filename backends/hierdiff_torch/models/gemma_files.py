"""The files of a DiffusionGemma: its configuration, its sampler's settings, and where each tensor is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers.models.diffusion_gemma.configuration_diffusion_gemma import DiffusionGemmaConfig
from transformers.models.diffusion_gemma.modeling_diffusion_gemma import (
    DiffusionGemmaDecoderModel,
    DiffusionGemmaEncoderTextModel,
)

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.files import Source, Stored
from hierdiff_torch.models.gemma import Gemma, Layer
from hierdiff_torch.models.mapping import fitting
from hierdiff_torch.uniform import Uniform

UNUSED = ("model.encoder.vision_tower.", "model.encoder.embed_vision.")
"""The tensors that are left out, by how their names begin: no picture is ever read. They may be missing."""

_DECODER, _ENCODER, _HEAD = "model.decoder.", "model.encoder.language_model.", "lm_head.weight"
_OWN = ("self_conditioning.", ".layer_scalar")
"""What the decoder does not share with the encoder."""

_CODE = ("auto_map", "architectures", "dtype", "torch_dtype", "model_type", "attn_implementation", "vision_config")
_NEEDED = ("layer_types", "rope_parameters", "sliding_window", "num_experts", "top_k_experts", "moe_intermediate_size")
"""Fields that the native class would silently take a default for, which no tensor's shape would contradict."""


def gemma_tensors(config: DiffusionGemmaConfig, headers: Mapping[str, Stored], folder: Path) -> dict[str, Source]:
    """Where each weight is stored. Raises ModelError naming the file and the tensor."""
    return _matched(*_skeletons(config, folder / "config.json"), headers, folder)


def gemma_of(config: DiffusionGemmaConfig, weights: Mapping[str, Tensor], device: torch.device) -> Gemma:
    """The model with its weights, on `device`."""
    encoder, decoder = _skeletons(config, Path("config.json"))
    _fill(encoder, decoder, weights, device)
    return Gemma(encoder, decoder, config, tuple(_layer(layer) for layer in decoder.layers))


def gemma_config(path: Path, fields: Mapping[str, Any]) -> DiffusionGemmaConfig:
    """The native configuration of what `config.json` at `path` says. Raises ModelError naming the field."""
    text = fields.get("text_config")
    if not isinstance(text, dict):
        raise ModelError(f"{path}: the object 'text_config' is missing", about=str(path))
    text = cast(dict[str, Any], text)
    lost = [name for name in _NEEDED if text.get(name) is None] + ["canvas_length"] * (not fields.get("canvas_length"))
    if lost:
        raise ModelError(f"{path}: the field '{lost[0]}' is missing from this 'diffusion_gemma'", about=str(path))
    if text.get("use_bidirectional_attention") == "all":
        raise ModelError(f"{path}: use_bidirectional_attention is 'all'; only causal text is read", about=str(path))
    if not (fields.get("tie_word_embeddings", True) and text.get("tie_word_embeddings", True)):
        raise ModelError(f"{path}: tie_word_embeddings is false; only shared weights are read", about=str(path))
    given = {name: value for name, value in fields.items() if name not in _CODE}
    given["attn_implementation"] = NAME
    given["text_config"] = {name: value for name, value in text.items() if name not in _CODE}
    try:
        config = DiffusionGemmaConfig(**given)
        cap = float(cast(Any, config.text_config).final_logit_softcapping)
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path}: {' '.join(str(error).split())[:300]}", about=str(path)) from None
    if not 0 < cap < float("inf"):
        raise ModelError(f"{path}: final_logit_softcapping {cap} is no cap", about=str(path))
    return config


def gemma_settings(path: Path, fields: Mapping[str, Any]) -> Uniform:
    """How the checkpoint's own sampler runs, as `generation_config.json` at `path` says; what it does not say is as in
    the reference, and a stopping rule that it sets to null never stops. Raises ModelError for another sampler."""
    sampler = cast(dict[str, Any], fields.get("sampler_config") or {})
    if sampler.get("_cls_name", "EntropyBoundSamplerConfig") != "EntropyBoundSamplerConfig":
        raise ModelError(f"{path}: the sampler {sampler['_cls_name']!r} is not known", about=str(path))
    known = {
        "steps": fields.get("max_denoising_steps"),
        "bound": sampler.get("entropy_bound"),
        "hot": fields.get("t_max"),
        "cold": fields.get("t_min"),
        "stable": fields.get("stability_threshold"),
        "sure": fields.get("confidence_threshold"),
    }
    if any(name in fields and fields[name] is None for name in ("stability_threshold", "confidence_threshold")):
        known["sure"] = 0.0
    try:
        return Uniform(**{name: value for name, value in known.items() if value is not None})
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path}: {error}", about=str(path)) from None


def _skeletons(config: DiffusionGemmaConfig, path: Path) -> tuple[DiffusionGemmaEncoderTextModel, Any]:
    """Encoder and decoder without weights."""
    try:
        with torch.device("meta"):
            decoder = DiffusionGemmaDecoderModel(config)
            return DiffusionGemmaEncoderTextModel(cast(Any, config.text_config)), decoder
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path} describes no model: {error!r}", about=str(path)) from None


def _matched(encoder: nn.Module, decoder: nn.Module, headers: Mapping[str, Stored], folder: Path) -> dict[str, Source]:
    """The stored tensor for each weight, by its name in the decoder, or in the encoder for what is its own.

    A shared tensor may be stored under either name, or both. Every tensor must be there and fit, and none be left over.
    """
    wanted = {_DECODER + name: tuple(tensor.shape) for name, tensor in decoder.state_dict().items()}
    wanted |= {_ENCODER + name: tuple(t.shape) for name, t in encoder.state_dict().items() if name.endswith(_OWN[1])}
    left = {name: stored for name, stored in headers.items() if not name.startswith(UNUSED)}
    found: dict[str, Source] = {}
    for name, shape in wanted.items():
        copies = [left.pop(one) for one in _names(name) if one in left]
        if not copies:
            raise ModelError(f"{folder}: the tensor '{name}' is missing", about=str(folder))
        found[name] = Source((fitting(copies[0], shape),), shape)
    if left:
        unknown = sorted(left)[0]
        file = left[unknown].file
        more = f" and {len(left) - 1} more" * (len(left) > 1)
        raise ModelError(f"{file} has tensors that no 'diffusion_gemma' has: '{unknown}'{more}", about=str(file))
    return found


def _names(name: str) -> tuple[str, ...]:
    """The names under which files may hold a tensor, the decoder's first."""
    inner = name.removeprefix(_DECODER)
    if inner == name or inner.startswith(_OWN[0]) or inner.endswith(_OWN[1]):
        return (name,)
    return (name, _ENCODER + inner, *([_HEAD] if inner == "embed_tokens.weight" else []))


def _fill(encoder: nn.Module, decoder: nn.Module, weights: Mapping[str, Tensor], device: torch.device) -> None:
    """Give both models their weights, on `device`; what they share lies there once."""
    placed = {name: tensor.to(device) for name, tensor in weights.items()}
    for model, own in ((decoder, _DECODER), (encoder, _ENCODER)):
        state = {
            name: placed[own + name] if own + name in placed else placed[_DECODER + name] for name in model.state_dict()
        }
        model.load_state_dict(state, assign=True)
        body = cast(Any, model)
        table = body.embed_tokens
        table.embed_scale = torch.tensor(table.scalar_embed_scale, device=device)
        body.rotary_emb = type(body.rotary_emb)(body.rotary_emb.config).to(device)
        model.eval().requires_grad_(False)


def _layer(layer: nn.Module) -> Layer:
    attention = cast(Any, layer).self_attn
    return Layer(attention.k_proj.weight.shape[0] // attention.head_dim, attention.head_dim, attention.sliding_window)

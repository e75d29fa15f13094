"""DiffusionGemma: an encoder that keeps the text and a decoder that denoises a canvas, run on packed tokens.

Both are native classes of transformers (5.23, `diffusion_gemma`) and share their weights, all but one number a layer.
Their layers are run here one by one: the models' own forwards would make masks and a cache for every call, and a packed
step has neither. All attention goes through transformers' attention interface, with the `step` that the caller gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import torch
from torch import Tensor, nn
from transformers.models.diffusion_gemma.configuration_diffusion_gemma import DiffusionGemmaConfig
from transformers.models.diffusion_gemma.modeling_diffusion_gemma import (
    DiffusionGemmaDecoderModel,
    DiffusionGemmaEncoderTextModel,
)

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.described import eos_ids
from hierdiff_torch.models.files import FORMATS, Stored, read_headers, read_json, read_weights
from hierdiff_torch.uniform import Uniform

UNUSED = ("model.encoder.vision_tower.", "model.encoder.embed_vision.")
"""The tensors that are left out, by how their names begin: no picture is ever read. They may be missing."""

_DECODER, _ENCODER, _HEAD = "model.decoder.", "model.encoder.language_model.", "lm_head.weight"
_OWN = ("self_conditioning.", ".layer_scalar")
"""What the decoder does not share with the encoder."""

_CODE = ("auto_map", "architectures", "dtype", "torch_dtype", "model_type", "attn_implementation", "vision_config")
_NEEDED = ("layer_types", "rope_parameters", "sliding_window", "num_experts", "top_k_experts", "moe_intermediate_size")
"""Fields that the native class would silently take a default for, which no tensor's shape would contradict."""


@final
@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer keeps of a token: a key and a value of `kv_heads` times `head_dim` numbers each.

    Without a `window` an encoded token sees itself and all tokens before it, and every place of a canvas all encoded
    tokens and the whole canvas. With one, the token sees of those before it only the last `window - 1`, and the canvas
    only the last `window - 1` before its first place, but still all of itself, however wide it is.
    """

    kv_heads: int
    head_dim: int
    window: int | None


@final
@dataclass(frozen=True, slots=True, eq=False)
class Gemma:
    """A DiffusionGemma ready to run. `layers` says what each layer keeps and sees, `canvas` the width it denoises at a
    time, `vocabulary` how many tokens its noise is made of, `settings` and `eos` how its own sampler runs and ends."""

    encoder: nn.Module
    decoder: nn.Module
    config: DiffusionGemmaConfig
    layers: tuple[Layer, ...]
    canvas: int
    vocabulary: int
    context: int
    eos: tuple[int, ...]
    settings: Uniform

    def encode(self, tokens: Tensor, positions: Tensor, step: object) -> Tensor:
        """Last hidden states `(1, N, hidden)` of text at `positions` (both int64 `(1, N)`), whose keys and values
        `step` keeps for good. Each token sees those before it and itself."""
        encoder = cast(Any, self.encoder)
        return self._run(encoder, encoder.embed_tokens(tokens), positions, step)

    def denoise(self, tokens: Tensor, positions: Tensor, conditioning: Tensor | None, step: object) -> Tensor:
        """Logits `(1, N, vocabulary)`, float32, of canvases of which every place sees its whole canvas and the text.

        `conditioning` `(1, N, hidden)` is what `condition` made of the forward before, zeros at the places of a
        canvas that has not been run yet; None if none has.
        """
        decoder = cast(Any, self.decoder)
        embedded = decoder.embed_tokens(tokens)
        before = torch.zeros_like(embedded) if conditioning is None else conditioning
        return self.logits(self._run(decoder, decoder.self_conditioning(embedded, before), positions, step))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits `(..., vocabulary)` of hidden states `(..., hidden)`, float32, held within the model's soft cap."""
        weight = cast(Any, self.decoder).embed_tokens.weight
        cap = float(cast(Any, self.config.text_config).final_logit_softcapping)
        return (nn.functional.linear(hidden, weight).float() / cap).tanh() * cap

    def condition(self, logits: Tensor) -> Tensor:
        """What the next forward is told of this one: the mean embedding `(..., hidden)` of tokens that are distributed
        as the logits `(..., vocabulary)` say, which the sampler has already divided by its temperature."""
        table = cast(Any, self.decoder).embed_tokens
        chance = logits.to(table.weight.dtype).softmax(-1, dtype=torch.float32).to(table.weight.dtype)
        return (chance @ table.weight) * table.embed_scale.to(table.weight.dtype)

    def _run(self, model: Any, hidden: Tensor, positions: Tensor, step: object) -> Tensor:
        kinds: list[str] = cast(Any, self.config.text_config).layer_types
        turned = {kind: model.rotary_emb(hidden, positions, kind) for kind in set(kinds)}
        for layer, kind in zip(model.layers, kinds, strict=True):
            hidden = layer(hidden, position_embeddings=turned[kind], position_ids=positions, step=step)
        return model.norm(hidden)


def read_gemma(folder: Path, *, dtype: torch.dtype, device: torch.device) -> Gemma:
    """The model in `folder`, its weights in `dtype` on `device`. Raises ModelError naming the file and the fault."""
    path = folder / "config.json"
    config = gemma_config(path, read_json(path))
    text = cast(Any, config.text_config)
    encoder, decoder = _skeletons(config, path)
    weights = read_weights(_matched(encoder, decoder, read_headers(folder), folder), dtype)
    _fill(encoder, decoder, weights, device)
    said = folder / "generation_config.json"
    generation = read_json(said) if said.is_file() else {}
    eos = dict.fromkeys((*eos_ids(text.eos_token_id), *eos_ids(generation.get("eos_token_id"))))
    return Gemma(
        encoder,
        decoder,
        config,
        tuple(_layer(layer) for layer in decoder.layers),
        canvas=cast(int, config.canvas_length),
        vocabulary=text.vocab_size,
        context=text.max_position_embeddings,
        eos=tuple(eos),
        settings=gemma_settings(said, generation),
    )


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


def _matched(encoder: nn.Module, decoder: nn.Module, headers: Mapping[str, Stored], folder: Path) -> dict[str, Stored]:
    """The stored tensor for each weight, by its name in the decoder, or in the encoder for what is its own.

    A shared tensor may be stored under either name, or both. Every tensor must be there and fit, and none be left over.
    """
    wanted = {_DECODER + name: tuple(tensor.shape) for name, tensor in decoder.state_dict().items()}
    wanted |= {_ENCODER + name: tuple(t.shape) for name, t in encoder.state_dict().items() if name.endswith(_OWN[1])}
    left = {name: stored for name, stored in headers.items() if not name.startswith(UNUSED)}
    found: dict[str, Stored] = {}
    for name, shape in wanted.items():
        copies = [left.pop(one) for one in _names(name) if one in left]
        if not copies:
            raise ModelError(f"{folder}: the tensor '{name}' is missing", about=str(folder))
        found[name] = _fitting(copies[0], shape)
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

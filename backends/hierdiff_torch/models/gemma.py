"""DiffusionGemma: an encoder that keeps the text and a decoder that denoises a canvas, run on packed tokens.

Both are native classes of transformers (5.23, `diffusion_gemma`) and share their weights, all but one number a layer.
Their layers are run here one by one: the models' own forwards would make masks and a cache for every call, and a packed
step has neither. All attention goes through transformers' attention interface, with the `step` that the caller gives.
"""

from dataclasses import dataclass
from typing import Any, cast, final

import torch
from torch import Tensor, nn
from transformers.models.diffusion_gemma.configuration_diffusion_gemma import DiffusionGemmaConfig


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
    """A DiffusionGemma ready to run. `layers` says what each layer keeps and sees."""

    encoder: nn.Module
    decoder: nn.Module
    config: DiffusionGemmaConfig
    layers: tuple[Layer, ...]

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

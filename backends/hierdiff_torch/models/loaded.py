"""Loaded: a model ready to run, with its family and tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from hierdiff_torch.attention import Step
from hierdiff_torch.models.adapter import Adapter
from hierdiff_torch.models.family import Family
from hierdiff_torch.models.gemma import Gemma


class Shape(Protocol):
    """The fields of a native configuration that the engine reads."""

    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    hidden_size: int
    vocab_size: int
    head_dim: int


@dataclass(slots=True)
class Loaded:
    """`body` runs tokens to hidden states, `head` hidden states to logits; both are modules of the native class."""

    name: str
    body: nn.Module
    head: nn.Module
    config: Shape
    tokenizer: Tokenizer
    family: Family
    dtype: torch.dtype
    device: torch.device
    fingerprint: str
    gemma: Gemma | None = None
    adapter: Adapter | None = None

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Of every layer how many keys it keeps of a token, and how long each is: `(kv_heads, head_dim)`."""
        if self.gemma is not None:
            return tuple((layer.kv_heads, layer.head_dim) for layer in self.gemma.layers)
        shape = (self.config.num_key_value_heads, self.config.head_dim)
        return (shape,) * self.config.num_hidden_layers

    @property
    def windows(self) -> tuple[int | None, ...]:
        """Of every layer how far from itself, to either side, a token sees; None is everything it may see.

        The attention function of such a layer is called with `sliding_window` one more than that. DiffusionGemma's text
        sees so far before itself and nothing behind.
        """
        if self.gemma is not None:
            return tuple(layer.window and layer.window - 1 for layer in self.gemma.layers)
        kinds: Sequence[str] = getattr(self.config, "layer_types", None) or ("full_attention",) * len(self.layers)
        near: int | None = getattr(self.config, "sliding_window", None)
        return tuple(near if kind == "sliding_attention" else None for kind in kinds)

    def hidden(self, tokens: Tensor, positions: Tensor, step: Step, noisy: Tensor | slice | None = None) -> Tensor:
        """Last hidden states `(N, hidden)` of packed tokens `(1, N)`, of which those at `noisy` are being denoised."""
        if self.adapter is not None:
            self.adapter.noisy.index = noisy
        if self.gemma is not None:
            return self.gemma.encode(tokens, positions, step)[0]
        out = self.body(input_ids=tokens, position_ids=positions, use_cache=False, step=step)
        return out.last_hidden_state[0]

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits `(n, vocabulary)` in float32."""
        return self.head(hidden).float() if self.gemma is None else self.gemma.logits(hidden)

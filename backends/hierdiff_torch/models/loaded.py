"""Loaded: a model ready to run, with its family and tokenizer."""

from dataclasses import dataclass
from typing import Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from hierdiff_torch.attention import Step
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
    """`body` runs tokens to hidden states, `head` hidden states to logits; both are the native modules."""

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

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Key-value heads and their width, for each layer."""
        if self.gemma is not None:
            return tuple((layer.kv_heads, layer.head_dim) for layer in self.gemma.layers)
        return ((self.config.num_key_value_heads, self.config.head_dim),) * self.config.num_hidden_layers

    def hidden(self, tokens: Tensor, positions: Tensor, step: Step) -> Tensor:
        """Last hidden states `(N, hidden)` of packed tokens `(1, N)`."""
        if self.gemma is not None:
            return self.gemma.encode(tokens, positions, step)[0]
        out = self.body(input_ids=tokens, position_ids=positions, use_cache=False, step=step)
        return out.last_hidden_state[0]

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits `(n, vocabulary)` in float32."""
        return self.head(hidden).float() if self.gemma is None else self.gemma.logits(hidden)

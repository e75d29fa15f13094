"""The diffusion transformer of BD3-LM and MDLM (kuleshov-group/bd3lms; DiT is Peebles and Xie, arXiv 2212.09748).

Every layer is shifted, scaled and gated by a condition, the level of noise. The published models were trained without
being told the level (`time_conditioning` false), so it is always 0 and the condition a constant.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedConfig
from transformers.modeling_outputs import BaseModelOutput

from hierdiff_torch.models.layers import Rotary, attended, rotated

_FREQUENCIES = 256
_BASE = 10_000.0


class Norm(nn.Module):
    """Layer norm with a weight and no bias, in float32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor) -> Tensor:
        """`(..., width)` to the same."""
        return (functional.layer_norm(hidden.float(), self.weight.shape) * self.weight.float()).to(hidden.dtype)


class Time(nn.Module):
    """The condition `(cond_dim,)` of noise level 0: sines and cosines of it through two layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(_FREQUENCIES, width)
        self.second = nn.Linear(width, width)

    def forward(self) -> Tensor:
        """The condition; of level 0 every cosine is 1 and every sine 0."""
        level = self.first.weight.new_zeros(_FREQUENCIES)
        level[: _FREQUENCIES // 2] = 1.0
        return functional.silu(self.second(functional.silu(self.first(level))))


class Attention(nn.Module):
    """Attention over all heads with one projection for queries, keys and values."""

    def __init__(self, config: Any, layer_idx: int) -> None:
        super().__init__()
        self.config, self.layer_idx, self.is_causal = config, layer_idx, False
        self.num_key_value_groups = 1
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=False)
        self.out = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, **more: Any) -> Tensor:
        """`(rows, tokens, width)` to the same."""
        heads = self.qkv(hidden).unflatten(-1, (3, self.config.num_attention_heads, -1)).transpose(1, 3)
        query, key, value = heads.unbind(2)
        return self.out(attended(self, rotated(query, turn), rotated(key, turn), value, mask, **more))


class Layer(nn.Module):
    """One layer: attention and a feed-forward of four times the width, each shifted, scaled and gated."""

    def __init__(self, config: Any, layer_idx: int) -> None:
        super().__init__()
        width = config.hidden_size
        self.attention_norm = Norm(width)
        self.attention = Attention(config, layer_idx)
        self.mlp_norm = Norm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.modulation = nn.Linear(config.cond_dim, 6 * width)

    def forward(
        self, hidden: Tensor, condition: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, **more: Any
    ) -> Tensor:
        """`(rows, tokens, width)` to the same; `condition` is `(cond_dim,)`."""
        shift, scale, gate, later_shift, later_scale, later_gate = self.modulation(condition).chunk(6)
        seen = self.attention_norm(hidden) * (1 + scale) + shift
        hidden = hidden + gate * self.attention(seen, turn, mask, **more)
        seen = self.mlp_norm(hidden) * (1 + later_scale) + later_shift
        return hidden + later_gate * self.down(functional.gelu(self.up(seen), approximate="tanh"))


class DitBody(nn.Module):
    """From tokens to hidden states, the last norm and its modulation included."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        if config.hidden_size % config.num_attention_heads or config.head_dim % 2:
            raise ValueError(f"n_heads {config.num_attention_heads} does not divide hidden_dim {config.hidden_size}")
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.time = Time(config.cond_dim)
        self.layers = nn.ModuleList(Layer(config, number) for number in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size)
        self.modulation = nn.Linear(config.cond_dim, 2 * config.hidden_size)
        self.rotary_emb = self.turning()

    def turning(self) -> Rotary:
        """The rotation of whole heads, made anew on the default device."""
        return Rotary(self.config.head_dim, _BASE)

    def forward(
        self, input_ids: Tensor, position_ids: Tensor, attention_mask: Tensor | None = None, **more: Any
    ) -> BaseModelOutput:
        """Tokens and positions `(rows, tokens)` to hidden states `(rows, tokens, width)`."""
        more.pop("use_cache", None)
        hidden = self.embed_tokens(input_ids)
        turn = self.rotary_emb(position_ids, hidden.dtype)
        condition = self.time()
        for layer in self.layers:
            hidden = layer(hidden, condition, turn, attention_mask, **more)
        shift, scale = self.modulation(condition).chunk(2)
        return BaseModelOutput(last_hidden_state=self.norm(hidden) * (1 + scale) + shift)


class Dit(nn.Module):
    """A diffusion transformer: `model` gives hidden states, `lm_head` logits, the mask token's among them."""

    def __init__(self, config: PreTrainedConfig) -> None:
        super().__init__()
        self.config = config
        self.model = DitBody(config)
        self.lm_head = nn.Linear(self.model.embed_tokens.embedding_dim, self.model.embed_tokens.num_embeddings)

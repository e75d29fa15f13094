"""What our own classes are made of: gated layers, rotation, and attention through transformers' interface.

They keep the conventions of the native ones, so that the engine tells no difference: a body takes `input_ids` and
`position_ids` `(rows, tokens)` and whatever the attention has to know, and gives `last_hidden_state`; an attention
module has a `layer_idx`, and hands queries, keys and values `(rows, heads, tokens, head_dim)` to the function that the
configuration names.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.activations import ACT2FN
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS


class Gated(nn.Module):
    """The feed-forward layer of a Llama: `down(act(gate(x)) * up(x))`, without biases."""

    def __init__(self, width: int, inner: int, act: str) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)
        self.act = ACT2FN[act]

    def forward(self, hidden: Tensor) -> Tensor:
        """`(..., width)` to the same."""
        return self.down_proj(self.act(self.gate_proj(hidden)) * self.up_proj(hidden))


class Rotary(nn.Module):
    """Rotary position embedding (Su et al., arXiv 2104.09864) of the first `dim` numbers of a head, halves apart."""

    inverse: Tensor

    def __init__(self, dim: int, base: float) -> None:
        super().__init__()
        inverse = 1.0 / base ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim)
        self.register_buffer("inverse", inverse, persistent=False)

    def forward(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines `(rows, 1, tokens, dim)` of positions `(rows, tokens)`; computed in float32."""
        angles = positions[:, None, :, None].float() * self.inverse.float()
        both = torch.cat((angles, angles), dim=-1)
        return both.cos().to(dtype), both.sin().to(dtype)


def rotated(heads: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Heads `(rows, heads, tokens, head_dim)`, their first numbers turned; the rest is left as it is."""
    cos, sin = turn
    dim = cos.shape[-1]
    turned, rest = heads[..., :dim], heads[..., dim:]
    first, second = turned.chunk(2, dim=-1)
    turned = turned * cos + torch.cat((-second, first), dim=-1) * sin
    return torch.cat((turned, rest), dim=-1) if rest.shape[-1] else turned


def attended(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **more: Any) -> Tensor:
    """Attention by the function that the configuration of `module` names: `(rows, tokens, heads * head_dim)`."""
    named = cast(Any, module).config._attn_implementation
    function = ALL_ATTENTION_FUNCTIONS.get_interface(named, plain_attention)
    mixed, _ = function(module, query, key, value, mask, dropout=0.0, scaling=query.shape[-1] ** -0.5, **more)
    return mixed.flatten(2)


def plain_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, scaling: float, **_: object
) -> tuple[Tensor, None]:
    """What "eager" means: attention written out, `mask` `(rows, 1, tokens, keys)` added to the scores. For tests."""
    share = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(share, dim=1), value.repeat_interleave(share, dim=1)
    scores = query @ key.transpose(-1, -2) * scaling
    if mask is not None:
        scores = scores + mask
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    return (weights @ value).transpose(1, 2), None

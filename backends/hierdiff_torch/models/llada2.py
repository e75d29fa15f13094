"""LLaDA2's layers: a transformer whose experts are chosen group by group (inclusionAI/LLaDA2.X, model LLaDA2Moe).

No native class has them all: the nearest, GLM-4-MoE, lets an expert of a group that was not chosen win over one with a
negative score, has no fused queries, keys and values, and names every tensor otherwise.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from hierdiff_torch.models.layers import Gated, Rotary, attended, rotated


class Router(nn.Module):
    """Chooses `num_experts_per_tok` experts for every token, in float32 whatever the model is in.

    Scores are sigmoids. For the choice alone `expert_bias` is added; only the experts of the best `topk_group` groups
    may be chosen, a group being as good as its two best experts together (DeepSeek-V3, arXiv 2412.19437). The chosen
    are weighed by their scores, which sum to `routed_scaling_factor`.
    """

    expert_bias: Tensor

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.top, self.groups, self.best = config.num_experts_per_tok, config.n_group, config.topk_group
        self.scale = config.routed_scaling_factor
        share = config.num_experts // self.groups if self.groups else 0
        if not self.groups or share * self.groups != config.num_experts or share < 2:
            raise ValueError(f"n_group {self.groups} does not divide num_experts {config.num_experts} into groups")
        if not 1 <= self.best <= self.groups:
            raise ValueError(f"topk_group {self.best} is not between 1 and n_group {self.groups}")
        if not 1 <= self.top <= self.best * share:
            raise ValueError(f"num_experts_per_tok {self.top} is more than the {self.best} best groups have")
        self.weight = nn.Parameter(torch.empty(config.num_experts, config.hidden_size))
        self.register_buffer("expert_bias", torch.zeros(config.num_experts))

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Of tokens `(n, width)` the chosen experts `(n, top)` and their weights `(n, top)`, float32."""
        scores = functional.linear(hidden.float(), self.weight.float()).sigmoid()
        wanted = (scores + self.expert_bias).unflatten(-1, (self.groups, -1))
        worth = wanted.topk(2, dim=-1).values.sum(-1)
        open_to = torch.zeros_like(worth, dtype=torch.bool).scatter_(1, worth.topk(self.best, dim=-1).indices, True)
        wanted = wanted.masked_fill(~open_to.unsqueeze(-1), float("-inf")).flatten(1)
        chosen = wanted.topk(self.top, dim=-1).indices
        weights = scores.gather(1, chosen)
        if self.top > 1:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return chosen, weights * self.scale


class Experts(nn.Module):
    """All experts of a layer: `gate_up_proj` `(experts, 2 * inner, width)`, `down_proj` `(experts, width, inner)`."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        count, inner, width = config.num_experts, config.moe_intermediate_size, config.hidden_size
        self.gate_up_proj = nn.Parameter(torch.empty(count, 2 * inner, width))
        self.down_proj = nn.Parameter(torch.empty(count, width, inner))
        self.act = ACT2FN[config.hidden_act]

    def forward(self, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """Tokens `(n, width)`, their experts and weights `(n, top)`, to `(n, width)`. Only experts that have tokens are
        run, each once over all of its tokens; what they say is weighed and summed in float32."""
        out = torch.zeros_like(hidden, dtype=torch.float32)
        order = chosen.flatten().argsort(stable=True)
        tokens, shares = order // chosen.shape[1], weights.flatten()[order]
        counts = torch.bincount(chosen.flatten(), minlength=self.gate_up_proj.shape[0]).tolist()
        start = 0
        for expert, count in enumerate(counts):
            if count == 0:
                continue
            part = slice(start, start + count)
            gate, up = functional.linear(hidden[tokens[part]], self.gate_up_proj[expert]).chunk(2, dim=-1)
            said = functional.linear(self.act(gate) * up, self.down_proj[expert])
            out.index_add_(0, tokens[part], said.float() * shares[part].unsqueeze(-1))
            start += count
        return out.to(hidden.dtype)


class Mixture(nn.Module):
    """A layer of experts, and those that every token goes through."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.gate = Router(config)
        self.experts = Experts(config)
        shared = getattr(config, "num_shared_experts", None) or 0
        inner = config.moe_intermediate_size * shared
        self.shared_experts = Gated(config.hidden_size, inner, config.hidden_act) if shared else None

    def forward(self, hidden: Tensor) -> Tensor:
        """`(rows, tokens, width)` to the same."""
        flat = hidden.flatten(0, 1)
        out = self.experts(flat, *self.gate(flat)).view_as(hidden)
        return out if self.shared_experts is None else out + self.shared_experts(hidden)


class Attention(nn.Module):
    """Attention with one projection for queries, keys and values, in that order, the first two normalised by head."""

    def __init__(self, config: Any, layer_idx: int) -> None:
        super().__init__()
        self.config, self.layer_idx, self.is_causal = config, layer_idx, False
        self.heads, self.kv, self.dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        self.num_key_value_groups = self.heads // self.kv
        both = (self.heads + 2 * self.kv) * self.dim
        self.query_key_value = nn.Linear(config.hidden_size, both, bias=config.use_qkv_bias)
        self.dense = nn.Linear(self.heads * self.dim, config.hidden_size, bias=config.use_bias)
        self.query_layernorm = LlamaRMSNorm(self.dim, config.rms_norm_eps) if config.use_qk_norm else nn.Identity()
        self.key_layernorm = LlamaRMSNorm(self.dim, config.rms_norm_eps) if config.use_qk_norm else nn.Identity()

    def forward(self, hidden: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, **more: Any) -> Tensor:
        """`(rows, tokens, width)` to the same."""
        heads = self.query_key_value(hidden).unflatten(-1, (-1, self.dim)).transpose(1, 2)
        query, key, value = heads.split((self.heads, self.kv, self.kv), dim=1)
        query = rotated(self.query_layernorm(query), turn)
        key = rotated(self.key_layernorm(key), turn)
        return self.dense(attended(self, query, key, value, mask, **more))


class Layer(nn.Module):
    """One layer: attention, then a dense feed-forward in the first `first_k_dense_replace` layers, else experts."""

    def __init__(self, config: Any, layer_idx: int) -> None:
        super().__init__()
        self.attention = Attention(config, layer_idx)
        dense = layer_idx < config.first_k_dense_replace
        self.mlp = Gated(config.hidden_size, config.intermediate_size, config.hidden_act) if dense else Mixture(config)
        self.input_layernorm = LlamaRMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = LlamaRMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, hidden: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, **more: Any) -> Tensor:
        """`(rows, tokens, width)` to the same."""
        hidden = hidden + self.attention(self.input_layernorm(hidden), turn, mask, **more)
        return hidden + self.mlp(self.post_attention_layernorm(hidden))


class Llada2Body(nn.Module):
    """From tokens to hidden states. Attention decides what a token sees; the body does not."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, number) for number in range(config.num_hidden_layers))
        self.norm = LlamaRMSNorm(config.hidden_size, config.rms_norm_eps)
        self.rotary_emb = self.turning()

    def turning(self) -> Rotary:
        """The rotation of the first `partial_rotary_factor` of each head, made anew on the default device."""
        whole, part = self.config.head_dim, self.config.partial_rotary_factor
        dim = int(whole * part)
        if not 0 < dim <= whole or dim % 2:
            raise ValueError(f"partial_rotary_factor {part} of head_dim {whole} is no even number of places")
        return Rotary(dim, self.config.rope_theta)

    def forward(
        self, input_ids: Tensor, position_ids: Tensor, attention_mask: Tensor | None = None, **more: Any
    ) -> BaseModelOutput:
        """Tokens and positions `(rows, tokens)` to hidden states `(rows, tokens, width)`."""
        more.pop("use_cache", None)
        hidden = self.embed_tokens(input_ids)
        turn = self.rotary_emb(position_ids, hidden.dtype)
        for layer in self.layers:
            hidden = layer(hidden, turn, attention_mask, **more)
        return BaseModelOutput(last_hidden_state=self.norm(hidden))


class Llada2(nn.Module):
    """A LLaDA2 model: `model` gives hidden states, `lm_head` logits."""

    def __init__(self, config: PreTrainedConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Llada2Body(config)
        self.lm_head = nn.Linear(self.model.embed_tokens.embedding_dim, self.model.embed_tokens.num_embeddings, False)

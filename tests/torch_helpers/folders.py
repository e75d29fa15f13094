"""Checkpoint folders in the hub's own format, a few kilobytes each, and what transformers makes of them."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff_torch.models.tiny import byte_tokenizer

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "bos_token_id": 256,
    "eos_token_id": 258,
    "hidden_act": "silu",
    "hidden_size": 32,
    "intermediate_size": 48,
    "max_position_embeddings": 512,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "transformers_version": "4.45.0",
    "use_cache": True,
    "vocab_size": 260,
}
"""A `config.json` as the hub's older ones are: `rope_theta` and `torch_dtype` at the top."""


def weights(config: dict[str, Any], *, seed: int = 0) -> dict[str, Tensor]:
    """Random tensors under the hub's names; large enough that attention and positions matter."""
    known = {name: value for name, value in config.items() if name not in ("auto_map", "architectures")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(LlamaConfig(**known))
    tied = bool(config["tie_word_embeddings"])
    state = {name: tensor for name, tensor in model.state_dict().items() if not (tied and name == "lm_head.weight")}
    return {name: (tensor * 6 if tensor.dim() == 2 else tensor).contiguous() for name, tensor in state.items()}


def write_checkpoint(folder: Path, *, dtype: torch.dtype = torch.float32, shards: int = 1, **fields: Any) -> Path:
    """A whole checkpoint in `folder`; `fields` change its configuration, `shards` is the number of weight files."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**CONFIG, **fields}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    tensors = {name: tensor.to(dtype) for name, tensor in weights(config).items()}
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return folder
    where: dict[str, str] = {}
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {key: tensors[key] for key in sorted(tensors)[number::shards]}
        save_file(part, folder / name, metadata={"format": "pt"})
        where |= dict.fromkeys(part, name)
    index = {"metadata": {"total_size": 0}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


@torch.no_grad()
def logprobs(model: LlamaForCausalLM, tokens: list[int]) -> Tensor:
    """Log-probability of every token but the first, by a native model."""
    logits = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, :-1].float()
    return logits.log_softmax(-1).gather(-1, torch.tensor(tokens[1:]).unsqueeze(-1)).squeeze(-1)


def theirs(folder: Path) -> LlamaForCausalLM:
    """The checkpoint as transformers itself reads it, in float32."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    assert isinstance(model, LlamaForCausalLM)
    return model.eval()

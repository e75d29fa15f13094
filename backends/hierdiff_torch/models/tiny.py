"""A model of a few thousand weights, made on the spot: `torch:tiny` runs everywhere and needs nothing fetched.

Its text is noise. It is there to test engines, servers and pipelines with the real code.
"""

from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff_torch.attention import NAME
from hierdiff_torch.models.checkpoint import loaded
from hierdiff_torch.models.described import eos_ids, family_of
from hierdiff_torch.models.families import LLAMA
from hierdiff_torch.models.loaded import Loaded

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|mask|>")


def tiny(*, seed: int = 0, dtype: torch.dtype = torch.float32) -> Loaded:
    """Two layers of width 32, random weights from `seed`; one token a byte, ChatML markers, a mask token."""
    tokenizer = byte_tokenizer()
    shape: dict[str, Any] = dict(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.token_to_id("<|im_end|>"),
        bos_token_id=None,
        pad_token_id=None,
        attn_implementation=NAME,
    )
    config = LlamaConfig(**shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config).eval().requires_grad_(False)
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.mul_(6.0)
            weight.data = weight.data.to(dtype)
    family = family_of(LLAMA, config, tokenizer, eos=eos_ids(config.eos_token_id), block=LLAMA.block)
    device = torch.device("cpu")
    return loaded("tiny", model, config, tokenizer, family, dtype=dtype, device=device, source=f"seed{seed}")


def byte_tokenizer() -> Tokenizer:
    """One token a byte, and the special ones."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # stubs say read-only
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return tokenizer

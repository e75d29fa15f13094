"""The families whose checkpoints are read: data, and nothing that runs.

Each is a recipe for one `model_type`: the native class of transformers that has the same layers, what the family calls
its fields and tensors, and what the engine has to know. The facts are those of the families' own configurations,
modelling files and samplers; the tests hold each family against logits made with its reference code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hierdiff_torch.models.family import Attention, Chat, Noise, Origin

CHATML = Chat(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
)
HEADERS = Chat(
    system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
    user=("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
    assistant="<|start_header_id|>assistant<|end_header_id|>\n\n",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How checkpoints of one family are read.

    `renamed` gives the native name of a configuration field, `tensors` the file's name of a native tensor without its
    last part (`*` is the number of the layer); what is in neither has the native name. `needed` must be in the
    configuration, because the native class would silently take a default of its own; a field of `only` that is there
    must have one of these values, because others mean layers that the native class does not have.

    `mask` and `sized` are the fields of the mask id and the block size; `block` is the size where the field is not
    there. `chats` are tried in order: the first whose marker the tokenizer has. `stops` end a turn, if the tokenizer
    has them.
    """

    name: str
    native: Literal["llama", "qwen2", "qwen3"]
    attention: Attention
    shift: bool = False
    block: int = 0
    origin: Origin = "canvas"
    noise: Noise = "absorbing"
    mask: str | None = "mask_token_id"
    sized: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    needed: tuple[str, ...] = ()
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    tensors: Mapping[str, str] = field(default_factory=dict[str, str])
    chats: Mapping[str, Chat] = field(default_factory=lambda: {"<|im_start|>": CHATML})
    stops: tuple[str, ...] = ()

    def stored(self, name: str) -> str:
        """The name in the family's files of a tensor of the native class."""
        stem, _, kind = name.rpartition(".")
        layer = re.search(r"\.(\d+)\.", stem)
        theirs = self.tensors.get(re.sub(r"\.\d+\.", ".*.", stem, count=1), "")
        return f"{theirs.replace('*', layer[1] if layer else '*')}.{kind}" if theirs else name

    def native_field(self, name: str) -> str:
        """The native name of a configuration field."""
        return self.renamed.get(name, name)


_SHAPE = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "rms_norm_eps",
    "vocab_size",
)
_WHOLE_WINDOW: dict[str, tuple[object, ...]] = {"use_sliding_window": (False, None)}
_TURN = ("<|im_end|>", "<|eot_id|>")

LLAMA = Recipe("llama", "llama", "causal", shift=True, block=1, mask=None)
"""Autoregressive: block 1 with shifted logits, the limit of block diffusion."""

LLADA = Recipe(
    "llada",
    "llama",
    "full",
    renamed={
        "d_model": "hidden_size",
        "mlp_hidden_size": "intermediate_size",
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "n_kv_heads": "num_key_value_heads",
        "max_sequence_length": "max_position_embeddings",
        "embedding_size": "vocab_size",
        "weight_tying": "tie_word_embeddings",
        "activation_type": "hidden_act",
    },
    needed=(
        "d_model",
        "mlp_hidden_size",
        "n_layers",
        "n_heads",
        "max_sequence_length",
        "embedding_size",
        "weight_tying",
        "activation_type",
        "block_type",
        "layer_norm_type",
        "rms_norm_eps",
        "rope",
    ),
    only={
        "block_type": ("llama",),
        "activation_type": ("silu",),
        "layer_norm_type": ("rms",),
        "rope": (True,),
        "alibi": (False, None),
        "attention_layer_norm": (False, None),
        "bias_for_layer_norm": (False, None),
        "include_bias": (False, None),
        "include_qkv_bias": (False, None),
        "input_emb_norm": (False, None),
        "scale_logits": (False, None),
        "multi_query_attention": (False, None),
        "block_group_size": (1, None),
    },
    tensors={
        "model.embed_tokens": "model.transformer.wte",
        "model.norm": "model.transformer.ln_f",
        "lm_head": "model.transformer.ff_out",
        "model.layers.*.input_layernorm": "model.transformer.blocks.*.attn_norm",
        "model.layers.*.self_attn.q_proj": "model.transformer.blocks.*.q_proj",
        "model.layers.*.self_attn.k_proj": "model.transformer.blocks.*.k_proj",
        "model.layers.*.self_attn.v_proj": "model.transformer.blocks.*.v_proj",
        "model.layers.*.self_attn.o_proj": "model.transformer.blocks.*.attn_out",
        "model.layers.*.post_attention_layernorm": "model.transformer.blocks.*.ff_norm",
        "model.layers.*.mlp.gate_proj": "model.transformer.blocks.*.ff_proj",
        "model.layers.*.mlp.up_proj": "model.transformer.blocks.*.up_proj",
        "model.layers.*.mlp.down_proj": "model.transformer.blocks.*.ff_out",
    },
    chats={"<|start_header_id|>": HEADERS},
    stops=("<|eot_id|>",),
)
"""LLaDA-8B and LLaDA-1.5 (ML-GSAI/LLaDA): OLMo's names for the layers of a Llama. The rows of the embedding are
`embedding_size`; the `vocab_size` beside it only counts the tokens that have a meaning."""

DREAM = Recipe("Dream", "qwen2", "full", shift=True, needed=_SHAPE, only=_WHOLE_WINDOW, stops=_TURN)
"""Dream-7B, Dream-Coder and DiffuCoder (DreamLM/Dream): a Qwen2.5 whose tokens see each other."""

SDAR = Recipe(
    "sdar",
    "qwen3",
    "block",
    block=4,
    sized="block_size",
    origin="absolute",
    needed=(*_SHAPE, "head_dim"),
    only=_WHOLE_WINDOW,
    stops=_TURN,
)
"""SDAR and TraDo, the dense ones (JetAstra/SDAR): a Qwen3 with blocks of 4 where nothing else is said."""

FAST_DLLM = Recipe(
    "Fast_dLLM_Qwen",
    "qwen2",
    "block",
    shift=True,
    block=32,
    sized="bd_size",
    origin="absolute",
    needed=_SHAPE,
    only=_WHOLE_WINDOW,
    stops=_TURN,
)
"""Fast-dLLM v2 (NVlabs/Fast-dLLM): a Qwen2.5 whose logits are shifted inside a block. Its configuration names no mask
id; the tokenizer has the token."""


def _converted(native: Literal["llama", "qwen2", "qwen3"], *more: str) -> Recipe:
    """A2D (ZHZisZZ/dllm): an autoregressive model turned, under its own names, into one that sees both ways.

    Some were trained in blocks (bd3lm) and some without (mdlm). Their configurations do not tell which, so they are
    read as what the class itself computes, full attention; who knows better says `block` when reading.
    """
    chats = {"<|im_start|>": CHATML, "<|start_header_id|>": HEADERS}
    only = {} if native == "llama" else _WHOLE_WINDOW
    return Recipe(f"a2d-{native}", native, "full", needed=(*_SHAPE, *more), only=only, chats=chats, stops=_TURN)


FAMILIES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        LLAMA,
        LLADA,
        DREAM,
        SDAR,
        FAST_DLLM,
        _converted("llama"),
        _converted("qwen2"),
        _converted("qwen3", "head_dim"),
    )
}
"""By `model_type`, as `config.json` says it."""

"""LLaDA2: blocks of 32 and experts that are chosen group by group (inclusionAI/LLaDA2.X)."""

from dataclasses import replace

from hierdiff_torch.models.families.chats import ROLES
from hierdiff_torch.models.families.recipe import EXPERTS, Recipe

LLADA2 = Recipe(
    "llada2_moe",
    "llada2",
    "block",
    block=32,
    sized="block_size",
    origin="absolute",
    masked="<|mask|>",
    needed=(
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "max_position_embeddings",
        "rms_norm_eps",
        "vocab_size",
        "num_experts",
        "num_experts_per_tok",
        "moe_intermediate_size",
        "first_k_dense_replace",
        "n_group",
        "topk_group",
        "routed_scaling_factor",
        "partial_rotary_factor",
        "use_qkv_bias",
        "use_bias",
        "use_qk_norm",
        "hidden_act",
    ),
    only={
        "score_function": ("sigmoid", None),
        "scoring_func": ("sigmoid", None),
        "moe_router_enable_expert_bias": (True, None),
        "router_dtype": ("fp32", "float32", None),
        "norm_topk_prob": (True, None),
        "norm_head": (False, None),
        "norm_softmax": (False, None),
        "use_rmsnorm": (True, None),
        "use_sliding_window": (False, None),
        "using_split_qkv_in_self_attention": (False, None),
        "rope_scaling": (None,),
    },
    tensors={"model.embed_tokens": "model.word_embeddings"},
    stacked=EXPERTS,
    exact=(".mlp.gate.expert_bias",),
    chats={"<|role_end|>": ROLES},
    stops=("<|role_end|>",),
    threshold=0.95,
)
"""LLaDA2.0; also 2.1 and 2.2 if they are not named, without editing. The bias of the router is float32 in the files and
stays so."""

LLADA21 = replace(LLADA2, name="llada2.1", types=("llada2_moe",), told=True, edit=0.9)
"""LLaDA2.1: the same layers, and committed tokens are replaced where another is surer. It has to be named."""

LLADA22 = replace(LLADA21, name="llada2.2", threshold=0.5, edit=0.0, rewrites=True)
"""LLaDA2.2: two more tokens delete a place and open one. Their ids have to be told: `delete` and `split`. The defaults
are those by which SGLang runs the family."""

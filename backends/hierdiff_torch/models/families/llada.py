"""LLaDA, and the mixture of experts that bears its name."""

from hierdiff_torch.models.families.chats import HEADERS, ROLES
from hierdiff_torch.models.families.recipe import EXPERTS, Recipe

LLADA = Recipe(
    "llada",
    "llama",
    "full",
    masked="<|mdm_mask|>",
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

LLADA_MOE = Recipe(
    "lladamoe",
    "qwen3_moe",
    "full",
    types=("llada", "lladamoe"),
    marker="expert_intermediate_size",
    masked="<|mask|>",
    renamed={
        "dense_intermediate_size": "intermediate_size",
        "expert_intermediate_size": "moe_intermediate_size",
    },
    needed=(
        "hidden_size",
        "expert_intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "max_position_embeddings",
        "rms_norm_eps",
        "vocab_size",
        "num_experts",
        "num_experts_per_tok",
        "moe_layer_freq",
        "qk_layernorm",
    ),
    only={
        "qk_layernorm": (True,),
        "moe_router_score_function": ("softmax", None),
        "moe_router_enable_expert_bias": (False, None),
        "shared_expert_intermediate_size": (None,),
        "clip_qkv": (None,),
        "partial_rotary_factor": (1, None),
    },
    fixed={"norm_topk_prob": False},
    sparse="moe_layer_freq",
    stacked=EXPERTS,
    chats={"<|role_end|>": ROLES},
    stops=("<|role_end|>",),
)
"""LLaDA-MoE-7B-A1B (inclusionAI; ZHZisZZ/dllm has its modelling code): the layers of a Qwen3-MoE. The router weighs
experts by their share of a softmax over all and never anew, whatever `norm_topk_prob` says, and scales nothing. On
the hub its `model_type` is that of the dense LLaDA."""

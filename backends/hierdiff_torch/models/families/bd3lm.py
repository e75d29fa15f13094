"""BD3-LM and MDLM: the diffusion transformers of kuleshov-group/bd3lms."""

from hierdiff_torch.models.families.recipe import Recipe

BD3LM = Recipe(
    "bd3lm",
    "dit",
    "block",
    sized="block_size",
    blocked="cross_attn",
    origin="absolute",
    masked=-1,
    renamed={
        "hidden_dim": "hidden_size",
        "n_blocks": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "model_length": "max_position_embeddings",
    },
    needed=("hidden_dim", "cond_dim", "n_blocks", "n_heads", "model_length", "vocab_size", "block_size", "cross_attn"),
    rope=(),
    only={"adaln": (True,), "causal": (False, None), "time_conditioning": (False,)},
    tensors={
        "model.embed_tokens.weight": "backbone.vocab_embed.embedding",
        "model.time.first": "backbone.sigma_map.mlp.0",
        "model.time.second": "backbone.sigma_map.mlp.2",
        "model.layers.*.attention_norm": "backbone.blocks.*.norm1",
        "model.layers.*.attention.qkv": "backbone.blocks.*.attn_qkv",
        "model.layers.*.attention.out": "backbone.blocks.*.attn_out",
        "model.layers.*.mlp_norm": "backbone.blocks.*.norm2",
        "model.layers.*.up": "backbone.blocks.*.mlp.0",
        "model.layers.*.down": "backbone.blocks.*.mlp.2",
        "model.layers.*.modulation": "backbone.blocks.*.adaLN_modulation",
        "model.norm": "backbone.output_layer.norm_final",
        "model.modulation": "backbone.output_layer.adaLN_modulation",
        "lm_head": "backbone.output_layer.linear",
    },
    unneeded=("rotary_emb.inv_freq", "sampling_eps_min", "sampling_eps_max"),
    chats={},
    stops=("<|endoftext|>",),
    subs=True,
)
"""With `cross_attn` tokens see their own block and those before it, without (mdlm) everything. The mask is one token
more than the tokenizer has, the last of the vocabulary."""

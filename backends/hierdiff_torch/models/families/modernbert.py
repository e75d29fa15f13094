"""ModernBERT: an encoder that was taught to answer (dllm-hub/ModernBERT-*-chat)."""

from hierdiff_torch.models.families.chats import QUESTIONS
from hierdiff_torch.models.families.recipe import Recipe

MODERNBERT = Recipe(
    "modernbert",
    "modernbert",
    "full",
    masked="[MASK]",
    needed=(
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "max_position_embeddings",
        "norm_eps",
        "vocab_size",
        "local_attention",
    ),
    rope=("global_rope_theta", "local_rope_theta"),
    layer_types=("full_attention", "sliding_attention"),
    chats={"[MASK]": QUESTIONS},
    stops=("[SEP]", "[PAD]"),
)
"""Most layers see `local_attention // 2` tokens to either side, every third (`global_attn_every_n_layers`) sees all.
The chat models were trained with `[PAD]` for the end of a text (ZHZisZZ/dllm)."""

"""SDAR and TraDo: Qwen3 and Qwen3-MoE with blocks of 4 where nothing else is said."""

from hierdiff_torch.models.families.recipe import EXPERTS, SHAPE, TURN, WHOLE_WINDOW, Recipe

SDAR = Recipe(
    "sdar",
    "qwen3",
    "block",
    block=4,
    sized="block_size",
    origin="absolute",
    masked="<|MASK|>",
    needed=(*SHAPE, "head_dim"),
    only=WHOLE_WINDOW,
    stops=TURN,
    threshold=0.85,
)
"""The dense ones (JetAstra/SDAR, Gen-Verse/TraDo)."""

SDAR_MOE = Recipe(
    "sdar_moe",
    "qwen3_moe",
    "block",
    block=4,
    sized="block_size",
    origin="absolute",
    masked="<|MASK|>",
    needed=(*SHAPE, "head_dim", "num_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_topk_prob"),
    only={**WHOLE_WINDOW, "scoring_func": ("softmax", None)},
    stacked=EXPERTS,
    stops=TURN,
    threshold=0.85,
)
"""SDAR-30B-A3B: the experts of a Qwen3-MoE, chosen by a softmax over all and weighed anew if `norm_topk_prob`."""

"""Fast-dLLM v2: a Qwen2.5 in blocks, each denoised in smaller parts."""

from hierdiff_torch.models.families.recipe import SHAPE, TURN, WHOLE_WINDOW, Recipe

FAST_DLLM = Recipe(
    "Fast_dLLM_Qwen",
    "qwen2",
    "block",
    shift=True,
    block=32,
    sized="bd_size",
    origin="absolute",
    masked="|<MASK>|",
    needed=SHAPE,
    only=WHOLE_WINDOW,
    stops=TURN,
    sub=8,
    lead=True,
)
"""NVlabs/Fast-dLLM: logits are shifted inside a block, and the last one of a finished block gives the first token of
the next. The configuration names no mask id; the tokenizer has the token."""

"""Llama, and what looks like one: the autoregressive models, and Stable-DiffCoder, which has to be named."""

from hierdiff_torch.models.families.chats import CHATML, HEADERS
from hierdiff_torch.models.families.recipe import SHAPE, TURN, Recipe

LLAMA = Recipe("llama", "llama", "causal", shift=True, block=1, mask=None, rope=())
"""Autoregressive: block 1 with shifted logits, the limit of block diffusion."""

STABLE_DIFFCODER = Recipe(
    "stable-diffcoder",
    "llama",
    "block",
    types=("llama",),
    told=True,
    block=4,
    origin="absolute",
    masked=5,
    needed=SHAPE,
    chats={"<|im_start|>": CHATML, "<|start_header_id|>": HEADERS},
    stops=TURN,
)
"""Stable-DiffCoder-8B (ByteDance-Seed): its configuration is that of a plain Llama and does not tell that it was
trained to fill blocks of 4 whose mask is token 5. Where its blocks are counted from is not published; from position 0,
as in the other families of this kind, is our assumption."""

"""A2D: autoregressive models turned, under their own names, into ones that see both ways."""

from typing import Literal

from hierdiff_torch.models.families.chats import CHATML, HEADERS
from hierdiff_torch.models.families.recipe import SHAPE, TURN, WHOLE_WINDOW, Recipe


def _converted(native: Literal["llama", "qwen2", "qwen3"], *more: str) -> Recipe:
    """A2D (ZHZisZZ/dllm). Some were trained in blocks (bd3lm) and some without (mdlm).

    Their configurations do not tell which, so they are read as what the class itself computes, full attention; who
    knows better says `block` when reading, or in `hierdiff.json`.
    """
    chats = {"<|im_start|>": CHATML, "<|start_header_id|>": HEADERS}
    only = {} if native == "llama" else WHOLE_WINDOW
    return Recipe(f"a2d-{native}", native, "full", needed=(*SHAPE, *more), only=only, chats=chats, stops=TURN)


A2D_LLAMA = _converted("llama")
A2D_QWEN2 = _converted("qwen2")
A2D_QWEN3 = _converted("qwen3", "head_dim")

"""Dream: a Qwen2.5 whose tokens see each other."""

from hierdiff_torch.models.families.recipe import SHAPE, TURN, WHOLE_WINDOW, Recipe

DREAM = Recipe("Dream", "qwen2", "full", shift=True, masked="<|mask|>", needed=SHAPE, only=WHOLE_WINDOW, stops=TURN)
"""Dream-7B, Dream-Coder and DiffuCoder (DreamLM/Dream): logits are shifted by one."""

"""DiffusionGemma: an encoder that keeps text, a decoder that denoises canvases of random tokens (google)."""

from hierdiff_torch.models.families.chats import TURNS
from hierdiff_torch.models.families.recipe import Recipe

DIFFUSION_GEMMA = Recipe(
    "diffusion_gemma",
    "gemma",
    "causal",
    noise="uniform",
    mask=None,
    sized="canvas_length",
    chats={"<start_of_turn>": TURNS},
    stops=("<end_of_turn>",),
)
"""The files are read by `gemma_files`: two models share their weights."""

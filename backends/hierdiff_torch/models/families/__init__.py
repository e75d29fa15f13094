"""The families whose checkpoints are read: data, and nothing that runs.

Each is a recipe: the class that has the same layers, what the family calls its fields and tensors, and what the engine
has to know. The facts are those of the families' own configurations, modelling files and samplers; the tests hold each
family against logits made with its reference code, where there are any.
"""

from hierdiff_torch.models.families.a2d import A2D_LLAMA, A2D_QWEN2, A2D_QWEN3
from hierdiff_torch.models.families.bd3lm import BD3LM
from hierdiff_torch.models.families.dream import DREAM
from hierdiff_torch.models.families.fast_dllm import FAST_DLLM
from hierdiff_torch.models.families.gemma import DIFFUSION_GEMMA
from hierdiff_torch.models.families.llada import LLADA, LLADA_MOE
from hierdiff_torch.models.families.llada2 import LLADA2, LLADA21, LLADA22
from hierdiff_torch.models.families.llama import LLAMA, STABLE_DIFFCODER
from hierdiff_torch.models.families.modernbert import MODERNBERT
from hierdiff_torch.models.families.recipe import Recipe
from hierdiff_torch.models.families.sdar import SDAR, SDAR_MOE

FAMILIES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        LLAMA,
        LLADA_MOE,
        LLADA,
        DREAM,
        SDAR,
        FAST_DLLM,
        A2D_LLAMA,
        A2D_QWEN2,
        A2D_QWEN3,
        SDAR_MOE,
        LLADA2,
        LLADA21,
        LLADA22,
        BD3LM,
        MODERNBERT,
        STABLE_DIFFCODER,
        DIFFUSION_GEMMA,
    )
}
"""By name. Where several answer to one `model_type`, the first that fits a configuration is taken."""

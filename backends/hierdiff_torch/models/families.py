"""The families whose checkpoints are read: data, and nothing that runs.

Each is a recipe for one `model_type`: the native class of transformers that has the same layers, what the family calls
its fields and tensors, and what the engine has to know. The facts are those of the families' own configurations,
modelling files and samplers; the tests hold each family against logits made with its reference code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hierdiff_torch.models.family import Attention, Chat, Noise, Origin

CHATML = Chat(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How checkpoints of one family are read.

    `renamed` gives the native name of a configuration field, `tensors` the file's name of a native tensor without its
    last part (`*` is the number of the layer); what is in neither has the native name. `needed` must be in the
    configuration, because the native class would silently take a default of its own; a field of `only` that is there
    must have one of these values, because others mean layers that the native class does not have.

    `mask` and `sized` are the fields of the mask id and the block size; `block` is the size where the field is not
    there. `chats` are tried in order: the first whose marker the tokenizer has. `stops` end a turn, if the tokenizer
    has them.
    """

    name: str
    native: Literal["llama", "qwen2", "qwen3"]
    attention: Attention
    shift: bool = False
    block: int = 0
    origin: Origin = "canvas"
    noise: Noise = "absorbing"
    mask: str | None = "mask_token_id"
    sized: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    needed: tuple[str, ...] = ()
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    tensors: Mapping[str, str] = field(default_factory=dict[str, str])
    chats: Mapping[str, Chat] = field(default_factory=lambda: {"<|im_start|>": CHATML})
    stops: tuple[str, ...] = ()

    def stored(self, name: str) -> str:
        """The name in the family's files of a tensor of the native class."""
        stem, _, kind = name.rpartition(".")
        layer = re.search(r"\.(\d+)\.", stem)
        theirs = self.tensors.get(re.sub(r"\.\d+\.", ".*.", stem, count=1), "")
        return f"{theirs.replace('*', layer[1] if layer else '*')}.{kind}" if theirs else name

    def native_field(self, name: str) -> str:
        """The native name of a configuration field."""
        return self.renamed.get(name, name)


LLAMA = Recipe("llama", "llama", "causal", shift=True, block=1, mask=None)
"""Autoregressive: block 1 with shifted logits, the limit of block diffusion."""

FAMILIES: dict[str, Recipe] = {recipe.name: recipe for recipe in (LLAMA,)}
"""By `model_type`, as `config.json` says it."""

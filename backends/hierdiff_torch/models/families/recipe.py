"""Recipe: how the checkpoints of one family are read. A family is a short file of data, and nothing that runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hierdiff_torch.models.families.chats import CHATML
from hierdiff_torch.models.family import Attention, Chat, Noise, Origin

Kind = Literal["llama", "qwen2", "qwen3", "qwen3_moe", "modernbert", "llada2", "dit", "gemma"]
"""The class that has the family's layers: of transformers, or one of our own (`llada2`, `dit`), or two of
transformers' together (`gemma`)."""

SHAPE = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "rms_norm_eps",
    "vocab_size",
)
WHOLE_WINDOW: Mapping[str, tuple[object, ...]] = {"use_sliding_window": (False, None)}
TURN = ("<|im_end|>", "<|eot_id|>")
EXPERTS: Mapping[str, tuple[str, ...]] = {
    "model.layers.*.mlp.experts.gate_up_proj": (
        "model.layers.*.mlp.experts.#.gate_proj.weight",
        "model.layers.*.mlp.experts.#.up_proj.weight",
    ),
    "model.layers.*.mlp.experts.down_proj": ("model.layers.*.mlp.experts.#.down_proj.weight",),
}
"""Experts that the class keeps in one tensor and the files one by one."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How checkpoints of one family are read, and what the engine has to know of them.

    `types` are the values of `model_type` it answers to, its name where there are none; with a `marker` only if the
    configuration has that field. A family that is `told` looks like another one and is taken only if a caller, or
    `hierdiff.json` in the folder, names it.

    `renamed` gives the native name of a configuration field; what is not in it has the native name. `needed` must be
    there, and `rope` where there is no `rope_parameters`, because the class would silently take a default of its own; a
    field of `only` that is there must have one of these values, because others mean layers that the class does not
    have. `fixed` is what the reference code computes whatever the configuration says. `sparse` is the field that lists
    which layers have experts, `layer_types` are the kinds of attention the class has.

    `tensors` gives the file's name of a native tensor, whole or without its last part (`*` is the number of the
    layer), `stacked` the several that make it up (`#` is the number of the expert). Tensors whose names end with one
    of `unneeded` are known and left out; those that end with one of `exact` stay in float32 whatever the model is in.

    `mask` and `sized` are the fields of the mask id and the block size; `masked` is the mask where nothing says it (an
    id, a token, or counted from the end of the vocabulary if negative), `block` the size. Where the field `blocked` is
    false, attention is full. `chats` are tried in order: the first whose marker the tokenizer has. `stops` end a turn,
    if the tokenizer has them.

    Defaults of the reference sampler: `threshold` is the confidence that commits a token, `edit` the one that replaces
    a committed token (None: none is), `sub` the width of the parts that a block is denoised in (0: the whole), `lead`
    says that the last logits of a finished block give the first token of the next one, `subs` that the mask token is
    never taken for an answer: its logit is -inf before the softmax (SUBS of MDLM, arXiv 2406.07524),
    `rewrites` that tokens may also be inserted and deleted.
    """

    name: str
    native: Kind
    attention: Attention
    types: tuple[str, ...] = ()
    marker: str | None = None
    told: bool = False
    shift: bool = False
    block: int = 0
    origin: Origin = "canvas"
    noise: Noise = "absorbing"
    mask: str | None = "mask_token_id"
    masked: int | str | None = None
    sized: str | None = None
    blocked: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    needed: tuple[str, ...] = ()
    rope: tuple[str, ...] = ("rope_theta",)
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])
    sparse: str | None = None
    layer_types: tuple[str, ...] = ("full_attention",)
    tensors: Mapping[str, str] = field(default_factory=dict[str, str])
    stacked: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    unneeded: tuple[str, ...] = (".rotary_emb.inv_freq",)
    exact: tuple[str, ...] = ()
    chats: Mapping[str, Chat] = field(default_factory=lambda: {"<|im_start|>": CHATML})
    stops: tuple[str, ...] = ()
    threshold: float = 0.9
    edit: float | None = None
    sub: int = 0
    lead: bool = False
    subs: bool = False
    rewrites: bool = False

    def answers(self, model_type: object, fields: Mapping[str, object]) -> bool:
        """Whether this family is the one a configuration speaks of, if nobody names another."""
        marked = self.marker is None or self.marker in fields
        return not self.told and marked and model_type in (self.types or (self.name,))

    def stored(self, name: str) -> str:
        """The name in the family's files of a tensor of the native class."""
        stem, _, kind = name.rpartition(".")
        found = self.tensors.get(_any_layer(name))
        if found is None:
            short = self.tensors.get(_any_layer(stem))
            found = f"{short}.{kind}" if short else name
        return found.replace("*", _layer(name))

    def parts(self, name: str, count: int) -> tuple[str, ...]:
        """The names in the files of what makes up a stacked tensor of `count` experts, in order; empty if it is not."""
        found = self.stacked.get(_any_layer(name), ())
        layer = _layer(name)
        return tuple(part.replace("*", layer).replace("#", str(one)) for one in range(count) for part in found)

    def native_field(self, name: str) -> str:
        """The native name of a configuration field."""
        return self.renamed.get(name, name)


def _any_layer(name: str) -> str:
    return re.sub(r"\.\d+\.", ".*.", name, count=1)


def _layer(name: str) -> str:
    found = re.search(r"\.(\d+)\.", name)
    return found[1] if found else "*"

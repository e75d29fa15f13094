"""Reads a folder in the hub's format into one of the native encoder classes: config.json, safetensors, tokenizer.json.

As with the models that write, code in a checkpoint is never run and pickles are never opened: the class is one of
those named here, and the tensors are fitted into it by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedConfig

from hierdiff.errors import ModelError
from hierdiff_torch.models.files import Stored, read_headers, read_json, read_tokenizer, read_weights
from hierdiff_torch.models.mapping import fitting

Make = Callable[[Mapping[str, Any]], nn.Module]
Config = TypeVar("Config", bound=PreTrainedConfig)
LONGEST = 512
"""Tokens of an input at most, whatever a model says that it can read."""
_CODE = ("auto_map", "architectures", "dtype", "torch_dtype", "model_type", "return_dict", "output_attentions")


@dataclass(frozen=True, slots=True)
class Encoder:
    """A native model with its weights in float32, its tokenizer, which cuts and pads, and its configuration."""

    model: nn.Module
    tokenizer: Tokenizer
    fields: Mapping[str, Any]

    def run(self, encodings: list[Encoding]) -> tuple[Any, Tensor]:
        """The model's outputs for encoded texts of one length, and which of their tokens are real, (texts, tokens)."""
        real = torch.tensor([one.attention_mask for one in encodings])
        given = {"input_ids": torch.tensor([one.ids for one in encodings]), "attention_mask": real}
        if self.fields.get("type_vocab_size", 0) > 1:
            given["token_type_ids"] = torch.tensor([one.type_ids for one in encodings])
        with torch.inference_mode():
            return self.model(**given), real


def read_encoder(folder: Path, kinds: Mapping[str, Make], *, prefix: str = "", longest: int = LONGEST) -> Encoder:
    """The encoder in a folder; `kinds` makes the class for what config.json calls its `model_type`. Tensors may carry
    the `prefix` in front of their names. Raises ModelError naming the file and the remedy."""
    fields = read_json(folder / "config.json")
    kind = str(fields.get("model_type"))
    if kind not in kinds:
        known = ", ".join(sorted(kinds))
        raise ModelError(f"{folder / 'config.json'} describes a '{kind}'; read here are {known}", about=str(folder))
    try:
        with torch.device("meta"):
            model = kinds[kind]({name: value for name, value in fields.items() if name not in _CODE})
    except Exception as error:  # the classes raise whatever they stumble over
        raise ModelError(f"{folder / 'config.json'} describes no model: {error}", about=str(folder)) from None
    tokenizer = read_tokenizer(folder / "tokenizer.json")
    limit = min(longest, int(fields.get("max_position_embeddings", longest)) - 2)
    tokenizer.enable_truncation(max(8, limit))
    tokenizer.enable_padding(pad_id=int(fields.get("pad_token_id") or 0))
    _fill(model, read_headers(folder), prefix, folder)
    return Encoder(model.eval(), tokenizer, fields)


def config(made: Callable[..., Config], fields: Mapping[str, Any]) -> Config:
    """A native configuration of the fields that a file gives; attention is computed plainly."""
    return made(**{**fields, "attn_implementation": "eager"})


def _fill(model: nn.Module, headers: Mapping[str, Stored], prefix: str, folder: Path) -> None:
    """Put the stored tensors in. Each that the class has must be there; what it does not have is left."""
    wanted = model.state_dict()
    found: dict[str, Stored] = {}
    for name, tensor in wanted.items():
        stored = headers.get(name) or headers.get(f"{prefix}{name}")
        if stored is None:
            raise ModelError(f"{folder}: the tensor '{name}' is missing; fetch the model again", about=str(folder))
        found[name] = fitting(stored, tuple(tensor.shape))
    weights = read_weights(found, torch.float32)
    model.load_state_dict(weights, strict=True, assign=True)
    for module in model.modules():
        _settle(module)


def _settle(module: nn.Module) -> None:
    """Buffers that no file holds, made anew: they count positions."""
    for name, buffer in list(module.named_buffers(recurse=False)):
        if not buffer.is_meta:
            continue
        if name == "position_ids":
            module.register_buffer(name, torch.arange(buffer.shape[-1]).expand(buffer.shape), persistent=False)
        elif name == "token_type_ids":
            module.register_buffer(name, torch.zeros(buffer.shape, dtype=torch.long), persistent=False)
        else:
            raise ModelError(f"the class has a buffer '{name}' that cannot be made; use another kind of model")

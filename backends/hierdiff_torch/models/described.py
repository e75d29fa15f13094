"""Described: what a checkpoint is, from its configuration, its tokenizer and the headers of its weights.

Nothing large is read, and whether the engine can denoise it is not asked: any family that is read can be described.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, cast

from tokenizers import Tokenizer

from hierdiff.errors import ModelError
from hierdiff_torch.models.families import FAMILIES, Recipe
from hierdiff_torch.models.family import Chat, Family
from hierdiff_torch.models.files import Stored, content_hash, mask_token, read_headers, read_json, read_tokenizer
from hierdiff_torch.models.native import Config, matched, native_config, skeleton


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller says of a checkpoint instead of its files: for those that do not say it themselves.

    A `block` makes a family of full attention one of blocks that are counted from the canvas, as A2D's bd3lm is.
    """

    tokenizer: Tokenizer | None = None
    mask: int | None = None
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """A checkpoint whose every tensor is known to be there and to fit. `tokenizer` is None where there is none."""

    folder: Path
    model_type: str
    family: Family
    config: Config
    tokenizer: Tokenizer | None
    tensors: Mapping[str, Stored]
    source: str

    @property
    def parameters(self) -> int:
        """The number of weights; tied ones count once."""
        return sum(prod(stored.shape) for stored in self.tensors.values())

    @property
    def stored_as(self) -> str:
        """The number formats in the files, as safetensors names them."""
        return ", ".join(sorted({stored.format for stored in self.tensors.values()}))


def describe(folder: Path, given: Given | None = None) -> Described:
    """What the checkpoint in `folder` is. Raises ModelError naming the file and the fault."""
    given = given or Given()
    path = folder / "config.json"
    fields = read_json(path)
    kind = fields.get("model_type")
    recipe = FAMILIES.get(kind) if isinstance(kind, str) else None
    if recipe is None:
        known = ", ".join(FAMILIES)
        raise ModelError(f"{path}: model_type {kind!r} is not known; this release reads: {known}", about=str(path))
    config = native_config(path, recipe, fields)
    tensors = matched(skeleton(config, path), read_headers(folder), recipe, folder)
    tokenizer = _tokenizer(folder, given, config.vocab_size)
    mask = _mask(folder, recipe, fields, tokenizer, given, config.vocab_size)
    stops = eos_ids(config.eos_token_id) + (eos_ids(_generation(folder)) if recipe.mask else ())
    family = family_of(
        recipe, config, tokenizer, eos=stops, mask=mask, block=given.block or _block(path, recipe, fields)
    )
    source = content_hash(folder, given.tokenizer)
    return Described(folder, recipe.name, family, config, tokenizer, tensors, source)


def family_of(
    recipe: Recipe,
    config: Config,
    tokenizer: Tokenizer | None,
    *,
    eos: tuple[int, ...],
    mask: int | None = None,
    block: int = 0,
) -> Family:
    """The family of a recipe, with what the checkpoint says of itself."""
    known = tokenizer.get_vocab() if tokenizer is not None else {}
    ends = (*eos, *(known[name] for name in recipe.stops if name in known))
    attention = "block" if recipe.attention == "full" and block else recipe.attention
    return Family(
        recipe.name,
        block=block,
        shift=recipe.shift,
        mask=mask,
        kept="causal" if attention == "causal" else "block",
        eos=tuple(dict.fromkeys(ends)),
        chat=next((chat for marker, chat in recipe.chats.items() if marker in known), Chat()),
        context=int(config.max_position_embeddings),
        noise=recipe.noise,
        attention=attention,
        origin=recipe.origin,
    )


def _tokenizer(folder: Path, given: Given, vocabulary: int) -> Tokenizer | None:
    """The given tokenizer or the checkpoint's own; every token of it must have a row in the model."""
    path = folder / "tokenizer.json"
    tokenizer = given.tokenizer or (read_tokenizer(path) if path.exists() else None)
    if tokenizer is not None and tokenizer.get_vocab_size() > vocabulary:
        raise ModelError(
            f"{path} has {tokenizer.get_vocab_size()} tokens, the model only {vocabulary}", about=str(path)
        )
    return tokenizer


def _mask(
    folder: Path, recipe: Recipe, fields: Mapping[str, Any], tokenizer: Tokenizer | None, given: Given, vocabulary: int
) -> int | None:
    """The mask id: as given, as the configuration says it, or that of the tokenizer's mask token."""
    if recipe.mask is None:
        return None
    path = folder / "config.json"
    found = given.mask if given.mask is not None else fields.get(recipe.mask)
    if found is None and tokenizer is not None:
        token = mask_token(folder)
        found = tokenizer.token_to_id(token) if token is not None else None
    if found is None:
        raise ModelError(
            f"{path}: no {recipe.mask}, and the tokenizer (tokenizer_config.json) names no mask token: "
            f"'{recipe.name}' has to be told its mask id",
            about=str(path),
        )
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < vocabulary:
        raise ModelError(
            f"{path}: {recipe.mask} {found!r} is no token of a vocabulary of {vocabulary}", about=str(path)
        )
    return found


def _block(path: Path, recipe: Recipe, fields: Mapping[str, Any]) -> int:
    found = fields.get(recipe.sized) if recipe.sized else None
    if found is None:
        return recipe.block
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ModelError(f"{path}: {recipe.sized} {found!r} is no block size", about=str(path))
    return found


def _generation(folder: Path) -> object:
    """What `generation_config.json` says of the end: a chat model often has more than one there."""
    path = folder / "generation_config.json"
    return read_json(path).get("eos_token_id") if path.is_file() else None


def eos_ids(given: object) -> tuple[int, ...]:
    """`eos_token_id` as configurations write it, none, one or several, as a tuple."""
    several = cast(list[object], given) if isinstance(given, list | tuple) else [given]
    return tuple(one for one in several if isinstance(one, int))

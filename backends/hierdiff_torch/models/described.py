"""Described: what a checkpoint is, from its configuration, its tokenizer and the headers of its weights.

Nothing large is read, and whether the engine can denoise it is not asked: any family that is read can be described.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, cast

from tokenizers import Tokenizer

from hierdiff.errors import ModelError
from hierdiff_torch.models.families import FAMILIES
from hierdiff_torch.models.families.recipe import Recipe
from hierdiff_torch.models.family import Chat, Family
from hierdiff_torch.models.files import Source, content_hash, mask_token, read_headers, read_json, read_tokenizer
from hierdiff_torch.models.gemma_files import gemma_config, gemma_settings, gemma_tensors
from hierdiff_torch.models.mapping import matched
from hierdiff_torch.models.native import Config, native_config, skeleton
from hierdiff_torch.models.told import Given, told
from hierdiff_torch.policies import Policy, Threshold, TokenEditing
from hierdiff_torch.policies.insdel import InsertionDeletion
from hierdiff_torch.uniform import Uniform


@dataclass(frozen=True, slots=True)
class Described:
    """A checkpoint whose every tensor is known to be there and to fit. `tokenizer` is None where there is none."""

    folder: Path
    model_type: str
    recipe: Recipe
    family: Family
    config: Config
    tokenizer: Tokenizer | None
    tensors: Mapping[str, Source]
    source: str

    @property
    def parameters(self) -> int:
        """The number of weights; tied ones count once."""
        return sum(prod(source.shape) for source in self.tensors.values())

    @property
    def stored_as(self) -> str:
        """The number formats in the files, as safetensors names them."""
        return ", ".join(sorted({part.format for source in self.tensors.values() for part in source.parts}))


def describe(folder: Path, given: Given | None = None) -> Described:
    """What the checkpoint in `folder` is. Raises ModelError naming the file and the fault."""
    path = folder / "config.json"
    fields = read_json(path)
    given = told(folder, given)
    recipe = _recipe(path, fields, given)
    if recipe.native == "gemma":
        return _gemma(folder, recipe, fields, given)
    config = native_config(path, recipe, fields)
    tensors = matched(skeleton(recipe.native, config, path), read_headers(folder), recipe, folder)
    vocabulary = _vocabulary(path, config, fields)
    tokenizer = _tokenizer(folder, given, vocabulary)
    mask = _mask(folder, recipe, fields, tokenizer, given, vocabulary)
    stops = given.eos or eos_ids(getattr(config, "eos_token_id", None)) + (
        eos_ids(_generation(folder)) if recipe.mask else ()
    )
    block = given.block or _block(path, recipe, fields)
    if recipe.attention == "causal" and block != recipe.block:
        raise ModelError(f"{path}: '{recipe.name}' is autoregressive and has no blocks of {block}", about=str(path))
    policy = policy_of(recipe, given.threshold, given.edit)
    family = family_of(recipe, config, tokenizer, eos=stops, mask=mask, block=block, policy=policy)
    if recipe.rewrites:
        family = replace(family, rewriting=_rewriting(path, recipe, given, mask, vocabulary))
    source = content_hash(folder, given.tokenizer)
    return Described(folder, recipe.name, recipe, family, config, tokenizer, tensors, source)


def _rewriting(path: Path, recipe: Recipe, given: Given, mask: int | None, vocabulary: int) -> InsertionDeletion:
    """The rules of a family whose tokens may be inserted and deleted; it has to be told by which ids."""
    ids = {"delete": given.delete, "split": given.split}
    for name, found in ids.items():
        if found is None:
            raise ModelError(
                f"{path}: '{recipe.name}' has to be told the id of '{name}' (hierdiff.json)", about=str(path)
            )
        if not 0 <= found < vocabulary:
            raise ModelError(f"{path}: {name} {found} is no token of a vocabulary of {vocabulary}", about=str(path))
    assert mask is not None and given.delete is not None and given.split is not None
    sure = recipe.threshold if given.threshold is None else given.threshold
    again = (recipe.edit or 0.0) if given.edit is None else given.edit
    return InsertionDeletion(mask, given.delete, given.split, threshold=sure, edit_threshold=again)


def _gemma(folder: Path, recipe: Recipe, fields: Mapping[str, Any], given: Given) -> Described:
    """A checkpoint of two models that share their weights."""
    path, said = folder / "config.json", folder / "generation_config.json"
    config = gemma_config(path, fields)
    text = cast(Any, config.text_config)
    tensors = gemma_tensors(config, read_headers(folder), folder)
    tokenizer = _tokenizer(folder, given, text.vocab_size)
    stops = given.eos or eos_ids(text.eos_token_id) + eos_ids(_generation(folder))
    settings = gemma_settings(said, read_json(said) if said.is_file() else {})
    block = given.block or _block(path, recipe, fields)
    family = family_of(recipe, text, tokenizer, eos=stops, block=block)
    family = replace(family, uniform=settings)
    source = content_hash(folder, given.tokenizer)
    return Described(folder, recipe.name, recipe, family, config, tokenizer, tensors, source)


def _recipe(path: Path, fields: Mapping[str, Any], given: Given) -> Recipe:
    """The family that was named, or the first that answers to the configuration. It is said where it is full."""
    kind = fields.get("model_type")
    if given.family is not None:
        found = FAMILIES.get(given.family)
        if found is None:
            known = ", ".join(FAMILIES)
            raise ModelError(f"{path}: the family {given.family!r} is not known; known are {known}", about=str(path))
        if kind not in (found.types or (found.name,)):
            raise ModelError(f"{path}: model_type {kind!r} is none of the family '{found.name}'", about=str(path))
    else:
        found = next((one for one in FAMILIES.values() if isinstance(kind, str) and one.answers(kind, fields)), None)
        if found is None:
            known = ", ".join(dict.fromkeys(kind for one in FAMILIES.values() for kind in one.types or (one.name,)))
            raise ModelError(f"{path}: model_type {kind!r} is not known; this release reads: {known}", about=str(path))
    if found.blocked is not None and fields.get(found.blocked) is False:
        return replace(found, attention="full", block=0, sized=None, origin="canvas")
    return found


def _vocabulary(path: Path, config: Config, fields: Mapping[str, Any]) -> int:
    """The number of tokens that have a row in the embedding; the configuration may name fewer, but not more."""
    rows: int = cast(Any, config).vocab_size
    said = fields.get("vocab_size")
    if isinstance(said, int) and said > rows:
        raise ModelError(f"{path}: vocab_size {said} is more than the {rows} rows of the embedding", about=str(path))
    return rows


def family_of(
    recipe: Recipe,
    config: Config,
    tokenizer: Tokenizer | None,
    *,
    eos: tuple[int, ...],
    mask: int | None = None,
    block: int = 0,
    policy: Policy | None = None,
) -> Family:
    """The family of a recipe, with what the checkpoint says of itself.

    Blocks that the recipe's `sub` does not divide are filled as a whole.
    """
    known = tokenizer.get_vocab() if tokenizer is not None else {}
    ends = (*eos, *(known[name] for name in recipe.stops if name in known))
    attention = "block" if recipe.attention == "full" and block else recipe.attention
    uniform = Uniform() if recipe.noise == "uniform" else None
    return Family(
        recipe.name,
        block=block,
        shift=recipe.shift,
        mask=mask,
        kept="causal" if attention == "causal" else "block",
        eos=tuple(dict.fromkeys(ends)),
        chat=next((chat for marker, chat in recipe.chats.items() if marker in known), Chat()),
        context=int(cast(Any, config).max_position_embeddings),
        noise=recipe.noise,
        attention=attention,
        origin=recipe.origin,
        sub=recipe.sub if recipe.sub and block % recipe.sub == 0 else 0,
        lead=recipe.lead,
        policy=policy or policy_of(recipe),
        uniform=uniform,
    )


def policy_of(recipe: Recipe, threshold: float | None = None, edit: float | None = None) -> Policy:
    """How the family's own sampler chooses, with other confidences where they are given."""
    sure = recipe.threshold if threshold is None else threshold
    again = recipe.edit if edit is None else edit
    return Threshold(sure) if again is None else TokenEditing(sure, again)


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
        tokens = [token for token in (mask_token(folder), recipe.masked) if isinstance(token, str)]
        ids = [tokenizer.token_to_id(token) for token in tokens]
        found = next((one for one in ids if one is not None), None)
    if found is None and isinstance(recipe.masked, int):
        found = recipe.masked % vocabulary
    if found is None:
        raise ModelError(
            f"{path}: no {recipe.mask}, and the tokenizer (tokenizer_config.json) names no mask token: "
            f"'{recipe.name}' has to be told its mask id",
            about=str(path),
        )
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < vocabulary:
        said = recipe.mask if given.mask is None else "the mask that was told (hierdiff.json)"
        raise ModelError(f"{path}: {said} {found!r} is no token of a vocabulary of {vocabulary}", about=str(path))
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

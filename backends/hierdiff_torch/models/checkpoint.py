"""Reads a checkpoint folder (config.json, safetensors, tokenizer.json) into the native class of transformers.

Only safetensors and JSON are read. Code in a checkpoint is never run and pickles are never opened.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.family import Chat, Family
from hierdiff_torch.models.loaded import Loaded

CHATML = Chat(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
)

_SAMPLES, _SAMPLE = 32, 1 << 14


def read_checkpoint(folder: Path, *, dtype: torch.dtype, device: torch.device) -> Loaded:
    """The model in `folder`, its weights in `dtype` on `device`. Raises ModelError naming the file and the fault."""
    fields = _json(folder / "config.json")
    kind = fields.get("model_type")
    if kind != "llama":
        raise ModelError(
            f"{folder / 'config.json'}: model_type {kind!r} is not known; this release runs: llama", about=str(folder)
        )
    config = _config(folder / "config.json", _known(fields))
    weights = _weights(folder, dtype)
    model = build_llama(config, weights, dtype=dtype, device=device, where=str(folder))
    tokenizer = _tokenizer(folder / "tokenizer.json", config.vocab_size)
    return loaded(folder.name, model, config, tokenizer, dtype=dtype, device=device, source=_hash(folder))


def loaded(
    name: str,
    model: LlamaForCausalLM,
    config: LlamaConfig,
    tokenizer: Tokenizer,
    *,
    dtype: torch.dtype,
    device: torch.device,
    source: str,
) -> Loaded:
    """A native Llama as a family of its own: block 1 with shifted logits, the limit that is autoregressive."""
    eos = config.eos_token_id
    ids: tuple[int, ...] = tuple(eos) if isinstance(eos, list | tuple) else (() if eos is None else (int(eos),))
    chat = CHATML if tokenizer.token_to_id("<|im_start|>") is not None else Chat()
    family = Family("llama", eos=ids, chat=chat, context=int(config.max_position_embeddings))
    fingerprint = f"{name}:{source}:{str(dtype).removeprefix('torch.')}:torch{torch.__version__}"
    return Loaded(name, model.model, model.lm_head, cast(Any, config), tokenizer, family, dtype, device, fingerprint)


def build_llama(
    config: LlamaConfig, weights: Mapping[str, Tensor], *, dtype: torch.dtype, device: torch.device, where: str
) -> LlamaForCausalLM:
    """The native class filled with tensors of the hub's names; every tensor must be there and fit."""
    try:
        with torch.device("meta"):
            model = LlamaForCausalLM(config)
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        path = Path(where) / "config.json"
        raise ModelError(f"{path} describes no model: {error!r}", about=str(path)) from None
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    tied = bool(config.tie_word_embeddings)
    given = {name: tensor for name, tensor in weights.items() if not (tied and name == "lm_head.weight")}
    if tied:
        wanted.pop("lm_head.weight", None)
    for name, shape in wanted.items():
        if name not in given:
            raise ModelError(f"{where}: the tensor '{name}' is missing", about=where)
        if tuple(given[name].shape) != shape:
            raise ModelError(
                f"{where}: '{name}' has shape {tuple(given[name].shape)}, config.json asks for {shape}", about=where
            )
    model.load_state_dict({name: given[name] for name in wanted}, strict=False, assign=True)
    if tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)
    nn.Module.to(model, device)
    return model.eval().requires_grad_(False)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: this is no checkpoint folder", about=str(path)) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}", about=str(path)) from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} does not hold a JSON object", about=str(path))
    return found


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """The configuration without what would run or choose code."""
    fields = {
        name: value
        for name, value in fields.items()
        if name not in ("auto_map", "architectures", "dtype", "torch_dtype")
    }
    fields["attn_implementation"] = NAME
    return fields


def _config(path: Path, fields: dict[str, Any]) -> LlamaConfig:
    try:
        return LlamaConfig(**fields)
    except Exception as error:  # a wrong field fails in as many ways as there are fields
        raise ModelError(f"{path}: {' '.join(str(error).split())[:300]}", about=str(path)) from None


def _weights(folder: Path, dtype: torch.dtype) -> dict[str, Tensor]:
    files = _shards(folder)
    weights: dict[str, Tensor] = {}
    for file in files:
        try:
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118  # not a mapping
                    weights[name] = opened.get_tensor(name).to(dtype)
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{file} cannot be read as safetensors: {error}; fetch it again", about=str(file)
            ) from None
    return weights


def _shards(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.exists():
        given: Any = _json(index).get("weight_map")
        names = {Path(str(name)).name for name in given.values()} if isinstance(given, dict) else set[str]()
        if not names or names & {"", ".."}:
            raise ModelError(f"{index} does not say in 'weight_map' which files hold the weights", about=str(index))
        files = [folder / name for name in sorted(names)]
        lost = next((file for file in files if not file.exists()), None)
        if lost is not None:
            raise ModelError(
                f"{lost} is missing, but {index.name} names it; fetch the checkpoint again", about=str(lost)
            )
        return files
    whole = folder / "model.safetensors"
    if whole.exists():
        return [whole]
    pickles = [path.name for path in folder.glob("*.bin")] + [path.name for path in folder.glob("*.pt*")]
    if pickles:
        raise ModelError(
            f"{folder} holds only pickled weights ({pickles[0]}), which are never opened; convert to safetensors",
            about=str(folder),
        )
    raise ModelError(f"{whole} is missing: this is no checkpoint folder", about=str(folder))


def _tokenizer(path: Path, vocabulary: int) -> Tokenizer:
    if not path.exists():
        raise ModelError(f"{path} is missing: the checkpoint has no fast tokenizer", about=str(path))
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception for a broken file
        raise ModelError(f"{path} cannot be read as a tokenizer: {error}", about=str(path)) from None
    if tokenizer.get_vocab_size() > vocabulary:
        raise ModelError(
            f"{path} has {tokenizer.get_vocab_size()} tokens, the model only {vocabulary}", about=str(path)
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _hash(folder: Path) -> str:
    """A short name for the content of a checkpoint: its configuration and tokenizer, and of each file of weights the
    name, the size and samples from its whole length, which other weights do not share."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    digest.update((folder / "tokenizer.json").read_bytes())
    for file in _shards(folder):
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}".encode())
        with file.open("rb") as opened:
            for part in range(_SAMPLES):
                opened.seek(size * part // _SAMPLES)
                digest.update(opened.read(_SAMPLE))
    return digest.hexdigest()[:12]

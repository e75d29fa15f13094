"""Checkpoints of the block-diffusion families: exact against their reference code, described, opened, or refused.

The norms and biases of the golden checkpoints are random, so that a reader that drops one of them is found out.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch_helpers.parity import FOLDER, MASK, Case, cases, computed, golden

from hierdiff.errors import ModelError
from hierdiff_torch import load, open_backend
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.families import FAMILIES
from hierdiff_torch.models.families.chats import HEADERS
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
GIVEN = Given(tokenizer=byte_tokenizer(), mask=MASK)
CLOSE = 2e-4
"""The largest difference that the golden data allow in float32."""

TRAITS = {
    "llada": ("llada", "full", 0, "canvas", False),
    "dream": ("Dream", "full", 0, "canvas", True),
    "sdar": ("sdar", "block", 4, "absolute", False),
    "fastdllm_v2": ("Fast_dLLM_Qwen", "block", 32, "absolute", True),
    "a2d-llama": ("a2d-llama", "full", 0, "canvas", False),
    "a2d-qwen2": ("a2d-qwen2", "full", 0, "canvas", False),
    "a2d-qwen3": ("a2d-qwen3", "full", 0, "canvas", False),
    "llada2.0": ("llada2_moe", "block", 32, "absolute", False),
    "llada2.1": ("llada2_moe", "block", 32, "absolute", False),
    "bd3lm": ("bd3lm", "block", 4, "absolute", False),
    "bd3lm-mdlm": ("bd3lm", "full", 0, "canvas", False),
    "modernbert": ("modernbert", "full", 0, "canvas", False),
}
"""Of each golden checkpoint: family, attention, block, origin, shift."""


def copied(name: str, to: Path, **fields: Any) -> Path:
    """A golden checkpoint in a folder of its own; `fields` change its configuration, None takes a field away."""
    shutil.copytree(FOLDER / name, to)
    config = {**json.loads((to / "config.json").read_text("utf-8")), **fields}
    kept = {key: value for key, value in config.items() if value is not None}
    (to / "config.json").write_text(json.dumps(kept), encoding="utf-8")
    return to


def changed(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    """The checkpoint with its tensors changed in place."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    return path


def with_tokenizer(folder: Path, mask: str | dict[str, str] | None = "<|mask|>") -> Path:
    """The checkpoint with a tokenizer of bytes beside it, which calls its mask token so."""
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"mask_token": mask}), encoding="utf-8")
    return folder


def test_there_is_a_golden_checkpoint_for_each_family() -> None:
    kinds = {json.loads((FOLDER / name / "config.json").read_text("utf-8"))["model_type"] for name in NAMES}
    apart = {"llama", "llada2.1", "stable-diffcoder", "llada2.2", "sdar_moe", "lladamoe", "diffusion_gemma"}
    assert kinds | apart == set(FAMILIES)
    assert {case.checkpoint for case in cases()} == set(NAMES)


RUNS = [(case, how) for case in cases() for how in ("sdpa", "eager") if how == "sdpa" or case.dtype == "float32"]
"""In bfloat16 the reference ran `sdpa`, which rounds elsewhere than `eager` does."""


@pytest.mark.parametrize(("case", "attention"), RUNS, ids=lambda one: getattr(one, "name", one))
def test_it_computes_what_the_reference_computes(case: Case, attention: str) -> None:
    model = golden(case.checkpoint, getattr(torch, case.dtype))
    assert (computed(model, case, attention) - torch.tensor(case.logits)).abs().max() < case.close


@pytest.mark.parametrize("name", NAMES)
def test_what_it_says_of_itself(name: str) -> None:
    found = describe(FOLDER / name, GIVEN).family
    assert (found.name, found.attention, found.block, found.origin, found.shift) == TRAITS[name]
    assert (found.noise, found.mask) == ("absorbing", MASK)


def test_a_checkpoint_may_end_in_several_ways() -> None:
    assert describe(FOLDER / "sdar").family.eos == (382, 381)
    assert describe(FOLDER / "llada").family.eos == (381,)
    assert describe(FOLDER / "sdar", GIVEN).family.eos == (382, 381, byte_tokenizer().token_to_id("<|im_end|>"))


def test_the_markers_of_a_chat_are_those_the_tokenizer_has() -> None:
    tokenizer = byte_tokenizer()
    assert describe(FOLDER / "llada", GIVEN).family.chat.assistant == ""
    tokenizer.add_special_tokens(["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    found = describe(FOLDER / "llada", Given(tokenizer=tokenizer)).family
    assert found.chat == HEADERS
    assert found.eos == (381, tokenizer.token_to_id("<|eot_id|>"))


def test_a_block_may_be_said_of_a_model_trained_in_blocks() -> None:
    found = describe(FOLDER / "a2d-qwen3", Given(mask=MASK, block=32)).family
    assert (found.attention, found.block, found.origin) == ("block", 32, "canvas")


@pytest.mark.parametrize("name", NAMES)
def test_every_family_is_opened_from_its_folder(tmp_path: Path, name: str) -> None:
    folder = with_tokenizer(copied(name, tmp_path / name))
    found = load(str(folder))
    assert found.family == describe(folder).family
    opened = open_backend(str(folder))
    assert isinstance(opened, TorchBackend)


def test_a_checkpoint_without_a_tokenizer_is_described_and_not_run(tmp_path: Path) -> None:
    found = describe(FOLDER / "sdar")
    assert found.tokenizer is None and found.family.mask == MASK
    assert (found.parameters, found.stored_as) == (147_904, "F32")
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        read_checkpoint(FOLDER / "sdar", dtype=torch.float32, device=torch.device("cpu"))


@pytest.mark.parametrize("mask", ["<|mask|>", {"content": "<|mask|>"}])
def test_the_mask_is_asked_of_the_tokenizer(tmp_path: Path, mask: str | dict[str, str]) -> None:
    folder = with_tokenizer(copied("fastdllm_v2", tmp_path / "model"), mask)
    assert describe(folder).family.mask == Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id("<|mask|>")
    assert describe(folder, Given(mask=7)).family.mask == 7


def test_a_mask_that_nobody_names_is_asked_for(tmp_path: Path) -> None:
    for mask in (None, "<|other|>"):
        folder = with_tokenizer(copied("a2d-qwen2", tmp_path / str(mask)), mask)
        with pytest.raises(ModelError, match=r"config\.json: no mask_token_id.*has to be told its mask id"):
            describe(folder)


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("sdar", {"mask_token_id": 384}, "mask_token_id 384 is no token of a vocabulary of 384"),
        ("sdar", {"mask_token_id": -1}, "mask_token_id -1 is no token"),
        ("dream", {"mask_token_id": "<|mask|>"}, "mask_token_id '<|mask|>' is no token"),
        ("dream", {"mask_token_id": True}, "mask_token_id True is no token"),
        ("sdar", {"block_size": 0}, "block_size 0 is no block size"),
        ("fastdllm_v2", {"bd_size": "x"}, "bd_size 'x' is no block size"),
        ("sdar", {"head_dim": None}, "the field 'head_dim' is missing"),
        ("dream", {"rope_theta": None}, "the field 'rope_theta' is missing"),
        ("dream", {"num_key_value_heads": None}, "the field 'num_key_value_heads' is missing"),
        ("dream", {"use_sliding_window": True}, "use_sliding_window is True; of 'Dream' only False is read"),
        ("dream", {"layer_types": ["full_attention", "sliding_attention"]}, "layer_types has sliding_attention; of"),
        ("llada", {"d_model": None}, "the field 'd_model' is missing from this 'llada'"),
        ("llada", {"block_type": "sequential"}, "block_type is 'sequential'; of 'llada' only 'llama' is read"),
        ("llada", {"include_qkv_bias": True}, "include_qkv_bias is True"),
        ("llada", {"alibi": True}, "alibi is True"),
        ("llada", {"n_heads": "many"}, "num_attention_heads"),
        ("llada", {"model_type": "llada3"}, "model_type 'llada3' is not known; this release reads: llama, l"),
        ("llada", {"model_type": ["llada"]}, "is not known"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(
    tmp_path: Path, name: str, fields: dict[str, Any], said: str
) -> None:
    folder = copied(name, tmp_path / "model", **fields)
    with pytest.raises(ModelError) as raised:
        describe(folder, Given(mask=MASK if name == "fastdllm_v2" else None))
    assert said in str(raised.value)
    assert str(raised.value).startswith(str(folder / "config.json"))
    assert raised.value.about == str(folder / "config.json")


DAMAGE: dict[str, tuple[str, Callable[[dict[str, torch.Tensor]], object], str]] = {
    "missing bias": (
        "dream",
        lambda given: given.pop("model.layers.1.self_attn.k_proj.bias"),
        "'model.layers.1.self_attn.k_proj.bias' is missing",
    ),
    "missing norm": (
        "llada",
        lambda given: given.pop("model.transformer.blocks.1.ff_norm.weight"),
        "'model.transformer.blocks.1.ff_norm.weight' is missing",
    ),
    "missing head": (
        "llada",
        lambda given: given.pop("model.transformer.ff_out.weight"),
        "'model.transformer.ff_out.weight' is missing",
    ),
    "wrong shape": (
        "llada",
        lambda given: given.update({"model.transformer.ln_f.weight": torch.zeros(3)}),
        "'model.transformer.ln_f.weight' has shape (3,), config.json asks for (64,)",
    ),
    "unknown": (
        "sdar",
        lambda given: given.update({"model.layers.0.mlp.gate.weight": torch.zeros(3)}),
        "tensors that a 'sdar' does not have: 'model.layers.0.mlp.gate.weight'",
    ),
    "many unknown": (
        "a2d-llama",
        lambda given: given.update({f"extra.{number}": torch.zeros(3) for number in range(5)}),
        "'extra.0', 'extra.1', 'extra.2' and 2 more",
    ),
    "native name": (
        "llada",
        lambda given: given.update({"model.norm.weight": torch.zeros(64)}),
        "tensors that a 'llada' does not have: 'model.norm.weight'",
    ),
    "quantised": (
        "sdar",
        lambda given: given.update({"lm_head.weight": torch.zeros(384, 64, dtype=torch.int8)}),
        "'lm_head.weight' is stored as I8",
    ),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_every_tensor_is_there_and_none_is_left_over(tmp_path: Path, how: str) -> None:
    name, change, said = DAMAGE[how]
    folder = copied(name, tmp_path / "model")
    changed(folder, change)
    with pytest.raises(ModelError) as raised:
        describe(folder, GIVEN)
    assert said in str(raised.value)
    assert str(raised.value.about).startswith(str(folder))


def test_a_table_that_follows_from_the_configuration_is_known(tmp_path: Path) -> None:
    folder = copied("a2d-llama", tmp_path / "model")
    changed(folder, lambda given: given.update({"model.layers.0.self_attn.rotary_emb.inv_freq": torch.zeros(8)}))
    assert describe(folder, GIVEN).family.name == "a2d-llama"


def test_a_tied_head_needs_no_tensor_and_may_have_one(tmp_path: Path) -> None:
    assert "lm_head.weight" not in load_file(FOLDER / "a2d-qwen3" / "model.safetensors")
    folder = copied("a2d-qwen3", tmp_path / "model")
    changed(folder, lambda given: given.update({"lm_head.weight": given["model.embed_tokens.weight"].clone()}))
    assert describe(folder, GIVEN).parameters == describe(FOLDER / "a2d-qwen3", GIVEN).parameters


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_shards_and_short_formats_are_read(tmp_path: Path, dtype: torch.dtype) -> None:
    folder = copied("llada", tmp_path / "model")
    whole = {name: tensor.to(dtype) for name, tensor in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    where: dict[str, str] = {}
    for number in range(2):
        part = {name: whole[name] for name in sorted(whole)[number::2]}
        save_file(part, folder / f"part{number}.safetensors")
        where |= dict.fromkeys(part, f"part{number}.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}), encoding="utf-8")
    model = read_checkpoint(folder, dtype=torch.float32, device=torch.device("cpu"), given=GIVEN)
    assert torch.equal(model.head.state_dict()["weight"], whole["model.transformer.ff_out.weight"].float())
    assert {weight.dtype for weight in model.body.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", ["dream", "sdar", "llada"])
def test_the_base_of_the_rotation_is_not_lost(tmp_path: Path, name: str) -> None:
    case = next(case for case in cases() if case.checkpoint == name)
    base = json.loads((FOLDER / name / "config.json").read_text("utf-8"))["rope_theta"]
    newer = {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": float(base)}}
    found = [copied(name, tmp_path / "new", **newer), copied(name, tmp_path / "other", rope_theta=10000.0)]
    same, other = (
        computed(read_checkpoint(one, dtype=torch.float32, device=torch.device("cpu"), given=GIVEN), case, "sdpa")
        for one in found
    )
    assert (same - torch.tensor(case.logits)).abs().max() < CLOSE
    assert (other - torch.tensor(case.logits)).abs().max() > 100 * CLOSE

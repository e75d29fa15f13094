"""Every family from one file or several, in every number format; what is broken is refused before anything is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch_helpers.parity import FOLDER, MASK, cases, computed

from hierdiff.errors import ModelError
from hierdiff_torch.attention import NAME
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
GIVEN = Given(tokenizer=byte_tokenizer(), mask=MASK)
CPU = torch.device("cpu")


def changed(
    name: str, to: Path, change: Callable[[dict[str, torch.Tensor]], object] | None = None, **fields: Any
) -> Path:
    """A golden checkpoint in a folder of its own with other tensors, or other fields; None takes a field away."""
    to.mkdir()
    config = {**json.loads((FOLDER / name / "config.json").read_text("utf-8")), **fields}
    kept = {key: value for key, value in config.items() if value is not None}
    (to / "config.json").write_text(json.dumps(kept), encoding="utf-8")
    tensors = load_file(FOLDER / name / "model.safetensors")
    if change is not None:
        change(tensors)
    save_file(tensors, to / "model.safetensors")
    return to


def in_shards(folder: Path, count: int) -> dict[str, str]:
    """Split the weights into several files; which tensor is in which."""
    whole = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    where: dict[str, str] = {}
    for number in range(count):
        part = {name: whole[name] for name in sorted(whole)[number::count]}
        save_file(part, folder / f"part{number}.safetensors")
        where |= dict.fromkeys(part, f"part{number}.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}), encoding="utf-8")
    return where


@pytest.mark.parametrize("name", NAMES)
def test_shards_hold_what_one_file_holds(tmp_path: Path, name: str) -> None:
    folder = changed(name, tmp_path / "model")
    in_shards(folder, 3)
    one = read_checkpoint(FOLDER / name, dtype=torch.float32, device=CPU, given=GIVEN)
    several = read_checkpoint(folder, dtype=torch.float32, device=CPU, given=GIVEN)
    for part, other in ((one.body, several.body), (one.head, several.head)):
        state = other.state_dict()
        assert all(torch.equal(tensor, state[key]) for key, tensor in part.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", NAMES)
def test_every_family_runs_in_short_formats(name: str, dtype: torch.dtype) -> None:
    case = next(case for case in cases() if case.checkpoint == name)
    model = read_checkpoint(FOLDER / name, dtype=dtype, device=CPU, given=GIVEN)
    assert {weight.dtype for weight in model.body.parameters()} == {dtype}
    kept = {key for key, tensor in model.body.state_dict().items() if tensor.dtype is not dtype}
    assert all(key.endswith("expert_bias") for key in kept) and bool(kept) == name.startswith("llada2")
    found = computed(model, case, "sdpa")
    assert found.dtype is torch.float32 and found.isfinite().all()
    whole = read_checkpoint(FOLDER / name, dtype=torch.float32, device=CPU, given=GIVEN)
    wanted = computed(whole, case, "sdpa")
    alike = torch.cosine_similarity(found, wanted, dim=-1)
    assert alike.median() > (0.99 if dtype is torch.float16 else 0.95)


@pytest.mark.parametrize("name", NAMES)
def test_no_weight_is_left_without_a_value(name: str) -> None:
    model = read_checkpoint(FOLDER / name, dtype=torch.float32, device=CPU, given=GIVEN)
    for part in (model.body, model.head):
        assert {str(tensor.device) for tensor in (*part.parameters(), *part.buffers())} == {"cpu"}


@pytest.mark.parametrize(
    ("name", "layers", "windows"),
    [
        ("dream", ((2, 16),) * 2, (None,) * 2),
        ("sdar", ((2, 32),) * 2, (None,) * 2),
        ("llada2.0", ((2, 32),) * 3, (None,) * 3),
        ("bd3lm", ((4, 16),) * 2, (None,) * 2),
        ("modernbert", ((4, 16),) * 4, (None, 8, 8, None)),
    ],
)
def test_what_each_layer_keeps_of_a_token(name: str, layers: object, windows: object) -> None:
    model = read_checkpoint(FOLDER / name, dtype=torch.float32, device=CPU, given=GIVEN)
    assert (model.layers, model.windows) == (layers, windows)


def test_an_index_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = changed("llada2.0", tmp_path / "model")
    where = in_shards(folder, 2)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {**where, "model.more.weight": "part1.safetensors"}}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"part1\.safetensors has no tensor 'model\.more\.weight', but .*index\.json"):
        describe(folder, GIVEN)
    swapped = {name: f"part{1 - int(file[4])}.safetensors" for name, file in where.items()}
    index.write_text(json.dumps({"weight_map": swapped}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"part\d\.safetensors has no tensor '"):
        describe(folder, GIVEN)


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("llada2.0", {"score_function": "softmax"}, "score_function is 'softmax'; of 'llada2_moe' only 'sigmoid'"),
        ("llada2.0", {"rope_scaling": {"type": "yarn", "factor": 4.0}}, "rope_scaling is {'type': 'yarn'"),
        ("llada2.0", {"router_dtype": "bf16"}, "router_dtype is 'bf16'"),
        ("llada2.0", {"norm_topk_prob": False}, "norm_topk_prob is False"),
        ("llada2.0", {"use_sliding_window": True}, "use_sliding_window is True"),
        ("llada2.0", {"n_group": None}, "the field 'n_group' is missing"),
        ("llada2.0", {"rope_theta": None}, "the field 'rope_theta' is missing"),
        ("llada2.0", {"n_group": 3}, "n_group 3 does not divide num_experts 8"),
        ("llada2.0", {"num_experts_per_tok": 9}, "num_experts_per_tok 9 is not between 1 and num_experts 8"),
        ("llada2.0", {"partial_rotary_factor": 0.47}, "partial_rotary_factor 0.47 of head_dim 32 is no even number"),
        ("llada2.0", {"partial_rotary_factor": 2}, "partial_rotary_factor 2 of head_dim 32 is no even number"),
        ("llada2.0", {"num_key_value_heads": 3}, "num_key_value_heads 3 does not divide num_attention_heads 4"),
        ("llada2.0", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "of 'llada2_moe'"),
        ("llada2.0", {"rope_parameters": {"rope_type": "default"}, "rope_theta": None}, "'rope_theta' is missing"),
        ("llada2.0", {"rope_parameters": [1]}, "rope_parameters [1] is of no kind that is known"),
        ("llada2.0", {"hidden_size": "wide"}, "describes no model"),
        ("llada2.0", {"vocab_size": 400}, "asks for (400, 64)"),
        ("llada", {"vocab_size": 400}, "vocab_size 400 is more than the 384 rows of the embedding"),
        ("bd3lm", {"time_conditioning": True}, "time_conditioning is True"),
        ("bd3lm", {"adaln": False}, "adaln is False"),
        ("bd3lm", {"causal": True}, "causal is True"),
        ("bd3lm", {"block_size": -4}, "block_size -4 is no block size"),
        ("bd3lm", {"n_heads": 5}, "n_heads 5 does not divide hidden_dim 64"),
        ("bd3lm", {"hidden_dim": None}, "the field 'hidden_dim' is missing"),
        ("modernbert", {"global_rope_theta": None}, "the field 'global_rope_theta' is missing"),
        ("modernbert", {"local_attention": None}, "the field 'local_attention' is missing"),
        ("modernbert", {"layer_types": ["linear_attention"] * 4}, "layer_types has linear_attention; of"),
        ("modernbert", {"layer_types": 5}, "layer_types has 5; of"),
        ("sdar", {"rope_scaling": {"type": "mystery"}}, "rope_scaling {'type': 'mystery'} is of no kind that is known"),
        ("dream", {"rope_scaling": [2]}, "rope_scaling [2] is of no kind that is known"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(
    tmp_path: Path, name: str, fields: dict[str, Any], said: str
) -> None:
    folder = changed(name, tmp_path / "model", **fields)
    with pytest.raises(ModelError) as raised:
        describe(folder, GIVEN)
    assert said in str(raised.value)
    assert str(raised.value.about).startswith(str(folder))
    assert "\n" not in str(raised.value)


DAMAGE: dict[str, tuple[str, Callable[[dict[str, torch.Tensor]], object], str]] = {
    "router's bias": (
        "llada2.0",
        lambda given: given.pop("model.layers.1.mlp.gate.expert_bias"),
        "'model.layers.1.mlp.gate.expert_bias' is missing",
    ),
    "expert": (
        "llada2.0",
        lambda given: given.pop("model.layers.2.mlp.experts.7.gate_proj.weight"),
        "'model.layers.2.mlp.experts.7.gate_proj.weight' is missing",
    ),
    "expert of another shape": (
        "llada2.0",
        lambda given: given.update({"model.layers.2.mlp.experts.7.gate_proj.weight": torch.zeros(31, 64)}),
        "'model.layers.2.mlp.experts.7.gate_proj.weight' has shape (31, 64), config.json asks for (32, 64)",
    ),
    "condition": (
        "bd3lm",
        lambda given: given.pop("backbone.sigma_map.mlp.2.bias"),
        "'backbone.sigma_map.mlp.2.bias' is missing",
    ),
    "table": (
        "bd3lm",
        lambda given: given.pop("backbone.vocab_embed.embedding"),
        "'backbone.vocab_embed.embedding' is missing",
    ),
    "bias of the decoder": ("modernbert", lambda given: given.pop("decoder.bias"), "'decoder.bias' is missing"),
    "head": ("modernbert", lambda given: given.pop("head.norm.weight"), "'head.norm.weight' is missing"),
    "unknown": (
        "bd3lm",
        lambda given: given.update({"backbone.more": torch.zeros(3)}),
        "tensors that a 'bd3lm' does not have: 'backbone.more'",
    ),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_every_tensor_is_there_and_none_is_left_over(tmp_path: Path, how: str) -> None:
    name, change, said = DAMAGE[how]
    folder = changed(name, tmp_path / "model", change)
    with pytest.raises(ModelError) as raised:
        describe(folder, GIVEN)
    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["llada2.0", "modernbert"])
def test_the_base_of_the_rotation_is_not_lost(tmp_path: Path, name: str) -> None:
    case = next(case for case in cases() if case.checkpoint == name and case.dtype == "float32")
    gone = {"llada2.0": {"rope_theta": None}, "modernbert": {"global_rope_theta": None, "local_rope_theta": None}}[name]
    kinds = {"full_attention": 160000.0, "sliding_attention": 10000.0}
    newer: dict[str, Any] = {
        "llada2.0": {"rope_type": "default", "rope_theta": 600000.0},
        "modernbert": {kind: {"rope_type": "default", "rope_theta": base} for kind, base in kinds.items()},
    }[name]
    other: dict[str, Any] = {"llada2.0": {"rope_theta": 1e4}, "modernbert": {"local_rope_theta": 3e5}}[name]
    found = [
        computed(read_checkpoint(folder, dtype=torch.float32, device=CPU, given=GIVEN), case, "sdpa")
        for folder in (
            changed(name, tmp_path / "new", rope_parameters=newer, **gone),
            changed(name, tmp_path / "other", **other),
        )
    ]
    wanted = torch.tensor(case.logits)
    assert (found[0] - wanted).abs().max() < case.close
    assert (found[1] - wanted).abs().max() > 100 * case.close


@pytest.mark.parametrize("name", ["llada2.0", "modernbert", "sdar"])
def test_a_configuration_does_not_choose_the_attention(tmp_path: Path, name: str) -> None:
    chosen = dict.fromkeys(("_attn_implementation", "_attn_implementation_internal", "attn_implementation"), "eager")
    model = read_checkpoint(changed(name, tmp_path / "m", **chosen), dtype=torch.float32, device=CPU, given=GIVEN)
    assert cast(Any, model.body).config._attn_implementation == NAME


def test_biases_that_a_configuration_asks_for_are_read(tmp_path: Path) -> None:
    def biased(given: dict[str, torch.Tensor]) -> None:
        for number in range(3):
            given[f"model.layers.{number}.attention.query_key_value.bias"] = torch.ones(256)
            given[f"model.layers.{number}.attention.dense.bias"] = torch.ones(64)
            for name in ("query", "key"):
                del given[f"model.layers.{number}.attention.{name}_layernorm.weight"]

    folder = changed("llada2.0", tmp_path / "m", biased, use_qkv_bias=True, use_bias=True, use_qk_norm=False)
    state = read_checkpoint(folder, dtype=torch.float32, device=CPU, given=GIVEN).body.state_dict()
    assert state["layers.0.attention.dense.bias"].tolist() == [1.0] * 64
    with pytest.raises(ModelError, match=r"does not have: 'model\.layers\.0\.attention\.dense\.bias'"):
        describe(changed("llada2.0", tmp_path / "n", biased, use_qkv_bias=True, use_qk_norm=False), GIVEN)

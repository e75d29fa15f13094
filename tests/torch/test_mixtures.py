"""Mixtures of experts: read from files that hold one expert at a time, and chosen as their reference code chooses.

There are no golden data for LLaDA-MoE and SDAR-MoE. They are held against a computation that is written out token by
token, and SDAR-MoE also against transformers' own reading of the same tensors as a Qwen3-MoE. LLaDA2 has golden data;
here its router is held against a plain account of what it does.
"""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch_helpers.mixtures import LLADA_MOE, SDAR_MOE, logits, tensors, write_mixture
from transformers import Qwen3MoeForCausalLM

from hierdiff.errors import ModelError
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.llada2 import Experts, Router
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given

IDS = [(17 * number) % 250 for number in range(1, 23)]
WHOLE = torch.ones(len(IDS), len(IDS)).bool()
PLACES = torch.arange(len(IDS))
BLOCKS = PLACES.unsqueeze(-1) // 4 >= PLACES // 4
CPU = torch.device("cpu")
GIVEN = Given(tokenizer=byte_tokenizer(), mask=259)


def run(model: Loaded, sees: torch.Tensor) -> torch.Tensor:
    """Logits of the tokens by body and head, with transformers' `sdpa`."""
    cast(Any, model.body).config._attn_implementation = "sdpa"
    ids, positions = torch.tensor([IDS]), PLACES.unsqueeze(0)
    with torch.inference_mode():
        out = model.body(input_ids=ids, position_ids=positions, attention_mask=sees[None, None], use_cache=False)
        return model.logits(out.last_hidden_state[0])


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize(
    ("config", "sees"),
    [
        (SDAR_MOE, BLOCKS),
        ({**SDAR_MOE, "norm_topk_prob": False, "num_experts_per_tok": 3}, BLOCKS),
        (LLADA_MOE, WHOLE),
        ({**LLADA_MOE, "model_type": "lladamoe", "num_experts_per_tok": 6}, WHOLE),
    ],
    ids=["sdar_moe", "sdar_moe, shares as they are", "llada", "lladamoe, all experts"],
)
def test_it_computes_what_is_written_out(
    tmp_path: Path, config: dict[str, Any], sees: torch.Tensor, shards: int
) -> None:
    weights = tensors(config)
    folder = write_mixture(tmp_path / "model", config, weights, shards=shards)
    found = run(read_checkpoint(folder, dtype=torch.float32, device=CPU, given=GIVEN), sees)
    assert (found - logits(config, weights, IDS, sees)).abs().max() < 2e-4


def test_sdar_computes_what_transformers_makes_of_the_same_tensors(tmp_path: Path) -> None:
    weights = tensors(SDAR_MOE)
    write_mixture(tmp_path / "theirs", {**SDAR_MOE, "model_type": "qwen3_moe"}, weights)
    theirs = Qwen3MoeForCausalLM.from_pretrained(
        tmp_path / "theirs", dtype=torch.float32, local_files_only=True, experts_implementation="eager"
    )
    ours = read_checkpoint(
        write_mixture(tmp_path / "ours", SDAR_MOE, weights), dtype=torch.float32, device=CPU, given=GIVEN
    )
    with torch.inference_mode():
        wanted = theirs(input_ids=torch.tensor([IDS]), attention_mask=BLOCKS[None, None], use_cache=False).logits[0]
    assert (run(ours, BLOCKS) - wanted).abs().max() < 1e-5


def test_what_they_say_of_themselves(tmp_path: Path) -> None:
    dense = describe(write_mixture(tmp_path / "l", LLADA_MOE, tensors(LLADA_MOE)), GIVEN).family
    assert (dense.name, dense.attention, dense.block, dense.shift, dense.eos) == ("lladamoe", "full", 0, False, (258,))
    assert (dense.chat.assistant, dense.mask) == ("", 259)
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens(["<|role_end|>"])
    wide = {**LLADA_MOE, "vocab_size": 261}
    told = describe(write_mixture(tmp_path / "t", wide, tensors(wide)), Given(tokenizer=tokenizer)).family
    assert told.chat.user == ("<role>HUMAN</role>", "<|role_end|>")
    assert (told.mask, told.eos) == (tokenizer.token_to_id("<|mask|>"), (258, 260))
    blocks = describe(write_mixture(tmp_path / "s", SDAR_MOE, tensors(SDAR_MOE))).family
    assert (blocks.attention, blocks.block, blocks.origin, blocks.mask) == ("block", 4, "absolute", 259)


@pytest.mark.parametrize(
    ("config", "fields", "said"),
    [
        (LLADA_MOE, {"moe_router_score_function": "sigmoid"}, "moe_router_score_function is 'sigmoid'"),
        (LLADA_MOE, {"moe_router_enable_expert_bias": True}, "moe_router_enable_expert_bias is True"),
        (LLADA_MOE, {"shared_expert_intermediate_size": 8}, "shared_expert_intermediate_size is 8"),
        (LLADA_MOE, {"qk_layernorm": False}, "qk_layernorm is False"),
        (LLADA_MOE, {"clip_qkv": 8.0}, "clip_qkv is 8.0"),
        (LLADA_MOE, {"moe_layer_freq": [1, 1]}, "moe_layer_freq is no list of 3 layers"),
        (LLADA_MOE, {"moe_layer_freq": 1}, "moe_layer_freq is no list of 3 layers"),
        (LLADA_MOE, {"rope_scaling": {"rope_type": "spiral"}}, "rope_scaling {'rope_type': 'spiral'} is of no kind"),
        (SDAR_MOE, {"num_experts_per_tok": 7}, "num_experts_per_tok 7 is not between 1 and num_experts 6"),
        (SDAR_MOE, {"norm_topk_prob": None}, "the field 'norm_topk_prob' is missing"),
        (SDAR_MOE, {"scoring_func": "sigmoid"}, "scoring_func is 'sigmoid'"),
    ],
)
def test_a_router_that_is_not_known_is_refused(
    tmp_path: Path, config: dict[str, Any], fields: dict[str, Any], said: str
) -> None:
    folder = write_mixture(tmp_path / "model", {**config, **fields}, {"lm_head.weight": torch.zeros(1)})
    with pytest.raises(ModelError) as raised:
        describe(folder, GIVEN)
    assert said in str(raised.value)
    assert raised.value.about == str(folder / "config.json")


def test_an_expert_that_is_missing_or_does_not_fit_is_named(tmp_path: Path) -> None:
    weights = tensors(SDAR_MOE)
    kept = {name: tensor for name, tensor in weights.items() if "layers.2.mlp.experts.5.up_proj" not in name}
    with pytest.raises(ModelError, match=r"tensor 'model\.layers\.2\.mlp\.experts\.5\.up_proj\.weight' is missing"):
        describe(write_mixture(tmp_path / "missing", SDAR_MOE, kept))
    odd = {**weights, "model.layers.0.mlp.experts.3.down_proj.weight": torch.zeros(32, 23)}
    with pytest.raises(ModelError, match=r"experts\.3\.down_proj\.weight' has shape \(32, 23\).*asks for \(32, 24\)"):
        describe(write_mixture(tmp_path / "odd", SDAR_MOE, odd))
    more = {**weights, "model.layers.0.mlp.experts.6.down_proj.weight": torch.zeros(32, 24)}
    with pytest.raises(ModelError, match=r"a 'sdar_moe' does not have: 'model\.layers\.0\.mlp\.experts\.6\.down_proj"):
        describe(write_mixture(tmp_path / "more", SDAR_MOE, more))


def router(**fields: Any) -> Router:
    """A router of 8 experts in 4 groups, 3 of the best 2 groups chosen; random scores."""
    config = dict(num_experts=8, num_experts_per_tok=3, n_group=4, topk_group=2, routed_scaling_factor=2.5)
    made = Router(SimpleNamespace(**{**config, "hidden_size": 16, **fields}))
    torch.nn.init.normal_(made.weight)
    made.expert_bias.normal_()
    return made


def test_the_router_chooses_by_groups_and_weighs_without_the_bias() -> None:
    torch.manual_seed(0)
    made, hidden = router(), torch.randn(200, 16)
    made.expert_bias -= 2.0
    chosen, weights = made(hidden)
    given = (hidden.double() @ made.weight.detach().double().T).tolist()
    for row, experts, shares in zip(given, chosen.tolist(), weights.tolist(), strict=True):
        scores = [1 / (1 + math.exp(-one)) for one in row]
        wanted = [score + bias for score, bias in zip(scores, made.expert_bias.tolist(), strict=True)]
        groups = sorted(range(4), key=lambda group: -sum(sorted(wanted[2 * group : 2 * group + 2])))[:2]
        best = sorted((one for one in range(8) if one // 2 in groups), key=lambda one: -wanted[one])[:3]
        assert experts == best
        whole = sum(scores[one] for one in best)
        assert shares == pytest.approx([2.5 * scores[one] / whole for one in best], rel=1e-4)


def test_the_router_stays_in_float32() -> None:
    torch.manual_seed(0)
    made, hidden = router(), torch.randn(50, 16).bfloat16()
    made.weight.data = made.weight.data.bfloat16().float()
    wanted = made(hidden.float())
    made.weight.data = made.weight.data.bfloat16()
    chosen, weights = made(hidden)
    assert torch.equal(chosen, wanted[0]) and torch.equal(weights, wanted[1])
    assert weights.dtype is torch.float32


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"n_group": 3}, "n_group 3 does not divide"),
        ({"n_group": 0}, "n_group 0 does not divide"),
        ({"n_group": 8}, "n_group 8 does not divide"),
        ({"topk_group": 5}, "topk_group 5"),
        ({"num_experts_per_tok": 5}, "num_experts_per_tok 5"),
    ],
)
def test_groups_that_cannot_be_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        router(**fields)


def test_experts_without_tokens_are_not_asked() -> None:
    config = SimpleNamespace(num_experts=4, moe_intermediate_size=8, hidden_size=16, hidden_act="silu")
    made = Experts(config)
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    made.gate_up_proj.data[2] = float("nan")
    hidden, chosen = torch.randn(5, 16), torch.tensor([[0, 3], [1, 0], [3, 1], [0, 1], [3, 0]])
    with torch.no_grad():
        out = made(hidden, chosen, torch.full((5, 2), 0.5))
        alone = made(hidden[2:3], chosen[2:3], torch.full((1, 2), 0.5))
    assert out.isfinite().all()
    torch.testing.assert_close(out[2:3], alone)


def test_the_configuration_is_that_of_the_files(tmp_path: Path) -> None:
    folder = write_mixture(tmp_path / "model", SDAR_MOE, tensors(SDAR_MOE))
    assert json.loads((folder / "config.json").read_text("utf-8"))["num_experts"] == 6
    model = read_checkpoint(folder, dtype=torch.bfloat16, device=CPU, given=GIVEN)
    assert model.layers == ((2, 16),) * 3
    assert {weight.dtype for weight in model.body.parameters()} == {torch.bfloat16}
    assert run(model, BLOCKS).isfinite().all()

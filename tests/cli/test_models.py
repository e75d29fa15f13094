"""hierdiff models, and what is shown of a download."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line
from rich.console import Console

from hierdiff import plugins
from hierdiff.report.bars import Bars

PARITY = Path(__file__).resolve().parents[1] / "torch" / "parity"
"""Tiny checkpoints of the families, without a tokenizer."""


def test_help_loads_no_model_library() -> None:
    script = "import sys; from hierdiff.cli import main\ntry: main(['--help'])\nfinally: print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0
    loaded = result.stdout.splitlines()[-1].split()
    assert "models" in result.stdout
    assert not {"torch", "transformers", "hierdiff_torch", "rich.live", "httpx"} & set(loaded)


TEACHING = ((), ("models",), ("write",), ("plan",), ("check",), ("revise",), ("runs",), ("show",), ("quote",))


@pytest.mark.parametrize("arguments", TEACHING)
def test_help_teaches(cli: Cli, arguments: tuple[str, ...]) -> None:
    if arguments == ("models",):
        pytest.importorskip("torch")
    result = cli(*arguments, "--help")
    assert result.exit_code == 0
    assert "Usage: hierdiff" in result.stdout
    assert arguments == ("quote",) or "Example" in result.stdout


def test_models(cli: Cli, folder: Path, home: Path) -> None:
    pytest.importorskip("torch")
    listed = {model["name"]: model for model in json.loads(cli("models", "list", "--json").stdout)["models"]}
    assert not listed["smol"]["there"]
    assert listed["tiny"]["there"]
    assert "not pulled" in cli("models", "list").stdout
    said = json.loads(cli("models", "info", "tiny", "--json").stdout)
    assert (said["layers"], said["width"], said["block"], said["mask"]) == (2, 32, 1, None)
    assert said["parameters"] > 30_000
    assert "hierdiff models pull" in one_line(cli("models", "info", "smol"), 1)
    assert "neither" in one_line(cli("models", "info", "nobody"), 2)
    assert "only 'smol'" in one_line(cli("models", "pull", "nobody"), 2)
    assert "neither" in one_line(cli("models", "convert", "nobody", "--data", ".", "--out", "made"), 2)
    assert list(home.iterdir()) == []


def test_a_checkpoint_is_described(cli: Cli) -> None:
    pytest.importorskip("torch")
    checkpoint = str(PARITY / "sdar")
    said = json.loads(cli("models", "info", checkpoint, "--json").stdout)
    wanted = {"family": "sdar", "class": "qwen3", "layers": 2, "mask": 383, "shift": False, "parameters": 147_904}
    wanted |= {"attention": "block", "block": 4, "origin": "absolute", "stored_as": "F32", "experts": None}
    assert wanted.items() <= said.items()
    assert json.loads(cli("models", "info", str(PARITY / "llada"), "--json").stdout)["block"] is None
    assert "tokenizer.json is missing" in one_line(cli("write", "Tides", "--backend", f"torch:{checkpoint}"), 1)


def test_what_is_told_of_a_checkpoint_is_described_with_it(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for name in ("llada2.0", "modernbert"):
        shutil.copytree(PARITY / name, tmp_path / name)
        (tmp_path / name / "hierdiff.json").write_text('{"mask": 383}', encoding="utf-8")
    mixed = json.loads(cli("models", "info", str(tmp_path / "llada2.0"), "--json").stdout)
    wanted = {
        "class": "llada2",
        "experts": 8,
        "experts_a_token": 2,
        "block": 32,
        "head_dim": 32,
        "stored_as": "BF16, F32",
    }
    assert wanted.items() <= mixed.items()
    assert "Threshold(threshold=0.95" in mixed["policy"]
    near = json.loads(cli("models", "info", str(tmp_path / "modernbert"), "--json").stdout)
    assert (near["near_layers"], near["sees_near"], near["mask"], near["block"]) == (2, 8, 383, None)
    (tmp_path / "modernbert" / "hierdiff.json").write_text('{"masks": 383}', encoding="utf-8")
    assert "the field 'masks' is not known" in one_line(cli("models", "info", str(tmp_path / "modernbert")), 1)


def test_a_backend_that_wants_to_tell_is_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(group: str, name: str) -> object:
        def telling(target: str, *, told: plugins.Told | None = None) -> str:
            if told is not None:
                told("fetching", 1, 2)
            return f"telling {target}"

        return telling if name == "telling" else lambda target: f"silent {target}"

    monkeypatch.setattr(plugins, "load", load)
    heard: list[tuple[str, int, int]] = []

    def told(doing: str, done: int, of: int) -> None:
        heard.append((doing, done, of))

    assert plugins.open_backend("telling:x", told=told) == "telling x"
    assert plugins.open_backend("silent:x", told=told) == "silent x"
    assert heard == [("fetching", 1, 2)]


def test_bars() -> None:
    for live in (True, False):
        file = io.StringIO()
        with Bars(Console(file=file, force_terminal=live, width=80), "opening [b]it[/b]", live=live) as bars:
            for done in range(0, 101, 10):
                bars.told("fetching", done * 10**6, 100 * 10**6)
            bars.told("unpacking", 3, 3)
        said = file.getvalue()
        assert "100.0 MB" in said
        assert "opening [b]it[/b]" in said
        if not live:
            assert len(said.splitlines()) == 3

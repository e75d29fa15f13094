"""The examples are run as a reader runs them: as programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from house.tree import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

TEXT = """# Walls

## The wall

The wall is very old. It is basically gone.
"""


def run(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py"), *arguments]
    environment = {**os.environ, "HIERDIFF_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_a_report(tmp_path: Path) -> None:
    ran = run("report", "Tides", "--words", "200", "--backend", "scripted:", "--out", "tides.md", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("tides.md: ")
    assert ran.stderr.startswith("plan: ")
    assert (tmp_path / "tides.md").read_text("utf-8").startswith("# Tides\n")


def test_a_report_that_cannot_be_says_why(tmp_path: Path) -> None:
    ran = run("report", "Tides", "--words", "7", "--backend", "scripted:", folder=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == "error: words must be between 50 and 200,000, not 7\n"


def test_a_detector_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "walls.md").write_text(TEXT, encoding="utf-8")
    ran = run("own_detector", "walls.md", "--backend", "scripted:", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(TEXT.replace("very ", "").replace("basically ", ""))
    assert "unresolved" not in ran.stdout


def test_a_backend_of_ones_own(tmp_path: Path) -> None:
    ran = run("own_backend", "Tides", "--words", "200", "--backend", "scripted:", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    first, second, known = ran.stdout.splitlines()
    assert not first.endswith(" 0 forward passes")
    assert second.endswith(" 0 forward passes")
    assert known.endswith("canvases were known")


def test_the_torch_backend_in_an_example(tmp_path: Path) -> None:
    """The real engine on a model of noise. `own_detector` opens it and, for known values, has nothing to ask of it."""
    pytest.importorskip("torch")
    (tmp_path / "walls.md").write_text(TEXT, encoding="utf-8")
    ran = run("own_detector", "walls.md", "--backend", "torch:tiny", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 80

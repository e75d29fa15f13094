"""What is installed is what is in the checkout: sdist, wheel, a fresh environment, a first run."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from house.tree import PACKAGES, ROOT

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["HIERDIFF_HOME"] = str(cwd / "home")
    ran = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist and not from the checkout."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (found,) = out.glob("*.whl")
    assert len(list(out.glob("*.tar.gz"))) == 1
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with our wheel alone; it sees the dependencies, but not the checkout, of this one.

    A path file would be read with those inside it, the one of the editable install among them: so the folder is put
    on the path as a plain line, whose own path files are not read.
    """
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    where = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps", "-q", wheel, cwd=folder)
    (Path(where) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts / "python"


def test_the_wheel_holds_all_files_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wanted if name.endswith((".j2", "py.typed"))}
    assert wanted == {name for name in names if ".dist-info/" not in name}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_it_comes_from_the_wheel(python: Path, tmp_path: Path) -> None:
    code = "import hierdiff, hierdiff_torch, hierdiff_planners as p; print(hierdiff.__file__, p.__file__)"
    for file in run(python, "-c", code, cwd=tmp_path).split():
        assert Path(file).is_relative_to(python.parents[1])


def test_its_command_line_works(python: Path, tmp_path: Path) -> None:
    hierdiff = python.parent / "hierdiff"
    assert "Commands:" in run(hierdiff, "--help", cwd=tmp_path)
    run(hierdiff, "write", "Tides", "--words", "200", "--backend", "scripted:", "--out", "tides.md", cwd=tmp_path)
    assert (tmp_path / "tides.md").read_text("utf-8").startswith("# Tides\n")
    assert run(hierdiff, "models", "list", cwd=tmp_path)

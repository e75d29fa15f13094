"""hierdiff plan --edit: the outline goes through the user's editor, and nothing that was typed is lost."""

import sys
from pathlib import Path

import pytest
from conftest import Cli, one_line


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the editor be a script that gets the file's path as `path`."""
    file = folder / "editor.py"
    file.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{script}\n", encoding="utf-8")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {file}")


def test_what_is_typed_is_written(cli: Cli, folder: Path, outline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(folder, monkeypatch, "path.write_text(path.read_text().replace('title: Walls', 'title: Dikes  # mine'))")
    result = cli("plan", "--outline", str(outline), "--edit", "--out", "new.yaml")
    assert result.exit_code == 0, result.stderr
    assert "title: Dikes  # mine" in Path("new.yaml").read_text("utf-8")


def test_what_is_wrong_is_said_and_kept(cli: Cli, folder: Path, outline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(folder, monkeypatch, "path.write_text('title: T\\nsections: [{title: A, after: [nowhere]}]')")
    line = one_line(cli("plan", "--outline", str(outline), "--edit", "--out", "new.yaml"), 2)
    assert "'nowhere'" in line
    assert "nowhere" in Path(line.split("the text is kept in ")[1].strip()).read_text("utf-8")
    assert not Path("new.yaml").exists()


def test_without_an_editor_the_remedy_is_named(cli: Cli, outline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    assert "EDITOR=" in one_line(cli("plan", "--outline", str(outline), "--edit", "--out", "new.yaml"), 2)
    assert "--out" in one_line(cli("plan", "--outline", str(outline), "--edit"), 2)

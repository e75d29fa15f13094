"""For the tests of the command line: a way to call it, a folder to work in, an outline to write."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hierdiff.cli import main

Cli = Callable[..., Result]

OUTLINE = """\
title: Living with the sea
words: 300
sections:
  - id: causes
    title: Causes
    words: 100
    provides: [{id: retreat, kind: quantity, value: 1.2 m a year, about: mean retreat of the cliff}]
  - {id: walls, title: Walls, words: 100}
  - {id: policy, title: Policy, words: 100, after: [causes]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "HIERDIFF_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def cli() -> Cli:
    """The command line, in this process: `cli("write", "Tides")`."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments))

    return call


@pytest.fixture
def outline(folder: Path) -> Path:
    """An outline file of three sections."""
    path = folder / "outline.yaml"
    path.write_text(OUTLINE, encoding="utf-8")
    return path


def one_line(result: Result, code: int) -> str:
    """What a call that must fail in good order says: one line, no traceback, nothing on standard output."""
    assert result.exit_code == code, (result.exit_code, result.output, result.exception)
    assert result.stdout == ""
    said = result.stderr.splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("hierdiff: error: ")
    return said[0]

"""hierdiff quote, and write --approve: what a document would take, before anything is drawn."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

from hierdiff.events import Finished, Quoted
from hierdiff.store import Store

SCRIPTED = ("--backend", "scripted:")
TREE = """\
title: calculator
sections:
  - id: ops
    title: ops.py
    kind: file
    sections:
      - {id: add, title: "def add(a: int, b: int) -> int", brief: the sum of two numbers}
      - {id: twice, title: "def twice(a: int) -> int", brief: a number added to itself, after: [add]}
"""


def test_an_outline_is_quoted(cli: Cli, outline: Path) -> None:
    result = cli("quote", str(outline), *SCRIPTED)
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert list(rows) == ["document", "work", "forwards", "memory", "longest", "time"]
    assert "300 words in 3 sections" in rows["document"]
    assert "300 tokens on 3 canvases" in rows["work"]
    assert "Causes -> Policy" in rows["longest"]
    assert "not known" in rows["time"]


def test_json_is_one_object(cli: Cli, outline: Path) -> None:
    said = json.loads(cli("quote", str(outline), "--json", *SCRIPTED).stdout)
    basis = said.pop("basis")
    assert said == {
        "title": "Living with the sea", "words": 300, "sections": 3, "canvases": 3, "tokens": 300, "forwards": 200,
        "resident_tokens": 200, "critical_tokens": 200, "critical_sections": ["causes", "policy"], "seconds": None,
    }  # fmt: skip
    assert "no time is quoted" in basis


@pytest.mark.parametrize(
    ("mode", "canvases", "critical"), [("flat", 1, 300), ("sequential", 3, 300), ("blind", 3, 100)]
)
def test_modes(cli: Cli, outline: Path, mode: str, canvases: int, critical: int) -> None:
    said = json.loads(cli("quote", str(outline), "--mode", mode, "--json", *SCRIPTED).stdout)
    assert (said["tokens"], said["canvases"], said["critical_tokens"]) == (300, canvases, critical)


def test_time_is_quoted_once_it_was_measured_or_run(cli: Cli, outline: Path) -> None:
    measured = json.loads(cli("quote", str(outline), "--measure", "--json", *SCRIPTED).stdout)
    assert 0 <= measured["seconds"][0] <= measured["seconds"][1]
    assert "measured now" in measured["basis"]
    assert cli("write", "--outline", str(outline), *SCRIPTED).exit_code == 0
    known = json.loads(cli("quote", str(outline), "--json", *SCRIPTED).stdout)
    assert known["seconds"] is not None
    assert known["basis"].startswith("1 earlier run on scripted")


@pytest.mark.parametrize("kind", ["report", "code"])
def test_a_run_takes_what_was_quoted(cli: Cli, outline: Path, kind: str) -> None:
    if kind == "code":
        outline.write_text(TREE, encoding="utf-8")
    given = ("--outline", str(outline), "--kind", kind, "--json", *SCRIPTED)
    said = json.loads(cli("quote", *given).stdout)
    assert cli("write", *given, "--out", "made", "--run", "r.db").exit_code == 0
    with Store("r.db", make=False) as store:
        (run,) = store.runs()
        found = store.events(run.id)
    (quote,) = [event for event in found if isinstance(event, Quoted)]
    (finished,) = [event for event in found if isinstance(event, Finished)]
    assert finished.quoted == quote
    assert (quote.tokens, quote.canvases, quote.forwards) == (said["tokens"], said["canvases"], said["forwards"])


def test_what_cannot_be_quoted_is_one_line(cli: Cli, outline: Path) -> None:
    assert "two outline files" in one_line(cli("quote", str(outline), "--outline", str(outline)), 2)
    assert "--outline" in one_line(cli("quote"), 2)


def test_code_is_never_flat(cli: Cli, outline: Path) -> None:
    outline.write_text(TREE, encoding="utf-8")
    given = ("--outline", str(outline), "--kind", "code", *SCRIPTED)
    assert "cannot be written flat" in one_line(cli("quote", *given, "--mode", "flat"), 2)


def test_nobody_can_approve_without_a_terminal(cli: Cli, outline: Path) -> None:
    assert "--approve asks a person" in one_line(cli("write", "--outline", str(outline), "--approve", *SCRIPTED), 2)
    assert not Path("out").exists()


def answered(answer: bytes, outline: Path) -> tuple[int, str]:
    """The exit code of a write at a terminal where the answer is typed, and what was shown."""
    ours, theirs = pty.openpty()
    given = ["write", "--outline", str(outline), "--approve", "--out", "x.md", *SCRIPTED]
    code = f"from hierdiff.cli import main; main({given!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown, typed, end = b"", False, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.2)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                shown += os.read(ours, 65536)
            except OSError:
                break
            if not typed and b"Write it?" in shown:
                typed = True
                os.write(ours, answer)
        if time.monotonic() >= end:
            process.kill()
    os.close(ours)
    return process.returncode, shown.decode("utf-8", "replace")


def test_yes_writes(outline: Path) -> None:
    code, shown = answered(b"y\n", outline)
    assert code == 0, shown
    assert "Policy (100 words, after Causes)" in shown
    assert "300 tokens on 3 canvases" in shown
    assert Path("x.md").is_file()


def test_no_writes_nothing(outline: Path) -> None:
    code, shown = answered(b"n\n", outline)
    assert code == 1, shown
    assert "not approved" in shown
    assert not Path("x.md").exists()

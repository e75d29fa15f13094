"""Whatever is asked wrongly is refused in one line with exit code 2, before anything is begun."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

SCRIPTED = ("--backend", "scripted:")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("write",), "GOAL"),
        (("write", ""), "goal is empty"),
        (("write", "   "), "goal is empty"),
        (("write", "x" * 4001), "under 4000"),
        (("write", "Tides", "--words", "49"), "between 50 and 200,000"),
        (("write", "Tides", "--words", "200001"), "between 50 and 200,000"),
        (("write", "Tides", "--words", "many"), "'--words'"),
        (("write", "Tides", "--seed", "-1"), "'--seed'"),
        (("write", "Tides", "--kind", "poem"), "'--kind'"),
        (("write", "Tides", "and", "more"), "unexpected extra argument"),
        (("write", "Tides", "--flat", "--blind"), "--flat and --blind exclude each other"),
        (("write", "Tides", "--outline", "none.yaml"), "none.yaml"),
        (("write", "Tides", "--outline", "none.pdf"), "must end in"),
        (("write", "Tides", "--facts", "none.yaml"), "none.yaml"),
        (("write", "Tides", "--planner", "nobody"), "installed planners: "),
        (("write", "Tides", "--planner", "manual"), "outline file"),
        (("write", "Tides", "--nonsense"), "--nonsense"),
        (("plan",), "GOAL"),
        (("plan", "Tides", "--out", "outline.txt"), ".yaml"),
        (("check",), "FILE"),
        (("check", "none.md"), "none.md"),
        (("check", "."), "folder"),
        (("revise", "none.md"), "none.md"),
        (("show", "none"), "no run log none"),
        (("runs", "none"), "none"),
        (("nonsense",), "No such command"),
        (("show", "x.db", "--html", "x.html"), "later release"),
        (("resume", "x.db"), "later release"),
        (("serve", "--port", "80"), "later release"),
        (("mcp",), "later release"),
    ],
)
def test_it_is_refused_in_one_line(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    more = SCRIPTED if arguments[0] == "write" else ()
    assert words in one_line(cli(*arguments, *more), 2)


def test_an_unknown_backend_is_told_which_there_are(cli: Cli) -> None:
    said = one_line(cli("write", "Tides", "--backend", "nobody:x"), 2)
    assert "no backend 'nobody'" in said
    assert "scripted" in said
    assert "torch" in said


def test_what_is_missing_for_a_backend_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("torch", "hierdiff_torch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert 'pip install "hierdiff-lm[torch]"' in one_line(cli("write", "Tides", "--backend", "torch:tiny"), 2)
    assert 'pip install "hierdiff-lm[torch]"' in one_line(cli("models", "list"), 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: [", "line 1"),
        ("title: T\nsections: []\n", "no sections"),
        ("title: T\nsections:\n  - {id: a, title: A, after: [b]}\n  - {id: b, title: B, after: [a]}\n", "a -> b -> a"),
        ("title: T\nwords: 49\nsections:\n  - {title: A}\n", "between 50"),
        ("title: T\nwords: 50\nsections:\n" + "  - {title: A}\n" * 51, "51 sections cannot share 50 words"),
    ],
)
def test_a_broken_outline_names_the_place(cli: Cli, folder: Path, text: str, words: str) -> None:
    (folder / "o.yaml").write_text(text, encoding="utf-8")
    for command in ("write", "plan"):
        said = one_line(cli(command, "--outline", "o.yaml", *SCRIPTED), 2)
        assert words in said
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("facts: [", "line"),
        ("nothing: here\n", "facts"),
        ("facts: [{id: a, kind: colour, value: red}]\n", "kind"),
        ("facts: [{id: a, kind: count, value: 1}, {id: a, kind: count, value: 2}]\n", "'a'"),
    ],
)
def test_broken_facts_name_the_file(cli: Cli, folder: Path, text: str, words: str) -> None:
    (folder / "f.yaml").write_text(text, encoding="utf-8")
    (folder / "d.md").write_text("# Tides\n", encoding="utf-8")
    for arguments in (("write", "Tides", *SCRIPTED), ("check", "d.md"), ("revise", "d.md")):
        said = one_line(cli(*arguments, "--facts", "f.yaml"), 2)
        assert "f.yaml" in said
        assert words in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# Sea\n\xff\xfe", "byte 6"),
        (b"# Sea\n\0", "NUL"),
        (b"x" * 20_000_001, "20 MB"),
    ],
)
def test_what_is_no_text_is_not_read(cli: Cli, folder: Path, data: bytes, words: str) -> None:
    (folder / "d.md").write_bytes(data)
    for command in ("check", "revise"):
        assert words in one_line(cli(command, "d.md"), 2)


def test_an_output_that_cannot_be_written_is_known_before_anything_else(
    cli: Cli, folder: Path, outline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(out: str) -> str:
        return one_line(cli("write", "--outline", str(outline), "--out", out, *SCRIPTED), 2)

    (folder / "old.md").write_text("old", encoding="utf-8")
    (folder / "old.md").chmod(0o444)
    assert "may only be read" in said("old.md")
    assert "is a folder" in said(".")
    assert "cannot write old.md/new.md" in said("old.md/new.md")
    assert "no ordinary file" in said(os.devnull)
    assert "would be overwritten" in said(str(outline))
    assert "cannot write" in said("x" * 300)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=10))
    assert "disk is full" in said("new.md")
    assert (folder / "old.md").read_text(encoding="utf-8") == "old"


def test_a_goal_that_is_no_text(cli: Cli) -> None:
    assert "not valid UTF-8" in one_line(cli("write", "Tides \udcff", *SCRIPTED), 2)


def test_a_log_that_cannot_be_kept_is_a_failure(cli: Cli, folder: Path, outline: Path, home: Path) -> None:
    (folder / "no.db").write_text("not a database, but long enough to be looked at as one" * 40, encoding="utf-8")
    arguments = ("write", "--outline", str(outline), *SCRIPTED)
    assert "no SQLite database" in one_line(cli(*arguments, "--run", "no.db"), 2)
    (home / "runs").write_text("in the way", encoding="utf-8")
    assert "HIERDIFF_HOME" in one_line(cli(*arguments), 1)


def test_the_unexpected_is_one_line_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("hierdiff.cli.check.read_source", broken)
    said = one_line(cli("check", "x.md"), 1)
    assert "ZeroDivisionError: by zero" in said
    assert "HIERDIFF_DEBUG=1" in said
    monkeypatch.setenv("HIERDIFF_DEBUG", "1")
    assert "Traceback" in cli("check", "x.md").stderr

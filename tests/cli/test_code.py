"""Trees of code on the command line: planned, written, checked by exit code, revised by changed files only."""

import ast
import json
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

PLAN = """\
title: Calculator
words: 300
sections:
  - id: tokens
    title: calculator/tokens.py
    kind: file
    sections:
      - id: split
        title: split
        topic: text in its tokens
        words: 100
        provides: [{id: split, kind: symbol, value: "def split(text: str) -> list[str]"}]
  - id: main
    title: main.py
    kind: file
    sections:
      - {id: run, title: "def main() -> None", kind: main, topic: read and answer, requires: [split]}
"""
SCRIPT = """\
split: 'return text.split()'
run: |-
  for one in split(input()):
      print(one)
"""
GOOD = {"a.py": '"""A."""\r\n\r\nX = 1\r\n', "b.py": '\ufeff"""B."""\n\nfrom a import X\n\nprint(X, \'😀\')'}
BROKEN = {**GOOD, "c/d.py": '"""D."""\n\n\ndef double(number):\n    return nmber * 2\n'}


@pytest.fixture
def plan(folder: Path) -> tuple[str, ...]:
    """The options of a run that writes PLAN by SCRIPT."""
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (folder / "s.yaml").write_text(SCRIPT, encoding="utf-8")
    return "--kind", "code", "--outline", "plan.yaml", "--backend", "scripted:s.yaml"


def laid(folder: Path, texts: dict[str, str]) -> Path:
    """A folder with these files."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8"))
    return folder


def held(folder: Path) -> dict[str, str]:
    """The files of a folder, whatever they are called."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8") for path in found}


def test_an_outline_becomes_a_folder_of_files(cli: Cli, plan: tuple[str, ...]) -> None:
    result = cli("write", *plan, "--out", "calc")
    assert result.exit_code == 0, result.output
    texts = held(Path("calc"))
    assert sorted(texts) == ["calculator/tokens.py", "main.py"]
    assert "from calculator.tokens import split\n" in texts["main.py"]
    assert texts["main.py"].endswith('\n\n\nif __name__ == "__main__":\n    main()\n')
    assert "def split(text: str) -> list[str]:" in texts["calculator/tokens.py"]
    for text in texts.values():
        ast.parse(text)
    assert cli("check", "calc").exit_code == 0


def test_the_outline_in_the_documentation_can_be_written(cli: Cli, folder: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "code.md").read_text(encoding="utf-8")
    (folder / "plan.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    result = cli("write", "--kind", "code", "--outline", "plan.yaml", "--backend", "scripted:", "--out", "calc")
    assert result.exit_code == 0, result.output
    assert "from calculator.tokens import split\n" in held(folder / "calc")["main.py"]


def test_the_default_folder_is_named_by_the_goal_and_json_names_the_files(cli: Cli, plan: tuple[str, ...]) -> None:
    result = cli("write", "My calculator", *plan, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["out"] == "out/my-calculator"
    assert sorted(held(Path("out/my-calculator"))) == ["calculator/tokens.py", "main.py"]


def test_a_foreign_file_is_not_overwritten_without_force(cli: Cli, folder: Path, plan: tuple[str, ...]) -> None:
    laid(folder / "calc", {"main.py": "mine\n"})
    result = cli("write", *plan, "--out", "calc")
    assert result.exit_code != 0 and "--force" in result.stderr
    assert held(folder / "calc") == {"main.py": "mine\n"}
    assert cli("write", *plan, "--out", "calc", "--force").exit_code == 0
    assert held(folder / "calc")["main.py"] != "mine\n"


@pytest.mark.parametrize("path", ["../main.py", "/tmp/main.py", "a/../../main.py", "con.py", ".git/x.py", "main.sh"])
def test_an_outline_with_an_unsafe_path_writes_nothing(
    cli: Cli, folder: Path, plan: tuple[str, ...], path: str
) -> None:
    (folder / "plan.yaml").write_text(PLAN.replace("title: main.py", f"title: {path}"), encoding="utf-8")
    before = held(folder)
    one_line(cli("write", *plan, "--out", "calc"), 2)
    assert held(folder) == before


def test_check_exits_by_what_it_found_in_a_folder(cli: Cli, folder: Path) -> None:
    good = cli("check", str(laid(folder / "good", GOOD)))
    assert (good.exit_code, good.stdout) == (0, ""), good.output
    bad = cli("check", str(laid(folder / "bad", BROKEN)))
    assert bad.exit_code == 1
    assert f"{folder / 'bad' / 'c/d.py'}:5:12: names " in bad.stdout
    (folder / "empty").mkdir()
    one_line(cli("check", "empty"), 2)
    (folder / "bad" / "z.py").write_bytes(b"\xff")
    one_line(cli("check", "bad"), 2)


def test_check_says_where_in_its_file(cli: Cli, folder: Path) -> None:
    (found,) = json.loads(cli("check", str(laid(folder / "bad", BROKEN)), "--json").stdout)["findings"]
    (span,) = found["spans"]
    assert span["file"] == "c/d.py"
    assert BROKEN["c/d.py"][span["start"] : span["stop"]] == "nmber"


def test_revise_writes_changed_files_only(cli: Cli, folder: Path) -> None:
    old = laid(folder / "old", BROKEN)
    (folder / "s.yaml").write_text("c/d.py: return number * 2\n", encoding="utf-8")
    result = cli("revise", "old", "--out", "new", "--backend", "scripted:s.yaml", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["out"], said["files"]) == ("new", ["c/d.py"])
    assert held(folder / "new") == {"c/d.py": BROKEN["c/d.py"].replace("nmber", "number")}
    assert held(old) == BROKEN


def test_revise_in_place_leaves_every_other_byte(cli: Cli, folder: Path) -> None:
    laid(folder / "old", {**BROKEN, "notes.txt": "left alone\r\n"})
    (folder / "s.yaml").write_text("c/d.py: return number * 2\n", encoding="utf-8")
    result = cli("revise", "old", "--out", "old", "--backend", "scripted:s.yaml")
    assert result.exit_code == 0, result.output
    mended = {**BROKEN, "notes.txt": "left alone\r\n", "c/d.py": BROKEN["c/d.py"].replace("nmber", "number")}
    assert held(folder / "old") == mended


def test_revise_of_a_sound_folder_writes_nothing_and_opens_no_backend(cli: Cli, folder: Path) -> None:
    laid(folder / "old", GOOD)
    result = cli("revise", "old", "--out", "new", "--backend", "nobody:", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["files"] == []
    assert not (folder / "new").exists() or held(folder / "new") == {}


def test_code_on_one_canvas_is_misuse(cli: Cli, plan: tuple[str, ...]) -> None:
    assert "--flat" in one_line(cli("write", *plan, "--flat"), 2)

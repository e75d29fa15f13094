"""hierdiff check and revise: what is found, and that nothing else changes."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Cli

FACTS = "facts:\n  - {id: wall, kind: quantity, value: 4.2 km, about: length of the sea wall}\n"
TEXT = """\
# Sea

The sea wall is 4.2 km long. It was finished late.

## Policy

The sea wall is 4.7 km long and 海 needs care.
"""


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    """A text that says 4.7 where the facts say 4.2."""
    (folder / "f.yaml").write_text(FACTS, encoding="utf-8")
    (folder / "d.md").write_text(TEXT, encoding="utf-8")


def findings(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    return json.loads(cli("check", *arguments, "--json").stdout)["findings"]


def test_check_exits_by_what_it_found(cli: Cli, folder: Path) -> None:
    assert cli("check", "d.md", "--facts", "f.yaml").exit_code == 1
    (folder / "good.md").write_text(TEXT.replace("4.7", "4.2"), encoding="utf-8")
    result = cli("check", "good.md", "--facts", "f.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing found" in result.stderr


def test_check_says_file_line_and_column(cli: Cli) -> None:
    line = cli("check", "d.md", "--facts", "f.yaml").stdout.splitlines()[0]
    assert line.startswith("d.md:7:17: numbers ")
    assert "ought to be '4.2'" in line


def test_check_as_json(cli: Cli) -> None:
    found = findings(cli, "d.md", "--facts", "f.yaml")
    wrong = next(one for one in found if one["expected"] == "4.2")
    told = {"detector", "kind", "section", "spans", "reason", "expected"}
    assert set(wrong) == told | {"against", "instead", "hard", "votes", "lean"}
    assert wrong["section"] == "policy"
    (span,) = wrong["spans"]
    assert TEXT[span["start"] : span["stop"]] == span["text"] == "4.7"


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_revise_changes_the_span_and_nothing_else(cli: Cli, folder: Path, bom: str, end: str) -> None:
    text = bom + TEXT.replace("\n", end)
    (folder / "d.md").write_bytes(text.encode("utf-8"))
    result = cli("revise", "d.md", "--facts", "f.yaml", "--backend", "nobody:", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["out"] == "d.revised.md"
    assert (folder / "d.revised.md").read_bytes().decode("utf-8") == text.replace("4.7", "4.2")
    assert (folder / "d.md").read_bytes().decode("utf-8") == text
    (revision,) = said["revisions"]
    assert {"start", "stop", "before", "after", "reason", "method", "accepted"} <= set(revision)
    assert text[revision["start"] : revision["stop"]] == "4.7"
    assert (revision["after"], revision["method"], revision["accepted"]) == ("4.2", "splice", True)


def test_revise_writes_where_it_is_told(cli: Cli, folder: Path) -> None:
    result = cli("revise", "d.md", "--facts", "f.yaml", "--out", "d.md", "--backend", "nobody:")
    assert result.exit_code == 0, result.output
    assert result.stdout == "d.md\n"
    assert "1 finding · 1 revised · 0 unresolved" in result.stderr
    assert (folder / "d.md").read_text(encoding="utf-8") == TEXT.replace("4.7", "4.2")
    assert not (folder / "d.revised.md").exists()


def test_revise_opens_the_backend_when_only_a_model_can_know(cli: Cli, folder: Path) -> None:
    cut = "\nMany of the fishermen in the town say that they have never been asked about the\n"
    (folder / "d.md").write_text(TEXT + cut, encoding="utf-8")
    refused = cli("revise", "d.md", "--backend", "nobody:")
    assert refused.exit_code == 2
    assert "no backend 'nobody'" in refused.stderr.splitlines()[-1]
    said = json.loads(cli("revise", "d.md", "--backend", "scripted:", "--json").stdout)
    assert "renoise" in {one["method"] for one in said["revisions"]}
    assert said["forwards"] > 0


def test_text_of_unknown_origin_cannot_speak_to_the_terminal(cli: Cli, folder: Path) -> None:
    (folder / "d.md").write_text("# A\n\nSee \x1b]0;owned\x07 section \x1b[31m9\x1b[0m here.\n\n" * 2, encoding="utf-8")
    result = cli("check", "d.md")
    assert "\x1b" not in result.stdout + result.stderr

"""hierdiff write and plan: what comes out, where, and what is said of it."""

import json
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

from hierdiff.document import count_words, parse
from hierdiff.store import Store

SCRIPTED = ("--backend", "scripted:")


def test_an_outline_becomes_a_document(cli: Cli, folder: Path, outline: Path) -> None:
    result = cli("write", "--outline", str(outline), *SCRIPTED)
    assert result.exit_code == 0, result.output
    out = folder / "out" / "living-with-the-sea.md"
    assert result.stdout == "out/living-with-the-sea.md\n"
    document = parse(out.read_text(encoding="utf-8"))
    assert [part.title for part in document.sections] == ["Living with the sea", "Causes", "Walls", "Policy"]
    assert 200 < document.words < 400
    states = [line.split()[0] for line in result.stderr.splitlines()]
    assert states[:2] == ["planned", "quoted"]
    assert states.count("opened") == states.count("drafted") == 3
    assert states[-1] == "finished"


def test_json_is_one_object_and_nothing_else(cli: Cli, outline: Path) -> None:
    result = cli("write", "--outline", str(outline), "--out", "x.md", "--json", *SCRIPTED)
    said = json.loads(result.stdout)
    wanted = {
        "run", "out", "words", "target_words", "sections", "canvases", "forwards", "tokens", "seconds", "findings",
        "revisions", "unresolved",
    }  # fmt: skip
    assert wanted <= said.keys()
    assert (said["out"], said["target_words"], said["sections"]) == ("x.md", 300, 3)
    assert said["canvases"] >= 3
    assert said["words"] == parse(Path("x.md").read_text(encoding="utf-8")).words
    assert said["revisions"] <= len(said["revised"])
    assert said["unresolved"] == len(said["standing"])
    assert "drafted" in result.stderr


def test_what_disagrees_is_found_and_revised(cli: Cli, outline: Path) -> None:
    Path("s.yaml").write_text("causes: The cliff retreats 1.4 m a year on average.\n", encoding="utf-8")
    result = cli("write", "--outline", str(outline), "--backend", "scripted:s.yaml", "--json", "--out", "x.md")
    said = json.loads(result.stdout)
    assert said["findings"] == len(said["found"]) >= 1
    assert any(one["accepted"] and one["before"] == "1.4" and one["after"] == "1.2" for one in said["revised"])
    assert "retreats 1.2 m a year" in Path("x.md").read_text(encoding="utf-8")
    assert "accepted" in result.stderr


def test_words_and_goal_win_over_the_outline(cli: Cli, outline: Path) -> None:
    result = cli("write", "Another goal", "--outline", str(outline), "--words", "600", "--json", *SCRIPTED)
    said = json.loads(result.stdout)
    assert said["target_words"] == 600
    assert said["out"] == "out/another-goal.md"
    assert said["title"] == "Living with the sea"


def test_a_goal_is_text_and_never_code(cli: Cli) -> None:
    goal = "Why {{ 7*7 }} **matters** <b>&amp; `x` [link](y)"
    result = cli("write", goal, "--words", "200", "--json", "--run", "r.db", *SCRIPTED)
    assert result.exit_code == 0, result.output
    with Store("r.db", make=False) as store:
        run = store.last()
        assert run is not None
        assert run.goal == goal
    text = Path(json.loads(result.stdout)["out"]).read_text(encoding="utf-8")
    assert "49" not in text
    assert "{{" in text.splitlines()[0]


@pytest.mark.parametrize("mode", ["--flat", "--sequential", "--blind"])
def test_modes(cli: Cli, outline: Path, mode: str) -> None:
    result = cli("write", "--outline", str(outline), mode, "--json", *SCRIPTED)
    assert json.loads(result.stdout)["sections"] == (1 if mode == "--flat" else 3)


def test_the_same_seed_gives_the_same_text(cli: Cli, outline: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert cli("write", "--outline", str(outline), "--seed", seed, "--out", name, *SCRIPTED).exit_code == 0
    a, b, c = (Path(name).read_bytes() for name in "abc")
    assert a == b != c


def test_a_run_that_fails_half_way_keeps_what_stands(cli: Cli, outline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hierdiff.testing import ScriptedBackend

    monkeypatch.setattr("hierdiff.cli.running.open_backend", lambda *_, **__: ScriptedBackend(fail="policy"))
    result = cli("write", "--outline", str(outline), "--out", "x.md", "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second = result.stderr.splitlines()[-2:]
    assert "cut short: 2 of 3 sections done" in first
    assert "x.md" in first
    assert second.startswith("hierdiff: error: section 'policy' fails")
    assert "## Causes" in Path("x.md").read_text(encoding="utf-8")


def test_a_document_that_cannot_be_kept_is_still_in_the_log(
    cli: Cli, outline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hierdiff.cli.files.os.replace", full)
    result = cli("write", "--outline", str(outline), "--out", "x.md", "--run", "r.db", *SCRIPTED)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert "hierdiff show r.db --text" in result.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["outline.yaml", "r.db"]
    assert "# Living with the sea" in cli("show", "r.db", "--text").stdout


def test_a_log_that_is_lost_on_the_way_does_not_end_the_run(
    cli: Cli, outline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hierdiff.errors import StoreError

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("hierdiff.store.Store.append", full)
    result = cli("write", "--outline", str(outline), "--json", *SCRIPTED)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["log"] is None
    assert result.stderr.count("goes on without a log") == 1


def test_an_old_file_is_replaced_whole_and_keeps_its_mode(cli: Cli, folder: Path, outline: Path) -> None:
    (folder / "real.md").write_text("old", encoding="utf-8")
    (folder / "real.md").chmod(0o640)
    (folder / "link.md").symlink_to("real.md")
    assert cli("write", "--outline", str(outline), "--out", "link.md", *SCRIPTED).exit_code == 0
    assert (folder / "link.md").is_symlink()
    assert (folder / "real.md").stat().st_mode & 0o777 == 0o640
    assert (folder / "real.md").read_text(encoding="utf-8").startswith("# Living")


def test_a_plan_is_an_outline_file_that_write_takes(cli: Cli) -> None:
    result = cli("plan", "Tides and towns", "--words", "500", "--out", "plans/o.yaml", *SCRIPTED)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "500 words" in result.stderr
    assert cli("plan", "Tides and towns", "--words", "500", *SCRIPTED).stdout == Path("plans/o.yaml").read_text("utf-8")
    said = json.loads(cli("write", "--outline", "plans/o.yaml", "--json", *SCRIPTED).stdout)
    assert said["target_words"] == 500


def test_a_plan_of_an_outline_opens_no_backend(cli: Cli, folder: Path) -> None:
    (folder / "o.md").write_text("# Sea\n\n## Höhe\n\n## 海\n", encoding="utf-8")
    result = cli("plan", "--outline", "o.md", "--backend", "nobody:", "--words", "300")
    assert result.exit_code == 0, result.output
    assert "海" in result.stdout
    assert "words: 300" in result.stdout


def test_outline_and_planner_exclude_each_other(cli: Cli, outline: Path) -> None:
    assert "exclude" in one_line(cli("write", "--outline", str(outline), "--planner", "scaffold"), 2)


def test_a_planner_uri_may_be_a_file(cli: Cli, outline: Path) -> None:
    result = cli("write", "Tides", "--planner", f"manual:{outline}", "--words", "400", *SCRIPTED)
    assert result.exit_code == 0, result.output
    assert 300 < count_words(Path("out/tides.md").read_text(encoding="utf-8")) < 500

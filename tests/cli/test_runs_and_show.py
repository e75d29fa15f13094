"""hierdiff runs and show: what was logged."""

from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

from hierdiff.store import Store


@pytest.fixture
def run(cli: Cli, outline: Path, folder: Path) -> str:
    """The id of a finished run in which something was found; its log is one of its own."""
    (folder / "s.yaml").write_text("causes: The cliff retreats 1.4 m a year on average.\n", encoding="utf-8")
    assert cli("write", "--outline", str(outline), "--out", "x.md", "--backend", "scripted:s.yaml").exit_code == 0
    return cli("runs").stdout.split()[-1]


def test_no_runs(cli: Cli) -> None:
    result = cli("runs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no runs" in result.stderr


def test_runs_are_listed_newest_last(cli: Cli, run: str, home: Path, outline: Path) -> None:
    assert cli("write", "--outline", str(outline), "--run", "more.db", "--backend", "scripted:").exit_code == 0
    assert cli("write", "Tides", "--words", "200", "--run", "more.db", "--backend", "scripted:").exit_code == 0
    (line,) = cli("runs").stdout.splitlines()
    assert "finished" in line
    assert "Living with the sea" in line
    assert line.endswith(run)
    first, second = cli("runs", "more.db").stdout.splitlines()
    assert "Living with the sea" in first
    assert "Tides" in second
    (home / "runs" / "broken.db").write_text("no database at all " * 100, encoding="utf-8")
    result = cli("runs")
    assert len(result.stdout.splitlines()) == 1
    assert "broken.db" in result.stderr


def test_a_run_is_shown(cli: Cli, run: str, home: Path) -> None:
    result = cli("show", run)
    assert result.exit_code == 0, result.output
    for words in ("Living with the sea", "Causes", "Found: 1", "[1.4 → 1.2] m a year", "Unresolved: nothing", "x.md"):
        assert words in result.stdout
    assert cli("show", str(home / "runs" / f"{run}.db")).stdout == result.stdout


def test_the_document_is_shown_as_it_was_written(cli: Cli, run: str) -> None:
    assert cli("show", run, "--text").stdout_bytes == Path("x.md").read_bytes()


def test_one_of_several_runs(cli: Cli) -> None:
    for goal in ("Tides", "Winds"):
        assert cli("write", goal, "--words", "200", "--run", "r.db", "--backend", "scripted:").exit_code == 0
    with Store("r.db", make=False) as store:
        first, last = store.runs()
    assert cli("show", "r.db").stdout.startswith("Winds")
    assert cli("show", "r.db", "--run", first.id).stdout.startswith("Tides")
    assert last.id in one_line(cli("show", "r.db", "--run", "nobody"), 2)


def test_a_run_that_was_killed_is_shown_as_far_as_it_came(cli: Cli, run: str, home: Path) -> None:
    with Store(home / "runs" / f"{run}.db", make=False) as store, Store("cut.db") as cut:
        events = store.events(run)
        planned = next(event for event in events if event.type == "planned")
        cut.begin("k", planned.request)
        for event in events[: len(events) // 2]:
            cut.append("k", event)
    result = cli("show", "cut.db")
    assert result.exit_code == 0, result.output
    assert "not finished" in result.stdout
    assert "has no document" in one_line(cli("show", "cut.db", "--text"), 2)


def test_what_is_no_log_is_a_failure(cli: Cli, folder: Path) -> None:
    (folder / "x.db").write_text("plain text, quite long enough to be looked at. " * 50, encoding="utf-8")
    for command in ("show", "runs"):
        assert "no SQLite database" in one_line(cli(command, "x.db"), 2)

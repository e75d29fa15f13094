"""The log of runs: what goes in comes out, whatever happens in between."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hierdiff.document import Cost, Document
from hierdiff.errors import FileError, StoreError
from hierdiff.events import Accepted, Event, Failed, Finished, Planned, Stepped
from hierdiff.findings import Revision
from hierdiff.outline import Outline, Section
from hierdiff.plugins import open_planner
from hierdiff.request import Request
from hierdiff.store import MIGRATIONS, Store
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer

REQUEST = Request(goal="Tides \N{WATER WAVE} '; DROP TABLE runs; --", words=400)


async def a_run() -> list[Event]:
    backend = ScriptedBackend({"overview": "The wall is 1.4 m high. See section 9."})
    return [event async for event in Writer(open_planner("scaffold"), backend).stream(REQUEST)]


@pytest.mark.parametrize("steps", [False, True])
async def test_events_come_back_as_they_were(tmp_path: Path, steps: bool) -> None:
    events = await a_run()
    with Store(tmp_path / "r.db", steps=steps) as store:
        store.begin("r", REQUEST, out="x.md")
        for event in events:
            store.append("r", event)
    wanted = [event for event in events if steps or not isinstance(event, Stepped)]
    with Store(tmp_path / "r.db", make=False) as store:
        assert store.events("r") == wanted
        entries = store.entries("r")
        assert [entry.seq for entry in entries] == list(range(1, len(wanted) + 1))
        assert [entry.time for entry in entries] == sorted(entry.time for entry in entries)
        run = store.last()
        assert run is not None
        assert (run.id, run.goal, run.words, run.status, run.out) == ("r", REQUEST.goal, 400, "finished", "x.md")


def test_runs_in_one_file_do_not_mix(tmp_path: Path) -> None:
    with Store(tmp_path / "r.db") as one, Store(tmp_path / "r.db") as other:
        one.begin("a", REQUEST)
        other.begin("b", REQUEST)
        for number in range(10):
            one.append("a", Failed(error="E", message=f"a{number}"))
            other.append("b", Failed(error="E", message=f"b{number}"))
        assert [run.id for run in one.runs()] == ["a", "b"]
        assert [getattr(event, "message", "") for event in other.events("a")] == [f"a{n}" for n in range(10)]
        assert one.last() == other.last()
        assert one.events("nobody") == []


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "open"),
        ([Finished(document=Document(text=""), cost=Cost())], "finished"),
        ([Finished(document=Document(text=""), cost=Cost(), stopped=True)], "stopped"),
        ([Finished(document=Document(text=""), cost=Cost(), stopped=True), Failed(error="E", message="m")], "failed"),
    ],
)
def test_the_status_follows_the_events(tmp_path: Path, events: list[Event], status: str) -> None:
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        for event in events:
            store.append("r", event)
        assert [run.status for run in store.runs()] == [status]


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from hierdiff.events import Failed\n"
        "from hierdiff.request import Request\n"
        "from hierdiff.store import Store\n"
        "store = Store(sys.argv[1])\n"
        "store.begin('r', Request(goal='Tides'))\n"
        "for number in range(25):\n"
        "    store.append('r', Failed(error='E', message=str(number)))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "r.db"
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    with Store(path, make=False) as store:
        assert len(store.events("r")) == 25


def test_events_are_never_changed(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with Store(path) as store:
        store.begin("r", REQUEST)
        store.append("r", Failed(error="E", message="m"))
    base = sqlite3.connect(path)
    for statement in ("UPDATE events SET json = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError):
            base.execute(statement)
    base.close()


def test_what_would_not_read_back_is_not_taken(tmp_path: Path) -> None:
    odd = Revision(
        start=0, stop=1, section="s", before="a", after="b", reason="", method="edit", accepted=True,
        figures={"nats": float("nan")},
    )  # fmt: skip
    half = Failed(error="E", message="\ud800")
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        for event in (Accepted(revision=odd), half):
            with pytest.raises(StoreError, match=event.type):
                store.append("r", event)
        assert store.events("r") == []


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 200, encoding="utf-8")
    (tmp_path / "empty.db").touch()
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(FileError, match="no SQLite database"):
        Store(tmp_path / "text.db")
    with pytest.raises(FileError, match="no run log of hierdiff"):
        Store(tmp_path / "other.db")
    with pytest.raises(FileError, match="no run log of hierdiff"):
        Store(tmp_path / "empty.db", make=False)
    with pytest.raises(FileError, match="there is no run log"):
        Store(tmp_path / "none.db", make=False)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "text.db" / "r.db")
    assert not (tmp_path / "none.db").exists()
    other = sqlite3.connect(tmp_path / "other.db")
    assert other.execute("PRAGMA journal_mode").fetchone() != ("wal",)
    other.close()


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    with Store(tmp_path / "r.db"):
        pass
    base = sqlite3.connect(tmp_path / "r.db")
    base.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    base.close()
    with pytest.raises(StoreError, match="newer hierdiff"):
        Store(tmp_path / "r.db")


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = sqlite3.connect
    monkeypatch.setattr("hierdiff.store.sqlite3.connect", lambda *a, **k: really(*a, **{**k, "timeout": 0.05}))
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        other = really(tmp_path / "r.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process holds it"):
            store.append("r", Failed(error="E", message="m"))
        other.execute("ROLLBACK")
        other.close()
        store.append("r", Failed(error="E", message="m"))
        assert len(store.events("r")) == 1


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        store._base.execute("PRAGMA max_page_count = 20")  # pyright: ignore[reportPrivateUsage]  # a disk that is full
        with pytest.raises(StoreError, match="the disk is full"):
            store.append("r", Failed(error="E", message="x" * 200_000))
        assert store.events("r") == []


def test_the_same_run_is_not_begun_twice_nor_one_never_begun(tmp_path: Path) -> None:
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        with pytest.raises(StoreError, match="there already"):
            store.begin("r", REQUEST)
        with pytest.raises(StoreError, match="never begun"):
            store.append("nobody", Failed(error="E", message="m"))


async def test_a_whole_outline_survives(tmp_path: Path) -> None:
    outline = Outline(title="T", sections=tuple(Section(id=f"s{n}", title=f"S{n}", budget=50) for n in range(20)))
    backend = ScriptedBackend()
    events = [event async for event in Writer(ScriptedPlanner(outline), backend).stream(REQUEST)]
    with Store(tmp_path / "r.db") as store:
        store.begin("r", REQUEST)
        store.append("r", events[0])
        back = store.events("r")[0]
    assert isinstance(back, Planned)
    assert back.outline.waits.nodes == outline.waits.nodes

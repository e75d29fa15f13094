"""Store: the log of runs, one SQLite file, written as things happen and never changed afterwards.

A run is its events; everything else that is shown of it can be told from them. Each event is committed before `append`
returns, so that a process that is killed loses nothing that was appended. The file is plain SQLite (WAL) and may be
read with any tool while it is being written.
"""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self, final

from pydantic import TypeAdapter, ValidationError

from hierdiff.errors import FileError, StoreError
from hierdiff.events import Event, Failed, Finished, Stepped
from hierdiff.events import events as codec
from hierdiff.request import Request
from hierdiff.settings import home
from hierdiff.values import Value

Status = Literal["open", "finished", "stopped", "failed"]
"""`open` is a run that is going on, or one whose process ended without a word."""

APPLICATION = 0x68646966
"""The SQLite application id of our files ("hdif"), so that nobody else's database is ever written to."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE runs (id TEXT PRIMARY KEY, started REAL NOT NULL, goal TEXT NOT NULL, kind TEXT NOT NULL, "
        "words INTEGER NOT NULL, status TEXT NOT NULL, out TEXT)",
        "CREATE TABLE events (run TEXT NOT NULL REFERENCES runs (id), seq INTEGER NOT NULL, time REAL NOT NULL, "
        "type TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (run, seq))",
        "CREATE TRIGGER events_stand BEFORE UPDATE ON events BEGIN SELECT RAISE (ABORT, 'events stand'); END",
        "CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE (ABORT, 'events stay'); END",
    ),
)
"""What brings a file from version n to n + 1, by place. Only ever add to the end."""

_RUN_COLUMNS = "id, started, goal, kind, words, status, out"


class Run(Value):
    """One run as the list of runs shows it. `started` is in seconds since 1970, `out` the file it was written to."""

    id: str
    started: float
    goal: str
    kind: str
    words: int
    status: Status
    out: str | None = None


class Entry(Value):
    """An event as it stands in the log: its number within the run, from 1, and when it came."""

    seq: int
    time: float
    event: Event


def default_path(run: str) -> Path:
    """Where a run is logged when nobody says otherwise."""
    return home() / "runs" / f"{run}.db"


@final
class Store:
    """A log of runs. `steps` keeps the `Stepped` events too: every state of every canvas, which is much.

    One process may append to a run, any number may read. Raises StoreError for whatever is wrong with the file.
    """

    def __init__(self, path: str | Path, *, steps: bool = False, make: bool = True) -> None:
        self.path = Path(path).expanduser()
        self._steps = steps
        if not make and not self.path.is_file():
            raise FileError(f"there is no run log {self.path}", about=str(self.path))
        with self._said("opened"):
            if make:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self._base = _connected(self.path, make=make)
        try:
            with self._said("opened"):
                self._migrate(make=make)
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        with self._said("closed"):
            self._base.close()

    def begin(self, run: str, request: Request, *, out: str | Path | None = None) -> None:
        """Enter a run, before its first event. Raises StoreError if one of that id is there."""
        row = (run, time.time(), request.goal, request.kind, request.words, "open", None if out is None else str(out))
        with self._said("written"):
            self._base.execute(f"INSERT INTO runs ({_RUN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def append(self, run: str, event: Event) -> None:
        """Put an event at the end of a run; it is on the disk when this returns. `Stepped` only if asked for.

        What will be read back is compared with what was given, so that a log can be trusted without reading it.
        """
        if isinstance(event, Stepped) and not self._steps:
            return
        text = _written(event)
        with self._said("written"), self._transaction():
            number = self._base.execute("SELECT coalesce(max(seq), 0) + 1 FROM events WHERE run = ?", (run,)).fetchone()
            row = (run, number[0], time.time(), event.type, text)
            self._base.execute("INSERT INTO events (run, seq, time, type, json) VALUES (?, ?, ?, ?, ?)", row)
            if status := _status(event):
                self._base.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run))

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        with self._said("read"):
            rows = self._base.execute(f"SELECT {_RUN_COLUMNS} FROM runs ORDER BY started, rowid").fetchall()
            return [_RUN.validate_python(dict(zip(_RUN_COLUMNS.split(", "), row, strict=True))) for row in rows]

    def last(self) -> Run | None:
        """The run that began last, or None in an empty log."""
        return next(reversed(self.runs()), None)

    def entries(self, run: str) -> list[Entry]:
        """The events of a run with their numbers and times; empty for a run that is not there."""
        with self._said("read"):
            query = "SELECT seq, time, json FROM events WHERE run = ? ORDER BY seq"
            rows = self._base.execute(query, (run,)).fetchall()
            return [Entry(seq=seq, time=when, event=codec.validate_json(text)) for seq, when, text in rows]

    def events(self, run: str) -> list[Event]:
        """The events of a run, in order."""
        return [entry.event for entry in self.entries(run)]

    def _migrate(self, *, make: bool) -> None:
        """Bring the file to the newest version; refuse one that is not ours, or newer than this release."""
        with self._transaction():
            version = self._version(make=make)
            if version < len(MIGRATIONS):
                for statement in (statement for step in MIGRATIONS[version:] for statement in step):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA application_id = {APPLICATION}")
                self._base.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._base.execute("PRAGMA foreign_keys = ON")
        if not _pragma(self._base, "query_only"):
            self._base.execute("PRAGMA journal_mode = WAL").fetchone()

    def _version(self, *, make: bool) -> int:
        """The version of the file, 0 for a new one. Raises StoreError for a file that is not ours."""
        tables = self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        ours = _pragma(self._base, "application_id") == APPLICATION
        if not ours and (tables or not make):
            raise FileError(f"{self.path} is no run log of hierdiff; give another file", about=str(self.path))
        version = _pragma(self._base, "user_version")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path} was written by a newer hierdiff (log version {version}); update hierdiff to read it",
                about=str(self.path),
            )
        return version

    @contextmanager
    def _transaction(self) -> Generator[None]:
        """All of it or nothing. A file that may only be read is read without taking the writer's lock."""
        writable = not _pragma(self._base, "query_only")
        self._base.execute("BEGIN IMMEDIATE" if writable else "BEGIN")
        try:
            yield
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    @contextmanager
    def _said(self, doing: str) -> Generator[None]:
        """Whatever SQLite or the disk has against it, as a StoreError that names the file and the remedy."""
        try:
            yield
        except (sqlite3.Error, OSError, ValidationError) as error:
            why = _reason(error)
            kind = FileError if why == _FOREIGN else StoreError
            raise kind(f"the run log {self.path} cannot be {doing}: {why}", about=str(self.path)) from None


def _connected(path: Path, *, make: bool) -> sqlite3.Connection:
    """A connection to the file: to read and write, or, where it may not be written and need not be, to read."""
    modes = ("rwc",) if make else ("rw", "ro", "ro&immutable=1")
    for mode in modes:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=5.0, isolation_level=None)
        try:
            base.execute(f"PRAGMA query_only = {int(mode.startswith('ro'))}")
            base.execute("BEGIN IMMEDIATE" if mode.startswith("rw") else "BEGIN")
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
            base.execute("ROLLBACK")
            return base
        except sqlite3.Error as error:
            base.close()
            if mode == modes[-1] or "locked" in str(error) or not isinstance(error, sqlite3.OperationalError):
                raise
    raise AssertionError("the last way to open it has either returned or raised")


def _pragma(base: sqlite3.Connection, name: str) -> int:
    return int(base.execute(f"PRAGMA {name}").fetchone()[0])


def _written(event: Event) -> str:
    """An event as JSON that reads back as the same event; StoreError if it does not (a NaN, half a character)."""
    try:
        text = codec.dump_json(event).decode("utf-8")
        same = codec.validate_json(text) == event
    except ValueError as error:
        raise StoreError(f"the event '{event.type}' cannot be logged: {_one_line(error)}", about=event.type) from None
    if not same:
        raise StoreError(f"the event '{event.type}' would not read back as it is; this is a bug", about=event.type)
    return text


def _status(event: Event) -> Status | None:
    if isinstance(event, Failed):
        return "failed"
    if isinstance(event, Finished):
        return "stopped" if event.stopped else "finished"
    return None


def _reason(error: Exception) -> str:
    """What to tell and to do, for the few ways in which files go wrong."""
    text = _one_line(error)
    for sign, why in _REASONS.items():
        if sign in text.lower():
            return why
    return text


_FOREIGN = "it is no SQLite database; give another file"
_REASONS = {
    "file is not a database": _FOREIGN,
    "database is locked": "another process holds it; wait for that one, or give another file",
    "disk is full": "the disk is full; make room, or give a file on another disk",
    "no space left": "the disk is full; make room, or give a file on another disk",
    "unable to open": "it cannot be opened; the folder must be there and writable",
    "readonly": "it may only be read; change its permissions, or give another file",
    "foreign key": "that run was never begun",
    "unique constraint": "a run of that id is there already",
    "permission denied": "you may not write there; give another file, or set HIERDIFF_HOME to another folder",
}

_RUN: TypeAdapter[Run] = TypeAdapter(Run)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

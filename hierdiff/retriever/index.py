"""Index: the passages of a folder in one SQLite file, searched by words (FTS5, ranked by BM25).

Passages are kept by the hash of the file they come from. A file is read again only when its time or size has changed,
and cut again only when its bytes have; two files with the same bytes are searched once, under the first name.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar, final

from hierdiff.errors import FileError
from hierdiff.retriever.cutting import Piece, cut
from hierdiff.retriever.reading import Found, read, text_of

VERSION = 1
"""Of the tables and of how files are cut: an index of another version is made anew."""
MOST_PIECES = 20_000
"""Passages of one file."""
MOST_TERMS = 40

_TABLES = (
    "CREATE TABLE files (name TEXT PRIMARY KEY, changed INTEGER, size INTEGER, hash TEXT NOT NULL)",
    "CREATE INDEX by_hash ON files (hash)",
    "CREATE TABLE pieces (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, locator TEXT NOT NULL)",
    "CREATE INDEX pieces_by_hash ON pieces (hash)",
    "CREATE VIRTUAL TABLE words USING fts5 (heading, text, tokenize = 'porter unicode61 remove_diacritics 2')",
    f"PRAGMA user_version = {VERSION}",
)
_FIND = (
    "SELECT (SELECT min(name) FROM files WHERE files.hash = pieces.hash), pieces.locator, words.text, "
    "-bm25(words, 2.0, 1.0) AS score FROM words JOIN pieces ON pieces.id = words.rowid "
    "WHERE words MATCH ? ORDER BY bm25(words, 2.0, 1.0), pieces.id LIMIT ?"
)
Result = TypeVar("Result")


class Hit(NamedTuple):
    """A passage that was found: the file's name, where in it, its text, and how well it fits (more is better)."""

    name: str
    locator: str
    text: str
    score: float


@final
class Index:
    """One folder's index. Not for several threads at the same time; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def update(self, found: Iterable[Found]) -> int:
        """Take over what has changed in the files; how many were cut anew. Raises FileError."""
        return self._working(lambda connection: _updated(connection, list(found)))

    def find(self, terms: Iterable[str], most: int) -> list[Hit]:
        """The passages in which any of the terms stands, the best first. Terms are words, never query syntax."""
        quoted = [f'"{word}"' for term in terms if (word := term.replace('"', " ").replace("\0", " ").strip())]
        if not quoted:
            return []
        asked = (" OR ".join(quoted[:MOST_TERMS]), most)
        rows = self._working(lambda connection: connection.execute(_FIND, asked).fetchall())
        return [Hit(str(name), str(locator), str(text), float(score)) for name, locator, text, score in rows if name]

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _working(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do the work; a file that is no index of ours any more is thrown away and made anew, once."""
        try:
            return work(self._opened())
        except sqlite3.OperationalError as error:
            raise self._error(error) from None
        except sqlite3.DatabaseError:
            self.close()
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            return work(self._opened())
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._error(error) from None
            connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
            self._connection = connection
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            with _transaction(connection):
                _prepare(connection)
        return self._connection

    def _error(self, error: Exception) -> FileError:
        where = "set HIERDIFF_HOME to a folder that can be written"
        return FileError(f"cannot keep the index {self.path}: {error}; {where}", about=str(self.path))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    for table in ("words", "pieces", "files"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _TABLES:
        connection.execute(statement)


def _updated(connection: sqlite3.Connection, found: list[Found]) -> int:
    """Bring the tables up to the files there are now."""
    with _transaction(connection):
        rows = connection.execute("SELECT name, changed, size FROM files")
        known = {str(name): (changed, size) for name, changed, size in rows}
        there = {one.name for one in found}
        connection.executemany("DELETE FROM files WHERE name = ?", [(name,) for name in known if name not in there])
        cut_anew = sum(_take(connection, one) for one in found if known.get(one.name) != (one.changed, one.size))
        _forget(connection)
    return cut_anew


def _take(connection: sqlite3.Connection, one: Found) -> bool:
    """Take a new or changed file; whether its bytes were not known yet."""
    data = read(one)
    text = None if data is None else text_of(data)
    digest = "" if data is None or text is None else hashlib.sha256(data).hexdigest() + one.path.suffix.lower()
    row = (one.name, one.changed, one.size, digest)
    connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)
    if text is None or connection.execute("SELECT 1 FROM pieces WHERE hash = ? LIMIT 1", (digest,)).fetchone():
        return False
    for number, piece in enumerate(cut(text, one.path.suffix.lower())):
        if number >= MOST_PIECES:
            break
        _add(connection, digest, piece)
    return True


def _add(connection: sqlite3.Connection, digest: str, piece: Piece) -> None:
    at = connection.execute("INSERT INTO pieces (hash, locator) VALUES (?, ?)", (digest, piece.locator)).lastrowid
    words = (at, _stored(piece.heading), _stored(piece.text))
    connection.execute("INSERT INTO words (rowid, heading, text) VALUES (?, ?, ?)", words)


def _stored(text: str) -> str:
    """A text without what cannot be shown: control characters go, and blanks of any kind become plain ones."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else " " if letter.isspace() else "" for letter in text
    )


def _forget(connection: sqlite3.Connection) -> None:
    """Drop the passages of files that are gone or have other bytes now."""
    gone = "SELECT id FROM pieces WHERE hash NOT IN (SELECT hash FROM files)"
    connection.execute(f"DELETE FROM words WHERE rowid IN ({gone})")
    connection.execute(f"DELETE FROM pieces WHERE id IN ({gone})")

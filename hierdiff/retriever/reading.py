"""Reading a folder: which of its files are text that may be searched, and what they hold. Files are data: nothing is
followed out of the folder, nothing is opened that is no ordinary file, and size and number are capped."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".text", ".rst", ".html", ".htm", ".py"})
MOST_BYTES, MOST_FILES, MOST_DEPTH = 4_000_000, 20_000, 20
_BAD = "\ufffd"
_LEAST_GOOD = 0.98
"""The share of its characters that must be UTF-8 for a file to be text."""


class Found(NamedTuple):
    """A file in the folder: its name from there, its path, and what tells whether it has changed."""

    name: str
    path: Path
    changed: int
    size: int


def files(folder: Path) -> Iterator[Found]:
    """The text files of a folder in the order of their names, at most so many; hidden ones are left out."""
    root = folder.resolve()
    count = 0
    for path, depth in _walk(root):
        if count >= MOST_FILES:
            return
        found = _found(root, path)
        if found is not None and depth <= MOST_DEPTH:
            count += 1
            yield found


def _walk(root: Path) -> Iterator[tuple[Path, int]]:
    for place, folders, names in os.walk(root, followlinks=False):
        depth = len(Path(place).relative_to(root).parts)
        folders[:] = sorted(one for one in folders if not one.startswith(".")) if depth < MOST_DEPTH else []
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(place) / name, depth


def _found(root: Path, path: Path) -> Found | None:
    """The file, if it is an ordinary one of a size that can be read, and lies in the folder, also behind links."""
    try:
        real = path.resolve(strict=True)
        state = real.stat()
        name = path.relative_to(root).as_posix().encode("utf-8", "replace").decode("utf-8")
    except (OSError, RuntimeError, ValueError):
        return None
    inside = real.is_relative_to(root)
    if not inside or not stat.S_ISREG(state.st_mode) or not 0 < state.st_size <= MOST_BYTES:
        return None
    return Found(name, real, state.st_mtime_ns, state.st_size)


def read(found: Found) -> bytes | None:
    """What the file holds, or None if it cannot be read (any more)."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(found.path, flags), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MOST_BYTES else None


def text_of(data: bytes) -> str | None:
    """The text of a file's bytes, or None if it is no text. A few bytes that are not UTF-8 are shown as such."""
    if b"\0" in data:
        return None
    text = data.decode("utf-8-sig", "replace")
    return text if text.count(_BAD) <= (1 - _LEAST_GOOD) * len(text) else None

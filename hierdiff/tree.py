"""Trees: a folder of files as one Document, and back.

The document's text is all files one after the other, to the character; each file is a part with a path. Whatever finds
and rewrites spans works on a tree as on a report, and what was not rewritten is the file it was, byte for byte.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hierdiff.document import Document, Draft, Part, join
from hierdiff.errors import CanvasError, FileError
from hierdiff.outline import Outline
from hierdiff.spans import Span
from hierdiff.tree_join import join_files
from hierdiff.tree_names import apart_from_each_other
from hierdiff.tree_names import safe_path as safe_path

MOST_BYTES, MOST_FILES, MOST_DEPTH = 20_000_000, 2000, 40
SKIPPED = frozenset(
    {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "third_party", "vendor", "vendored"}
    | {"_vendor", "venv"}
)
"""Folders whose files are somebody else's, or made. Hidden ones are skipped, too, and links wherever they lead."""


def joined(outline: Outline, drafts: Mapping[str, Draft], kind: str, *, title: str | None = None) -> Document:
    """The drafts as one document: Markdown for a report, a tree of files for code."""
    if kind == "code":
        return join_files(outline, drafts, title=title)
    return join(outline, drafts, title=title)


def is_tree(document: Document) -> bool:
    """Whether a document is a tree of files."""
    return any(part.path is not None for part in document.sections)


def files(document: Document) -> dict[str, str]:
    """The text of every file by its path. Raises CanvasError for text that lies in no file, or two of one path."""
    found: dict[str, str] = {}
    at = 0
    for part in document.sections:
        if part.path is None or part.path in found or len(part.heading) or part.body.start != at:
            raise CanvasError(
                f"part '{part.id}' is no file of a tree, or does not follow the one before", about=part.id
            )
        found[part.path] = part.body.of(document.text)
        at = part.body.stop
    if at != len(document.text):
        raise CanvasError("the document's text goes on behind its last file")
    return found


def tree_of(texts: Mapping[str, str], *, title: str = "") -> Document:
    """A document of files, in the order in which they are given."""
    parts: list[Part] = []
    start = 0
    for path, text in texts.items():
        here, body = Span(start=start, stop=start), Span(start=start, stop=start + len(text))
        parts.append(Part(id=path, title=path, level=1, heading=here, body=body, path=path))
        start = body.stop
    return Document(title=title, text="".join(texts.values()), sections=tuple(parts))


def read_tree(
    folder: Path,
    *,
    suffixes: Iterable[str] = (".py",),
    most_bytes: int = MOST_BYTES,
    most_files: int = MOST_FILES,
) -> Document:
    """The files of a folder with one of these endings as a document, sorted by path, each exactly as it is.

    Hidden files and folders, links, and those in `SKIPPED` or a virtual environment are left out. Raises FileError for
    a file that is not UTF-8 text, naming the byte, and for more files or bytes than the caps.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is no folder", about=str(folder))
    texts: dict[str, str] = {}
    left = most_bytes
    for path in _paths(folder, tuple(suffixes)):
        if len(texts) == most_files:
            raise FileError(f"{folder} has more than {most_files:,} such files; name a folder in it", about=str(folder))
        data = _bytes(folder / path, left)
        left -= len(data)
        if left < 0:
            raise FileError(f"the files in {folder} have more than {most_bytes:,} bytes; name a folder in it")
        texts[path] = _text(data, folder / path)
    return tree_of(texts, title=folder.resolve().name)


def write_tree(
    document: Document, folder: Path, *, was: Mapping[str, str] | None = None, force: bool = False
) -> tuple[str, ...]:
    """Write a tree's files into a folder, each whole or not at all; the paths of those that were written.

    A file that has its text already is left alone. One that holds something else is overwritten with `force`, or where
    `was` has what it holds (the text as it was read); otherwise FileError is raised before anything is written. So it
    is for a path that leaves the folder, over links, too; OutlineError for one that is not safe anywhere.
    """
    texts = files(document)
    changed = {path: text for path, text in texts.items() if was is None or was.get(path) != text}
    apart_from_each_other(changed)
    for path in changed:
        if safe_path(path) != path:
            raise FileError(f"'{path}' is not in Unicode's NFC form; rename it", about=path)
    writes = {path: text for path, text in changed.items() if _differs(folder, path, text, was or {}, force=force)}
    for path, text in writes.items():
        _write(_place(folder, path), text.encode("utf-8"))
    return tuple(writes)


def check_writable(paths: Iterable[str], folder: Path, *, force: bool = False) -> None:
    """Raise FileError if one of the paths cannot be written in a folder, or is there already and `force` is not set."""
    for path in paths:
        place = _place(folder, path)
        if place.exists() and not (place.is_file() and force):
            raise _foreign(place)


def _paths(folder: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Relative paths of the files, sorted, folders walked without following a link."""

    def failed(error: OSError) -> None:
        raise FileError(f"cannot read {error.filename}: {error.strerror}", about=str(error.filename))

    found: list[str] = []
    for here, below, names in os.walk(folder, onerror=failed, followlinks=False):
        place = Path(here).relative_to(folder)
        below[:] = [name for name in below if _is_own(Path(here) / name)]
        if len(place.parts) >= MOST_DEPTH:
            raise FileError(f"{here} lies more than {MOST_DEPTH} folders deep", about=here)
        wanted = (name for name in names if name.endswith(suffixes) and not name.startswith("."))
        found += [(place / name).as_posix() for name in wanted if _is_regular(Path(here) / name)]
    for path in sorted(found):
        if not path.isprintable():
            raise FileError(f"the file {path!r} has a name that is no text; rename it", about=repr(path))
        yield path


def _is_own(folder: Path) -> bool:
    name = folder.name
    skipped = name.startswith(".") or name in SKIPPED or name.endswith(".egg-info") or folder.is_symlink()
    return not skipped and not (folder / "pyvenv.cfg").exists()


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}", about=str(path)) from None


def _text(data: bytes, path: Path) -> str:
    """Decoded, a byte order mark kept as the first character, so that the bytes come back as they were."""
    if (nul := data.find(b"\0")) >= 0:
        raise FileError(f"{path} is no text file: byte {nul} is NUL", about=str(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8", about=str(path)) from None


def _place(folder: Path, path: str) -> Path:
    """Where a path lies, if no link on the way leads out of the folder and nothing but folders stands on it."""
    root, place = folder.resolve(), folder / safe_path(path)
    try:
        real = place.resolve()
    except (OSError, RuntimeError) as error:
        raise FileError(f"cannot write {place}: {error}", about=str(place)) from None
    if root not in real.parents:
        raise FileError(f"cannot write {place}: a link leads out of {folder}", about=str(place))
    above = real.parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise FileError(f"cannot write {place}: {above} is a file", about=str(place))
    return real


def _differs(folder: Path, path: str, text: str, was: Mapping[str, str], *, force: bool) -> bool:
    """Whether a file has to be written. Raises FileError if another one stands there that may not be overwritten."""
    place = _place(folder, path)
    if not place.exists():
        return True
    if not place.is_file():
        raise FileError(f"cannot write {place}: it is no ordinary file", about=str(place))
    data = text.encode("utf-8")
    held = _bytes(place, max(len(data), len(was.get(path, "").encode("utf-8"))))
    if held == data:
        return False
    if not force and (path not in was or held != was[path].encode("utf-8")):
        raise _foreign(place)
    return True


def _foreign(place: Path) -> FileError:
    return FileError(f"{place} is there already; give another folder with --out, or --force", about=str(place))


def _write(place: Path, data: bytes) -> None:
    part = place.with_name(f".{place.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            if place.exists():
                shutil.copymode(place, part)
            os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot write {place}: {error.strerror}", about=str(place)) from None

"""Files that the commands read and write: strict in what is taken, all or nothing in what is written."""

import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from typing import final

from hierdiff.errors import FileError
from hierdiff.values import Value

MOST_BYTES = 20_000_000
LEAST_FREE = 1_000_000
"""Bytes that must be free where a document is to be written."""
_BOM = "\ufeff"


class Source(Value):
    """A text file as it is: line ends as they are, a byte order mark apart, so that it is no part of the first heading.

    `shift` is what has to be added to an offset of `text` to get the offset in the decoded file.
    """

    path: Path
    text: str
    shift: int = 0

    def encoded(self, text: str) -> bytes:
        """The bytes of the file with another text in it."""
        return (_BOM * self.shift + text).encode("utf-8")


def read_source(path: Path) -> Source:
    """The UTF-8 text of a file of at most 20 MB. Raises FileError that names the file and what is wrong with it."""
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; name a file in it", about=str(path))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read {path}: {why}", about=str(path)) from None
    if len(data) > MOST_BYTES:
        raise FileError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB; split it", about=str(path))
    if (nul := data.find(b"\0")) >= 0:
        raise FileError(f"{path} is no text file: byte {nul} is NUL", about=str(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8", about=str(path)) from None
    shift = int(text.startswith(_BOM))
    return Source(path=path, text=text[shift:], shift=shift)


@final
class Target:
    """A file to be written when the work is done. Made before it begins; raises FileError if it could not be."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser()
        self._real = self._resolved()
        try:
            self._check_file()
            self._check_folder()
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None

    def write(self, data: bytes) -> None:
        """Put the data there, whole or not at all: whoever opens the file sees the old one or the new one."""
        part = self._real.with_name(f".{self._real.name[:80]}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if self._real.exists():
                shutil.copymode(self._real, part)
            os.replace(part, self._real)
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None
        finally:
            part.unlink(missing_ok=True)

    def _resolved(self) -> Path:
        """The file behind links, so that a link stays one."""
        try:
            return self.path.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise self._error(str(error)) from None

    def _check_file(self) -> None:
        try:
            mode = self._real.stat().st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode):
            raise self._error("it is a folder; name a file in it")
        if not stat.S_ISREG(mode):
            raise self._error("it is no ordinary file")
        if not (mode & 0o222 and os.access(self._real, os.W_OK)):
            raise self._error("it may only be read")

    def _check_folder(self) -> None:
        folder = self._real.parent
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".hierdiff.{secrets.token_hex(4)}.part"
        try:
            probe.touch(exist_ok=False)
        finally:
            probe.unlink(missing_ok=True)
        if shutil.disk_usage(folder).free < LEAST_FREE:
            raise self._error("the disk is full (less than 1 MB free)")

    def _error(self, why: str) -> FileError:
        return FileError(f"cannot write {self.path}: {why}; give another file with --out", about=str(self.path))


def slug(text: str) -> str:
    """A text as a file name: letters and digits of any script, dashes between, short enough for every file system."""
    name = re.sub(r"[\W_]+", "-", text.lower()).strip("-")
    while len(name.encode("utf-8")) > 80:
        name = name[:-1]
    return name.strip("-") or "document"

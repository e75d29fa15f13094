"""Trees on the command line: folders that are written, and findings by file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

from hierdiff.document import Document
from hierdiff.errors import FileError
from hierdiff.outline import Outline
from hierdiff.tree import check_writable, files, is_tree, write_tree
from hierdiff.tree_plan import files_of


@final
class TreeTarget:
    """A folder to be written when the work is done. Raises FileError if it could not be, before the work begins.

    `was` is what the folder's files held when they were read: only what differs from it is written. Without it, and
    without `force`, no file that is there already is overwritten.
    """

    def __init__(self, path: Path, *, was: Document | None = None, force: bool = False) -> None:
        self.path = path.expanduser()
        self.written: tuple[str, ...] = ()
        self._was = None if was is None else files(was)
        self._force = force
        self._check()

    def planned(self, outline: Outline) -> None:
        """Raise FileError if one of the outline's files cannot be written, or is there already."""
        check_writable((file.title for file in files_of(outline)), self.path, force=self._force)

    def write(self, document: Document) -> None:
        """Write the document's files; `written` has the paths of those that were."""
        self.written = write_tree(document, self.path, was=self._was, force=self._force)

    def _check(self) -> None:
        try:
            above = self.path.resolve()
            while not above.exists():
                above = above.parent
        except (OSError, RuntimeError, ValueError) as error:
            raise FileError(f"cannot write {self.path}: {error}; give another folder with --out") from None
        if not above.is_dir():
            raise FileError(f"cannot write {self.path}: {above} is a file; give a folder with --out", about=str(above))
        if not os.access(above, os.W_OK | os.X_OK):
            raise FileError(f"cannot write {self.path}: it may only be read; give another folder with --out")


def by_file(said: dict[str, Any], document: Document) -> dict[str, Any]:
    """A finding or a revision as `--json` gives it, with the file of each span and offsets counted in that file; as it
    was for a document that is no tree."""
    if not is_tree(document):
        return said
    if "spans" in said:
        return {**said, **{name: [_placed(span, document) for span in said[name]] for name in ("spans", "against")}}
    return _placed(said, document)


def several_by_file(several: Sequence[dict[str, Any]], document: Document) -> list[dict[str, Any]]:
    """`by_file` for a list."""
    return [by_file(one, document) for one in several]


def file_at(document: Document, offset: int) -> tuple[str, int]:
    """The path of the file in which an offset of a tree lies, and where that file begins."""
    last = "", 0
    for part in document.sections:
        if part.body.start <= offset and part.path is not None:
            last = part.path, part.body.start
    return last


def _placed(said: dict[str, Any], document: Document) -> dict[str, Any]:
    path, start = file_at(document, said["start"])
    return {"file": path, **said, "start": said["start"] - start, "stop": said["stop"] - start}

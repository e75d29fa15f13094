"""Editing: an outline in the user's own editor, until it is valid or given up; what was typed is never lost."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from hierdiff.cli.errors import say
from hierdiff.errors import HierdiffError, MisuseError
from hierdiff.outline import Outline


def edited(text: str, read: Callable[[Path], Outline]) -> tuple[str, Outline]:
    """The text as it was left in the editor, and the outline that `read` finds in it.

    What is wrong is said, and the editor opened again if the user wants to. Otherwise MisuseError is raised, which
    names the file that holds the text.
    """
    command = _editor()
    folder = Path(tempfile.mkdtemp(prefix="hierdiff-"))
    file = folder / "outline.yaml"
    file.write_text(text, encoding="utf-8")
    while True:
        _open(command, file)
        try:
            outline = read(file)
        except HierdiffError as error:
            if not sys.stdin.isatty():
                raise MisuseError(f"{error}; the text is kept in {file}", about=str(file)) from None
            say(f"error: {error}")
            if not _again(file):
                raise MisuseError(f"the outline was not taken; the text is kept in {file}", about=str(file)) from None
            continue
        changed = file.read_text(encoding="utf-8-sig")
        file.unlink()
        folder.rmdir() if not any(folder.iterdir()) else None
        return changed, outline


def _editor() -> list[str]:
    """The command of the user's editor. Raises MisuseError if none is set."""
    said = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    try:
        command = shlex.split(said)
    except ValueError as error:
        raise MisuseError(f"the editor '{said}' cannot be read as a command: {error}; set EDITOR anew") from None
    if not command:
        raise MisuseError(
            "no editor is set; set VISUAL or EDITOR, such as EDITOR=nano, or edit the file that --out names"
        )
    return command


def _open(command: list[str], file: Path) -> None:
    try:
        code = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        why = error.strerror or str(error)
        raise MisuseError(f"cannot start the editor '{command[0]}': {why}; the text is kept in {file}") from None
    if code:
        raise MisuseError(f"the editor '{command[0]}' ended with {code}; the text is kept in {file}", about=str(file))


def _again(file: Path) -> bool:
    try:
        return click.confirm("Edit again?", default=True, err=True)
    except click.Abort:
        raise MisuseError(f"the outline was not taken; the text is kept in {file}", about=str(file)) from None

"""Names of files in a tree: which planned path may become a file.

A path is data: it may come from a model or from somebody else's plan. What is let through lies inside the folder, means
the same on every system, and is no file that a system or Python itself opens unasked.
"""

import unicodedata
from collections.abc import Iterable
from typing import NoReturn

from hierdiff.errors import OutlineError

MOST_CHARACTERS, MOST_PART_BYTES, MOST_DEPTH = 240, 120, 12
_FORBIDDEN = frozenset('<>:"|?*\\')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
"""Names that Windows keeps for devices, whatever ending they have."""
_STARTUP = frozenset({"sitecustomize", "usercustomize"})
"""Modules that Python runs by itself when it finds them."""


def safe_path(text: str) -> str:
    """A planned path as it may be written: relative, inside its folder, with forward slashes, in Unicode's NFC.

    Raises OutlineError (rule "path") for one that is absolute, climbs with `..`, is hidden, holds a backslash, a colon,
    control or invisible characters, a device's name, a blank or a full stop at a part's end, or is too long or deep.
    """
    path = unicodedata.normalize("NFC", text)
    if not path.strip():
        _refuse(text, "it is empty")
    if len(path) > MOST_CHARACTERS:
        _refuse(text, f"it has more than {MOST_CHARACTERS} characters")
    if path.startswith(("/", "~")):
        _refuse(text, "it must be relative to the folder")
    parts = path.split("/")
    if len(parts) > MOST_DEPTH:
        _refuse(text, f"it is more than {MOST_DEPTH} folders deep")
    for part in parts:
        if why := _wrong(part):
            _refuse(text, why)
    return path


def apart_from_each_other(paths: Iterable[str]) -> None:
    """Raise OutlineError (rule "path") if two paths are one file on some system, or one is a folder of another."""
    seen: dict[str, str] = {}
    for path in paths:
        key = _folded(path)
        if key in seen:
            _refuse(path, f"'{_shown(seen[key])}' is the same file where upper and lower case count as one")
        seen[key] = path
    for key, path in seen.items():
        above = key
        while "/" in above:
            above = above.rpartition("/")[0]
            if above in seen:
                _refuse(path, f"'{_shown(seen[above])}' is a file and cannot be its folder")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _wrong(part: str) -> str:
    """What is wrong with one part of a path, or nothing."""
    stem = part.partition(".")[0].casefold().rstrip(" ")
    if part in ("", ".", ".."):
        return "it has an empty part, '.' or '..'"
    if part.startswith("."):
        return f"'{_shown(part)}' is hidden"
    if part != part.strip() or part.endswith("."):
        return f"'{_shown(part)}' begins or ends with a blank, or ends with a full stop"
    if not part.isprintable() or not _FORBIDDEN.isdisjoint(part):
        return f"'{_shown(part)}' holds a character that no file name may have everywhere"
    if len(part.encode("utf-8")) > MOST_PART_BYTES:
        return f"'{_shown(part)}' has more than {MOST_PART_BYTES} bytes"
    if stem in _DEVICES:
        return f"'{_shown(part)}' is a device's name on Windows"
    return f"Python runs '{_shown(part)}' by itself" if stem in _STARTUP else ""


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])


def _refuse(text: str, why: str) -> NoReturn:
    shown = _shown(text)
    raise OutlineError(f"'{shown}' is no path of a file here: {why}; give one such as 'pkg/names.py'", about=shown,
                       rule="path")  # fmt: skip

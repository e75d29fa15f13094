"""YAML for people: plain words where they are safe, one line for a short list, a block for a text of several lines.

Written by hand because every text must come back to the character, line separators and control characters included.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from hierdiff.yaml_text import NOTHING

Emitted = Mapping[str, "Emitted"] | Sequence["Emitted"] | str | int | None

MOST_COLUMNS = 110

_PLAIN = re.compile(r"[^\W_][\w .,'’()%/+-]*(?<! )")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def emit(value: Mapping[str, Emitted]) -> str:
    """A mapping as a YAML file; `hierdiff.yaml_text` reads the same back, numbers as text."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: Mapping[str, Emitted], pad: str) -> Iterator[str]:
    for key, below in value.items():
        if isinstance(below, Mapping):
            yield f"{pad}{key}:"
            yield from _mapping(below, f"{pad}  ")
        elif isinstance(below, Sequence) and not isinstance(below, str):
            yield from _sequence(key, below, pad)
        else:
            yield f"{pad}{key}: {_scalar(below, pad)}"


def _sequence(key: str, values: Sequence[Emitted], pad: str) -> Iterator[str]:
    """A list on one line if it is short and flat, else a line for each entry."""
    if not any(isinstance(value, (Mapping, list, tuple)) for value in values):
        line = f"{pad}{key}: [{', '.join(_flow(value) for value in values)}]"
        if len(line) <= MOST_COLUMNS:
            yield line
            return
    yield f"{pad}{key}:"
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _mapping(value, f"{pad}    ")
            yield f"{pad}  - {first.lstrip(' ')}"
            yield from rest
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{pad}  - [{', '.join(_flow(one) for one in value)}]"
        else:
            yield f"{pad}  - {_flow(value)}"


def _flow(value: Emitted) -> str:
    """A scalar as it may stand between brackets."""
    text = _scalar(value, None)
    return _quoted(text) if "," in text and not text.startswith('"') else text


def _scalar(value: Emitted, pad: str | None) -> str:
    """A scalar behind its key; `pad` is the key's indentation, None where no block may follow."""
    if value is None or isinstance(value, int):
        return "null" if value is None else str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text not in NOTHING:
        return text
    if pad is not None and _fits_block(text):
        head = "|" if text.endswith("\n") else "|-"
        return "\n".join([head, *(f"{pad}  {line}" if line else "" for line in text.removesuffix("\n").split("\n"))])
    return _quoted(text)


def _fits_block(text: str) -> bool:
    """Whether a text of several lines can stand as a block: nothing invisible, no blanks at edges that YAML trims."""
    lines = text.removesuffix("\n").split("\n")
    visible = all(line.isprintable() and line == line.rstrip() for line in lines)
    return len(lines) > 1 and visible and bool(lines[-1]) and not text[:1].isspace()


def _quoted(text: str) -> str:
    return f'"{"".join(_escaped(letter) for letter in text)}"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""Reading YAML that somebody else wrote: mappings, lists and text, and nothing else.

Every plain value stays the text that was written: `1.20` keeps its zero, `no` is a word, a date is not a date object.
Whoever needs a number reads one from that text. Nothing is ever constructed from a tag, anchors are refused (they are
how a small file becomes a large one), and size, depth and nodes are capped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from hierdiff.errors import FileError

MOST_BYTES, MOST_NODES, MOST_DEPTH = 5_000_000, 500_000, 60

NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""The plain words that stand for no value at all."""

Plain = dict[str, "Plain"] | list["Plain"] | str | None


def read_text(path: Path) -> str:
    """The text of a UTF-8 file of at most 5 MB that is not blank; raises FileError, naming the file, if it is not."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig") if len(data) <= MOST_BYTES else ""
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8", about=str(path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read {path}: {why}", about=str(path)) from None
    if len(data) > MOST_BYTES:
        raise FileError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB; give a smaller file", about=str(path))
    if not text.strip():
        raise FileError(f"{path} is empty", about=str(path))
    return text


def read_yaml(path: Path) -> Plain:
    """What a YAML (or JSON) file holds; raises FileError with line and column where it cannot be read."""
    return parse_yaml(read_text(path), name=str(path))


def parse_yaml(text: str, *, name: str = "the text") -> Plain:
    """What a YAML text holds; `name` says in errors where it came from."""
    try:
        return _Tree(name).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        problem = " ".join(str(error.problem or error.context or "not YAML").split())
        raise FileError(f"{name}, {where}: {problem}", about=name) from None
    except (YAMLError, ValueError) as error:
        raise FileError(f"{name} is not YAML: {' '.join(str(error).split())}", about=name) from None


@final
class _Tree:
    """Builds the value from the parser's events, with a stack of its own: no depth of nesting can exhaust Python's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root: list[Plain] = []
        self._stack: list[dict[str, Plain] | list[Plain]] = [self._root]
        self._keys: list[str | None] = [None]
        self._nodes = 0

    def build(self, events: Iterator[Event]) -> Plain:
        for event in events:
            if isinstance(event, NodeEvent):
                self._check(event)
            if isinstance(event, DocumentStartEvent) and self._root:
                raise self._error(event, "a second document; keep to one")
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, MappingStartEvent):
                self._push(event, {})
            elif isinstance(event, SequenceStartEvent):
                self._push(event, [])
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._stack.pop()
                self._keys.pop()
        return self._root[0] if self._root else None

    def _check(self, event: Event) -> None:
        self._nodes += 1
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._error(event, "anchors and aliases (& and *) are not read here; write the text out, or quote it")
        if getattr(event, "tag", None) is not None:
            raise self._error(event, "tags (!) are not read here; write plain text, or quote it")
        if self._nodes > MOST_NODES or len(self._stack) > MOST_DEPTH:
            raise self._error(event, f"more than {MOST_NODES:,} values, or nested deeper than {MOST_DEPTH}")

    def _scalar(self, event: ScalarEvent) -> None:
        text = self._whole(event)
        top = self._stack[-1]
        if isinstance(top, dict) and self._keys[-1] is None:
            if text in top:
                raise self._error(event, f"the key '{text}' stands here twice")
            self._keys[-1] = text
            return
        plain = not event.style
        self._put(None if plain and text in NOTHING else text)

    def _whole(self, event: ScalarEvent) -> str:
        """The scalar's text, with what JSON writes as two escapes put together to the one character that it is."""
        try:
            return str(event.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self._error(event, "half of a surrogate pair; write the character itself") from None

    def _push(self, event: Event, value: dict[str, Plain] | list[Plain]) -> None:
        if isinstance(self._stack[-1], dict) and self._keys[-1] is None:
            raise self._error(event, "a key must be text")
        self._put(value)
        self._stack.append(value)
        self._keys.append(None)

    def _put(self, value: Plain) -> None:
        top = self._stack[-1]
        if isinstance(top, list):
            top.append(value)
        else:
            top[self._keys[-1] or ""] = value
            self._keys[-1] = None

    def _error(self, event: Event, problem: str) -> FileError:
        mark = event.start_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        return FileError(f"{self._name}{where}: {problem}", about=self._name)

"""Entry: one mapping of an outline file, read key by key, every error naming the file, the place and the key."""

import difflib
import re
from collections.abc import Sequence
from typing import NoReturn, final

from hierdiff.errors import OutlineError
from hierdiff.yaml_text import Plain

_WHOLE = re.compile(r"-?[0-9]{1,15}")


@final
class Entry:
    """A mapping whose keys are all among `allowed`; raises OutlineError if it is no mapping or has another key.

    `place` says in errors which part of the file it is: "section 'policy'".
    """

    def __init__(self, value: Plain, allowed: Sequence[str], *, file: str, place: str) -> None:
        self.file, self.place = file, place
        if not isinstance(value, dict):
            self.fail(f"is {_shape(value)}, but must be a mapping with the keys {', '.join(allowed)}")
        self._value = value
        for key in value:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, 1)
                hint = f" (did you mean '{near[0]}'?)" if near else ""
                self.fail(f"has the unknown key '{key}'{hint}; allowed are {', '.join(allowed)}")

    def fail(self, problem: str) -> NoReturn:
        """Raise OutlineError for this place of the file."""
        raise OutlineError(f"{self.file}: {self.place} {problem}", about=self.place, rule="format")

    def has(self, key: str) -> bool:
        """Whether the key is written there, even with nothing behind it."""
        return key in self._value

    def text(self, key: str) -> str:
        """The text behind a key, empty if it is missing."""
        return self.optional(key) or ""

    def optional(self, key: str) -> str | None:
        """The text behind a key, or None if there is none."""
        value = self._value.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(f"has {_shape(value)} under '{key}', but must have text there")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts behind a key; one text alone counts as a list of one."""
        value = self._value.get(key)
        if isinstance(value, str):
            return (value,)
        texts = [text for text in self.entries(key) if isinstance(text, str)]
        if len(texts) < len(self.entries(key)):
            self.fail(f"must have a list of texts under '{key}'")
        return tuple(texts)

    def names(self, key: str) -> tuple[str, ...]:
        """The list of ids behind a key."""
        return tuple(" ".join(name.split()) for name in self.texts(key))

    def whole(self, key: str) -> int | None:
        """The whole number behind a key, or None if there is none. A value that may not be negative says so itself."""
        text = self.optional(key)
        if text is not None and not _WHOLE.fullmatch(text.strip()):
            self.fail(f"has '{text}' under '{key}', but must have a whole number there")
        return None if text is None else int(text)

    def yes(self, key: str, otherwise: bool) -> bool:
        """What is said behind a key with `true` or `false`."""
        text = self.optional(key)
        said = {"true": True, "yes": True, "false": False, "no": False}.get((text or "").strip().lower())
        if text is not None and said is None:
            self.fail(f"has '{text}' under '{key}', but must have true or false there")
        return otherwise if said is None else said

    def entries(self, key: str) -> list[Plain]:
        """The list behind a key, empty if it is missing."""
        value = self._value.get(key)
        if value is not None and not isinstance(value, list):
            self.fail(f"has {_shape(value)} under '{key}', but must have a list there")
        return value or []


def _shape(value: Plain) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else f"the text '{value[:40]}'"

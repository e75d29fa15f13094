"""What a model or a file gave, read as what it must have meant: text, whole numbers, lists of names.

Nothing here knows of sections. Every reading says through `Notes` what it had to change.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import cast, final

from hierdiff.errors import OutlineError
from hierdiff.spans import printable
from hierdiff.values import Value

MOST_NESTED = 60
LONGEST_NAME = 200
MOST_COUNT = 1_000_000

_NUMBER = re.compile(r"-?[0-9][0-9,_ ]{0,20}")


class Mend(Value):
    """One thing that was done to a plan: the rule that asked for it, the section or item, and what, in one line."""

    rule: str
    about: str
    what: str


@final
class Notes:
    """The mends so far, in the order in which they were made."""

    def __init__(self) -> None:
        self._mends: list[Mend] = []

    def add(self, rule: str, about: str, what: str) -> None:
        """Say what was done."""
        self._mends.append(Mend(rule=rule, about=about, what=printable(what)))

    @property
    def mends(self) -> tuple[Mend, ...]:
        """All of them."""
        return tuple(self._mends)


def check_size(raw: object, *, title: str, tokens: int) -> None:
    """Raise OutlineError for a value of more than about `tokens` tokens, or nested too deep, or within itself."""
    left, waiting = tokens * 4, [(raw, 0)]
    while waiting:
        value, depth = waiting.pop()
        left -= 1 + (len(value) if isinstance(value, str) else 0)
        if depth > MOST_NESTED:
            raise OutlineError(f"the plan is nested deeper than {MOST_NESTED} levels", about=title, rule="size")
        if left < 0:
            raise OutlineError(f"the plan has more than about {tokens:,} tokens; plan less", about=title, rule="size")
        if (pairs := mapping(value)) is not None:
            left -= sum(len(str(key)) for key in pairs if isinstance(key, str))
            waiting += [(one, depth + 1) for one in pairs.values()]
        elif (several := listed(value)) is not None:
            waiting += [(one, depth + 1) for one in several]


def mapping(value: object) -> Mapping[object, object] | None:
    """The value as a mapping, or None if it is none."""
    return cast(Mapping[object, object], value) if isinstance(value, Mapping) else None


def listed(value: object) -> Sequence[object] | None:
    """The value as a list, or None if it is none; a text is none."""
    return cast(Sequence[object], value) if isinstance(value, list | tuple) else None


def text_of(value: object) -> str:
    """Any value as text: lists with semicolons, mappings as `key: value`, nothing as nothing."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if (several := listed(value)) is not None:
        return "; ".join(text for one in several if (text := text_of(one)))
    if (pairs := mapping(value)) is not None:
        return "; ".join(f"{text_of(key)}: {text}" for key, one in pairs.items() if (text := text_of(one)))
    if isinstance(value, bool):
        return json.dumps(value)
    return str(value) if isinstance(value, int | float) and _known(value) else ""


def name_of(value: object) -> str:
    """A value as the id or title of something: one line, no longer than an id may be."""
    return printable(text_of(value))[:LONGEST_NAME].rstrip()


def whole_of(value: object) -> int | None:
    """The whole number that a value means ("150", "150 words", "1,200", 150.0), or None if it means none."""
    if isinstance(value, str):
        found = _NUMBER.match(value.strip())
        return None if found is None else _capped(int(re.sub(r"[,_ ]", "", found.group())))
    if isinstance(value, bool) or not isinstance(value, int | float) or not _known(value):
        return None
    return _capped(round(value))


def truth_of(value: object) -> bool | None:
    """Yes or no, or None where a value says neither."""
    if isinstance(value, bool):
        return value
    said = text_of(value).strip().lower()
    return True if said in ("true", "yes", "1") else False if said in ("false", "no", "0") else None


def entries_of(value: object) -> list[object]:
    """A list, or what should have been one: a single value, or nothing."""
    several = listed(value)
    if several is not None:
        return list(several)
    return [] if value is None or value == "" else [value]


def _known(value: float) -> bool:
    return (isinstance(value, int) and abs(value) < 10**30) or (isinstance(value, float) and math.isfinite(value))


def _capped(number: int) -> int:
    return max(-MOST_COUNT, min(MOST_COUNT, number))

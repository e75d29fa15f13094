"""JSON as models write it: with prose around it, in a code fence, after their thoughts, or with its commas missing.

Only data comes out of it: mappings, lists, texts, numbers. What is not broken is read strictly; what is, is mended with
json-repair. Length and depth are capped, so that no text can keep the reader busy.
"""

import json
import re
from collections.abc import Callable
from typing import Any, cast

import json_repair

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

MOST_LETTERS, MOST_DEPTH = 400_000, 60

_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)```", re.DOTALL)
_THOUGHT = "</think>"


def parsed(text: str) -> Json:
    """The mapping or list that a text holds; None if there is none, or one that is too long or too deep.

    Tried in this order: the text as it stands, what stands in its last code fence, what stands between its first and
    last bracket; each strictly, and then the last of them mended.
    """
    text = text.rpartition(_THOUGHT)[2].strip().removeprefix("\ufeff")
    if not text or len(text) > MOST_LETTERS:
        return None
    fenced = _FENCE.findall(text)
    tried = [text, *fenced[-1:], _bracketed(text)]
    for one in tried:
        found = _read(json.loads, one)
        if found is not None:
            return found
    return _read(_repaired, _opened(fenced[-1] if fenced else text))


def _read(reader: Callable[[str], Any], text: str) -> Json:
    """What a reader makes of a text, if that is a mapping or a list of bearable depth."""
    try:
        found = cast(Json, reader(text))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) and found and not _too_deep(found) else None


def _repaired(text: str) -> Any:
    return json_repair.loads(text, skip_json_loads=True) if text else None


def _opened(text: str) -> str:
    """The text from its first bracket on: where a mapping was begun and perhaps never closed."""
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    return text[min(starts) :] if starts else ""


def _bracketed(text: str) -> str:
    opened = _opened(text)
    return opened[: max(opened.rfind("}"), opened.rfind("]")) + 1]


def _too_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(MOST_DEPTH):
        below: list[Json] = []
        for one in level:
            below += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if not below:
            return False
        level = below
    return True

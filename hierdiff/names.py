"""Ids made from titles, topics cut to their length, and names that mean the same but are spelled otherwise."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import final

from hierdiff.outline import TOPIC_WORDS

MOST_SLUG = 60


@final
class Slugs:
    """Makes ids from titles, no two alike: "How it works" becomes how-it-works, the next one how-it-works-2."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: Counter[str] = Counter()

    def take(self, title: str) -> str:
        """An id for a section of that title."""
        base = slug_of(title)[:MOST_SLUG].strip("-") or "section"
        unique = base
        while unique in self._taken:
            self._numbers[base] += 1
            unique = f"{base}-{self._numbers[base] + 1}"
        self._taken.add(unique)
        return unique


def slug_of(text: str) -> str:
    """A text as a name: letters and digits of any script, dashes between. "Sea wall" and "SEA_WALL" give the same."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text).casefold()).strip("-")


def topic_and_brief(topic: str, brief: str) -> tuple[str, str]:
    """A topic of eight words at most; where it was longer, the whole of it goes before the brief."""
    words = topic.split()
    if len(words) <= TOPIC_WORDS:
        return topic, brief
    whole = " ".join(words)
    stop = "" if whole[-1] in ".!?:;" else "."
    return " ".join(words[:TOPIC_WORDS]), f"{whole}{stop} {brief}".strip()

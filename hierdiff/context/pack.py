"""Pack: takes what a section is told, in order, as long as there is room, and remembers what had none."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar, final

from hierdiff.context.measure import Measure

MOST_SAID = 20
"""Things of one kind that `cut` names."""

_CLAUSE = re.compile(r"(?<=[.!?…;])\s+")
One = TypeVar("One")


@final
class Pack:
    """Takes lines as long as there is room. What comes after a line that had none is cut, too."""

    def __init__(self, measure: Measure, tokens: int) -> None:
        self._measure, self.left, self._from = measure, tokens, tokens
        self.cut: list[str] = []

    def spend(self, text: str) -> None:
        """Count what is told in any case."""
        self.left -= self._measure.tokens(text)

    def all(self, lines: Sequence[str]) -> Sequence[str]:
        """Lines that are known to fit."""
        self.left -= sum(self._measure.tokens(line) + 1 for line in lines)
        return lines

    def brief(self, text: str) -> str:
        """A brief as far as it takes half of the room, in whole sentences or what semicolons set apart."""
        cost = self._measure.tokens(text)
        if cost <= max(0, self.left // 2):
            self.left -= cost
            return text
        self.cut.append("brief")
        kept: list[str] = []
        room = self.left // 2
        for sentence in _CLAUSE.split(text):
            room -= self._measure.tokens(sentence) + 1
            if room < 0:
                break
            kept.append(sentence)
        self.spend(" ".join(kept))
        return " ".join(kept)

    def keep(self, own: int) -> int:
        """Keep back what goes beyond `own` tokens for all that was told so far and comes next; how much that is. What
        comes next has half of `own` however long the task is."""
        told = self._from - self.left
        kept = max(0, self.left - max(own - told, own // 2))
        self.left -= kept
        return kept

    def lines(self, name: str, lines: Sequence[str]) -> Sequence[str]:
        """The first of the lines, as many as fit."""
        return [line for line in self._taken((line, f"{name}: {line}", line) for line in lines)]

    def notes(self, notes: Iterable[dict[str, str]]) -> Sequence[dict[str, str]]:
        """The first of the digests, as many as fit."""
        return self._taken((note, f"note on {note['title']}", " ".join(note.values())) for note in notes)

    def evidence(self, passages: Iterable[dict[str, str]], more: int) -> Sequence[dict[str, str]]:
        """The passages that fit in what is left and in `more` tokens that are kept for them, the most relevant first;
        one that is too long makes room for one that is not."""
        kept: list[dict[str, str]] = []
        self.left = max(0, self.left) + more
        for passage in passages:
            cost = self._measure.tokens(" ".join(passage.values())) + 4
            if not passage["text"] or cost > self.left:
                self.cut.append(f"evidence {passage['id']}")
                continue
            self.left -= cost
            kept.append(passage)
        return kept

    def _taken(self, lines: Iterable[tuple[One, str, str]]) -> list[One]:
        kept: list[One] = []
        said = 0
        for one, name, text in lines:
            cost = self._measure.tokens(text) + 4
            if cost > self.left:
                self.left = min(self.left, 0)
                said += 1
                if said <= MOST_SAID:
                    self.cut.append(name)
                continue
            self.left -= cost
            kept.append(one)
        return kept

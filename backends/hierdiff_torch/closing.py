"""Closing: where a hole ends.

A model does not know how long its text should be; the hole does. Prose closes at the first sentence end once the hole
is nearly full, a line at its newline, a span before the text that follows it. At the hard limit the text goes back to
its last sentence end, so that nothing ends in the middle of one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Decode = Callable[[Sequence[int]], str]

_TAIL = 24
_PRESSING, _MOST_PRESSURE = 0.85, 2.5
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s*$")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|e\.g|i\.e|etc|vs|cf|al|ca|approx|no|fig|vol|pp|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Inc|Ltd|U\.S|U\.K)\.$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|\n)\s*\d+\.\s*$")


def ends_sentence(text: str) -> bool:
    """Whether a text ends where a sentence may: after its full stop, and not after an abbreviation or a list number."""
    if not _SENTENCE_END.search(text):
        return False
    bare = text.rstrip().rstrip("\"'”’)]")
    return not (_ABBREVIATION.search(bare[-16:]) or _NUMBERED.search(text[-16:]))


@dataclass(slots=True)
class Closing:
    """When a hole of `width` tokens (at most `limit`) closes; `exact` only at its limit. `after` is what follows a span."""

    kind: Literal["sentence", "line", "span", "exact"]
    width: int
    limit: int
    decode: Decode
    eos: frozenset[int] = frozenset()
    after: str = ""
    share: float = 0.92

    def pressure(self, count: int) -> float:
        """Nats by which sentence ends are likelier now that the hole holds so many tokens: none until it is nearly
        full, then more and more, so that prose comes to an end near its width and not a sentence later."""
        if self.kind != "sentence":
            return 0.0
        over = (count - _PRESSING * self.width) / ((1.0 - _PRESSING) * self.width)
        return min(_MOST_PRESSURE, _MOST_PRESSURE * max(0.0, over) / 2)

    @property
    def early(self) -> int:
        """Tokens from which on the hole may close by itself."""
        return max(1, int(self.share * self.width)) if self.kind == "sentence" else 1

    def may_end(self, tokens: Sequence[int]) -> bool:
        """Whether the model may say here that it is done (its EOS token)."""
        if self.kind in ("line", "exact"):
            return bool(tokens)
        return len(tokens) >= self.early and (self.kind == "span" or ends_sentence(self._tail(tokens)))

    def closed(self, tokens: Sequence[int]) -> str:
        """Why the hole is closed now that it holds these tokens; empty while it is open."""
        if tokens[-1] in self.eos:
            return "eos"
        if self.kind == "exact":
            return "length" if len(tokens) >= self.limit else ""
        tail = self._tail(tokens)
        if self.kind == "line" and "\n" in tail and self.decode(tokens).strip():
            return "line"
        if self.kind == "sentence" and len(tokens) >= self.early and ends_sentence(tail):
            return "sentence"
        if self.kind == "span" and self._meets_after(tail):
            return "line"
        return "length" if len(tokens) >= self.limit else ""

    def kept(self, tokens: Sequence[int], ending: str) -> int:
        """How many of the tokens of a closed hole stay."""
        if ending == "eos":
            return len(tokens) - 1
        if ending == "line":
            return len(tokens) - (not self.decode(tokens[-1:]).strip())
        if ending == "sentence" or self.kind != "sentence":
            return len(tokens)
        for count in range(len(tokens), max(1, self.width // 2), -1):
            if ends_sentence(self._tail(tokens[:count])):
                return count
        return len(tokens)

    def _meets_after(self, tail: str) -> bool:
        head = self.after.strip()[:12]
        return "\n" in tail or ends_sentence(tail) or (len(head) >= 3 and tail.rstrip().endswith(head))

    def _tail(self, tokens: Sequence[int]) -> str:
        return self.decode(tokens[-_TAIL:])

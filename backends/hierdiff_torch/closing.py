"""Closing: where a hole ends.

A model does not know how long its text should be; the hole does. Prose closes at the first sentence end once the hole
is nearly full, a line at its newline, a span before the text that follows it. At the hard limit the text goes back to
its last sentence end, so that nothing ends in the middle of one. A block of code closes where its indentation ends.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hierdiff_torch.code_end import code_stop, fence_begins, line_is_over, says_code

Decode = Callable[[Sequence[int]], str]

_TAIL, _HEAD = 24, 12
_PRESSING, _MOST_PRESSURE = 0.85, 2.5
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s*$")
_ABBREVIATION = re.compile(
    r"(?:(?:^|(?<!\d)[\s(])[^\W\d_]|(?:^|[\s(])(?:(?:[^\W\d_]\.)+[^\W\d_]|"
    r"etc|vs|cf|al|ca|approx|no|fig|vol|pp|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Inc|Ltd))\.$",
    re.IGNORECASE,
)
"""What ends in a full stop that ends nothing: an initial (but not the unit of a number), and abbreviations."""
_NUMBERED = re.compile(r"(?:^|\n)\s*\d+\.\s*$")
_DECIMAL = re.compile(r"(?:^|[^\w.,])\d{1,3}\.$")


def ends_sentence(text: str) -> bool:
    """Whether a text ends where a sentence may: after its full stop, and not after an abbreviation, a list number or
    what may be the first half of a decimal."""
    if not _SENTENCE_END.search(text):
        return False
    bare = text.rstrip().rstrip("\"'”’)]")
    tail = text[-16:]
    return not (_ABBREVIATION.search(bare[-16:]) or _NUMBERED.search(tail) or _DECIMAL.search(tail))


@dataclass(slots=True)
class Closing:
    """When a hole of `width` tokens (at most `limit`) closes; `exact` only at its limit. `after` is what follows a
    span, `indent` the indentation of a block of code."""

    kind: Literal["sentence", "line", "span", "block", "exact"]
    width: int
    limit: int
    decode: Decode
    eos: frozenset[int] = frozenset()
    after: str = ""
    share: float = 0.92
    indent: int = 0

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

    def may_end(self, tokens: Sequence[int], *, ahead: int = 0) -> bool:
        """Whether the model may say that it is done (its EOS token) as the next token, or `ahead` tokens later, when it
        is not known yet whether a sentence will have ended."""
        if self.kind in ("line", "exact"):
            return bool(tokens) or ahead > 0
        if self.kind == "block":
            return ahead > 0 or says_code(self.decode(tokens))
        enough = len(tokens) + ahead >= self.early
        return enough and (self.kind == "span" or ahead > 0 or ends_sentence(self._tail(tokens)))

    def closed(self, tokens: Sequence[int]) -> str:
        """Why the hole is closed now that it holds these tokens; empty while it is open."""
        if tokens[-1] in self.eos:
            return "eos"
        if self.kind == "exact":
            return "length" if len(tokens) >= self.limit else ""
        if self.kind == "block":
            return "line" if self._block_over(tokens) else "length" if len(tokens) >= self.limit else ""
        tail = self._tail(tokens)
        if self.kind == "line" and "\n" in tail.lstrip():
            return "line"
        if self.kind == "sentence" and len(tokens) >= self.early and ends_sentence(tail):
            return "sentence"
        if self.kind == "span" and ("\n" in tail or ends_sentence(tail) or self._met(tail)):
            return "line"
        return "length" if len(tokens) >= self.limit else ""

    def kept(self, tokens: Sequence[int], ending: str) -> int:
        """How many of the tokens of a closed hole stay."""
        if ending == "eos":
            return len(tokens) - 1
        if self.kind == "block":
            stop = code_stop(self.decode(tokens), self.indent)
            return len(tokens) if stop is None else self._upto(tokens, stop)
        if ending == "line" and self._met(self._tail(tokens)):
            return self._before(tokens, len(self._head))
        if ending == "line":
            return len(tokens) - (not self.decode(tokens[-1:]).strip())
        counts = range(len(tokens), 0, -1) if ending == "length" else ()
        return next((count for count in counts if self.rests(tokens[:count])), len(tokens))

    def rests(self, tokens: Sequence[int]) -> bool:
        """Whether prose may be cut back to these tokens at its limit: more than half of it, and a sentence end."""
        return self.kind == "sentence" and len(tokens) > max(1, self.width // 2) and ends_sentence(self._tail(tokens))

    def standing(self, tokens: Sequence[int], rest: int) -> int:
        """How many tokens of an open hole stand whatever comes: those to its `rest`, if it has one, or to where the
        text after a span may have begun."""
        if self.kind == "sentence":
            return rest or len(tokens)
        if self.kind == "block":
            text = self.decode(tokens)
            return self._upto(tokens, text.rfind("\n") + 1) if fence_begins(text) else len(tokens)
        if self.kind != "span" or not self._head:
            return len(tokens)
        tail, head = self._tail(tokens).rstrip(), self._head
        begun = next((size for size in range(len(head), 0, -1) if tail.endswith(head[:size])), 0)
        return self._before(tokens, begun) if begun else len(tokens)

    @property
    def _head(self) -> str:
        """The first words after a span, by which it is known that the model has come there; empty if too short."""
        after = self.after.strip()
        head = after[:_HEAD] + re.split(r"\s", after[_HEAD:], maxsplit=1)[0]
        return head.strip() if len(head.strip()) >= 3 else ""

    def _met(self, tail: str) -> bool:
        """Whether a span has run into the text after it: that text's head as whole words."""
        tail, head = tail.rstrip(), self._head
        if self.kind != "span" or not head or not tail.endswith(head):
            return False
        before = tail[: len(tail) - len(head)]
        return not (before[-1:].isalnum() and head[0].isalnum())

    def _before(self, tokens: Sequence[int], size: int) -> int:
        """How many tokens stand before the last `size` characters of their text."""
        return self._upto(tokens, len(self.decode(tokens).rstrip()) - size)

    def _upto(self, tokens: Sequence[int], size: int) -> int:
        """How many tokens stand in the first `size` characters of their text."""
        return next((count for count in range(len(tokens), 0, -1) if len(self.decode(tokens[:count])) <= size), 0)

    def _block_over(self, tokens: Sequence[int]) -> bool:
        """Whether a block of code is left, or full at the end of a line."""
        text = self.decode(tokens)
        full = len(tokens) >= self.width and says_code(text) and line_is_over(text)
        return full or code_stop(text, self.indent) is not None

    def _tail(self, tokens: Sequence[int]) -> str:
        return self.decode(tokens[-_TAIL:])

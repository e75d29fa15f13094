"""Turning: a sentence said the other way round, by one word: an opposite, or a `not` taken away or put in.

What comes out is a rival for a model to weigh, not a text to keep: it is rough English where the language is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hierdiff.spans import Span

_OPPOSITES = """
    open/closed opens/closes opened/closed allowed/forbidden allows/forbids before/after first/last always/never
    often/never rises/falls rose/fell rising/falling increases/decreases increased/decreased increase/decrease
    grows/shrinks grew/shrank more/less higher/lower raises/lowers raised/lowered larger/smaller longer/shorter
    faster/slower better/worse improves/worsens improved/worsened above/below possible/impossible safe/unsafe
    legal/illegal mandatory/optional public/private accepted/rejected accepts/rejects supports/opposes
    supported/opposed includes/excludes included/excluded enabled/disabled cheap/expensive gains/loses gained/lost
    precedes/follows preceded/followed wet/dry dry/wet hot/cold present/absent
"""
_TURNED: dict[str, str] = {}
for _pair in _OPPOSITES.split():
    _one, _two = _pair.split("/")
    _TURNED.setdefault(_one, _two)
    _TURNED.setdefault(_two, _one)

_WORD = re.compile(r"[^\W\d_]+")
_NOT = re.compile(r"\b(?:(do|does|did) not ([a-z]+)|(cannot|can ?not)|(no longer)|(are|is|was|were) never|( not))\b")
_DENIED = re.compile(r"\b(?:not|never|cannot|no|none|nor|neither|without|nobody|nothing)\b|n['’]t\b", re.I)
_CAN = re.compile(r"\bcan(?: still)?\b")
_HELPER = re.compile(r"\b(?:is|are|was|were|could|will|would|should|must|may|has been|have been)\b")


How = Literal["opposite", "denied", "affirmed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Characters of a sentence, and what would stand there if it said the opposite, and how
    it came to be: by an opposite word, by a `not` put in, or by one taken out."""

    place: Span
    text: str
    how: How = "opposite"

    def of(self, sentence: str) -> str:
        """The sentence turned."""
        return sentence[: self.place.start] + self.text + sentence[self.place.stop :]


def turns(sentence: str) -> Iterator[Turn]:
    """The ways to turn a sentence: by its first word that has an opposite, and by a `not`."""
    for match in _WORD.finditer(sentence):
        text = _TURNED.get(match[0].lower())
        if text is not None and not sentence[: match.start()].lower().endswith("no "):
            yield _turn(match.start(), match.end(), text.capitalize() if match[0][0].isupper() else text)
            break
    found = _NOT.search(sentence)
    if found is not None:
        yield _turn(found.start(), found.end(), _without(found), how="affirmed")
    elif not denied(sentence):
        can = _CAN.search(sentence)
        helper = _HELPER.search(sentence)
        if can is not None:
            yield _turn(can.start(), can.end(), "cannot", how="denied")
        elif helper is not None:
            yield _turn(helper.end(), helper.end(), " not", how="denied")


def denied(sentence: str) -> bool:
    """Whether a sentence holds a denial of some kind."""
    return bool(_DENIED.search(sentence))


def _turn(start: int, stop: int, text: str, *, how: How = "opposite") -> Turn:
    return Turn(Span(start=start, stop=stop), text, how)


def _without(found: re.Match[str]) -> str:
    """What a denial says when it is none: `do not keep` is `keep`, `cannot` is `can still`."""
    if found[1]:
        verb = found[2]
        return verb if found[1] == "do" else f"{verb}s" if found[1] == "does" else f"did {verb}"
    if found[3]:
        return "can still"
    return "still" if found[4] else f"{found[5]} often" if found[5] else ""

"""A closing over a toy vocabulary, in which a token is a character: what it does can be read off the text."""

from collections.abc import Sequence
from typing import Literal

from hierdiff_torch.closing import Closing
from hierdiff_torch.parts import HolePart
from hierdiff_torch.sampling import GREEDY

EOS = 0
"""The token by which a model says that it is done; it stands for no text."""

Kind = Literal["sentence", "line", "span", "block", "exact"]


def decode(tokens: Sequence[int]) -> str:
    """A character a token."""
    return "".join(chr(token) for token in tokens if token != EOS)


def encode(text: str) -> list[int]:
    """A token a character."""
    return [ord(letter) for letter in text]


def closing(kind: Kind, width: int, limit: int | None = None, *, after: str = "") -> Closing:
    """A hole of `width` characters, at most `limit` (default: as many)."""
    return Closing(kind, width, limit or width, decode, frozenset([EOS]), after)


def write(closing: Closing, tokens: Sequence[int]) -> tuple[HolePart, list[int]]:
    """The hole after it was given tokens until it closed, cut back as it asks; and how many of its tokens were shown
    before each of them."""
    part = HolePart(closing, GREEDY)
    shown: list[int] = []
    for token in tokens:
        shown.append(len(part.standing))
        if ending := part.take(token, 1.0):
            part.closed, part.ending = True, ending
            del part.tokens[closing.kept(part.tokens, ending) :]
            break
    return part, shown

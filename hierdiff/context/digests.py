"""Digests: what of a finished text is told to a section that has waited for it, or was given it as evidence."""

import re

from hierdiff.document import count_words

_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, white space as single blanks."""
    return _SENTENCE.split(" ".join(text.split()))


def opening(text: str, words: int) -> str:
    """The first sentences of a text, as many whole ones as fit, but one in any case."""
    return _packed(sentences(text), words) or sentences(text)[0]


def whole(text: str, words: int) -> str:
    """The first sentences of a text, as many whole ones as fit; "" if not even one does."""
    return _packed(sentences(text), words)


def tail(text: str, words: int) -> str:
    """The last sentence of a text of several, if it is short enough; else ""."""
    found = sentences(text)
    return found[-1] if len(found) > 1 and count_words(found[-1]) <= words else ""


def _packed(found: list[str], words: int) -> str:
    kept: list[str] = []
    for sentence in found:
        words -= count_words(sentence)
        if words < 0:
            break
        kept.append(sentence)
    return " ".join(kept)

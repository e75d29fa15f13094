"""Faults: what makes a text no good as a draft, told without a model: empty, repeating itself, too short."""

import re
from collections.abc import Sequence

from hierdiff.document import count_words

REPEATED, SHORT = 0.3, 0.6
"""The share of repeated 4-grams above which, and the share of the budget below which, a text is no good."""
_WORD = re.compile(r"\w+")
_LEAST_GRAMS = 8


def repetition(text: str) -> float:
    """The share of a text's 4-grams of words that have stood before in it (rep-4); 0 for a text of a few words."""
    words = [word.casefold() for word in _WORD.findall(text)]
    grams = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return 1 - len(set(grams)) / len(grams) if len(grams) >= _LEAST_GRAMS else 0.0


def fault_of(text: str, words: int, *, prose: bool = True) -> str:
    """What is wrong with a text that was to have so many words, in a few words of ours; "" where nothing is.

    Code may repeat itself and be short: of it only an empty text is wrong.
    """
    if not text.strip():
        return "it is empty"
    if not prose:
        return ""
    again = repetition(text)
    if again > REPEATED:
        return f"{again:.0%} of it repeats itself"
    written = count_words(text)
    return f"{written} of {words} words" if written < SHORT * words else ""


def badness(texts: Sequence[str], words: Sequence[int]) -> float:
    """How far texts are from good, 0 for good: what they repeat too much, and what they lack. Lower is better."""
    total = 0.0
    for text, wanted in zip(texts, words, strict=True):
        lacking = max(0.0, 1 - count_words(text) / max(1, wanted) / SHORT)
        total += 2.0 if not text.strip() else max(0.0, repetition(text) - REPEATED) / (1 - REPEATED) + lacking
    return total

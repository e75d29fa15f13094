"""The arithmetic of texts: how near to the length asked for, and how much is said again."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"\b[a-zA-Z]+\b")


def length_score(wanted: int, text: str) -> float:
    """S_l of LongBench-Write (arXiv 2408.07055): 100 for the words asked for, 0 for a third of them or fewer and for
    four times as many or more."""
    got = len(_WORD.findall(text))
    if got > wanted:
        return 100 * max(0.0, 1 - (got / wanted - 1) / 3)
    return 100 * max(0.0, 1 - (wanted / got - 1) / 2) if got else 0.0


def repeated(texts: Sequence[str], size: int = 4) -> float:
    """Share of the words' n-grams that stand earlier in the same text, over all texts."""
    total = again = 0
    for text in texts:
        words = [word.lower() for word in _WORD.findall(text)]
        grams = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
        total, again = total + len(grams), again + len(grams) - len(set(grams))
    return again / total if total else 0.0

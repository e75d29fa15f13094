"""Words as the detectors compare them: where they stand, their stems, and which of them say nothing by themselves.

No dictionary and no model: cheap endings are cut so that `wells` meets `well` and `founded` meets `found`, and a short
list of function words is left out. English first; text of any other script passes through unharmed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’‑-][^\W_]+)*")
PLAIN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as a text, for lists that are read more often than they are changed."""
    return frozenset(text.split())


STOP = word_set(
    """
    a an the this that these those it its he she they them their his her our we you your i my me us and or but
    nor so yet if then than as at by for from in into of off on onto out over per to up with within without
    about above across after against along among around before behind below beneath beside between beyond down
    during inside near outside since through throughout toward towards under until upon via while is are was
    were be been being am has have had having do does did done doing will would shall should can could may might
    must not no only also just even still very more most less least much many some any each every all both few
    such same other another own here there where when which who whom whose what how why because although though
    however therefore thus hence too again once ever never now today rather quite almost nearly roughly
    approximately exactly make makes made take takes took taken get gets got give gives gave given have having
    one ones per cent percent total about around circa
    """
)

_SYNONYMS = {
    "mean": "average",
    "averag": "average",
    "long": "length",
    "high": "height",
    "tall": "height",
    "wide": "width",
    "broad": "width",
    "breadth": "width",
    "deep": "depth",
    "thick": "thickness",
    "weigh": "weight",
    "heavy": "weight",
    "inhabitant": "population",
    "resident": "population",
    "people": "population",
    "person": "population",
    "citizen": "population",
    "live": "population",
    "cost": "cost",
    "price": "cost",
    "began": "begin",
    "begun": "begin",
    "born": "birth",
    "died": "death",
    "die": "death",
    "built": "build",
    "fell": "fall",
    "rose": "rise",
    "risen": "rise",
}


def words(text: str, start: int = 0, stop: int | None = None) -> Iterator[re.Match[str]]:
    """The words of a text in order; hyphens and apostrophes inside belong to a word."""
    return WORD.finditer(text, start, len(text) if stop is None else stop)


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """The word in lower case without a plural or possessive ending."""
    word = word.lower().replace("’", "'").removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The word without its commonest endings, synonyms of a measure (`long`, `length`) brought together."""
    word = singular(word)
    for known in (word, word.removesuffix("s")):
        if known in _SYNONYMS:
            return _SYNONYMS[known]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word.removesuffix(ending)
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    word = word[:-1] if len(word) > 4 and word.endswith("e") else word
    return _SYNONYMS.get(word, word)


def content(word: str) -> bool:
    """Whether a word carries meaning by itself: no function word, no number, not a single letter."""
    return len(word) > 1 and word.lower() not in STOP and not word[0].isdigit()


def stems(text: str) -> frozenset[str]:
    """The stems of the content words of a short text; hyphenated words count by their parts."""
    return frozenset(stem(match.group()) for match in PLAIN.finditer(text) if content(match.group()))


def folded(text: str) -> str:
    """The letters and digits of a text in lower case: equal for spellings that differ in case, hyphens or spaces."""
    return "".join(char for char in text.lower() if char.isalnum())

"""Masks: what inside a paragraph is not language (code, links' targets, URLs, tags, formulas) painted over.

A masked text is as long as the text, so that every offset in the one is an offset in the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

BLOT = "\ufffc"

_TICKS = re.compile(r"`+")
_PLACES = re.compile(
    r"<(?:[/!?][^<>]{0,2000}|[A-Za-z][^<>]{0,2000})>"
    r"|!\[[^\[\]]{0,2000}\](?:\([^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500}){0,3}\)|\[[^\[\]\n]{0,300}\])?"
    r"|\]\([^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500}){0,3}\)"
    r"|\]\[[^\[\]\n]{0,300}\]"
    r"|\[\^[^\[\]\s]{1,100}\]"
    r"|(?:https?|ftp|file|git|ssh)://[^\s<>)\]\"']+|www\.[^\s<>)\]\"']+|mailto:[^\s<>)\]]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,100}\.[\w.-]{1,100}"
    r"|(?<![\w$\\])\$(?![\s$])(?=[^$\n]{0,300}[\\^_={}])[^$\n]{1,300}(?<!\s)\$(?![\w$])"
    r"|\$\$[^$]{1,5000}\$\$"
    r"|\{[{%#][^{}\n]{0,500}\}\}?"
)
_MAYBE = re.compile(r"[<\[\]*_~$@{]|://|www\.|mailto:")
_EMPHASIS = re.compile(r"\*+|~~+|(?<!\w)_+|_+(?!\w)")


def masked(text: str) -> str:
    """The text of one block with everything painted over that is not language; emphasis marks become spaces."""
    text = without_code(text)
    if _MAYBE.search(text) is None:
        return text
    text = _PLACES.sub(lambda match: BLOT * len(match.group()), text)
    return _EMPHASIS.sub(lambda match: " " * len(match.group()), text)


def without_code(text: str) -> str:
    """The text of one block with its code spans painted over."""
    pieces: list[str] = []
    last = 0
    for start, stop in _code(text):
        pieces += (text[last:start], BLOT * (stop - start))
        last = stop
    return "".join((*pieces, text[last:])) if pieces else text


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Code spans: a run of backticks up to the next run of the same length."""
    runs = [(match.start(), match.end()) for match in _TICKS.finditer(text)]
    ends: dict[int, list[int]] = defaultdict(list)
    for place in range(len(runs) - 1, -1, -1):
        ends[runs[place][1] - runs[place][0]].append(place)
    at = 0
    while at < len(runs):
        start, stop = runs[at]
        same = ends[stop - start]
        while same and same[-1] <= at:
            same.pop()
        if same:
            at = same[-1]
            yield start, runs[at][1]
        at += 1

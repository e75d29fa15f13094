"""Spellings: the words of a document in a row, and what stands between them, for comparing names and terms."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hierdiff.detectors.reading.prose import Prose
from hierdiff.detectors.reading.reading import Place, Reading
from hierdiff.detectors.reading.words import PLAIN

ENDING = re.compile(r"(?:['’]s|s['’]|['’](?!\w)|e?s)$")
_OPENERS = frozenset({":", "•", "“", '"', "—", "–", "(", "/"})
_JOINT = re.compile(r"[ \t\u00a0]|[ \t]?\r?\n[ \t]{0,8}|[-‑]")


@dataclass(slots=True)
class Token:
    """A word at characters `start..stop`; `joint` is how it hangs on the one before: a blank, a hyphen, or not (None).

    `opens`: it is the first of a sentence, where a capital means nothing.
    """

    text: str
    start: int
    stop: int
    joint: str | None
    opens: bool
    sentence: int


def tokens(reading: Reading) -> list[Token]:
    """The words of all prose and lists; hyphenated words come apart, so that every spelling is a run of words."""
    return _tokens(reading.prose)


@lru_cache(maxsize=2)
def _tokens(prose: Prose) -> list[Token]:
    found: list[Token] = []
    for number, sentence in enumerate(prose.sentences):
        last, plain, offset = 0, sentence.plain, sentence.start
        for match in PLAIN.finditer(plain):
            start, stop = match.span()
            gap = plain[last:start]
            if last and gap == " ":
                joint, opens = " ", False
            else:
                joint = ("-" if gap[0] in "-‑" else " ") if last and _JOINT.fullmatch(gap) else None
                opens = not last or gap.rstrip()[-1:] in _OPENERS
            found.append(Token(match.group(), offset + start, offset + stop, joint, opens, number))
            last = stop
    return found


def windows(row: Sequence[Token], size: int) -> Iterator[Sequence[Token]]:
    """Runs of `size` words that hang together."""
    hung = 0
    for at, token in enumerate(row):
        hung = hung + 1 if token.joint is not None and at else 1
        if hung >= size:
            yield row[at - size + 1 : at + 1]


def bare(word: str) -> tuple[str, str]:
    """A word without its plural or possessive ending, and the ending."""
    match = ENDING.search(word)
    if match is None or len(word) - len(match.group()) < 2 or word.endswith("ss"):
        return word, ""
    return word[: match.start()], match.group()


def place(run: Sequence[Token]) -> Place:
    """The characters of a run of words."""
    return run[0].start, run[-1].stop


def surface(run: Sequence[Token]) -> str:
    """A run of words as it is spelled, line breaks as blanks."""
    return run[0].text + "".join(f"{token.joint}{token.text}" for token in run[1:])


def is_name(word: str) -> bool:
    """Whether a word is written as names are: a capital and small letters after it."""
    return word[:1].isupper() and len(word) > 1 and not word.isupper()

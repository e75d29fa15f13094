"""Spellings: the words of a document in a row, and what stands between them, for comparing names and terms."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hierdiff.detectors.reading.reading import Place, Reading
from hierdiff.detectors.reading.words import PLAIN

ENDING = re.compile(r"(?:['’]s|s['’]|['’](?!\w)|e?s)$")
_JOINT = re.compile(r"[ \t\u00a0]|[ \t]?\r?\n[ \t]{0,8}|[-‑]")


@dataclass(slots=True, frozen=True)
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
    found: list[Token] = []
    for number, sentence in enumerate(reading.prose.sentences):
        last = 0
        for match in PLAIN.finditer(sentence.plain):
            gap = sentence.plain[last : match.start()]
            first = last == 0
            joint = ("-" if gap[0] in "-‑" else " ") if not first and _JOINT.fullmatch(gap) else None
            opens = first or gap.rstrip()[-1:] in (":", "•", "“", '"', "—", "–", "(", "/")
            found.append(
                Token(match.group(), sentence.start + match.start(), sentence.start + match.end(), joint, opens, number)
            )
            last = match.end()
    return found


def windows(row: Sequence[Token], size: int) -> Iterator[Sequence[Token]]:
    """Runs of `size` words that hang together."""
    for at in range(len(row) - size + 1):
        if all(token.joint is not None for token in row[at + 1 : at + size]):
            yield row[at : at + size]


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

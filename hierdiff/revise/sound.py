"""Sound: whether a text that a model wrote is fit to stand in its place, before anybody asks what it says.

It has to end where there was an end, close the quotation marks and brackets that it opens, add no markup, begin as its
place asks, not say a word twice at its edges, and not be far longer than what it stands for.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hierdiff.document import Document
from hierdiff.spans import Span
from hierdiff.tree import is_tree

MOST_REPEATED = 3
"""Times at which three words in a row are too many."""
LONGER, MORE = 1.5, 5
"""A text may have so many times the words of the old one, and so many more."""

_WORDS = re.compile(r"\w+")
_GIVEN = re.compile(r"[0-9]\w*|\b[A-Z]{2,}\b")
"""What a model must not invent: figures and acronyms."""
_BROKEN = re.compile(
    r"\b(?:an?|the|of|and|or|but|to|with|for|from|by|at|is|are|was|were|be|been|is about|than|that|which|because|as)"
    r"[.!?…][\"”’')\]]*$",
    re.I,
)
_SENTENCE = re.compile(r"[.!?…][\"”’')\]]*(?=\s+\S|$)")
_FIRST = re.compile(r"[\"“‘'(\[]*(\w+)")
_CLOSED = re.compile(r"[.!?…:;][\"”’')\]*_]*$")
_ENDED = re.compile(r"(?:[.!?…:|]|(?:^|\n)[ \t]*(?:[-*+>]|\d{1,9}[.)]|#{1,6}))[\"”’')\]*_“‘(]*\s*\Z|\n\s*\Z|\A\s*\Z")
_MARKUP = re.compile(r"<!--|-->|</?\w|```|~~~|^\s*(?:#{1,6}\s|[-*+]\s|\d{1,3}[.)]\s|>)|\||\n")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"))
_SAME = ('"', "**", "`")
_NEXT = re.compile(r"(?<=[a-z)][.!?])[\"”’')\]]*\s+(?=[\"“(]*[A-Z])")


def why_unsound(document: Document, spans: Sequence[Span], texts: Sequence[str]) -> str:
    """Why new texts may not stand where `spans` of a document are; empty if they may. Code may only not be empty."""
    if is_tree(document):
        return "" if all(text.strip() for text in texts) else "it is empty"
    for span, text in zip(spans, texts, strict=True):
        if why := next(_faults(document.text, span, text), ""):
            return why
        if invented := set(_GIVEN.findall(text)).difference(_GIVEN.findall(document.text)):
            return f"it brings '{min(invented)}', which stands nowhere else"
        if any(title in text and title not in span.of(document.text) for title in _numbered(document)):
            return "it says a heading again"
    return ""


def _numbered(document: Document) -> Iterator[str]:
    """The headings that no sentence would hold: those with a number."""
    return (part.title for part in document.sections if part.title[:1].isdigit() and " " in part.title)


def _faults(whole: str, span: Span, text: str) -> Iterator[str]:
    """What is wrong with one text in its place, worst first."""
    old = span.of(whole)
    if not text.strip():
        yield "it is empty"
    if text.split() == old.split():
        yield "it says the same again"
    yield from _in_itself(old, text)
    yield from _in_its_place(whole[max(0, span.start - 200) : span.start], old, whole[span.stop :][:200], text)


def _in_itself(old: str, text: str) -> Iterator[str]:
    """What a look at the old text and the new one shows."""
    if (not old.strip() or _CLOSED.search(old.strip())) and not _CLOSED.search(text.strip()):
        yield "its last sentence does not end"
    if _BROKEN.search(text.strip()) and not _BROKEN.search(old.strip()):
        yield "it ends before it has said anything"
    if old.strip() and len(_SENTENCE.findall(text)) > len(_SENTENCE.findall(old)) + 1:
        yield "it has more sentences than what it stands for"
    words = [word.lower() for word in _WORDS.findall(text)]
    threes = Counter(zip(words, words[1:], words[2:], strict=False))
    if threes and max(threes.values()) >= MOST_REPEATED:
        yield "it repeats itself"
    if any(left == right and left.isalpha() for left, right in pairwise(words)):
        yield "it says a word twice"
    if _open(text) != _open(old):
        yield "it leaves a bracket or a quotation mark open"
    if _MARKUP.search(text) and not _MARKUP.search(old):
        yield "it brings markup with it"
    if old.strip() and len(words) > LONGER * len(_WORDS.findall(old)) + MORE:
        yield "it is far longer than what it stands for"
    if old.strip() and not _CLOSED.search(old.strip()) and (_CLOSED.search(text.strip()) or _NEXT.search(text)):
        yield "it ends a sentence that goes on"


def _open(text: str) -> tuple[int, ...]:
    """How many brackets and quotation marks a text leaves open."""
    pairs = tuple(text.count(left) - text.count(right) for left, right in _PAIRS)
    return (*pairs, *(text.count(mark) % 2 for mark in _SAME))


def _in_its_place(before: str, old: str, after: str, text: str) -> Iterator[str]:
    """What a look at the seams shows."""
    first, last = text[:1], text[-1:]
    if first.isspace() and (before[-1:].isspace() or not before):
        yield "it begins with a second blank"
    if last.isspace() and after[:1].isspace():
        yield "it ends with a second blank"
    if _glued(before[-1:], first) and not _glued(before[-1:], old[:1]):
        yield "it begins in the middle of a word"
    if _glued(last, after[:1]) and not _glued(old[-1:], after[:1]):
        yield "it ends in the middle of a word"
    if first in ",.;:!?)" and before[-1:].isspace() and old[:1] != first:
        yield "it begins with a mark that belongs to the word before"
    yield from _twice(before, old, after, text)
    yield from _case(before, old, text)


def _glued(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _twice(before: str, old: str, after: str, text: str) -> Iterator[str]:
    """A word said at a seam for the second time."""
    left, new, right = (_WORDS.findall(one.lower()) for one in (_line_end(before), text, after.partition("\n")[0]))
    was = _WORDS.findall(old.lower())
    if new and left and new[0] == left[-1] and was[:1] != left[-1:] and not _CLOSED.search(before.strip()):
        yield f"it says '{new[0]}' a second time"
    if new and right and new[-1] == right[0] and was[-1:] != right[:1] and not _CLOSED.search(text.strip()):
        yield f"it says '{new[-1]}' a second time"


def _line_end(before: str) -> str:
    return before.rpartition("\n")[2]


def _case(before: str, old: str, text: str) -> Iterator[str]:
    """A small letter at the start of a sentence, or a capital in the middle of one where none was."""
    word = _FIRST.match(text.strip())
    was = _FIRST.match(old.strip())
    if word is None:
        return
    starts = bool(_ENDED.search(before[-60:]))
    if starts and was is not None and was[1][:1].isupper() and word[1][:1].islower():
        yield "it begins a sentence with a small letter"
    if not starts and not (was is not None and was[1][:1].isupper()) and _plain_capital(word[1], old, before):
        yield "it has a capital in the middle of a sentence"


def _plain_capital(word: str, old: str, before: str) -> bool:
    """Whether a word is capitalised only as one that begins a sentence is."""
    if word == "I" or not (word[:1].isupper() and word[1:].islower()):
        return False
    return word not in _WORDS.findall(f"{before} {old}")

"""Titles and topics as a small model writes them: cleaning them, and telling whether two are the same."""

import re
from difflib import SequenceMatcher
from functools import lru_cache

ALIKE_WORDS, ALIKE_LETTERS = 0.75, 0.88
"""From here on two titles count as one: the share of their words in common, the likeness of their letters."""
MOST_TITLE_WORDS = 12
FRAME_WORDS = frozenset(
    {"introduction", "overview", "conclusion", "summary", "introductory", "concluding", "final", "remark", "thought"}
    | {"reference", "bibliography", "acknowledgement", "acknowledgment", "appendix", "appendice", "index", "glossary"}
    | {"further", "reading", "note"}
)
TEXT_WORDS = frozenset({"chapter", "report", "section", "document", "article", "reader", "author", "subtitle"})
STOP_WORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "by", "can", "for", "from", "how", "in", "into", "is", "it", "its", "of"}
    | {"on", "or", "that", "the", "to", "what", "with"}
)

LEANING = frozenset(
    {"a", "an", "and", "are", "as", "by", "can", "for", "from", "into", "of", "or", "the", "to", "with"}
)
"""Words that lean on one to come: a title that ends in one is cut off."""

_LABEL = re.compile(r"^(?:title|topic|section|chapter|part|heading)\s*\d*\s*[:.–—-]+\s*", re.IGNORECASE)
_NEXT_LABEL = re.compile(r"\s*\b(?:Title|Topic)\s*:.*$")
_NUMBER = re.compile(r"^(?:\(?\d+(?:\.\d+)*[.):]+\s*|\(?[ivxIVX]+[.)]\s+)")
_BULLET = re.compile(r"^(?:[-*+•>#]+\s+)+")
_MARKUP = re.compile(r"[*`#]+|(?<!\w)_+|_+(?!\w)")
_FRAME = re.compile(
    r"^(?:an?\s+|the\s+)?(?:brief\s+|short\s+)?(?:introduction|intro|overview|summary|conclusion)\s*(?:to|of|on|:|[–—-])\s+",
    re.IGNORECASE,
)
_THIS = re.compile(
    r"^(?:in\s+)?th(?:is|e)\s+(?:section|part|chapter|topic)\s*,?\s+(?:will\s+|also\s+|we\s+)*"
    r"(?:is\s+about|covers?|discuss(?:es)?|explains?|describes?|explores?|provides?|looks?\s+at|examines?)\s+",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^(?:please\s+)?(?:write|draft|create|produce|prepare|generate|make)\s+(?:me\s+)?(?:[\w,-]+\s+){1,8}?"
    r"(?:about|on|explaining|describing)\s+",
    re.IGNORECASE,
)
_QUOTES = "\"'“”‘’„«»‹› "
_ENDS = " .,;:!-–—…|/\\"


def cleaned(raw: str) -> str:
    """One title or topic as it should stand: without numbering, labels, quotes, Markdown and a stop at the end, and
    without an "Introduction to" in front of what it is about."""
    text = " ".join(raw.strip().splitlines()[0].split()) if raw.strip() else ""
    before = None
    while text != before:
        before = text
        for pattern in (_BULLET, _MARKUP, _NUMBER, _LABEL, _NEXT_LABEL, _THIS, _FRAME):
            text = pattern.sub("", text, count=0 if pattern is _MARKUP else 1)
        text = text.strip(_QUOTES).rstrip(_ENDS).lstrip(" .,;:!–—…|/\\)")
    return text[:1].upper() + text[1:]


def is_usable(text: str, most: int = MOST_TITLE_WORDS) -> bool:
    """Whether a cleaned text can stand: it has letters, at most so many words, an end, and does not stammer."""
    words = text.casefold().split()
    if words and words[-1] in LEANING:
        return False
    if not 1 <= len(words) <= most or sum(letter.isalpha() for letter in text) < 2:
        return False
    return len(words) < 4 or len(set(words)) > 0.6 * len(words)


def is_frame(text: str) -> bool:
    """Whether a title only says that something begins or ends ("Introduction", "Final remarks"), or speaks of the text
    and not of its subject ("Chapter 9", "Purpose of the report")."""
    words = keys(text)
    return words <= FRAME_WORDS or not words.isdisjoint(TEXT_WORDS)


def shares_word(one: str, other: str) -> bool:
    """Whether two texts have a word that carries meaning in common."""
    return not keys(one).isdisjoint(keys(other))


def same(one: str, other: str) -> bool:
    """Whether two titles say the same, cases, endings and little words aside."""
    left, right = keys(one), keys(other)
    if left and right and len(left & right) >= ALIKE_WORDS * len(left | right):
        return True
    letters = SequenceMatcher(None, " ".join(sorted(left)), " ".join(sorted(right)), autojunk=False)
    bounds = (letters.real_quick_ratio, letters.quick_ratio, letters.ratio)
    return all(bound() >= ALIKE_LETTERS for bound in bounds)


@lru_cache(maxsize=4096)
def keys(text: str) -> frozenset[str]:
    """The words that carry a text's meaning, plural endings off."""
    words = [word.strip("'’") for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.casefold())]
    kept = [word for word in words if word not in STOP_WORDS] or words
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word for word in kept)


def shortened(text: str, words: int) -> str:
    """The first words of a text, not ending in one that leans on the next: "cost of the" becomes "cost"."""
    kept = text.split()[:words]
    while len(kept) > 1 and len(text.split()) > words and kept[-1].casefold().strip(",;:") in STOP_WORDS:
        kept.pop()
    return " ".join(kept).rstrip(_ENDS)


def title_of(goal: str) -> str:
    """A document's title from what was asked for: "Write a report about tides" becomes "Tides". What the goal's own
    characters are is not touched."""
    text = shortened(_TASK.sub("", goal, count=1), MOST_TITLE_WORDS) or goal[:80]
    return text[:1].upper() + text[1:]

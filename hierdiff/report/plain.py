"""Plain: text made fit for a terminal, and numbers as people read them.

Titles, briefs and drafts come from models and from files of unknown origin: nothing of theirs may move the cursor,
change colours or hide characters.
"""

import re
import unicodedata

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)|\x9b[0-?]*[ -/]*[@-~]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def one_line(text: str) -> str:
    """The text without control and format characters, white space single: one line that shows all that it holds."""
    text = _SEQUENCE.sub("", text)
    shown = (" " if char.isspace() else char for char in text if char.isspace() or not _is_unseen(char))
    return " ".join("".join(shown).split())


def lines(text: str) -> str:
    """The text with its lines kept and everything else that is no letter, sign or space taken out."""
    return "\n".join("".join(c for c in _SEQUENCE.sub("", line) if not _is_unseen(c)) for line in text.splitlines())


def _is_unseen(char: str) -> bool:
    return char != "\t" and unicodedata.category(char) in _UNSEEN


def clock(seconds: float) -> str:
    """Seconds as a stopwatch shows them: 0:07, 12:40, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def count(number: int, one: str, many: str = "") -> str:
    """`1 section`, `2 sections`, `1,200 words`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

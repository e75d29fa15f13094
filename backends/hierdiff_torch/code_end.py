"""Where a block of code ends: Python says so by its indentation, a chat model by a code fence.

What a model writes into a function's body often goes on with the next function, or closes the fence and explains. A
hole of code ends before either.
"""

FENCE = "```"
_CLOSERS = ")]}"
"""What may stand further left than the block that it belongs to: the end of something in brackets."""


def code_stop(text: str, indent: int) -> int | None:
    """Where the first line begins that is not in the block any more, or None while all of the text is.

    `indent` is the block's, in spaces; the ink before the hole gives the first line its own. A fence before anything
    was written opens one and ends nothing.
    """
    at, said = 0, False
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        if said and bare.startswith(FENCE):
            return at
        left = len(line) - len(line.lstrip())
        if said and number and bare and left < indent and bare[0] not in _CLOSERS:
            return at
        said = said or (bool(bare) and not bare.startswith(FENCE))
        at += len(line) + 1
    return None


def says_code(text: str) -> bool:
    """Whether there is a letter or a number in a text, so that it may be all of a body."""
    return any(letter.isalnum() for letter in text)


def line_is_over(text: str) -> bool:
    """Whether a text stands at the end of a line."""
    return text.rstrip(" ").endswith("\n")


def fence_begins(text: str) -> bool:
    """Whether the last line may be the beginning of a fence."""
    last = text.rpartition("\n")[2].strip()
    return bool(last) and FENCE.startswith(last)


def indent_after(text: str) -> int:
    """The indentation, in spaces, of a block that begins behind this text: the blanks on its last line."""
    last = text.rpartition("\n")[2]
    return 0 if last.strip() else len(last)

"""The fenced blocks of the documents, with where they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from house.tree import ROOT

DOCUMENTS = ("README.md", "docs/architecture.md", "docs/families.md", "docs/planners.md", "docs/testing.md")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language and its code, and the file and line where the code begins."""

    language: str
    code: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def blocks(language: str) -> list[Block]:
    """All blocks of a language, in order."""
    return [block for file in DOCUMENTS for block in _blocks(file) if block.language == language]


def _blocks(file: str) -> Iterator[Block]:
    text = (ROOT / file).read_text("utf-8")
    for match in _FENCE.finditer(text):
        yield Block(match[1], match[2], file, text.count("\n", 0, match.start(2)) + 1)

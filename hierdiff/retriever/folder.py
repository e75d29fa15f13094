"""FolderRetriever: passages from the text files of a local folder, by the words of a section's plan.

No model and no network: BM25 over an index that is kept in the cache folder and follows the files as they change.
"""

import asyncio
import hashlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import final

from hierdiff.errors import FileError
from hierdiff.evidence import LONGEST_TEXT, Passage
from hierdiff.outline import Section
from hierdiff.retriever.index import MOST_TERMS, Hit, Index
from hierdiff.retriever.reading import files
from hierdiff.settings import home

LEAST = 0.3
"""The share of the best passage's score that another must have: below it, it is about something else."""
_WORD = re.compile(r"\w{2,60}")
_COMMON = frozenset(
    [
        "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "for", "from", "has", "have", "how", "in",
        "into", "is", "it", "its", "not", "of", "on", "or", "our", "should", "that", "the", "their", "them",
        "they", "this", "to", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with",
        "would", "you", "your", "about", "section", "explain", "introduction", "conclusion", "overview", "summary",
    ]
)  # fmt: skip


@final
class FolderRetriever:
    """Searches Markdown, text, HTML and Python files of a folder. Raises FileError if there is no such folder.

    The folder is looked through once, at the first question; `refresh` does it again. `home` is where the index is
    kept (default: with the models and the runs).
    """

    def __init__(self, folder: str | Path, *, home: Path | None = None) -> None:
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise FileError(f"{folder} is no folder; name one that holds text files", about=str(folder))
        self.folder = path.resolve()
        self._index = Index(_place(self.folder, home))
        self._fresh = False
        self._busy = threading.Lock()

    async def find(self, section: Section, k: int) -> list[Passage]:
        """The `k` passages that share most, and rarest, words with the section's title, topic and brief."""
        return await asyncio.to_thread(self.search, list(_terms(section)), k)

    def search(self, terms: list[str], k: int) -> list[Passage]:
        """The `k` best passages for these words. Raises FileError when the index cannot be kept."""
        with self._busy:
            if not self._fresh:
                self._refresh()
            hits = self._index.find(terms, max(0, k))
        return [_passage(hit) for hit in hits if hit.score >= LEAST * hits[0].score]

    def refresh(self) -> int:
        """Follow what has changed in the folder; how many files were read anew."""
        with self._busy:
            return self._refresh()

    def close(self) -> None:
        """Close the index. May be called twice; a later question opens it again."""
        with self._busy:
            self._index.close()

    def _refresh(self) -> int:
        changed = self._index.update(files(self.folder))
        self._fresh = True
        return changed


def _terms(section: Section) -> Iterator[str]:
    """The words that say what a section is about, each once, those of its title first."""
    said: set[str] = set()
    for text in (section.title, section.topic, " ".join(section.must_cover), section.brief[:2000]):
        for match in _WORD.finditer(text):
            word = match.group().lower()
            if word not in _COMMON and word not in said and len(said) < MOST_TERMS:
                said.add(word)
                yield word


def _passage(hit: Hit) -> Passage:
    return Passage(source=hit.name, locator=hit.locator, text=hit.text[:LONGEST_TEXT], score=round(hit.score, 6))


def _place(folder: Path, kept: Path | None) -> Path:
    name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return (kept or home()) / "sources" / f"{name}.db"

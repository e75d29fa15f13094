"""Gathering: asks a retriever for every section's passages, before anything is written, and gives them their ids."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import final

from hierdiff.errors import HierdiffError, RunError
from hierdiff.evidence import Evidence, Passage
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Retriever

PASSAGES = 6
"""Passages that a section is given at most; how many of them it is told depends on its budget."""
AT_ONCE = 8


async def gathered(
    outline: Outline, retriever: Retriever | None, stop: asyncio.Event, *, k: int = PASSAGES
) -> tuple[Outline, Evidence]:
    """The outline with the passages in its ledger as citations, and which section was given which of them.

    Ids go in reading order, so that the same passages have the same ids in every run. A passage that several sections
    are given is one. When `stop` comes, the sections that were not asked for go without.
    """
    if retriever is None:
        return outline, Evidence()
    asking = _Asking(retriever, stop, k)
    found = await asking.all(outline.leaves)
    evidence = _numbered(outline, found)
    if not evidence.passages:
        return outline, evidence
    items = tuple(Item(id=one, kind="citation", value=passage.place) for one, passage in evidence.passages.items())
    return outline.changed(ledger=Ledger(items=(*outline.ledger.items, *items))), evidence


@final
class _Asking:
    """Asks for several sections at the same time, but not for all at once."""

    def __init__(self, retriever: Retriever, stop: asyncio.Event, k: int) -> None:
        self._retriever, self._stop, self._k = retriever, stop, k
        self._free = asyncio.Semaphore(AT_ONCE)

    async def all(self, sections: Sequence[Section]) -> list[list[Passage]]:
        """The passages of each section. The first error ends all and is raised."""
        tasks = [asyncio.create_task(self._one(section)) for section in sections]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, section: Section) -> list[Passage]:
        async with self._free:
            if self._stop.is_set():
                return []
            try:
                found = await self._retriever.find(section, self._k)
            except HierdiffError:
                raise
            except Exception as error:  # whatever a retriever of somebody's own raises: named, never swallowed
                name = type(error).__name__
                raise RunError(f"the retriever failed: {name}: {error}; try without it", about=section.id) from error
            return [passage for passage in found if passage.text.strip()][: self._k]


def _numbered(outline: Outline, found: Sequence[Sequence[Passage]]) -> Evidence:
    """Ids for passages, the same for the same place and text; none that the ledger has already."""
    taken = {item.id for item in outline.ledger.items}
    free = (name for number in count(1) if (name := f"src{number}") not in taken)
    ids: dict[tuple[str, str, str], str] = {}
    passages: dict[str, Passage] = {}
    given: dict[str, tuple[str, ...]] = {}
    for leaf, several in zip(outline.leaves, found, strict=True):
        own: list[str] = []
        for passage in several:
            key = (passage.source, passage.locator, passage.text)
            if key not in ids:
                ids[key] = next(free)
                passages[ids[key]] = passage
            own.append(ids[key])
        if own:
            given[leaf.id] = tuple(dict.fromkeys(own))
    return Evidence(passages=passages, given=given)

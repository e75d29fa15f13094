"""Real documents of several lengths: how near they come to their length, what they cover, how much they repeat."""

import re
import time
from dataclasses import dataclass
from typing import Any, get_args

from hierdiff.detectors.reading.words import stems
from hierdiff.document import Document, count_words
from hierdiff.plugins import open_backend, open_planner
from hierdiff.protocols import Backend
from hierdiff.request import Mode, Request
from hierdiff.settings import Settings
from hierdiff.writer import Writer

GOAL = "How a small town can cut flood damage"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Written:
    """One document: its scores, its words, its seconds."""

    mode: str
    asked: int
    words: int
    s_l: float
    s_l_section: float
    coverage: float
    overlap5: float
    seconds: float


def s_l(asked: int, written: int) -> float:
    """LongBench-Write's length score, 0 to 100: too long counts a third of what too short counts a half of."""
    if written > asked:
        return 100 * max(0.0, 1 - (written / asked - 1) / 3)
    return 100 * max(0.0, 1 - (asked / written - 1) / 2) if written else 0.0


def coverage(document: Document) -> float:
    """The share of sections, weighed alike, whose text names what it was to be about: half of the content words of its
    title and topic, or of each point that it must cover."""
    assert document.outline is not None
    found: list[float] = []
    for leaf in document.outline.leaves:
        text = stems(document.body(leaf.id)) if any(part.id == leaf.id for part in document.sections) else frozenset()
        points = [stems(point) for point in (f"{leaf.title} {leaf.topic}", *leaf.must_cover)]
        named = [len(point & text) >= len(point) / 2 for point in points if point]
        found.append(sum(named) / len(named) if named else 1.0)
    return sum(found) / len(found)


def overlap5(texts: list[str]) -> float:
    """The share of the distinct 5-grams of words of a document that stand in more than one section."""
    seen: dict[tuple[str, ...], int] = {}
    for text in texts:
        words = [word.casefold() for word in _WORD.findall(text)]
        for gram in {tuple(words[at : at + 5]) for at in range(len(words) - 4)}:
            seen[gram] = seen.get(gram, 0) + 1
    return sum(count > 1 for count in seen.values()) / len(seen) if seen else 0.0


async def written(backend: Backend, mode: Mode, words: int, planner: str, seed: int = 0) -> Written:
    """One document in one mode."""
    request = Request(goal=GOAL, words=words, mode=mode, seed=seed)
    started = time.perf_counter()
    document = await Writer(open_planner(planner), backend, settings=Settings(seed=seed)).write(request)
    seconds = time.perf_counter() - started
    assert document.outline is not None
    budgets = {leaf.id: leaf.budget for leaf in document.outline.leaves}
    there = {part.id: count_words(document.body(part.id)) for part in document.sections}
    sections = [s_l(budget, there.get(name, 0)) for name, budget in budgets.items()]
    return Written(
        mode=mode,
        asked=words,
        words=document.words,
        s_l=s_l(words, document.words),
        s_l_section=sum(sections) / len(sections),
        coverage=coverage(document),
        overlap5=overlap5([document.body(name) for name in there if name in budgets]),
        seconds=seconds,
    )


async def by_model(uri: str, lengths: list[int], planner: str) -> list[Written]:
    """Every mode at every length on one backend."""
    backend = open_backend(uri)
    try:
        return [await written(backend, mode, words, planner) for words in lengths for mode in get_args(Mode)]
    finally:
        await backend.close()


def figures_of(found: list[Written]) -> dict[str, Any]:
    """The figures by name: means over the lengths of the plain mode, and those of the others with their mode's name."""
    figures: dict[str, Any] = {}
    for mode in get_args(Mode):
        own = [one for one in found if one.mode == mode]
        end = "" if mode == "dag" else f"_{mode}"
        for name, values in (
            ("s_l_document", [one.s_l for one in own]),
            ("s_l_section", [one.s_l_section for one in own]),
            ("coverage", [one.coverage for one in own]),
            ("overlap5", [one.overlap5 for one in own]),
            ("seconds", [one.seconds for one in own]),
        ):
            figures[f"{name}{end}"] = round(sum(values) / len(values), 4) if values else None
    figures["s_l_by_words"] = {str(one.asked): round(one.s_l, 1) for one in found if one.mode == "dag"}
    return figures

"""Chapters: a long scaffold's sections are chapters, each divided by a form of its own, all of them at once.

The prompt of such a form names the other chapters, and no two chapters keep a section of the same title. A chapter for
which the model finds fewer than two titles is left whole; `fitted` splits it into numbered parts.
"""

import asyncio
from collections.abc import Iterable, Sequence
from math import ceil, isqrt

from hierdiff.budget import budgeted
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Backend, Capabilities
from hierdiff.request import Request
from hierdiff_planners.form import LINE_TOKENS, Form, Line
from hierdiff_planners.form_filling import fill_lines, fill_titles, fill_topics
from hierdiff_planners.grafting import grafted
from hierdiff_planners.names import Slugs
from hierdiff_planners.sizes import FULL, comfortable_words
from hierdiff_planners.titles import keys, title_of
from hierdiff_planners.wording import said, worded

MOST = 40
"""Sections, or chapters, of one form at most."""
LONG_SECTION = 300
"""Words that a section of a chapter has, where a canvas takes as many."""
FEWEST_PARTS = 2
FIRST_NUMBER = 100
"""Number of the first chapter's form: those of the whole outline have smaller ones."""
SHOWN = 800
"""Characters of the other chapters' titles that a prompt shows."""
PROMPT_TOKENS = 450
"""What the prompt takes of the backend's context, generously."""


def room_of(capabilities: Capabilities) -> int:
    """How many lines of a form the backend's context holds."""
    return (capabilities.context - PROMPT_TOKENS) // LINE_TOKENS


def chapters_of(words: int, capabilities: Capabilities) -> int:
    """How many sections the form of a text has whose sections are chapters: about as many as a chapter has, and two."""
    return min(MOST, isqrt(max(0, ceil(words / _size(capabilities)) - 1)) + 3)


def parts_each(words: int, sections: int, capabilities: Capabilities, *, long: bool) -> int:
    """How many sections each of so many chapters is divided into: 1 where a canvas takes it as it is, unless the text
    is `long`, so that its sections are chapters in any case."""
    each = words / max(1, sections - 1)  # more than the mean: opener and closer are shorter
    if each <= comfortable_words(capabilities) and not long:
        return 1
    return max(1, min(ceil(each / _size(capabilities)), MOST, room_of(capabilities)))


async def divided(
    whole: Outline, chapters: Sequence[Section], parts: int, request: Request, backend: Backend, rounds: int
) -> Outline:
    """The outline with each of the chapters divided into at most `parts` sections, by titles that the backend gives."""
    if parts < FEWEST_PARTS:
        return whole
    taken = [title_of(request.goal), *(one.title for one in whole.sections)]
    forms = [
        Form([Line() for _ in range(parts)], own=_prompt(one, whole, parts, request), seed=request.seed, number=number)
        for number, one in enumerate(chapters, start=FIRST_NUMBER)
    ]
    await fill_lines(forms, backend, taken)
    for _ in range(rounds):
        _refuse_repeats(forms)
        if not any(await asyncio.gather(*(fill_titles(form, backend, parts, taken) for form in forms))):
            break
    _refuse_repeats(forms)
    for form in forms:
        form.lines = [line for line in form.lines if line.title]
    good = [(one, form) for one, form in zip(chapters, forms, strict=True) if len(form.lines) >= FEWEST_PARTS]
    await asyncio.gather(*(fill_topics(form, backend, request.goal) for _, form in good))
    return grafted(whole, {one.id: _part(one, form.lines) for one, form in good})


def _size(capabilities: Capabilities) -> int:
    return max(1, min(LONG_SECTION, int(FULL * comfortable_words(capabilities))))


def _prompt(chapter: Section, whole: Outline, count: int, request: Request) -> str:
    others = ", ".join(f'"{one.title}"' for one in whole.sections)
    return worded(
        "scaffold_chapter",
        **said(request),
        chapters=others[:SHOWN],
        title=chapter.title,
        topic=chapter.topic,
        count=count,
    )


def _refuse_repeats(forms: Iterable[Form]) -> None:
    """Empty the titles whose words an earlier form has in a title."""
    seen: set[frozenset[str]] = set()
    for form in forms:
        mine = {keys(line.title) for line in form.lines if line.title}
        for line in form.lines:
            if line.title and keys(line.title) in seen:
                line.refuse()
        seen |= mine


def _part(chapter: Section, lines: Sequence[Line]) -> Outline:
    """A chapter's sections as an outline of their own, all of one size."""
    slugs = Slugs()
    sections = tuple(
        Section(id=slugs.take(line.title), title=line.title, topic=line.topic, order=number)
        for number, line in enumerate(lines)
    )
    return budgeted(Outline(title=chapter.title, sections=sections), chapter.budget)

"""Filling: a backend fills in the forms of an outline, and what it wrote is cleaned, refused or kept."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from hierdiff.canvas import Canvas, Ink
from hierdiff.outline import TOPIC_WORDS
from hierdiff.protocols import Backend
from hierdiff_planners.form import LINE_TOKENS, Form
from hierdiff_planners.titles import (
    MOST_TITLE_WORDS,
    cleaned,
    is_frame,
    is_usable,
    same,
    shares_word,
    shortened,
    title_of,
)

LEAST_LINES = 3
"""Lines that a canvas of a form has, however small a comfortable one is."""
_CLAUSE = re.compile(r"[,;:.(]")


async def fill_lines(forms: Sequence[Form], backend: Backend, said: Sequence[str]) -> None:
    """Have the titles of several forms written, all forms at once, each as many lines at a time as a canvas takes.
    Titles that say what is `said` already are emptied again."""
    step = max(LEAST_LINES, backend.capabilities.comfortable // LINE_TOKENS)
    longest = max(len(form.lines) for form in forms)
    for upto in range(step, longest + step, step):
        await asyncio.gather(*(fill_titles(form, backend, upto, said) for form in forms))


async def fill_titles(form: Form, backend: Backend, upto: int, said: Sequence[str]) -> bool:
    """Have the empty titles of the first lines filled in, and empty again what is not good; whether there were any."""
    empty = form.empty(upto)
    if not empty:
        return False
    for number, ink in zip(empty, await _filled(form.titles(upto), backend), strict=True):
        line, text = form.lines[number], cleaned(ink.text)
        line.title = text or ink.text.strip()
        if ink.ending == "length" or not is_usable(text, MOST_TITLE_WORDS) or is_frame(text):
            line.refuse()
    _refuse_doubles(form, said)
    return True


async def fill_topics(form: Form, backend: Backend, goal: str) -> None:
    """Have every title say what its section explains, all at once. What is no whole clause is left to the title."""
    numbers = [number for number, line in enumerate(form.lines) if not line.fixed]
    filled = await asyncio.gather(*(_filled(form.topic(number), backend) for number in numbers))
    for number, (ink,) in zip(numbers, filled, strict=True):
        raw = ink.text
        line, text = form.lines[number], cleaned(_CLAUSE.split(raw.strip(), maxsplit=1)[0])
        whole = bool(_CLAUSE.search(raw.strip())) and 3 <= len(text.split()) <= TOPIC_WORDS
        said = [title_of(goal), *(other.topic for other in form.lines if other.topic)]
        fits = whole and is_usable(text, TOPIC_WORDS) and not is_frame(text) and shares_word(text, line.title)
        fits = fits and not any(same(text, other) for other in said)
        line.topic = text[0].lower() + text[1:] if fits else _as_topic(line.title)


async def _filled(canvas: Canvas, backend: Backend) -> list[Ink]:
    """What stands in the canvas's holes when the backend has filled them."""
    now = canvas
    async with aclosing(cast(AsyncGenerator[Canvas], backend.fill(canvas))) as states:
        async for state in states:
            now = state
    return [piece for piece in now.pieces if isinstance(piece, Ink) and piece.by == "model"]


def _as_topic(title: str) -> str:
    """A title as it is said inside a sentence: `The role of trees` as `the role of trees`."""
    article = title.split(" ", 1)[0] in ("The", "A", "An", "How", "Why", "What", "When", "Where", "Who")
    return shortened(title[0].lower() + title[1:] if article else title, TOPIC_WORDS)


def _refuse_doubles(form: Form, said: Sequence[str]) -> None:
    """Empty the titles that say what an earlier line says, or what is said already."""
    titles = list(said)
    for line in form.lines:
        if line.title and not line.fixed and any(same(line.title, other) for other in titles):
            line.refuse()
        titles += [line.title] if line.title else []

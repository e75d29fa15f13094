"""ScaffoldPlanner: the outline is a canvas, too.

The form stands as ink and the model fills in titles and topics, so even a weak model gives an outline that parses. Some
forms are filled at once and the best is taken; in it, what is empty, too long or said twice is re-noised: those titles
alone are opened again, with what was refused banned. Then every title gets its topic, all in one batch.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib import resources
from typing import cast, final

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.budget import budgeted
from hierdiff.canvas import Canvas, Ink
from hierdiff.errors import NotYetError, PlannerError, RequestError
from hierdiff.ledger import Ledger
from hierdiff.outline import TOPIC_WORDS, Edge, Outline, Section
from hierdiff.protocols import Backend, Planner
from hierdiff.request import Request
from hierdiff_planners.form import LINE_TOKENS, Form, Line
from hierdiff_planners.names import Slugs
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

WORDS_A_SECTION = 120
LONG_REPORT = 800
"""From so many words on a report has at least `FEWEST_OF_LONG` sections."""
FEWEST, FEWEST_OF_LONG, MOST = 3, 8, 40
ROUNDS = 4
"""How often bad fields are opened again."""
PROMPT_TOKENS = 450
"""What the prompt takes of the backend's context, generously."""
MOST_FACTS = 8

OPENER = ("Introduction", "{goal}", "Say first why it matters.")
CLOSER = ("Conclusion", "what should be done first, and why", "")
"""Title, topic and brief of the first and the last section."""
FRAME_WEIGHT, MIDDLE_WEIGHT = 7, 10
"""How long opener and closer are beside a section between them."""
_CLAUSE = re.compile(r"[,;:.(]")

FORMS = 6
"""How many forms are filled at once."""


@final
class ScaffoldPlanner:
    """Plans a report by having the backend fill in a form of so many sections (None: as many as the words ask for).

    The first section opens and the last closes, under titles that are given; the closing one waits for the others.
    """

    def __init__(self, sections: int | None = None) -> None:
        if sections is not None and not FEWEST <= sections <= MOST:
            raise RequestError(f"a scaffold has {FEWEST} to {MOST} sections, not {sections}; say scaffold:10")
        self._sections = sections

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline. Raises PlannerError where the model's titles do not make one, NotYetError for code."""
        if request.kind == "code":
            raise NotYetError("the scaffold planner writes reports; code needs the code planner, or --outline FILE")
        room = (backend.capabilities.context - PROMPT_TOKENS) // LINE_TOKENS
        wanted = self._sections or max(FEWEST, min(count_of(request.words), room))
        own = prompt(request, wanted)
        forms = [
            Form(_lines(wanted, request.goal), own=own, seed=request.seed, number=number + 1) for number in range(FORMS)
        ]
        a_canvas = max(FEWEST, backend.capabilities.comfortable // LINE_TOKENS)
        for upto in range(a_canvas, wanted + a_canvas, a_canvas):
            await asyncio.gather(*(_titles(form, backend, min(upto, wanted), request.goal) for form in forms))
        form = max(forms, key=lambda form: _worth(form, request.goal))
        for _ in range(ROUNDS):
            if not await _titles(form, backend, wanted, request.goal):
                break
        form.lines = _kept(form, wanted)
        await _topics(form, backend, request.goal)
        return _outline(request, form.lines)


def open_scaffold(target: str) -> Planner:
    """The planner of `scaffold` and `scaffold:SECTIONS`. Raises RequestError for a number out of range."""
    text = target.strip()
    if text and not (text.isascii() and text.isdigit()):
        raise RequestError(f"scaffold:{text} should name a number of sections, such as scaffold:10")
    return ScaffoldPlanner(int(text) if text else None)


def count_of(words: int) -> int:
    """How many sections a report of so many words has: one for every 120 words, 8 to 40 from 800 words on."""
    return max(FEWEST_OF_LONG if words >= LONG_REPORT else FEWEST, min(MOST, round(words / WORDS_A_SECTION)))


def prompt(request: Request, count: int) -> str:
    """What the backend is told before the form. The user's words are values of the template, never part of it."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("hierdiff_planners").joinpath("prompts/scaffold.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        goal=request.goal,
        kind=request.kind,
        words=request.words,
        audience=" ".join(request.audience.split()),
        style=" ".join(request.style.split()),
        facts=[item.line() for item in request.facts.items[:MOST_FACTS]],
        count=count,
    )


def _lines(wanted: int, goal: str) -> list[Line]:
    """The empty form: opener, as many lines to fill in, closer."""
    title = title_of(goal)
    subject = shortened(title[:1].lower() + title[1:], TOPIC_WORDS)
    opener, closer = (
        Line(title, topic.format(goal=subject), brief, fixed=True) for title, topic, brief in (OPENER, CLOSER)
    )
    return [opener, *(Line() for _ in range(wanted - 2)), closer]


async def _titles(form: Form, backend: Backend, upto: int, goal: str) -> bool:
    """Have the empty titles of the first lines filled in, and empty again what is not good; whether there were any."""
    empty = form.empty(upto)
    if not empty:
        return False
    for number, ink in zip(empty, await _filled(form.titles(upto), backend), strict=True):
        line, text = form.lines[number], cleaned(ink.text)
        line.title = text or ink.text.strip()
        if ink.ending == "length" or not is_usable(text, MOST_TITLE_WORDS) or is_frame(text):
            line.refuse()
    _refuse_doubles(form, goal)
    return True


async def _topics(form: Form, backend: Backend, goal: str) -> None:
    """Have every title say what its section explains, all at once. What is no whole clause is left to the title."""
    numbers = [number for number, line in enumerate(form.lines) if not line.fixed]
    filled = await asyncio.gather(*(_filled(form.topic(number), backend) for number in numbers))
    for number, (ink,) in zip(numbers, filled, strict=True):
        raw = ink.text
        line, text = form.lines[number], cleaned(_CLAUSE.split(raw.strip(), maxsplit=1)[0])
        whole = bool(_CLAUSE.search(raw.strip())) and 3 <= len(text.split()) <= TOPIC_WORDS
        said = [goal, *(other.topic for other in form.lines if other.topic)]
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


def _worth(form: Form, goal: str) -> int:
    """How good a form is: how many titles stand and share a word with the goal, how many of its words are touched."""
    titles = [line.title for line in form.lines if line.title and not line.fixed]
    touched = sum(any(shares_word(word, title) for title in titles) for word in goal.split())
    return len(titles) + sum(shares_word(title, goal) for title in titles) + 2 * touched


def _refuse_doubles(form: Form, goal: str) -> None:
    """Empty the titles that say what an earlier line, or the goal itself, says."""
    titles = [CLOSER[0], goal]
    for line in form.lines:
        if line.title and not line.fixed and any(same(line.title, other) for other in titles):
            line.refuse()
        titles += [line.title] if line.title else []


def _kept(form: Form, wanted: int) -> list[Line]:
    """The lines with a good title; PlannerError if they are too few."""
    kept = [line for line in form.lines if line.title]
    if len(kept) < max(FEWEST, wanted / 2):
        raise PlannerError(
            f"the model gave only {len(kept)} different section titles where {wanted} were wanted; "
            "give an outline file (--outline outline.yaml), ask for fewer sections (--planner scaffold:5), "
            "or use a larger model"
        )
    return kept


def _outline(request: Request, lines: list[Line]) -> Outline:
    slugs = Slugs()
    sections = tuple(_section(line, slugs.take(line.title), number) for number, line in enumerate(lines))
    *before, last = sections
    edges = tuple(Edge(kind="summarises", source=last.id, target=one.id) for one in before[1:])
    known = {section.id for section in sections}
    facts = [item if item.owner in known else item.changed(owner=None) for item in request.facts.items]
    ledger = Ledger(items=tuple(facts))
    outline = Outline(title=title_of(request.goal), sections=sections, edges=edges, ledger=ledger)
    return budgeted(outline, request.words)


def _section(line: Line, name: str, order: int) -> Section:
    return Section(
        id=name,
        title=line.title,
        topic=line.topic,
        brief=line.brief,
        order=order,
        budget=FRAME_WEIGHT if line.fixed else MIDDLE_WEIGHT,
    )

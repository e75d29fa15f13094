"""ScaffoldPlanner: the outline is a canvas, too.

The form stands as ink and the model fills in titles and topics, so even a weak model gives an outline that parses. Some
forms are filled at once and the best is taken; in it, what is empty, too long or said twice is re-noised: those titles
alone are opened again, with what was refused banned. Then every title gets its topic, all in one batch. A long report
has its chapters planned first, and then the sections of all chapters at once.
"""

from importlib import resources
from typing import final

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.budget import budgeted
from hierdiff.errors import NotYetError, PlannerError, RequestError
from hierdiff.fitting import fitted
from hierdiff.ledger import Ledger
from hierdiff.outline import TOPIC_WORDS, Edge, Outline, Section
from hierdiff.protocols import Backend, Capabilities, Planner
from hierdiff.request import Request
from hierdiff_planners.chapters import MOST, chapters_of, divided, parts_each, room_of
from hierdiff_planners.form import Form, Line
from hierdiff_planners.form_filling import fill_lines, fill_titles, fill_topics
from hierdiff_planners.names import Slugs
from hierdiff_planners.owners import given_owners
from hierdiff_planners.titles import shares_word, shortened, title_of

WORDS_A_SECTION = 120
LONG_REPORT = 800
"""From so many words on a report has at least `FEWEST_OF_LONG` sections."""
FEWEST, FEWEST_OF_LONG = 3, 8
ROUNDS = 4
"""How often bad fields are opened again."""
MOST_FACTS = 8

OPENER = ("Introduction", "{goal}", "Say first why it matters.")
CLOSER = ("Conclusion", "what should be done first, and why", "")
"""Title, topic and brief of the first and the last section."""
FRAME_WEIGHT, MIDDLE_WEIGHT = 7, 10
"""How long opener and closer are beside a section between them."""

FORMS = 6
"""How many forms are filled at once."""


@final
class ScaffoldPlanner:
    """Plans a report by having the backend fill in a form of so many sections (None: as many as the words ask for).

    The first section opens and the last closes, under titles that are given; the closing one waits for the others. No
    leaf is larger than a canvas that the backend writes well: where sections would be, or the words ask for more than
    40 of them, the form's sections are chapters, and each is divided by a form of its own.
    """

    def __init__(self, sections: int | None = None) -> None:
        if sections is not None and not FEWEST <= sections <= MOST:
            raise RequestError(f"a scaffold has {FEWEST} to {MOST} sections, not {sections}; say scaffold:10")
        self._sections = sections

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline. Raises PlannerError where the model's titles do not make one, NotYetError for code."""
        if request.kind == "code":
            raise NotYetError("the scaffold planner writes reports; code needs the code planner, or --outline FILE")
        wanted, parts = self._shape(request, backend.capabilities)
        own, taken = prompt(request, wanted), [CLOSER[0], title_of(request.goal)]
        forms = [
            Form(_lines(wanted, request.goal), own=own, seed=request.seed, number=number + 1) for number in range(FORMS)
        ]
        await fill_lines(forms, backend, taken)
        form = max(forms, key=lambda form: _worth(form, request.goal))
        for _ in range(ROUNDS):
            if not await fill_titles(form, backend, wanted, taken):
                break
        form.lines = _kept(form, wanted)
        await fill_topics(form, backend, request.goal)
        outline = _outline(request, form.lines, parts)
        outline = _owned(await divided(outline, outline.sections[1:-1], parts, request, backend, ROUNDS))
        return fitted(
            outline,
            request.words,
            tokens_per_word=backend.capabilities.tokens_per_word,
            comfortable=backend.capabilities.comfortable,
            floor_tokens=0,
        )

    def _shape(self, request: Request, capabilities: Capabilities) -> tuple[int, int]:
        """How many sections the form has, and how many each of them is divided into."""
        long = self._sections is None and round(request.words / WORDS_A_SECTION) > MOST
        count = chapters_of(request.words, capabilities) if long else count_of(request.words)
        wanted = self._sections or max(
            FEWEST, min(max(count, FEWEST_OF_LONG) if long else count, room_of(capabilities))
        )
        return wanted, parts_each(request.words, wanted, capabilities, long=long)


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


def _worth(form: Form, goal: str) -> int:
    """How good a form is: how many titles stand and share a word with the goal, how many of its words are touched."""
    titles = [line.title for line in form.lines if line.title and not line.fixed]
    touched = sum(any(shares_word(word, title) for title in titles) for word in goal.split())
    return len(titles) + sum(shares_word(title, goal) for title in titles) + 2 * touched


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


def _outline(request: Request, lines: list[Line], parts: int) -> Outline:
    """The outline of a form whose sections are to have so many parts: each part weighs as a section does."""
    slugs = Slugs()
    sections = tuple(_section(line, slugs.take(line.title), number, parts) for number, line in enumerate(lines))
    *before, last = sections
    edges = tuple(Edge(kind="summarises", source=last.id, target=one.id) for one in before[1:])
    known = {section.id for section in sections}
    facts = [item if item.owner in known else item.changed(owner=None) for item in request.facts.items]
    ledger = Ledger(items=tuple(facts))
    outline = Outline(title=title_of(request.goal), sections=sections, edges=edges, ledger=ledger)
    return _owned(budgeted(outline, request.words))


def _owned(outline: Outline) -> Outline:
    """The outline with an owner for every fact that shares words with a leaf between opener and closer."""
    frame = {outline.children(None)[0].id, outline.children(None)[-1].id}
    middle = [leaf for leaf in outline.leaves if leaf.id not in frame]
    sections, ledger = given_owners(outline.sections, outline.ledger, among=middle)
    return outline.changed(sections=sections, ledger=ledger)


def _section(line: Line, name: str, order: int, parts: int) -> Section:
    return Section(
        id=name,
        title=line.title,
        topic=line.topic,
        brief=line.brief,
        order=order,
        budget=FRAME_WEIGHT if line.fixed else MIDDLE_WEIGHT * parts,
    )

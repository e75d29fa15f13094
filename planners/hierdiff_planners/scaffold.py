"""ScaffoldPlanner: the outline is a canvas, too.

The form stands as ink and the model fills in titles and topics, so even a weak model gives an outline that parses. What
is empty, too long or said twice is re-noised: those fields alone are opened again, with what was refused banned.
"""

from importlib import resources
from typing import final

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.budget import budgeted
from hierdiff.canvas import Canvas
from hierdiff.errors import NotYetError, PlannerError, RequestError
from hierdiff.ledger import Ledger
from hierdiff.outline import TOPIC_WORDS, Edge, Outline, Section
from hierdiff.protocols import Backend, Planner
from hierdiff.request import Request
from hierdiff_planners.form import LINE_TOKENS, Form, Line, Place
from hierdiff_planners.names import Slugs
from hierdiff_planners.titles import MOST_TITLE_WORDS, cleaned, is_frame, is_usable, same, shortened, title_of

WORDS_A_SECTION = 120
LONG_REPORT = 800
"""From so many words on a report has at least `FEWEST_OF_LONG` sections."""
FEWEST, FEWEST_OF_LONG, MOST = 3, 8, 40
ROUNDS = 4
"""How often bad fields are opened again."""
PROMPT_TOKENS = 450
"""What the prompt takes of the backend's context, generously."""
MOST_FACTS = 8
MOST_TOPIC_WORDS = 30
"""A topic longer than this is refused; one over eight words is cut and goes to the brief as a whole."""

OPENER = ("Overview", "the question and why it matters")
CLOSER = ("Conclusion", "what follows and what to do next")
FRAME_WEIGHT, MIDDLE_WEIGHT = 7, 10
"""How long opener and closer are beside a section between them."""

EXAMPLE_GOAL = "how a school can waste less food"
EXAMPLE = (
    OPENER,
    ("What Ends Up in the Bin", "kinds and amounts of wasted food"),
    ("Smaller Plates", "portions that pupils choose themselves"),
    ("From Scraps to Soil", "composting in the school garden"),
)


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
        form = Form(_lines(wanted), shared=prompt(request, wanted), seed=request.seed)
        a_canvas = max(FEWEST, backend.capabilities.comfortable // LINE_TOKENS)
        for upto in range(a_canvas, wanted + a_canvas, a_canvas):
            await _fill(form, backend, min(upto, wanted), request.goal)
        for _ in range(ROUNDS):
            if not await _fill(form, backend, wanted, request.goal):
                break
        return _outline(request, _kept(form, wanted))


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
        example_goal=EXAMPLE_GOAL,
        example=EXAMPLE,
    )


def _lines(wanted: int) -> list[Line]:
    """The empty form: opener, as many lines to fill in, closer."""
    opener, closer = (Line(title, topic, fixed=True) for title, topic in (OPENER, CLOSER))
    return [opener, *(Line() for _ in range(wanted - 2)), closer]


async def _fill(form: Form, backend: Backend, upto: int, goal: str) -> bool:
    """Have the empty fields of the first lines filled in, and empty again what is not good; whether there were any."""
    places = form.empty(upto)
    if not places:
        return False
    now: Canvas = form.canvas(places, upto)
    async for step in backend.fill(now):
        now = step
    for place, raw in zip(places, now.filled, strict=True):
        _take(form.lines[place.line], place, raw)
    _refuse_doubles(form, goal)
    return True


def _take(line: Line, place: Place, raw: str) -> None:
    """Let what the model wrote stand in a field, cleaned, if it can be a title or topic at all."""
    text = cleaned(raw)
    most = MOST_TOPIC_WORDS if place.field == "topic" else MOST_TITLE_WORDS
    if is_usable(text, most) and not is_frame(text):
        line.put(place.field, text)
    else:
        line.refuse(place.field, raw.strip(), text)


def _refuse_doubles(form: Form, goal: str) -> None:
    """Empty the fields that say what an earlier line says. A title that goes takes its topic along."""
    titles = [title for title, _ in (*EXAMPLE, CLOSER)] + [goal]
    topics = [topic for _, topic in (*EXAMPLE, CLOSER)]
    for line in form.lines:
        if line.fixed:
            continue
        if line.title and any(same(line.title, other) for other in titles):
            line.refuse("title", line.title)
        if not line.title or (line.topic and any(same(line.topic, other) for other in (*topics, line.title))):
            line.refuse("topic", line.topic)
        titles += [line.title] if line.title else []
        topics += [line.topic] if line.topic else []


def _kept(form: Form, wanted: int) -> list[Line]:
    """The lines with a good title, those without a topic taking it from there; PlannerError if they are too few."""
    kept = [line for line in form.lines if line.title]
    if len(kept) < max(FEWEST, wanted / 2):
        raise PlannerError(
            f"the model gave only {len(kept)} different section titles where {wanted} were wanted; "
            "give an outline file (--outline outline.yaml), ask for fewer sections (--planner scaffold:5), "
            "or use a larger model"
        )
    for line in kept:
        line.topic = line.topic or line.title
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
    """A line as a section; a topic of more than eight words is cut there and stands in the brief as a whole."""
    long = len(line.topic.split()) > TOPIC_WORDS
    return Section(
        id=name,
        title=line.title,
        topic=shortened(line.topic, TOPIC_WORDS),
        brief=f"{line.topic}." if long else "",
        order=order,
        budget=FRAME_WEIGHT if line.fixed else MIDDLE_WEIGHT,
    )

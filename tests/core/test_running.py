"""Runs: what is open at once, in which order, on which canvas; what is done when a canvas fails or its text is bad."""

from collections.abc import AsyncIterator, Sequence
from random import Random

import pytest
from runs import CAPABILITIES, body, document, of, opened, plan, run, words

from hierdiff.canvas import Canvas, Ink
from hierdiff.document import Cost
from hierdiff.errors import BackendError
from hierdiff.events import Drafted, Event, Failed, Finished, Kept, Lost, Opened, Retried
from hierdiff.frontier import Frontier
from hierdiff.limits import Limits
from hierdiff.protocols import Capabilities, TokenScore, Way
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.spans import Span
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.virtual import carried_out
from hierdiff.writer import Writer


class Failing:
    """A scripted backend that fails a section's first fills in a given way."""

    def __init__(self, section: str, *, times: int = 1, passing: bool = True) -> None:
        self.inner = ScriptedBackend(capabilities=CAPABILITIES)
        self._section, self._left, self._passing = section, times, passing
        self.asked: list[Canvas] = []

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    @property
    def cost(self) -> Cost:
        return self.inner.cost

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        self.asked.append(canvas)
        if canvas.section == self._section and self._left:
            self._left -= 1
            raise BackendError("the line is down", about=canvas.section, passing=self._passing)
        async for state in self.inner.fill(canvas):
            yield state

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        return await self.inner.score(canvas, way, within)

    async def close(self) -> None:
        await self.inner.close()


class Watch:
    """The widths that are open together as the events tell it."""

    def __init__(self) -> None:
        self.open: dict[str, int] = {}
        self.most = self.together = 0

    def __call__(self, event: object) -> None:
        if isinstance(event, Opened):
            self.open[event.section] = event.width
        if isinstance(event, Drafted):
            self.open.pop(event.draft.section, None)
        self.most = max(self.most, sum(self.open.values()))
        self.together = max(self.together, len(self.open))


async def test_resident_tokens_bound_what_is_open() -> None:
    watch = Watch()
    events = await run(plan(dict.fromkeys("abcdef", 100)), ScriptedBackend(), told=watch, resident_tokens=250)
    assert len(opened(events)) == 6
    assert (watch.most, watch.together) == (200, 2)


async def test_a_canvas_larger_than_all_that_may_be_open_opens_alone() -> None:
    watch = Watch()
    backend = ScriptedBackend()
    events = await run(plan({"a": 60, "big": 400, "c": 60}), backend, told=watch, resident_tokens=150)
    assert sorted(opened(events)) == ["a", "big", "c"]
    assert watch.most == 400
    assert watch.together == 2


async def test_the_longest_way_goes_first() -> None:
    outline = plan({"a": 50, "b": 90, "c": 50, "d": 200}, ("d", "c"))
    events = await run(outline, ScriptedBackend(), open_at_once=1)
    assert opened(events) == ["c", "d", "b", "a"]


async def test_nothing_waits_for_a_level() -> None:
    """b is on the second level, and opens while x, on the first, is still being written."""
    events = await run(plan({"a": 40, "x": 400, "b": 60}, ("b", "a")), ScriptedBackend(), open_at_once=8)
    order = [
        (type(one).__name__, one.section if isinstance(one, Opened) else one.draft.section)
        for one in events
        if isinstance(one, Opened | Drafted)
    ]
    assert order.index(("Opened", "b")) < order.index(("Drafted", "x"))
    assert order.index(("Drafted", "a")) < order.index(("Opened", "b"))


async def test_a_fused_group_is_one_canvas_and_a_draft_a_section() -> None:
    backend = ScriptedBackend({"b": [words(60, "b"), words(60, "c")]})
    events = await run(plan({"a": 60, "b": 60, "c": 60}, fused=(("b", "c"),)), backend)
    assert [(one.section, one.fused) for one in of(events, Opened) if one.fused] == [("b", ("c",))]
    (canvas,) = [one for one in backend.canvases if one.section == "b"]
    assert [piece.text for piece in canvas.pieces if isinstance(piece, Ink)] == ["\n\n## Part c\n\n"]
    assert (body(events, "b"), body(events, "c")) == (words(60, "b"), words(60, "c"))
    assert {one.draft.section for one in of(events, Drafted)} == {"a", "b", "c"}


async def test_a_failure_in_passing_is_tried_again_with_the_same_seed() -> None:
    backend = Failing("a", times=2)
    events = await run(plan({"a": 60, "b": 60}), backend)
    asked = [one for one in backend.asked if one.section == "a"]
    assert len(asked) == 3 and len(set(asked)) == 1
    assert [(one.section, one.way, one.attempt) for one in of(events, Retried)] == [
        ("a", "again", 1),
        ("a", "again", 2),
    ]
    assert "the line is down" in of(events, Retried)[0].why
    assert not of(events, Lost)


async def test_a_failure_that_stays_is_not_tried_again() -> None:
    backend, caught = Failing("a", passing=False), list[Exception]()
    events = await run(plan({"a": 60, "b": 60}), backend, caught=caught)
    assert len([one for one in backend.asked if one.section == "a"]) == 1
    assert not of(events, Retried)
    assert [one.section for one in of(events, Lost)] == ["a"]
    assert isinstance(caught[0], BackendError)


async def test_one_lost_section_leaves_the_others() -> None:
    caught: list[Exception] = []
    outline = plan({"a": 60, "b": 60, "c": 60, "d": 60}, ("d", "a"))
    events = await run(outline, ScriptedBackend(fail="a"), caught=caught)
    (lost,) = of(events, Lost)
    assert (lost.section, lost.error) == ("a", "BackendError")
    assert isinstance(caught[0], BackendError) and caught[0].about == "a"
    assert all(len(body(events, one).split()) > 40 for one in "bcd")
    assert of(events, Finished)[0].stopped
    assert isinstance(events[-1], Failed) and isinstance(events[-2], Finished)


@pytest.mark.parametrize("bad", ["The sea comes and the sea goes. " * 12, "Too short."])
async def test_bad_text_is_drawn_from_a_new_seed(bad: str) -> None:
    backend = ScriptedBackend({"a": bad, "a#1": words(60)})
    events = await run(plan({"a": 60}), backend)
    assert [one.way for one in of(events, Retried)] == ["seed"]
    one, two = backend.canvases
    assert one.seed != two.seed and one.own == two.own
    assert body(events, "a") == words(60)
    assert not of(events, Kept)


async def test_then_in_halves() -> None:
    script = {"a": "Short.", "a#1": "Short again.", "a#2": words(50, "x"), "a#3": words(50, "y")}
    backend = ScriptedBackend(script)
    events = await run(plan({"a": 100}), backend)
    assert [one.way for one in of(events, Retried)] == ["seed", "halves"]
    assert body(events, "a") == f"{words(50, 'x')}\n\n{words(50, 'y')}"
    assert "x49." in backend.canvases[3].lead and [one.width for one in backend.canvases] == [100, 100, 50, 50]
    assert not of(events, Kept)


async def test_the_best_of_bad_ones_is_kept_and_said() -> None:
    script = {"a": "Short.", "a#1": words(50), "a#2": "No.", "a#3": "No."}
    events = await run(plan({"a": 100}), ScriptedBackend(script))
    (kept,) = of(events, Kept)
    assert (kept.section, kept.tries) == ("a", 3)
    assert "50 of 100 words" in kept.why
    assert body(events, "a") == words(50)


async def test_a_text_that_comes_out_the_same_is_not_drawn_for_ever() -> None:
    backend = ScriptedBackend({"a": "Short."})
    events = await run(plan({"a": 100}), backend, redraws=5)
    assert len(backend.canvases) == 2
    assert of(events, Kept)[0].tries == 1


async def test_a_failure_while_drawing_again_loses_nothing() -> None:
    class Broken(Failing):
        async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
            if "#" in canvas.id:
                raise BackendError("gone", about=canvas.section, passing=False)
            async for state in self.inner.fill(canvas):
                yield state

    backend = Broken("nobody")
    backend.inner = ScriptedBackend({"a": words(20)}, capabilities=CAPABILITIES)
    events = await run(plan({"a": 100}), backend)
    assert body(events, "a") == words(20)
    assert not of(events, Lost)


@pytest.mark.parametrize("seed", range(20))
def test_makespan_is_near_what_is_least(seed: int) -> None:
    """Graphs of 80 sections of 40 to 400 words, each waiting for up to three earlier ones; 8 canvases at once."""
    random = Random(seed)
    budgets = {f"s{number}": random.randint(40, 400) for number in range(80)}
    names = list(budgets)
    waits = [
        (names[late], names[early])
        for late in range(1, 80)
        for early in random.sample(range(late), min(late, random.choice((0, 0, 1, 2, 3))))
    ]
    outline = plan(budgets, *waits)
    costs = {name: random.uniform(0.8, 1.2) * size for name, size in budgets.items()}
    found = carried_out(
        Frontier(outline), Limits(canvases=8, tokens=10**9), lambda size: size, lambda one, _: costs[one]
    )
    finish: dict[str, float] = {}
    for name in names:
        finish[name] = costs[name] + max((finish[source] for source in outline.sources(name)), default=0.0)
    least = max(max(finish.values()), sum(costs.values()) / 8)
    assert least <= found.steps * (1 + 1e-9)
    assert found.steps <= 1.12 * least
    for name in names:
        assert all(found.times[source][1] <= found.times[name][0] for source in outline.sources(name))


@pytest.mark.parametrize("mode", ["dag", "sequential"])
async def test_sequential_is_one_at_a_time(mode: str) -> None:
    backend = ScriptedBackend(step_seconds=0.001)
    request = Request.model_validate({"goal": "Tides", "mode": mode})
    events = await run(plan({"a": 60, "b": 60, "c": 60}), backend, request=request)
    assert backend.most_open == (1 if mode == "sequential" else 3)
    if mode == "sequential":
        assert opened(events) == ["a", "b", "c"]
        for before, canvas in zip("ab", backend.canvases[1:], strict=True):
            assert " ".join(body(events, before).split()[:6]) in canvas.own


async def test_flat_is_one_canvas() -> None:
    backend = ScriptedBackend()
    events = await run(plan({"a": 60, "b": 60}, ("b", "a")), backend, request=Request(goal="Tides", mode="flat"))
    (canvas,) = backend.canvases
    assert canvas.width == 120
    assert [part.id for part in document(events).sections] == ["document"]


async def test_blind_ones_know_of_nobody() -> None:
    backend = ScriptedBackend(step_seconds=0.001)
    request = Request(goal="Tides", mode="blind")
    await run(plan({"a": 60, "b": 60}, ("b", "a")), backend, request=request)
    assert backend.most_open == 2
    a, b = backend.canvases
    assert a.shared == b.shared and "Part" not in a.shared
    assert "part a" not in b.own.lower() and "part b" in b.own.lower()


async def test_stopping_keeps_what_was_drawn_before() -> None:
    """The first text is short but whole; the second attempt is only begun when the run is stopped."""
    backend = ScriptedBackend({"a": words(40, "first"), "a#1": words(100, "second")}, step_seconds=0.002)
    writer = Writer(ScriptedPlanner(plan({"a": 100})), backend, detectors=(), settings=Settings())
    found: list[Event] = []
    async for event in writer.stream(Request(goal="Tides")):
        found.append(event)
        if isinstance(event, Opened) and event.canvas == "a#1":
            writer.stop()
    assert words(40, "first") == body(found, "a")
    assert [one.draft.text for one in of(found, Drafted)] == [words(40, "first")]

"""Runs whose planner amends the plan, and plans that somebody has to approve first."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from runs import body, document, of, opened, plan, run

from hierdiff.document import Draft
from hierdiff.errors import OutlineError, RunError
from hierdiff.events import Amended, Drafted, Event, Finished, Planned
from hierdiff.outline import Edge, Outline, Section
from hierdiff.protocols import Amends, Backend
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer
from hierdiff_planners.manual import ManualPlanner

Change = Callable[[Outline, Mapping[str, Draft]], Outline | None]


class Amender:
    """A planner that changes its plan as a function says; `asked` are the sections that were finished each time."""

    def __init__(self, outline: Outline, change: Change) -> None:
        self._outline, self._change = outline, change
        self.asked: list[set[str]] = []

    async def plan(self, request: Request, backend: Backend) -> Outline:
        return self._outline

    async def amend(self, outline: Outline, drafts: Mapping[str, Draft]) -> Outline | None:
        self.asked.append(set(drafts))
        return self._change(outline, drafts)


def chain() -> Outline:
    return plan({"a": 100, "b": 100, "c": 100}, ("b", "a"), ("c", "b"))


def aimed(outline: Outline, name: str, **fields: object) -> Outline:
    """The outline with one section changed."""
    return outline.changed(sections=tuple(one.changed(**fields) if one.id == name else one for one in outline.sections))


def added(outline: Outline, *names: str) -> Outline:
    new = tuple(Section(id=one, title=f"New {one}", order=9, budget=100) for one in names)
    return outline.changed(sections=(*outline.sections, *new))


def without(outline: Outline, name: str) -> Outline:
    edges = tuple(edge for edge in outline.edges if name not in (edge.source, edge.target))
    return outline.changed(sections=tuple(one for one in outline.sections if one.id != name), edges=edges)


async def test_sections_are_added_dropped_and_aimed_anew() -> None:
    def change(outline: Outline, drafts: Mapping[str, Draft]) -> Outline | None:
        return added(aimed(without(outline, "c"), "b", title="Better"), "d") if set(drafts) == {"a"} else None

    planner, backend = Amender(chain(), change), ScriptedBackend()
    events = await run(planner, backend)
    (amended,) = of(events, Amended)
    assert amended.reason == "added New d; dropped Part c; re-aimed Better"
    assert {part.id for part in document(events).sections} >= {"a", "b", "d"}
    assert opened(events)[0] == "a" and sorted(opened(events)[1:]) == ["b", "d"]
    (canvas,) = [one for one in backend.canvases if one.section == "b"]
    assert "better" in canvas.own.lower()
    assert amended.outline is not None
    assert sum(leaf.budget for leaf in amended.outline.leaves) == 300
    assert planner.asked[0] == {"a"}


def refused(why: str) -> Change:
    """A change that may not be, and no other."""

    def change(outline: Outline, drafts: Mapping[str, Draft]) -> Outline | None:
        if set(drafts) != {"a"}:
            return None
        match why:
            case "drops 'a'":
                return without(outline, "a")
            case "changes 'a'":
                return aimed(outline, "a", brief="something else")
            case "waits for 'z'":
                late = Edge(kind="depends_on", source="a", target="z")
                return added(outline, "z").changed(edges=(*outline.edges, late))
            case "more than 12":
                return added(outline, *(f"n{number}" for number in range(20)))
            case _:
                raise OutlineError("this plan is not valid")

    return change


@pytest.mark.parametrize("why", ["drops 'a'", "changes 'a'", "waits for 'z'", "more than 12", "not valid"])
async def test_what_may_not_be_is_said_and_the_plan_stays(why: str) -> None:
    events = await run(Amender(chain(), refused(why)), ScriptedBackend())
    (amended,) = of(events, Amended)
    assert amended.outline is None
    assert amended.reason.startswith("refused: ") and why in amended.reason
    assert opened(events) == ["a", "b", "c"]
    assert len(body(events, "c").split()) > 60


async def test_a_plan_changes_so_often_and_no_more() -> None:
    def change(outline: Outline, drafts: Mapping[str, Draft]) -> Outline | None:
        last = outline.leaves[-1].id
        return aimed(outline, last, brief=f"after {len(drafts)}")

    names = [f"s{number}" for number in range(8)]
    outline = plan(dict.fromkeys(names, 60), *((names[n], names[n - 1]) for n in range(1, 8)))
    events = await run(Amender(outline, change), ScriptedBackend(), amendments=2)
    assert len(of(events, Amended)) == 2
    assert opened(events) == names


async def test_a_plan_by_hand_is_never_amended(tmp_path: Path) -> None:
    file = tmp_path / "outline.md"
    file.write_text("# Tides\n\n## One\n\n## Two\n", encoding="utf-8")
    planner = ManualPlanner(file)
    assert not isinstance(planner, Amends)
    assert not of(await run(planner, ScriptedBackend()), Amended)


async def test_an_approved_plan_may_be_another() -> None:
    seen: list[Outline] = []

    async def approve(outline: Outline) -> Outline | None:
        seen.append(outline)
        return without(outline, "c")

    writer = Writer(ScriptedPlanner(chain()), ScriptedBackend(), detectors=(), approve=approve)
    events = [event async for event in writer.stream(Request(goal="Tides", words=300))]
    assert [len(one.leaves) for one in seen] == [3]
    assert [leaf.id for leaf in of(events, Planned)[0].outline.leaves] == ["a", "b"]
    assert {one.draft.section for one in of(events, Drafted)} == {"a", "b"}


async def test_nothing_is_written_of_a_plan_that_is_not_approved() -> None:
    async def approve(outline: Outline) -> Outline | None:
        return None

    backend, events = ScriptedBackend(), list[Event]()
    writer = Writer(ScriptedPlanner(chain()), backend, settings=Settings(), approve=approve)
    with pytest.raises(RunError, match="not approved"):
        async for event in writer.stream(Request(goal="Tides")):
            events.append(event)
    assert not backend.canvases
    assert not of(events, Planned) and not of(events, Finished)

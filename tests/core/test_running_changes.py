"""Runs whose plan changes on the way: values that are read in drafts, guesses, budgets that move, amended plans."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines
from runs import body, document, of, opened, plan, run, words

from hierdiff.budget import budgeted, rebalanced
from hierdiff.events import Corrected, Event, Moved, Opened, Realised
from hierdiff.ledger import Item, Ledger
from hierdiff.moving import shared
from hierdiff.outline import Edge, Outline
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend

HEIGHT = Item(id="height", kind="quantity", about="height of the sea wall", owner="a")
SAID = f"The height of the sea wall is 4.5 m in the harbour. {words(40, 'stone')}"
CITES = f"The sea wall, 3.2 m of stone, holds. {words(30, 'more')} Behind it, 3.2 m above the road, lie gardens."


async def test_an_undecided_item_is_read_in_its_owners_draft_and_told() -> None:
    backend = ScriptedBackend({"a": SAID})
    outline = plan({"a": 50, "b": 50, "c": 50}, items=[HEIGHT], needs={"b": ["height"]})
    events = await run(outline, backend)
    (realised,) = of(events, Realised)
    assert (realised.item, realised.section, realised.value, realised.told) == ("height", "a", "4.5 m", None)
    (canvas,) = [one for one in backend.canvases if one.section == "b"]
    assert "height of the sea wall: 4.5 m" in canvas.own
    item = document(events).ledger.get("height")
    assert item is not None and item.value == "4.5 m"
    assert opened(events).index("b") == 2


async def test_a_section_still_hears_its_source_after_values_were_read_and_budgets_moved() -> None:
    """Once its item is decided nothing of the plan says any more that b waits for a: it is told of a all the same."""
    backend = ScriptedBackend({"a": SAID, "x": words(90)})
    outline = plan({"a": 50, "x": 60, "b": 50, "c": 50}, ("b", "x"), items=[HEIGHT], needs={"b": ["height"]})
    events = await run(outline, backend)
    assert of(events, Moved) and of(events, Realised)
    (canvas,) = [one for one in backend.canvases if one.section == "b"]
    assert "in the harbour" in canvas.own


async def guessed(told: str, **texts: str) -> tuple[list[Event], ScriptedBackend]:
    backend = ScriptedBackend({"a": SAID, "b": CITES, **texts})
    item = HEIGHT.changed(value=told)
    outline = plan({"a": 50, "b": 50}, ("b", "a"), items=[item], needs={"b": ["height"]})
    return await run(outline, backend, speculate=True), backend


async def test_a_wrong_guess_is_corrected_where_it_is_cited_and_nowhere_else() -> None:
    events, backend = await guessed("3.2 m", **{"b!4.5 m": "4.5 m"})
    assert [one.guesses for one in of(events, Opened) if one.section == "b"] == [("a",)]
    (corrected,) = of(events, Corrected)
    assert (corrected.section, corrected.item, corrected.told, corrected.value) == ("b", "height", "3.2 m", "4.5 m")
    assert body(events, "b") == CITES.replace("3.2 m", "4.5 m")
    assert len(corrected.revisions) == 2
    assert {one.method for one in corrected.revisions} == {"renoise"}
    assert [(one.told, one.value) for one in of(events, Realised)] == [("3.2 m", "4.5 m")]
    assert [one.id for one in backend.canvases] == ["a", "b", "b!4.5 m"]
    assert "3.2 m" in backend.canvases[1].own


async def test_what_the_backend_writes_instead_is_not_taken_unread() -> None:
    events, _ = await guessed("3.2 m", **{"b!4.5 m": "9.9 m"})
    assert {one.method for one in of(events, Corrected)[0].revisions} == {"splice"}
    assert body(events, "b") == CITES.replace("3.2 m", "4.5 m")


async def test_a_guess_that_came_true_costs_nothing() -> None:
    events, backend = await guessed("4.5 m")
    assert not of(events, Corrected) and not of(events, Realised)
    assert len(backend.canvases) == 2
    assert body(events, "b") == CITES


async def test_the_users_facts_stand_whatever_a_draft_says() -> None:
    item = HEIGHT.changed(value="3.2 m")
    request = Request(goal="Tides", facts=Ledger(items=(item.changed(owner=None),)))
    outline = plan({"a": 50, "b": 50}, ("b", "a"), items=[item], needs={"b": ["height"]})
    events = await run(outline, ScriptedBackend({"a": SAID, "b": CITES}), request=request, speculate=True)
    assert not of(events, Realised) and not of(events, Corrected)
    known = document(events).ledger.get("height")
    assert known is not None and known.value == "3.2 m"
    assert body(events, "b") == CITES


async def test_nobody_reads_a_draft_that_rests_on_a_guess() -> None:
    backend = ScriptedBackend({"a": SAID, "b": CITES, "b!4.5 m": "4.5 m"})
    item = HEIGHT.changed(value="3.2 m")
    outline = plan({"a": 50, "b": 50, "c": 50}, ("b", "a"), items=[item], needs={"b": ["height"]})
    outline = outline.changed(edges=(*outline.edges, Edge(kind="summarises", source="c", target="b")))
    events = await run(outline, backend, speculate=True)
    kinds = [type(one).__name__ + getattr(one, "section", "") for one in events]
    assert kinds.index("Correctedb") < kinds.index("Openedc")
    assert "4.5 m of stone" in backend.canvases[-1].own


@pytest.mark.parametrize(("length", "each"), [(60, 20), (120, -10)])
async def test_what_one_has_too_few_or_too_many_goes_to_others(length: int, each: int) -> None:
    outline = plan({"a": 100, "b": 100, "c": 100}, ("b", "a"), ("c", "a"))
    events = await run(outline, ScriptedBackend({"a": words(length)}))
    (moved,) = of(events, Moved)[:1]
    assert moved.words == -2 * each
    assert moved.budgets == {"b": 100 + each, "c": 100 + each}
    assert [one.width for one in of(events, Opened)] == [100, 100 + each, 100 + each]
    after = document(events).outline
    assert after is not None and sum(leaf.budget for leaf in after.leaves) == 300


async def test_the_sum_is_kept_over_many_moves_and_bounds_hold() -> None:
    names = [f"s{number}" for number in range(12)]
    outline = plan(dict.fromkeys(names, 100), *((names[n], names[n - 1]) for n in range(1, 12)))
    stiff = {"s5": {"elastic": False}, "s6": {"most": 105}, "s7": {"least": 95}}
    sections = tuple(one.changed(**stiff.get(one.id, {})) for one in outline.sections)
    lengths = {"s0": 70, "s1": 130, "s2": 80, "s3": 75}
    script = {name: words(lengths[name], name) for name in lengths}
    events = await run(outline.changed(sections=sections), ScriptedBackend(script))
    after = document(events).outline
    assert after is not None and sum(leaf.budget for leaf in after.leaves) == 1200
    widths = {one.section: one.width for one in of(events, Opened)}
    assert widths["s5"] == 100
    assert widths["s6"] <= 105
    assert widths["s7"] >= 95
    assert all(not set(one.budgets) & set(opened(events[: events.index(one)])) for one in of(events, Moved))


async def test_moved_budgets_do_not_break_what_may_be_open() -> None:
    """b, c and d become larger than the frontier first knew: together they still fit."""
    outline = plan({"a": 200, "b": 100, "c": 100, "d": 100}, ("b", "a"), ("c", "a"), ("d", "a"))
    backend = ScriptedBackend({"a": words(125)}, step_seconds=0.001)
    events = await run(outline, backend, resident_tokens=240)
    open_now: dict[str, int] = {}
    for event in events:
        if isinstance(event, Opened):
            open_now[event.section] = event.width
            assert len(open_now) == 1 or sum(open_now.values()) <= 240
        elif event.type == "drafted":
            del open_now[event.draft.section]
    assert {one.section: one.width for one in of(events, Opened)}["b"] > 105


@given(outlines(), st.data())
def test_words_are_shared_out_as_one_by_one_and_the_sum_is_kept(outline: Outline, data: st.DataObject) -> None:
    outline = budgeted(outline, 100 * len(outline.leaves))
    names = [leaf.id for leaf in outline.leaves]
    begun = data.draw(st.sets(st.sampled_from(names)))
    written = {name: data.draw(st.integers(0, 300)) for name in sorted(begun) if data.draw(st.booleans())}
    after = {leaf.id: leaf.budget for leaf in shared(outline, begun, written, 200).leaves}
    plain = {leaf.id: leaf.budget for leaf in rebalanced(outline, begun, written, most=200).leaves}
    assert sum(after.values()) == sum(plain.values()) == 100 * len(names)
    for leaf in outline.leaves:
        if leaf.id in written:
            low, high = sorted((leaf.budget, max(1, written[leaf.id])))
            assert low <= after[leaf.id] <= high
        elif leaf.id in begun:
            assert after[leaf.id] == leaf.budget
        else:
            assert min(leaf.budget, 40) <= after[leaf.id] <= max(leaf.budget, 200)


def test_a_long_list_of_finished_sections_is_shared_out_soon() -> None:
    outline = plan({f"s{number}": 100 for number in range(1500)})
    written = {f"s{number}": 90 + number % 30 for number in range(60)}
    started = time.process_time()
    after = shared(outline, set(written), written, 130)
    assert time.process_time() - started < 2
    assert sum(leaf.budget for leaf in after.leaves) == 150_000

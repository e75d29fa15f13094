"""Frontier: everything opens once, nothing before what it waits for, the longest way first."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines

from hierdiff.errors import OutlineError
from hierdiff.frontier import Frontier
from hierdiff.outline import Edge, Outline, Section


def plan(budgets: dict[str, int], *waits: tuple[str, str], parents: dict[str, str] | None = None) -> Outline:
    """An outline of sections with budgets; `waits` are pairs (who waits, for whom)."""
    parents = parents or {}
    sections = [
        Section(id=name, title=name, order=number, budget=words, parent=parents.get(name))
        for number, (name, words) in enumerate(budgets.items())
    ]
    edges = [Edge(kind="depends_on", source=source, target=target) for source, target in waits]
    return Outline(title="Plan", sections=tuple(sections), edges=tuple(edges))


def order_of(frontier: Frontier) -> list[str]:
    """The sections as they come when each is done before the next is taken."""
    taken: list[str] = []
    while (section := frontier.take()) is not None:
        taken.append(section.id)
        frontier.done(section.id)
    return taken


@given(outlines(), st.randoms(use_true_random=False))
def test_every_leaf_opens_once_and_never_before_its_sources(outline: Outline, random: Random) -> None:
    frontier = Frontier(outline)
    running: list[str] = []
    done: set[str] = set()
    while frontier.left:
        while random.random() < 0.7 and (section := frontier.take()) is not None:
            assert set(outline.sources(section.id)) <= done
            running.append(section.id)
        if running:
            finished = running.pop(random.randrange(len(running)))
            frontier.done(finished)
            done.add(finished)
    assert done == {leaf.id for leaf in outline.leaves}
    assert frontier.ready == 0
    assert frontier.take() is None


@given(outlines(), st.data())
def test_sections_left_out_count_as_done(outline: Outline, data: st.DataObject) -> None:
    names = [leaf.id for leaf in outline.leaves]
    some = data.draw(st.sets(st.sampled_from(names)))
    frontier = Frontier(outline, some)
    assert frontier.left == len(some)
    assert set(order_of(frontier)) == some


def test_the_longest_way_goes_first_then_reading_order() -> None:
    outline = plan({"a": 100, "b": 100, "c": 10, "d": 500}, ("d", "c"))
    assert order_of(Frontier(outline)) == ["c", "d", "a", "b"]


def test_there_are_no_levels() -> None:
    """What waits for one section opens when that one is done, whatever else is still running."""
    frontier = Frontier(plan({"a": 1, "b": 1, "c": 1}, ("c", "a")))
    assert [frontier.take(), frontier.take(), frontier.take()][2] is None
    frontier.done("a")
    section = frontier.take()
    assert section is not None and section.id == "c"
    assert frontier.left == 2


def test_a_parent_stands_for_its_leaves() -> None:
    parents = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    outline = plan({"a": 0, "a1": 1, "a2": 1, "b": 0, "b1": 1, "b2": 1}, ("b", "a"), parents=parents)
    frontier = Frontier(outline)
    assert frontier.ready == 2
    assert order_of(frontier) == ["a1", "a2", "b1", "b2"]
    assert order_of(Frontier(outline, ["b"])) == ["b1", "b2"]


def test_done_must_follow_take() -> None:
    frontier = Frontier(plan({"a": 1, "b": 1}, ("b", "a")))
    with pytest.raises(OutlineError, match="'b' is not being written: it was not taken"):
        frontier.done("b")
    with pytest.raises(OutlineError, match="no such leaf"):
        frontier.done("nowhere")
    frontier.take()
    frontier.done("a")
    with pytest.raises(OutlineError, match="done already"):
        frontier.done("a")


def test_unknown_sections_are_refused() -> None:
    with pytest.raises(OutlineError, match="'nowhere'"):
        Frontier(plan({"a": 1}), ["nowhere"])


def test_large_plans_take_no_time() -> None:
    """20,000 sections in two parts, one waiting for the other: as pairs of leaves these were 100 million edges."""
    half = 10_000
    sections = [Section(id="one", title="One"), Section(id="two", title="Two", order=1)]
    for number in range(half):
        sections += [Section(id=f"{part}{number}", title="T", parent=part, order=number) for part in ("one", "two")]
    outline = Outline(
        title="Plan", sections=tuple(sections), edges=(Edge(kind="depends_on", source="two", target="one"),)
    )
    started = time.perf_counter()
    assert len(order_of(Frontier(outline))) == 2 * half
    assert time.perf_counter() - started < 5

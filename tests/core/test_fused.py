"""Sections that share a canvas: nothing inside waits, and an arrow to or from one of them holds for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines

from hierdiff.errors import OutlineError
from hierdiff.frontier import Frontier
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section, chained

PARTS = tuple(Section(id=name, title=name, order=number, budget=50) for number, name in enumerate("abcd"))


def waiting(*arrows: str, fused: tuple[tuple[str, ...], ...] = ()) -> Outline:
    """Four sections; "ba" lets b wait for a."""
    edges = tuple(Edge(kind="depends_on", source=one, target=two) for one, two in arrows)
    return Outline(title="Plan", sections=PARTS, edges=edges, fused=fused)


def test_a_group_is_one_node_and_opens_as_its_first_section() -> None:
    outline = waiting("bc", "cb", "ba", "dc", fused=(("c", "b"),))
    assert outline.group("c") == ("b", "c")
    assert outline.group("a") == ("a",)
    assert (outline.sources("c"), outline.sources("d")) == (("a",), ("b", "c"))
    assert set(outline.graph.edges) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}
    frontier = Frontier(outline)
    assert [one.id for one in [frontier.take()] if one] == ["a"]
    frontier.done("a")
    assert [one.id for one in (frontier.take(), frontier.take()) if one] == ["b"]
    frontier.done("b")
    assert [one.id for one in [frontier.take()] if one] == ["d"]


def test_what_stands_between_makes_a_circle() -> None:
    with pytest.raises(OutlineError, match="circle") as caught:
        waiting("ba", "cb", fused=(("a", "c"),))
    assert caught.value.rule == "acyclic"


@pytest.mark.parametrize("fused", [(("a",),), (("a", "a"),), (("a", "b"), ("b", "c")), (("a", "z"),)])
def test_groups_are_of_two_leaves_at_least_and_apart(fused: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(OutlineError) as caught:
        waiting(fused=fused)
    assert caught.value.rule == "fused"


@given(outlines(), st.data())
def test_a_run_of_any_outline_ends(outline: Outline, data: st.DataObject) -> None:
    names = [leaf.id for leaf in outline.leaves]
    group = tuple(data.draw(st.lists(st.sampled_from(names), min_size=2, unique=True))) if len(names) > 1 else ()
    try:
        outline = outline.changed(fused=(group,) if group else ())
    except OutlineError as error:
        assert error.rule == "acyclic"
    frontier, found = Frontier(outline), list[str]()
    while (section := frontier.take()) is not None:
        assert set(outline.sources(section.id)) <= set(found)
        found += outline.group(section.id)
        frontier.done(section.id)
    assert sorted(found) == sorted(names)
    assert chained(outline).fused == ()


def test_typed_items() -> None:
    retreat = Item(id="r", kind="quantity", value="1.2", unit="m")
    assert retreat.value == "1.2 m" == retreat.changed(owner=None).value
    load = Item(id="load", kind="symbol", signature="load(path: Path) -> Ledger")
    assert load.line() == "load: load(path: Path) -> Ledger"
    assert Ledger(items=(load,)).get("load") is load
    assert Item(id="s", kind="citation", value="Smith", source="p. 4").line() == "s: Smith (p. 4)"

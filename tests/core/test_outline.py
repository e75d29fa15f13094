"""Outline: whatever sections and edges are thrown together, it is valid or an OutlineError says what is not."""

from typing import get_args

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import KINDS, outlines

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, EdgeKind, Outline, Section, chained, edges_of

names = st.sampled_from("abcdef")
sections = st.lists(
    st.builds(
        Section,
        id=names,
        title=st.just("Title"),
        parent=st.none() | names,
        order=st.integers(0, 2),
        requires=st.lists(st.sampled_from(["x", "y"]), max_size=1).map(tuple),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda section: section.id,
)
edges = st.lists(
    st.builds(Edge, kind=st.sampled_from(KINDS), source=names, target=names, item=st.sampled_from([None, "x"])),
    max_size=6,
)
items = st.lists(
    st.builds(Item, id=st.sampled_from(["x", "y"]), value=st.none() | st.just("1"), owner=st.none() | names),
    max_size=2,
    unique_by=lambda item: item.id,
)


@given(sections, edges, items)
def test_valid_or_an_error_with_node_and_rule(sections: list[Section], edges: list[Edge], items: list[Item]) -> None:
    known = {section.id for section in sections} | {item.id for item in items} | {"x", "y"}
    try:
        outline = Outline(title="Plan", sections=tuple(sections), edges=tuple(edges), ledger=Ledger(items=tuple(items)))
    except OutlineError as error:
        assert error.about in known | {edge.source for edge in edges}
        assert f"'{error.about}'" in str(error) or f"{error.about} ->" in str(error)
        assert error.rule in {"known parent", "tree", "known ends", "provided", "owner", "acyclic"}
    else:
        check(outline)


def check(outline: Outline) -> None:
    """All that a valid outline promises."""
    ids = {section.id for section in outline.sections}
    assert len(ids) == len(outline.sections) == len(outline.reading_order)
    for section in outline.sections:
        assert section.parent is None or outline.place(section.parent) < outline.place(section.id)
        assert set(section.requires) <= {item.id for item in outline.ledger.items}
    assert all({edge.source, edge.target} <= ids for edge in outline.edges)
    assert nx.is_directed_acyclic_graph(outline.graph)
    assert set(outline.graph) == {leaf.id for leaf in outline.leaves}
    for leaf in outline.leaves:
        assert set(outline.sources(leaf.id)) == set(outline.graph.predecessors(leaf.id))


@given(outlines())
def test_json_round_trip(outline: Outline) -> None:
    assert Outline.model_validate_json(outline.model_dump_json()) == outline


@given(outlines())
def test_chained_makes_every_leaf_wait_for_the_one_before(outline: Outline) -> None:
    line = chained(outline)
    names = [leaf.id for leaf in line.leaves]
    assert [line.sources(name) for name in names] == [(), *((name,) for name in names[:-1])]


def test_kinds_of_edges_are_all_tested() -> None:
    assert set(KINDS) == set(get_args(EdgeKind))


def section(name: str, parent: str | None = None, **more: tuple[str, ...]) -> Section:
    """A section of that id."""
    return Section.model_validate({"id": name, "title": name, "parent": parent, **more})


@pytest.mark.parametrize(
    ("sections", "edges", "rule", "message"),
    [
        ([section("a"), section("a")], [], "unique ids", "two sections have the id 'a'"),
        ([section("a", "b")], [], "known parent", "under 'b'"),
        ([section("r"), section("a", "b"), section("b", "a")], [], "tree", "own ancestor"),
        ([section("a")], [("a", "b")], "known ends", "no section has the id 'b'"),
        ([section("a", requires=("x",))], [], "provided", "item 'x', which nobody provides"),
        ([section("a"), section("b")], [("a", "b"), ("b", "a")], "acyclic", "circle: "),
        ([section("a"), section("b", "a")], [("a", "b")], "acyclic", "'a' waits for 'b', which"),
    ],
)
def test_each_rule_is_named(sections: list[Section], edges: list[tuple[str, str]], rule: str, message: str) -> None:
    arrows = tuple(Edge(kind="depends_on", source=source, target=target) for source, target in edges)
    with pytest.raises(OutlineError, match=message) as caught:
        Outline(title="Plan", sections=tuple(sections), edges=arrows)
    assert caught.value.rule == rule


def test_a_circle_through_parents_names_its_sections() -> None:
    parts = (section("p"), section("p1", "p"), section("q"), section("q1", "q"))
    edges = (Edge(kind="depends_on", source="p", target="q"), Edge(kind="summarises", source="q1", target="p1"))
    with pytest.raises(OutlineError, match=r"circle: (p1 -> q1 -> p1|q1 -> p1 -> q1);"):
        Outline(title="Plan", sections=parts, edges=edges)


def test_only_undecided_items_make_their_users_wait() -> None:
    parts = (section("a", provides=("x", "y")), section("b", requires=("x",)), section("c", requires=("y",)))
    ledger = Ledger(items=(Item(id="x", owner="a"), Item(id="y", owner="a", value="1")))
    outline = Outline(title="Plan", sections=parts, edges=edges_of(parts, ledger), ledger=ledger)
    assert outline.sources("b") == ("a",)
    assert outline.sources("c") == ()


def test_deep_plans_do_not_exhaust_the_stack() -> None:
    parts = tuple(section(f"s{n}", f"s{n - 1}" if n else None) for n in range(3000))
    outline = Outline(title="Plan", sections=parts)
    assert outline.leaves_of("s0") == ("s2999",)


def test_parents_that_wait_for_parents_take_as_many_arrows_as_leaves() -> None:
    parts = [section("a"), section("b")]
    parts += [section(f"{part}{n}", part) for part in "ab" for n in range(3000)]
    outline = Outline(title="Plan", sections=tuple(parts), edges=(Edge(kind="depends_on", source="b", target="a"),))
    assert outline.waits.number_of_edges() == 6001
    assert len(outline.sources("b0")) == 3000

"""Fitting: the sum is exact, canvases are neither too large nor too small, and nothing that was planned gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines

from hierdiff.budget import FLOOR, budgeted, rebalanced
from hierdiff.errors import OutlineError
from hierdiff.fitting import fitted, split
from hierdiff.joining import joined
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section, edges_of


def flat(*budgets: int, edges: tuple[Edge, ...] = (), **more: object) -> Outline:
    """An outline of leaves s0, s1 ... with these budgets."""
    parts = [{"id": f"s{n}", "title": f"T{n}", "order": n, "budget": words} for n, words in enumerate(budgets)]
    sections = tuple(Section.model_validate({**part, **more}) for part in parts)
    return Outline(title="Plan", sections=sections, edges=edges)


def words_of(outline: Outline) -> list[int]:
    """The budgets of the leaves."""
    return [leaf.budget for leaf in outline.leaves]


def said(outline: Outline) -> str:
    """Everything that the sections say."""
    return "\n".join(f"{one.title}\n{one.brief}\n{one.must_cover}" for one in outline.sections)


@given(outlines(), st.integers(500, 50_000), st.sampled_from([200, 512, 2048]), st.sampled_from([1.0, 1.35, 2.7]))
def test_any_tree_plans_to_the_word(outline: Outline, words: int, comfortable: int, ratio: float) -> None:
    result = fitted(outline, words, tokens_per_word=ratio, comfortable=comfortable)
    assert sum(words_of(result)) == words
    assert max(words_of(result)) * ratio <= comfortable
    if not outline.edges and len(result.leaves) > 1:
        assert min(words_of(result)) * ratio >= 64
    assert {leaf.title for leaf in outline.leaves} <= {title for title in titles(result)}
    assert result == fitted(outline, words, tokens_per_word=ratio, comfortable=comfortable)


def titles(outline: Outline) -> set[str]:
    """What the sections are called, and the points that are covered."""
    return {section.title for section in outline.sections} | {
        point for section in outline.sections for point in section.must_cover
    }


def test_a_small_leaf_joins_the_smaller_neighbour_with_all_that_it_has() -> None:
    parts = (
        Section(id="a", title="A", budget=300, must_cover=("one",)),
        Section(id="b", title="B", order=1, budget=20, topic="bees", brief="Of bees.", must_cover=("two",),
                provides=("x",), requires=("y",)),
        Section(id="c", title="C", order=2, budget=200, requires=("x",), must_not_cover=("two", "three")),
        Section(id="d", title="D", order=3, budget=100, provides=("y",)),
    )  # fmt: skip
    ledger = Ledger(items=(Item(id="x", owner="b"), Item(id="y", owner="d", value="1")))
    edges = (*edges_of(parts, ledger), Edge(kind="refers_to", source="a", target="b"))
    result = joined(Outline(title="P", sections=parts, edges=edges, ledger=ledger), 50)
    merged = result.section("c")
    assert [one.id for one in result.sections] == ["a", "c", "d"]
    assert (merged.budget, merged.must_cover, merged.must_not_cover) == (220, ("B: bees", "two"), ("three",))
    assert (merged.brief, merged.provides, merged.requires) == ("Of bees.", ("x",), ("y",))
    assert [(edge.kind, edge.source, edge.target) for edge in result.edges] == [
        ("uses", "c", "d"),
        ("refers_to", "a", "c"),
    ]
    assert [item.owner for item in result.ledger.items] == ["c", "d"]


def test_an_only_child_joins_its_parent() -> None:
    parts = (Section(id="p", title="P"), Section(id="c", title="C", parent="p", budget=20, brief="Of C."))
    result = joined(Outline(title="P", sections=(*parts, Section(id="q", title="Q", order=1, budget=90))), 30)
    assert [(one.id, one.budget, one.must_cover) for one in result.sections] == [("q", 110, ("P", "C"))]


def test_joining_makes_no_circle() -> None:
    arrows = tuple(Edge(kind="depends_on", source=one, target=two) for one, two in (("s1", "s0"), ("s2", "s1")))
    result = joined(flat(20, 300, 300, edges=(*arrows, Edge(kind="summarises", source="s2", target="s0"))), 50)
    assert words_of(result) == [320, 300]
    between = joined(flat(20, 300, 20, edges=arrows).changed(fused=(("s0", "s1"),)), 50)
    assert words_of(between) == [20, 300, 20]


def test_files_and_tables_are_neither_joined_nor_split() -> None:
    outline = flat(10, 5000, kind="file")
    assert split(joined(outline, 50), 300) == outline


def test_a_large_leaf_becomes_parts() -> None:
    parts = (
        Section(id="a", title="A", topic="alps", budget=700, must_cover=("1", "2", "3"), provides=("x",)),
        Section(id="b", title="B", order=1, budget=100, requires=("x",)),
    )
    ledger = Ledger(items=(Item(id="x", owner="a"),))
    edges = (*edges_of(parts, ledger), Edge(kind="depends_on", source="b", target="a"))
    result = split(Outline(title="P", sections=parts, edges=edges, ledger=ledger), 300)
    assert [(one.id, one.title, one.budget, one.must_cover) for one in result.reading_order] == [
        ("a", "A", 0, ()),
        ("a-1", "A (1)", 234, ("1",)),
        ("a-2", "A (2)", 233, ("2",)),
        ("a-3", "A (3)", 233, ("3",)),
        ("b", "B", 100, ()),
    ]
    assert result.section("a-2").must_not_cover == ("1", "3")
    assert result.ledger.items[0].owner == "a-1"
    assert result.sources("b") == ("a-1", "a-2", "a-3")


bounds = st.tuples(st.integers(0, 90), st.none() | st.integers(90, 400))


@given(st.lists(st.tuples(st.integers(0, 300), bounds), min_size=1, max_size=9), st.integers(9, 2000))
def test_least_and_most_are_kept(given: list[tuple[int, tuple[int, int | None]]], words: int) -> None:
    sections = tuple(
        Section(id=f"s{n}", title="T", order=n, budget=budget, least=least, most=most)
        for n, (budget, (least, most)) in enumerate(given)
    )
    least = sum(max(1, one.least) for one in sections)
    most = sum(one.most or words for one in sections)
    outline = Outline(title="Plan", sections=sections)
    if not least <= words <= most:
        with pytest.raises(OutlineError, match=r"at (least|most)") as caught:
            budgeted(outline, words)
        assert caught.value.rule == "budget" and caught.value.about in {one.id for one in sections}
        return
    result = budgeted(outline, words)
    assert sum(words_of(result)) == words
    assert all(one.least <= one.budget <= (one.most or words) for one in result.leaves)


@given(outlines(), st.data())
def test_what_is_written_moves_the_rest_and_keeps_the_sum(outline: Outline, data: st.DataObject) -> None:
    outline = budgeted(outline, 3000)
    leaves = [leaf.id for leaf in outline.leaves]
    started = data.draw(st.lists(st.sampled_from(leaves), unique=True))
    written = {one: data.draw(st.integers(0, 900)) for one in started[: len(started) // 2]}
    result = rebalanced(outline, started, written)
    assert sum(words_of(result)) == 3000
    for leaf in outline.leaves:
        now = result.section(leaf.id).budget
        if leaf.id in started and leaf.id not in written:
            assert now == leaf.budget
        elif leaf.id not in written:
            assert now >= min(FLOOR, leaf.budget)
    assert sum(words_of(rebalanced(result, started, written))) == 3000


def test_elastic_siblings_take_it_first_and_then_the_others() -> None:
    sections = (
        Section(id="p", title="P"),
        Section(id="p1", title="P1", parent="p", budget=100),
        Section(id="p2", title="P2", parent="p", order=1, budget=100, most=150),
        Section(id="p3", title="P3", parent="p", order=2, budget=100, elastic=False),
        Section(id="q", title="Q", order=1, budget=100),
    )
    outline = Outline(title="Plan", sections=sections)
    assert words_of(rebalanced(outline, ["p1"], {"p1": 70})) == [70, 130, 100, 100]
    assert words_of(rebalanced(outline, ["p1"], {"p1": 20})) == [20, 150, 100, 130]
    assert words_of(rebalanced(outline, ["p1"], {"p1": 190})) == [190, FLOOR, 100, 70]
    assert words_of(rebalanced(outline, ["p1", "p2", "p3", "q"], {"p1": 20})) == [100, 100, 100, 100]


@pytest.mark.parametrize("words", [500, 5_000, 50_000])
def test_every_length_is_planned_to_the_word(words: int) -> None:
    result = fitted(flat(*range(1, 40)), words, tokens_per_word=1.35, comfortable=512)
    assert sum(words_of(result)) == words
    assert all(64 <= budget * 1.35 <= 512 for budget in words_of(result))


def test_nothing_is_said_less() -> None:
    outline = flat(30, 600, 20, brief="A brief.", must_cover=["a point"])
    result = fitted(outline, 650, tokens_per_word=1.35, comfortable=512)
    assert said(result).count("A brief.") >= 3
    assert "T0" in said(result) and "T2" in said(result)

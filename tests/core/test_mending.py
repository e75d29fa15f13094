"""Mending: whatever is thrown at it becomes a valid outline that has everything, or an error says what is wrong."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, Ledger
from hierdiff.mending import Limits, Mended, mended
from hierdiff.outline import Outline
from hierdiff.spans import printable
from hierdiff.yaml_text import parse_yaml
from hierdiff_planners import dump_outline

NONE = Ledger()


def mend(*sections: Any, facts: Ledger = NONE, comfortable: int | None = None, **top: Any) -> Mended:
    """The mended plan of these sections."""
    return mended({"sections": list(sections), **top}, title="Plan", words=600, facts=facts, comfortable=comfortable)


def rules(result: Mended) -> list[str]:
    """The rules that had to be applied."""
    return [one.rule for one in result.mends]


def again(outline: Outline) -> Mended:
    """The outline's own file, mended."""
    return mended(parse_yaml(dump_outline(outline)), title="Plan", words=None, facts=NONE, comfortable=None)


names = st.sampled_from(["a", "b", "c", "Sea wall", "sea-wall", "", " ", "x", "\ud800", "Grün"])
junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
items = st.fixed_dictionaries(
    {"id": names}, optional={"kind": names | st.just("quantity"), "value": junk, "unit": names, "owner": names}
)
lists = st.lists(names, max_size=3) | junk


def of(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A section as models give it, with these children."""
    return st.fixed_dictionaries(
        {"title": names | st.text(min_size=1, max_size=9)},
        optional={
            "id": names,
            "topic": st.text(max_size=60) | junk,
            "brief": st.text(max_size=30) | junk,
            "words": st.integers(-5, 900) | junk,
            "min": st.integers(0, 90) | junk,
            "max": st.integers(0, 90) | junk,
            "after": lists,
            "depends_on": lists,
            "refers_to": lists,
            "summarises": lists,
            "must_cover": lists,
            "requires": lists,
            "provides": st.lists(items | names, max_size=2) | junk,
            "sections": children,
            "nonsense": junk,
        },
    )


sections = st.recursive(of(st.just([])) | junk, lambda inner: of(st.lists(inner, max_size=3)), max_leaves=6)
plans = st.fixed_dictionaries(
    {"sections": st.lists(sections, max_size=6) | junk},
    optional={"title": junk, "words": junk, "facts": lists, "edges": junk, "fused": st.lists(lists, max_size=2)},
)


@settings(max_examples=250, deadline=None)
@given(plans | junk, st.sampled_from([None, 200, 5000]), st.sampled_from([None, 300]))
def test_a_valid_outline_with_everything_or_an_error(raw: Any, comfortable: int | None, words: int | None) -> None:
    started = time.monotonic()
    try:
        result = mended(raw, title="Plan", words=words, facts=NONE, comfortable=comfortable)
    except OutlineError as error:
        assert error.about and error.rule in {"sections", "shape", "acyclic", "size"}
        return
    finally:
        assert time.monotonic() - started < 1
    told = text_of_all(result)
    for title in titles(raw.get("sections") if isinstance(raw, dict) else raw):
        assert printable(title)[:40] in told
    assert result == mended(raw, title="Plan", words=words, facts=NONE, comfortable=comfortable)
    second = again(result.outline)
    assert (second.outline, second.mends) == (result.outline, ())


def text_of_all(result: Mended) -> str:
    """All that the outline and the mends say."""
    texts = [f"{one.title}\n{one.brief}\n{one.must_cover}" for one in result.outline.sections]
    return printable("\n".join([*texts, *(f"{one.about} {one.what}" for one in result.mends)]))


def titles(sections: Any) -> Iterator[str]:
    """The titles of the sections that are written as such."""
    for one in sections if isinstance(sections, list) else []:
        if isinstance(one, dict):
            if isinstance(one.get("title"), str):
                yield one["title"].encode("utf-8", "replace").decode("utf-8")
            yield from titles(one.get("sections"))


def test_the_second_of_two_ids_is_renamed_and_references_mean_the_first() -> None:
    result = mend({"id": "a", "title": "One"}, {"id": "a", "title": "Two"}, {"id": "b", "title": "B", "after": ["a"]})
    assert [one.id for one in result.outline.sections] == ["a", "a-2", "b"]
    assert result.outline.sources("b") == ("a",)
    assert rules(result) == ["unique ids"]


def test_links_find_sections_by_title_and_lose_what_is_not_there() -> None:
    result = mend({"title": "The Causes"}, {"id": "b", "title": "B", "after": ["the causes", "nowhere", "b"]})
    assert result.outline.sources("b") == ("the-causes",)
    assert rules(result) == ["known ends", "self"]


def test_the_first_provider_keeps_the_item_and_the_second_requires_it() -> None:
    item = {"id": "wall", "kind": "quantity", "value": "4 km"}
    result = mend({"id": "a", "title": "A", "provides": [item]}, {"id": "b", "title": "B", "provides": [item]})
    assert [item.owner for item in result.outline.ledger.items] == ["a"]
    assert result.outline.section("b").requires == ("wall",)
    assert rules(result) == ["one provider"]


def test_given_facts_count() -> None:
    facts = Ledger(items=(Item(id="wall", kind="quantity", value="4.2 km", owner="B"),))
    result = mend({"id": "a", "title": "A", "provides": [{"id": "wall", "value": "5 km"}]}, {"title": "B"}, facts=facts)
    wall = result.outline.ledger.get("wall")
    assert wall is not None
    assert (wall.value, wall.owner) == ("4.2 km", "b")
    assert result.outline.section("a").requires == ("wall",)


def test_what_nobody_provides_is_provided_by_the_first_or_covered_by_the_only_one() -> None:
    result = mend(
        {"id": "a", "title": "A", "requires": ["x", "alone"]},
        {"id": "b", "title": "B", "requires": ["X"]},
    )
    assert result.outline.section("a").provides == ("x",)
    assert result.outline.section("a").must_cover == ("alone",)
    assert result.outline.sources("b") == ("a",)


def test_an_item_is_found_by_its_other_names() -> None:
    wall = {"id": "w", "kind": "term", "value": "sea wall", "aliases": ["seawall"]}
    result = mend({"id": "a", "title": "A", "provides": [wall]}, {"id": "b", "title": "B", "requires": ["Seawall"]})
    assert result.outline.section("b").requires == ("w",)


def circle(value: str | None) -> list[dict[str, Any]]:
    """Two sections that wait for each other, the second because of an item of the first."""
    item = {"id": "x", "kind": "quantity", **({"value": value} if value else {})}
    return [
        {"id": "a", "title": "A", "words": 300, "after": ["b"], "provides": [item]},
        {"id": "b", "title": "B", "words": 300, "after": ["a"], "requires": ["x"]},
    ]


def test_a_circle_is_loosened_by_an_item_of_known_value() -> None:
    outline = mend(*circle("3 m")).outline
    assert (outline.sources("a"), outline.sources("b"), outline.fused) == (("b",), (), ())
    assert [(edge.source, edge.target) for edge in outline.edges if edge.kind == "uses"] == [("b", "a")]


def test_a_circle_that_stays_is_fused_where_it_fits() -> None:
    outline = mend(*circle(None), comfortable=900).outline
    assert outline.fused == (("a", "b"),)
    assert outline.sources("a") == ()


@pytest.mark.parametrize("comfortable", [None, 512])
def test_a_circle_that_does_not_fit_is_named(comfortable: int | None) -> None:
    with pytest.raises(OutlineError, match=r"circle: (a -> b -> a|b -> a -> b), with") as caught:
        mend(*circle(None), comfortable=comfortable)
    assert caught.value.rule == "acyclic"


def test_parents_that_wait_for_each_other_share_a_canvas() -> None:
    outline = mend(
        {"id": "p", "title": "P", "after": ["q"], "sections": ["P1", "P2"]},
        {"id": "q", "title": "Q", "after": ["p"], "sections": ["Q1"]},
        {"id": "z", "title": "Z", "after": ["q1"]},
        comfortable=5000,
    ).outline
    assert outline.fused == (("p1", "p2", "q1"),)
    assert outline.sources("z") == ("p1", "p2", "q1")


def test_types_are_read_as_what_they_must_mean() -> None:
    outline = mend(
        {"title": 7, "words": "150 words", "brief": ["one", "two"], "must_cover": "a point", "elastic": "no"},
        "Just a title",
        None,
        [{"name": "Nested", "children": {"Inner": "its brief"}}],
        title=["A", "B"],
    ).outline
    first = outline.section("7")
    assert (outline.title, first.title, first.budget, first.brief) == ("A; B", "7", 150, "one; two")
    assert (first.must_cover, first.elastic) == (("a point",), False)
    assert [one.title for one in outline.sections] == ["7", "Just a title", "Nested", "Inner"]
    assert outline.section("inner").brief == "its brief"


@pytest.mark.parametrize("raw", [None, "text", 7, True, {}, [], {"sections": []}, {"sections": [None, {}]}])
def test_nothing_is_no_plan(raw: Any) -> None:
    with pytest.raises(OutlineError, match="the plan") as caught:
        mended(raw, title="Plan", words=None, facts=NONE)
    assert caught.value.about == "Plan"


def test_caps() -> None:
    many = {"sections": [{"title": f"T{n}"} for n in range(401)]}
    with pytest.raises(OutlineError, match="'T400' is one too many") as caught:
        mended(many, title="Plan", words=None, facts=NONE)
    assert (caught.value.about, caught.value.rule) == ("T400", "sections")
    within: list[Any] = []
    within.append(within)
    huge: list[tuple[Any, str]] = [({"sections": ["x" * 300_000]}, "tokens"), ({"sections": within}, "deeper")]
    for raw, problem in huge:
        with pytest.raises(OutlineError, match=problem):
            mended(raw, title="Plan", words=None, facts=NONE)


def test_what_stands_too_deep_follows_its_parent() -> None:
    deep: dict[str, Any] = {"title": "T9"}
    for level in range(8, 0, -1):
        deep = {"title": f"T{level}", "sections": [deep]}
    result = mended([deep, "After"], title="Plan", words=None, facts=NONE, limits=Limits(depth=3))
    outline = result.outline
    assert [one.title for one in outline.reading_order] == [f"T{n}" for n in range(1, 10)] + ["After"]
    assert max(outline.level(one.id) for one in outline.sections) == 3
    assert rules(result) == ["depth"] * 6


def test_the_largest_plan_is_mended_within_a_second() -> None:
    all_ids = [f"s{n}" for n in range(400)]
    parts = [{"id": name, "title": name, "after": all_ids[max(0, n - 20) : n + 20]} for n, name in enumerate(all_ids)]
    started = time.monotonic()
    outline = mended({"sections": parts}, title="P", words=4000, facts=NONE, comfortable=9000).outline
    assert time.monotonic() - started < 1
    assert outline.fused == (tuple(all_ids),)


def test_json_of_a_model_is_taken_as_it_is() -> None:
    raw = json.loads('{"plan": {"title": "T", "sections": [{"heading": "H", "summary": "S", "word_count": "1,200"}]}}')
    section = mended(raw, title="Plan", words=None, facts=NONE).outline.sections[0]
    assert (section.title, section.brief, section.budget) == ("H", "S", 1200)

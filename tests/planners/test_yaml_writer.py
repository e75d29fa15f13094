"""Outlines written as YAML: any of them reads back equal, and a person can read it, too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section, edges_of
from hierdiff.outline_file import LINKS
from hierdiff.spans import printable
from hierdiff.yaml_text import parse_yaml
from hierdiff_planners import dump_outline
from hierdiff_planners.yaml_outline import outline_from


def back(outline: Outline) -> Outline:
    """The outline written and read again."""
    text = dump_outline(outline)
    return outline_from(parse_yaml(text), Ledger(), file="plan.yaml")[0]


SEA = """\
title: Living with the sea
words: 90
sections:
  - id: causes
    title: Causes
    brief: |-
      Two paragraphs.

      The second: short.
    words: 60
    must_cover: [storm surge, "cause, effect"]
    provides:
      - id: retreat
        kind: quantity
        value: 1.2 m a year
  - id: policy
    title: Policy
    words: 30
    requires: [retreat]
    after: [causes]
"""


def test_what_people_wrote_is_written_the_same_way() -> None:
    outline, words = outline_from(parse_yaml(SEA), Ledger(), file="sea.yaml")
    assert dump_outline(outline) == SEA
    assert words == 90


letters = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\n :#-'\",[]{}&*!|>%@`?~")
words = st.text(letters, max_size=30) | st.sampled_from(
    ["null", "~", "yes", "1.20", "one\n\ntwo\n", "a: b", "- a", "---"]
)
lists = st.lists(words, max_size=2).map(tuple)
titles = words.filter(lambda text: bool(printable(text)))


@st.composite
def plans(draw: st.DrawFn) -> Outline:
    """Any outline without circles, its sections listed in reading order, its length one that a file may ask for."""
    count = draw(st.integers(1, 5))
    items = tuple(
        Item(
            id=f"i{number}",
            kind=draw(st.sampled_from(["claim", "quantity", "symbol"])),
            value=draw(st.none() | words),
            about=draw(words),
            aliases=draw(lists),
            owner=draw(st.none() | st.integers(0, count - 1).map(lambda number: f"s{number}")),
            unit=draw(words),
            signature=draw(words),
            source=draw(words),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    some_items = st.lists(st.sampled_from([item.id for item in items]), max_size=2) if items else st.just([])
    parents = [draw(st.integers(-1, number - 1)) for number in range(count)]
    sections = tuple(
        Section(
            id=f"s{number}",
            title=draw(titles),
            brief=draw(words),
            topic=draw(words.filter(lambda text: len(text.split()) < 9)),
            kind=draw(st.sampled_from(["prose", "file"])),
            parent=f"s{parent}" if parent >= 0 else None,
            order=draw(st.integers(-2, 3)),
            budget=draw(st.sampled_from([0, 60, 70])),
            least=draw(st.sampled_from([0, 10])),
            most=draw(st.sampled_from([None, 10, 90])),
            elastic=draw(st.booleans()),
            provides=tuple(draw(some_items)),
            requires=tuple(draw(some_items)),
            must_cover=draw(lists),
            must_not_cover=draw(lists),
        )
        for number, parent in enumerate(parents)
    )
    ledger = Ledger(items=items)
    kinds = st.sampled_from(["refers_to", "mirrors", "excludes", "imports", "contains"])
    ends = st.sampled_from([section.id for section in sections])
    links = draw(st.lists(st.builds(Edge, kind=kinds, source=ends, target=ends), max_size=3))
    quiet = Ledger(items=tuple(item.changed(value=item.value or "") for item in items))
    decided = draw(st.sampled_from([ledger, quiet]))
    edges = (*edges_of(sections, decided), *links) if decided is quiet else tuple(links)
    ordered = Outline(title="Plan", sections=sections, edges=edges, ledger=decided)
    leaves = tuple(leaf.id for leaf in ordered.leaves)
    fused = draw(st.sampled_from([(), (leaves,), (leaves[:2], leaves[2:])])) if len(leaves) > 3 else ()
    return ordered.changed(sections=ordered.reading_order, fused=fused)


@given(plans())
def test_any_outline_is_written_and_read_back(outline: Outline) -> None:
    assert back(outline) == outline


def test_links_under_sections_are_all_tested() -> None:
    links = "\n".join(f"  {key}: [a]" for key in LINKS if key != "after")
    text = f"title: T\nsections:\n- {{id: a, title: A}}\n- id: b\n  title: B\n{links}\n"
    outline = outline_from(parse_yaml(text), Ledger(), file="plan.yaml")[0]
    assert [edge.kind for edge in outline.edges] == [kind for key, kind in LINKS.items() if key != "after"]
    assert back(outline) == outline


def test_a_plan_too_deep_to_be_read_is_not_written() -> None:
    sections = tuple(Section(id=f"s{n}", title="T", parent=f"s{n - 1}" if n else None) for n in range(26))
    with pytest.raises(OutlineError, match="deeper than 25"):
        dump_outline(Outline(title="Plan", sections=sections))
    assert back(Outline(title="Plan", sections=sections[:25], edges=edges_of(sections[:25], Ledger())))

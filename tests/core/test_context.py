"""Contexts: what a section is told, in which order, to which budget; and that all are told the same first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import outlines

from hierdiff.context.contexts import Contexts
from hierdiff.context.measure import Measure
from hierdiff.document import Draft
from hierdiff.evidence import Evidence, Passage
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section
from hierdiff.prompts import Templates
from hierdiff.protocols import Capabilities
from hierdiff.request import Request

TEMPLATES = Templates()
SMALL = Capabilities(name="small", context=700)


def section(name: str, **fields: object) -> Section:
    return Section.model_validate({"id": name, "title": name.title(), "budget": 100, **fields})


def contexts(
    outline: Outline, *, able: Capabilities | None = None, evidence: Evidence | None = None, **asked: object
) -> Contexts:
    request = Request.model_validate({"goal": "How do towns stay dry?", **asked})
    return Contexts(request, outline, TEMPLATES, capabilities=able, evidence=evidence)


def chapters(count: int, each: int) -> Outline:
    """Chapters of `each` sections."""
    found: list[Section] = []
    for chapter in range(count):
        found.append(Section(id=f"c{chapter}", title=f"Chapter {chapter}", order=chapter))
        for number in range(each):
            title = f"Part {number} of {chapter}"
            found.append(section(f"c{chapter}p{number}", title=title, parent=f"c{chapter}", order=number))
    return Outline(title="Long", sections=tuple(found))


def test_a_plain_section_is_told_its_task_and_nothing_else() -> None:
    outline = Outline(title="T", sections=(section("causes", topic="why rivers rise"), section("walls")))
    told = contexts(outline).tell(outline.section("causes"), {})
    assert told.shared == (
        "You are an expert writing a report on this question: How do towns stay dry.\n\n"
        "The sections of the report:\n1. Causes: why rivers rise\n2. Walls\n\n"
        "Each section is plain prose that explains its own topic with facts, reasons and examples."
    )
    assert (told.own, told.cut) == ("Explain why rivers rise.", ())


def test_the_ledger_the_edges_and_the_sources_each_have_their_line() -> None:
    sections = (
        section("causes", provides=("rise",)),
        section("costs", must_cover=("repairs",)),
        section("pumps", topic="how pumps work"),
        section("walls", brief="Say how.", must_cover=("height",), must_not_cover=("tax",), requires=("rise",)),
    )
    edges = (
        Edge(kind="excludes", source="walls", target="causes"),
        Edge(kind="excludes", source="walls", target="pumps"),
        Edge(kind="mirrors", source="costs", target="walls"),
        Edge(kind="refers_to", source="walls", target="pumps"),
        Edge(kind="depends_on", source="walls", target="pumps"),
    )
    items = (
        Item(id="rise", kind="quantity", value="3 m", about="rise of the river", owner="causes"),
        Item(id="top", kind="quantity", value="4 m", about="height of the wall", owner="walls"),
        Item(id="town", kind="entity", value="Ulm", about="name of the town"),
    )
    outline = Outline(title="T", sections=sections, edges=edges, ledger=Ledger(items=items))
    evidence = Evidence(passages={"src1": Passage(source="a.md", text="Walls are high.")}, given={"walls": ("src1",)})
    drafts = {
        "pumps": Draft(section="pumps", text=f"Pumps lift water. {'They run all night long. ' * 9}They stop at dawn."),
        "costs": Draft(section="costs", text="One.\n\nTwo."),
    }
    built = contexts(outline, evidence=evidence)
    told = built.tell(outline.section("walls"), drafts)
    assert "- name of the town: Ulm" in told.shared
    said = [
        "[src1] behind what is taken", "- [src1] Walls are high.", "Notes:\n- Pumps. Pumps lift water.",
        "It ends: They stop at dawn.", "Explain walls.", "Say how.", "Cover height.", "Leave out tax.",
        "State exactly: height of the wall: 4 m.", "Known: rise of the river: 3 m.",
        'Covered in "Causes", do not explain: rise of the river.',
        'Covered in "Pumps", do not explain: how pumps work.',
        'Build it like "Costs" in 2 paragraphs, which covers repairs.', 'Refer the reader to "Pumps".',
    ]  # fmt: skip
    places = [told.own.find(text) for text in said]
    assert -1 not in places and places == sorted(places), told.own
    assert told.cut == ()
    assert 'Build it like "Walls"' in built.own(outline.section("costs"), {})
    blind = contexts(outline, mode="blind").tell(outline.section("walls"), drafts)
    assert "Pumps" not in blind.shared + blind.own and "Causes" not in blind.own
    assert "State exactly: height of the wall: 4 m." in blind.own


@settings(max_examples=25)
@given(outlines(), st.integers(300, 3000), st.text(max_size=300), st.booleans())
def test_all_are_told_the_same_first_and_no_more_than_the_budget(
    outline: Outline, room: int, said: str, drafted: bool
) -> None:
    able = Capabilities(name="any", context=room)
    outline = outline.changed(sections=tuple(one.changed(brief=said) for one in outline.sections))
    drafts = {leaf.id: Draft(section=leaf.id, text=said or "A word.") for leaf in outline.leaves} if drafted else {}
    passages = {f"src{number}": Passage(source="a", text=f"{said} Dry {number}.") for number in range(1, 5)}
    evidence = Evidence(passages=passages, given={leaf.id: tuple(passages) for leaf in outline.leaves})
    built = contexts(outline, able=able, evidence=evidence)
    budget, measure = Measure(able).budget(outline), Measure(able)
    for leaf in outline.leaves:
        told = built.tell(leaf, drafts)
        assert told.shared == built.shared
        assert told == built.tell(leaf, drafts)
        least = measure.tokens(f"{leaf.title} Part of Title 10") + 20
        assert measure.tokens(told.own) <= max(least, budget.whole - measure.tokens(told.shared)), told.own


def test_what_does_not_fit_is_cut_from_the_end_by_whole_lines_and_named() -> None:
    items = tuple(
        Item(id=f"i{number}", kind="claim", value=f"value {number} of the long list of things", owner="a")
        for number in range(60)
    )
    passage = Passage(source="x.md", text="A passage of a few words about the town and its river.")
    outline = Outline(
        title="T",
        sections=(section("a", brief="Be brief."), section("b")),
        edges=(Edge(kind="refers_to", source="a", target="b"),),
        ledger=Ledger(items=items),
    )
    evidence = Evidence(passages={"src1": passage}, given={"a": ("src1",)})
    told = contexts(outline, able=SMALL, evidence=evidence).tell(outline.section("a"), {})
    assert "Be brief." in told.own
    stated = [item for item in items if f"State exactly: {item.line()}." in told.own]
    assert 0 < len(stated) < 60 and stated == list(items[: len(stated)])
    assert told.own.count("State exactly:") == len(stated)
    assert f"states: {items[len(stated)].line()}" in told.cut
    assert "refers to: B" in told.cut and "Refer the reader" not in told.own


def test_a_passage_that_is_too_long_makes_room_for_one_that_is_not() -> None:
    outline = Outline(title="T", sections=(section("a"),))
    long = " ".join(f"Sentence {number} is here." for number in range(250))
    passages = {
        f"src{number}": Passage(source="x", text=f"{number} {long}" if number < 9 else "Short.")
        for number in range(1, 10)
    }
    evidence = Evidence(passages=passages, given={"a": tuple(passages)})
    told = contexts(outline, able=SMALL, evidence=evidence).tell(outline.section("a"), {})
    assert "- [src1] 1 Sentence 0 is here." in told.own and "- [src9] Short." in told.own
    assert "evidence src8" in told.cut


def test_a_long_brief_is_cut_between_its_clauses_and_leaves_room_for_the_facts() -> None:
    brief = f"Cover in this order: {'; '.join(f'point {number} of many' for number in range(900))}."
    item = Item(id="i", kind="claim", value="the value", owner="a")
    outline = Outline(title="T", sections=(section("a", brief=brief),), ledger=Ledger(items=(item,)))
    told = contexts(outline).tell(outline.section("a"), {})
    assert "point 0 of many;" in told.own and "point 899" not in told.own
    assert "State exactly: i: the value." in told.own and told.cut == ("brief",)


def test_of_a_large_outline_all_are_told_the_chapters_and_each_its_own() -> None:
    outline = chapters(40, 30)
    built = contexts(outline)
    assert "Chapter 0\n" in built.shared and "Chapter 39" in built.shared and "Part" not in built.shared
    leaf = outline.section("c7p3")
    told = built.tell(leaf, {})
    assert told.shared == built.shared and "outline below its chapters" in told.cut
    lines = [line.strip() for line in told.own.splitlines() if "Part" in line and ". Part" in line]
    here = next(at for at, line in enumerate(lines) if line.endswith("Part 3 of 7"))
    assert here > 0 and all(line.endswith("of 7") for line in lines) and "1. Chapter 0" not in told.own
    measure = Measure()
    assert measure.tokens(built.shared) <= measure.budget(outline).shared


def test_of_an_outline_without_chapters_each_is_told_what_stands_around_it() -> None:
    outline = Outline(title="T", sections=tuple(section(f"s{number}", order=number) for number in range(3000)))
    built = contexts(outline)
    assert "(and 2," in built.shared
    own = built.own(outline.section("s1500"), {})
    assert "1500. S1499" in own and "1501. S1500" in own and "1502. S1501" in own and "S1000" not in own


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for a in b %}", "{# x #}", "{{ goal.__class__ }}", "[[${7*7}]]"])
def test_what_looks_like_a_template_stays_text(text: str) -> None:
    item = Item(id="i", kind="claim", value=text, about=f"about {text}")
    outline = Outline(
        title=text, sections=(section("a", title=text, topic=text, brief=text),), ledger=Ledger(items=(item,))
    )
    evidence = Evidence(passages={"src1": Passage(source=text, text=text)}, given={"a": ("src1",)})
    told = contexts(outline, evidence=evidence, goal=text, style=text).tell(outline.section("a"), {})
    assert told.shared.count(text) >= 4 and told.own.count(text) == 3

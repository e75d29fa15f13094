"""Document: joining and parsing keep the text, offsets go both ways, rewriting a span changes nothing else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plans import outlines

from hierdiff.document import Document, Draft, Part, count_words, join, parse
from hierdiff.errors import CanvasError
from hierdiff.outline import Outline, Section
from hierdiff.spans import Span

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
lines = st.lists(
    st.one_of(texts, st.sampled_from(["# One", "## Two", "## Two", "###### Six", "", "Title\n=====", "```", "> # No"])),
    max_size=8,
)
breaks = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@st.composite
def joined(draw: st.DrawFn) -> Document:
    """A document joined from drafts of any text, some of them missing."""
    outline = draw(outlines(most=8))
    some = draw(st.sets(st.sampled_from([leaf.id for leaf in outline.leaves])))
    drafts = {name: Draft(section=name, text=draw(texts)) for name in some}
    return join(outline, drafts)


@st.composite
def parsed(draw: st.DrawFn) -> Document:
    """A document parsed from any text."""
    return parse(draw(breaks).join(draw(lines)))


documents = st.one_of(joined(), parsed())


@given(outlines(most=8), st.data())
def test_join_keeps_every_draft_in_reading_order(outline: Outline, data: st.DataObject) -> None:
    drafts = {leaf.id: Draft(section=leaf.id, text=data.draw(texts)) for leaf in outline.leaves}
    document = join(outline, drafts)
    assert [part.id for part in document.sections] == [section.id for section in outline.reading_order]
    for part in document.sections:
        assert part.heading.of(document.text) == f"{'#' * part.level} {part.title}\n"
        if part.id in drafts:
            assert document.body(part.id) == drafts[part.id].text.strip() + "\n"
    inside = sum(len(part.heading) + len(part.body) for part in document.sections)
    assert len(document.text) - inside == len("# Plan\n") + len(outline.sections) + len(drafts)


@given(outlines(most=8), st.data())
def test_join_leaves_out_what_is_missing(outline: Outline, data: st.DataObject) -> None:
    some = data.draw(st.sets(st.sampled_from([leaf.id for leaf in outline.leaves])))
    document = join(outline, {name: Draft(section=name, text="words") for name in some})
    shown = {part.id for part in document.sections}
    assert some <= shown
    assert all(some & set(outline.leaves_of(name)) for name in shown)


@given(lines, breaks)
def test_parse_keeps_the_text_and_covers_it(lines: list[str], newline: str) -> None:
    text = newline.join(lines)
    document = parse(text)
    assert document.text == text
    stop = 0
    for part in document.sections:
        assert part.heading.stop == part.body.start
        assert not text[stop : part.heading.start].strip()
        stop = part.body.stop
    assert not document.sections or stop == len(text)
    assert len({part.id for part in document.sections}) == len(document.sections)


@given(documents, st.data())
def test_offsets_go_both_ways(document: Document, data: st.DataObject) -> None:
    assume(document.sections)
    part = data.draw(st.sampled_from(document.sections))
    start, stop = sorted((data.draw(st.integers(0, len(part.body))), data.draw(st.integers(0, len(part.body)))))
    outside = document.outward(part.id, Span(start=start, stop=stop))
    assert outside.of(document.text) == document.body(part.id)[start:stop]
    assume(start < stop)
    assert document.inward(outside) == (part.id, Span(start=start, stop=stop))
    at = document.at(outside.start)
    assert at is not None and at.id == part.id


@given(documents, texts, st.data())
def test_replaced_changes_one_span_and_nothing_else(document: Document, new: str, data: st.DataObject) -> None:
    edges = st.integers(0, len(document.text))
    start, stop = sorted((data.draw(edges), data.draw(edges)))
    result = document.replaced(Span(start=start, stop=stop), new)
    assert result.text == document.text[:start] + new + document.text[stop:]
    for before, after in zip(document.sections, result.sections, strict=True):
        for old, moved in ((before.heading, after.heading), (before.body, after.body)):
            if old.stop < start or old.start > stop:
                assert moved.of(result.text) == old.of(document.text)


@given(documents, texts, st.data())
def test_a_body_grows_and_shrinks_with_what_is_written_into_it(
    document: Document, new: str, data: st.DataObject
) -> None:
    assume(document.sections)
    part = data.draw(st.sampled_from([part for part in document.sections if len(part.body)] or [None]))
    assume(part is not None)
    assert isinstance(part, Part)
    edges = st.integers(0, len(part.body))
    start, stop = sorted((data.draw(edges), data.draw(edges)))
    assume(start < stop)
    result = document.replaced(document.outward(part.id, Span(start=start, stop=stop)), new)
    body = document.body(part.id)
    assert result.body(part.id) == body[:start] + new + body[stop:]
    for other in document.sections:
        if other.id != part.id:
            assert result.body(other.id) == document.body(other.id)
            assert result.part(other.id).heading.of(result.text) == other.heading.of(document.text)


@given(documents)
def test_json_round_trip(document: Document) -> None:
    assert Document.model_validate_json(document.model_dump_json()) == document


def test_parse_of_many_headings_of_one_name_is_quick() -> None:
    document = parse("## A\n\ntext\n\n" * 3000)
    assert document.sections[0].id == "a"
    assert document.sections[-1].id == "a-3000"


def test_offsets_outside_are_refused() -> None:
    document = parse("# One\n\ntext\n")
    with pytest.raises(CanvasError, match="lies outside"):
        document.replaced(Span(start=0, stop=99), "")
    with pytest.raises(CanvasError, match="outside section 'one'"):
        document.outward("one", Span(start=0, stop=99))
    with pytest.raises(CanvasError, match="no section's body"):
        document.inward(Span(start=0, stop=2))
    with pytest.raises(CanvasError, match="no section 'two'"):
        document.part("two")
    with pytest.raises(CanvasError, match="does not lie inside"):
        document.changed(text="")


def test_words_are_counted_without_headings() -> None:
    outline = Outline(title="Plan", sections=(Section(id="a", title="Two words"),))
    assert join(outline, {"a": Draft(section="a", text="It's well-known: 3 words.")}).words == 4
    assert count_words("") == 0

"""Canvas: renoising keeps the ink, and every value and event survives JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines
from pydantic import ValidationError

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.document import Cost, Document, Draft
from hierdiff.errors import CanvasError
from hierdiff.events import (
    Accepted,
    Drafted,
    Event,
    Failed,
    Finished,
    Found,
    Opened,
    Planned,
    Quoted,
    Renoised,
    RolledBack,
    Stepped,
    events,
)
from hierdiff.findings import Finding, Revision
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Capabilities, TokenScore
from hierdiff.request import Request
from hierdiff.spans import Quote, Span
from hierdiff.values import Value

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text and some spans of it that do not overlap."""
    text = draw(texts)
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return text, [Span(start=a, stop=b) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@given(cuts(), st.data())
def test_renoise_keeps_the_text_outside_the_spans(cut: tuple[str, list[Span]], data: st.DataObject) -> None:
    text, spans = cut
    holes = {number: Hole(width=number + 1, close="span") for number in range(len(spans))}
    shuffled = data.draw(st.permutations(spans))
    if not text and not spans:
        return
    canvas = Canvas.renoise(Draft(section="a", text=text), shuffled, holes=holes)
    assert canvas.holes == tuple(holes.values())
    outside = list(text)
    for span in sorted(spans, key=lambda span: -span.start):
        del outside[span.start : span.stop]
    assert canvas.text == "".join(outside)
    old = iter([span.of(text) for span in spans])
    back = [Ink(text=next(old), by="model") if isinstance(piece, Hole) else piece for piece in canvas.pieces]
    filled = canvas.changed(pieces=tuple(back))
    assert filled.draft().text == text
    assert filled.filled == tuple(span.of(text) for span in spans)


def test_renoise_refuses_what_does_not_fit() -> None:
    draft = Draft(section="a", text="some text")
    hole = Hole(width=1)
    with pytest.raises(CanvasError, match="1 spans need 1 holes, not 2"):
        Canvas.renoise(draft, [Span(start=0, stop=1)], holes={0: hole, 1: hole})
    with pytest.raises(CanvasError, match="overlap"):
        Canvas.renoise(draft, [Span(start=0, stop=3), Span(start=2, stop=4)], holes={0: hole, 1: hole})
    with pytest.raises(CanvasError, match="outside a text of 9"):
        Canvas.renoise(draft, [Span(start=0, stop=10)], holes={0: hole})


def test_an_open_canvas_is_no_draft() -> None:
    canvas = Canvas.open("a", width=8)
    assert (canvas.width, canvas.tokens, canvas.text) == (8, 0, "")
    with pytest.raises(CanvasError, match="still has 1 holes"):
        canvas.draft()


def test_the_limit_is_never_below_the_width() -> None:
    assert Hole(width=10, most=4).limit == 10
    assert Hole(width=10).limit == 34
    assert Hole(width=400).limit == 500


def test_values_are_frozen_and_know_their_fields() -> None:
    with pytest.raises(ValidationError):
        Hole.model_validate({"width": 1, "widht": 2})
    with pytest.raises(ValidationError):
        Hole(width=0)
    hole = Hole(width=1)
    with pytest.raises(ValidationError):
        hole.width = 2  # type: ignore[misc]  # the point of the test


REVISION = Revision(
    start=0, stop=4, section="a", before="1.2 m", after="1.4 m", reason="ledger", method="splice", accepted=True
)
FINDING = Finding(
    detector="numbers", kind="value", section="a", spans=(Quote.cut("1.2 m", 0, 5),), reason="the ledger says 1.4 m"
)
DRAFT = Draft(section="a", text="Öl – \u2028 text", tokens=3, ending="eos")
REQUEST = Request(goal="tides", facts=Ledger(items=(Item(id="x", value="1", aliases=("y",)),)))
VALUES: list[Value] = [
    REVISION,
    FINDING,
    DRAFT,
    REQUEST,
    Canvas(id="a", section="a", pieces=(Ink(text="x"), Hole(width=3, ban=("y",)))),
    Capabilities(name="x"),
    TokenScore(start=0, stop=1, logprob=-0.5),
    Cost(seconds=0.5),
    Document(text="", findings=(FINDING,), revisions=(REVISION,)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_survive_json(value: Value) -> None:
    assert type(value).model_validate_json(value.model_dump_json()) == value


@given(outlines(most=5))
def test_events_survive_json(outline: Outline) -> None:
    happened: list[Event] = [
        Planned(run="r", request=REQUEST, outline=outline, backend=Capabilities(name="x")),
        Quoted(tokens=1, canvases=1, critical_tokens=1),
        Opened(canvas="a", section="a", width=3),
        Stepped(canvas="a", section="a", tokens=1, width=2, text="x"),
        Drafted(draft=DRAFT, seconds=0.1),
        Found(finding=FINDING, round=1),
        Renoised(section="a", start=0, stop=1, before="x", candidates=2),
        Accepted(revision=REVISION),
        RolledBack(revision=REVISION.changed(accepted=False)),
        Finished(document=Document(text="", outline=outline), cost=Cost()),
        Failed(error="BackendError", message="x", about="a"),
    ]
    for event in happened:
        assert events.validate_json(events.dump_json(event)) == event

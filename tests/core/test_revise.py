"""The revise pass on documents with known faults: what is found, what is changed, and that nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.document import Document, parse
from hierdiff.events import Accepted, Found, Renoised, RolledBack
from hierdiff.findings import Finding
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline, Section
from hierdiff.request import Request
from hierdiff.revise.choose import without_gap
from hierdiff.revise.origin import Origin
from hierdiff.settings import Settings
from hierdiff.spans import Quote, Span
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer

PLAN = ScriptedPlanner(Outline(title="x", sections=(Section(id="a", title="A"),)))

TOWN = """# The town

## Past

The flood of 1997 cost the town 4.2 million euros. People still speak of it in the harbour.

## Plans

The town will build a wall. The flood of 1997 cost the town 6.1 million euros, as everyone knows here.
"""


class Word:
    """A detector for tests: a word that must not stand, and what ought to stand in its place (None: who knows)."""

    def __init__(self, word: str, expected: str | None = None) -> None:
        self.word, self.expected = word, expected

    def find(self, document: Document) -> list[Finding]:
        at = document.text.find(self.word)
        if at < 0:
            return []
        part = document.at(at)
        quote = Quote.cut(document.text, at, at + len(self.word))
        section = part.id if part is not None else ""
        return [
            Finding(detector="word", kind="word", section=section, spans=(quote,), reason="no", expected=self.expected)
        ]


async def revised(document: Document, backend: ScriptedBackend, *detectors: Word, rounds: int = 2) -> Document:
    return await Writer(PLAN, backend, detectors=detectors, settings=Settings(rounds=rounds)).revise(document)


async def test_a_value_of_the_ledger_is_spliced_and_nothing_else_changes() -> None:
    ledger = Ledger(items=(Item(id="cost", kind="money", value="4.2 million euros", about="cost of the 1997 flood"),))
    before = parse(TOWN, ledger=ledger)
    after = await Writer(PLAN, ScriptedBackend()).revise(before)
    assert after.text == TOWN.replace("6.1", "4.2")
    (revision,) = after.revisions
    assert revision.method == "splice" and revision.accepted
    assert TOWN[revision.start : revision.stop] == revision.before and revision.before.startswith("6.1")
    assert after.findings == ()


async def test_what_only_a_model_can_know_is_renoised_on_the_backend() -> None:
    text = "# T\n\n## One\n\nAll is well. Here stands the wrongword in a sentence. The end is near.\n"
    backend = ScriptedBackend({"one": "Here stands something better in its place."})
    after = await revised(parse(text), backend, Word("Here stands the wrongword in a sentence."))
    assert after.text == text.replace(
        "Here stands the wrongword in a sentence.", "Here stands something better in its place."
    )
    (revision,) = after.revisions
    assert (revision.method, revision.accepted) == ("renoise", True)
    (asked, *_) = backend.canvases
    assert asked.pieces[0].text.endswith("All is well. ") and asked.pieces[-1].text.startswith(" The end")  # pyright: ignore[reportAttributeAccessIssue]  # ink


async def test_a_candidate_that_does_not_help_is_rolled_back_and_reported() -> None:
    text = "# T\n\n## One\n\nAll is well. Here stands the wrongword in a sentence. The end is near.\n"
    backend = ScriptedBackend({"one": "again the wrongword"})
    writer = Writer(PLAN, backend, detectors=[Word("wrongword")], settings=Settings(rounds=1))
    events = [event async for event in writer.revising(parse(text))]
    kinds = [type(event) for event in events]
    assert Found in kinds and Renoised in kinds and RolledBack in kinds and Accepted not in kinds
    document = events[-1].document  # pyright: ignore[reportAttributeAccessIssue]  # the last event is Finished
    assert document.text == text
    assert [finding.detector for finding in document.unresolved] == ["word"]
    assert all(not revision.accepted and "still there" in revision.verdict for revision in document.revisions)


TWICE = "The wall along the river is four metres high and made of old stone."
TWO = Outline(title="Walls", sections=(Section(id="a", title="A"), Section(id="b", title="B", order=1)))


@pytest.mark.parametrize("anew", ["Its price was paid by the whole county.", TWICE])
async def test_a_repetition_in_a_draft_is_said_anew_and_goes_if_that_fails(anew: str) -> None:
    texts = {"a": f"{TWICE} So much for it.", "b": [f"First of all. {TWICE} That was all.", *[anew] * 8]}
    document = await Writer(ScriptedPlanner(TWO), ScriptedBackend(texts)).write(Request(goal="Walls", words=60))
    kept = " " if anew == TWICE else f" {anew} "
    assert document.body("b").strip() == f"First of all.{kept}That was all."
    methods = [revision.method for revision in document.revisions if revision.accepted]
    assert methods == (["edit"] if anew == TWICE else ["renoise"])
    assert not document.unresolved


async def test_a_sentence_that_was_cut_off_is_continued_and_not_replaced() -> None:
    whole = "".join(f"## S{number}\n\nThis one says what number {number} has to say.\n\n" for number in range(4))
    text = f"# T\n\n{whole}## Last\n\nIn addition to what was said before, there are also other matters and social\n"
    after = await Writer(PLAN, ScriptedBackend({"last": "impacts to consider."})).revise(parse(text))
    assert after.text == text.replace("and social\n", "and social impacts to consider.\n")


@pytest.mark.parametrize(("said", "why"), [("No end to it", "does not end"), ("a b c a b c a b c.", "repeats itself")])
async def test_unsound_text_does_not_pass_the_gate(said: str, why: str) -> None:
    text = "# T\n\n## One\n\nHere stands the wrongword in a sentence.\n"
    after = await revised(
        parse(text), ScriptedBackend({"one": said}), Word("Here stands the wrongword in a sentence."), rounds=1
    )
    assert after.text == text
    assert [why in revision.verdict for revision in after.revisions] == [True]


async def test_a_right_value_may_make_two_sentences_equal() -> None:
    text = "# T\n\n## One\n\nThe wall along the river is four metres high and made of stone.\n\n## Two\n\n"
    text += "The wall along the river is FIVE metres high and made of stone.\n"
    after = await Writer(PLAN, ScriptedBackend(), detectors=[Word("FIVE", "four")]).revise(parse(text))
    assert after.text == text.replace("FIVE", "four")


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("One. Two. Three.", "Two.", "One. Three."),
        ("One. Two.\n\nThree.", "Two.", "One.\n\nThree."),
        ("One.\n\nTwo.\n\nThree.", "Two.", "One.\n\nThree."),
        ("One.\r\n\r\nTwo.\r\n\r\nThree.", "Two.", "One.\r\n\r\nThree."),
        ("One.\n\nTwo.\n", "Two.", "One.\n"),
        ("Two. One.", "Two.", "One."),
        ("One Two", "Two", "One"),
    ],
)
def test_deleting_leaves_no_gap(text: str, gone: str, left: str) -> None:
    at = text.index(gone)
    span = without_gap(text, Span(start=at, stop=at + len(gone)))
    assert text[: span.start] + text[span.stop :] == left


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1), st.text(), st.text(max_size=12))
async def test_every_character_outside_a_revision_stays(before: str, after: str, more: str, expected: str) -> None:
    word = "\U0001f40bWRONG\U0001f40b"
    text = f"{before}{word}{after}{more}"
    done = await revised(parse(text), ScriptedBackend(), Word(word, expected or "x"))
    if [revision for revision in done.revisions if revision.accepted]:
        assert done.text == f"{before}{expected or 'x'}{after}{more}"
    else:
        assert done.text == text


EDITS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.text(max_size=6)))


@settings(max_examples=200)
@given(st.text(min_size=4, max_size=40), EDITS)
def test_origin_gives_places_of_the_given_text(given_text: str, edits: list[tuple[int, int, str]]) -> None:
    """After any edits: what lies outside the reported spans of the given text is what lies outside in the new one."""
    origin, text = Origin(len(given_text)), given_text
    reported: list[Span] = []
    for start, length, new in edits:
        span = Span(start=min(start, len(text)), stop=min(start + length, len(text)))
        reported.append(origin.given(span))
        origin.edited(span, len(new))
        text = text[: span.start] + new + text[span.stop :]
    assert all(span.stop <= len(given_text) for span in reported)
    touched = {at for span in reported for at in range(span.start, span.stop)}
    kept = "".join(letter for at, letter in enumerate(given_text) if at not in touched)
    position = 0
    for letter in kept:
        position = text.find(letter, position) + 1
        assert position > 0

"""What a model's text must be like to stand, and what is done where no text may: edits of form, or nothing."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.document import Document, parse
from hierdiff.findings import Finding
from hierdiff.outline import Outline, Section
from hierdiff.revise.scales import sentence_around
from hierdiff.revise.sound import why_unsound
from hierdiff.settings import Settings
from hierdiff.spans import Quote, Span
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer

PLAN = ScriptedPlanner(Outline(title="x", sections=(Section(id="a", title="A"),)))
TEXT = "# T\n\n## A\n\nAll was well. The wall of 1904 is old (and grey) here. The end is near.\n"


def why(old: str, new: str, text: str = TEXT) -> str:
    at = text.index(old)
    return why_unsound(parse(text), [Span(start=at, stop=at + len(old))], [new])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("old", "old", "same again"),
        ("old", " ", "empty"),
        ("old", 'called "old', "open"),
        ("old", "new. It", "ends a sentence"),
        ("old", "Mighty", "capital"),
        ("old", "is new", "'is' a second time"),
        ("old", "from 1905", "1905"),
        ("old", "run by the XYZ", "XYZ"),
        ("old", "<!-- keep -->new", "markup"),
        ("old", " new", "second blank"),
        ("The wall of 1904 is old (and grey) here.", "the wall is fine.", "small letter"),
        ("The wall of 1904 is old (and grey) here.", "The wall is part of the.", "said anything"),
        ("The wall of 1904 is old (and grey) here.", "One. Two. Three. Four.", "more sentences"),
    ],
)
def test_unsound_texts_are_refused(old: str, new: str, said: str) -> None:
    assert said in why(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("old", "new"), ("1904", "stone"), ("The wall of 1904 is old (and grey) here.", "The wall (of 1904) is fine.")],
)
def test_sound_texts_may_stand(old: str, new: str) -> None:
    assert not why(old, new)


def test_an_entry_of_a_list_is_never_left() -> None:
    text = "# T\n\n## A\n\nBefore.\n\n- one bad thing\n- another thing\n\n| a | b |\n|---|---|\n| bad cell | c |\n"
    document = parse(text)
    for word in ("bad thing", "bad cell"):
        at = text.index(word)
        assert "\n" not in sentence_around(document, Span(start=at, stop=at + 3)).of(text)
        assert "|" not in sentence_around(document, Span(start=at, stop=at + 3)).of(text)


async def revised(text: str, backend: ScriptedBackend | None = None, *detectors: "Says") -> Document:
    writer = Writer(PLAN, backend or ScriptedBackend(), detectors=detectors or None, settings=Settings())
    return await writer.revise(parse(text))


WHOLE = "".join(f"## S{number}\n\nThis one says what number {number} has to say.\n\n" for number in range(4))


async def test_a_sentence_that_nobody_finishes_is_cut_back() -> None:
    text = (
        f"# T\n\n{WHOLE}## Last\n\nAll was said. In addition to what was said there are also other matters and social\n"
    )
    done = await revised(text, ScriptedBackend({"last": ["and so on without"] * 20}))
    assert done.text == text.replace(" In addition to what was said there are also other matters and social", "")
    assert [one.method for one in done.revisions if one.accepted] == ["edit"] and not done.unresolved


async def test_what_is_all_that_a_section_has_is_not_cut_back() -> None:
    text = f"# T\n\n{WHOLE}## Last\n\nIn addition to what was said there are also other matters and social\n"
    done = await revised(text, ScriptedBackend({"last": ["and so on without"] * 20}))
    assert done.text == text and [one.kind for one in done.unresolved] == ["cut off"]


async def test_a_second_introduction_goes_and_an_early_conclusion_loses_its_opening() -> None:
    text = (
        "# T\n\n## A\n\nThis report describes the wall. It is old.\n\n## B\n\nThis report describes what it cost. "
        "It was dear.\n\n## C\n\nIn conclusion, it was built in haste. It leaks.\n\n## D\n\nIn conclusion, it stands.\n"
    )
    done = await revised(text)
    assert done.text == text.replace("This report describes what it cost. ", "").replace(
        "In conclusion, it was", "It was"
    )
    assert {one.method for one in done.revisions if one.accepted} == {"edit"}


async def test_a_section_is_never_emptied() -> None:
    text = "# T\n\n## A\n\nThis is bad.\n\n## B\n\nFine.\n"
    done = await revised(text, None, Says("This is bad.", ""))
    assert done.text == text and "nothing of the section" in done.revisions[0].verdict


async def test_where_a_text_points_to_is_not_a_models_to_invent() -> None:
    text = '# T\n\n## Past\n\nIt was so. See section "What nobody wrote" for it.\n\n## Now\n\nIt is so.\n'
    backend = ScriptedBackend()
    done = await revised(text, backend)
    assert done.text == text and backend.canvases == [] and [one.detector for one in done.unresolved] == ["references"]


class Says:
    """A detector for tests: every one of some spans of a text, as long as it is the text that it knows."""

    def __init__(self, said: str, expected: str | None) -> None:
        self.said, self.expected = said, expected

    def find(self, document: Document) -> Iterable[Finding]:
        at = document.text.find(self.said)
        while at >= 0:
            part = document.at(at)
            quote = Quote.cut(document.text, at, at + len(self.said))
            yield Finding(
                detector="says", kind="said", section=part.id if part else "", spans=(quote,), reason="It is said.",
                expected=self.expected,
            )  # fmt: skip
            at = document.text.find(self.said, at + len(self.said))


MARKS = "\U0001f40b"
PIECES = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(["\r\n", "# ", "- ", "| ", "```\r\n", ". ", MARKS])))


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from([None, "", "x"]), st.sampled_from(["fine", "It is fine.", MARKS, "# no\n- no", ""]))
async def test_any_text_and_any_finding_leave_everything_else_as_it_was(
    pieces: list[str], expected: str | None, anew: str
) -> None:
    text = "".join(pieces)
    done = await revised(text, ScriptedBackend({"text": [anew] * 64}), Says(MARKS, expected))
    accepted = sorted((one for one in done.revisions if one.accepted), key=lambda one: one.start)
    kept = [text[a.stop : b.start] for a, b in pairwise(accepted)]
    at = 0
    for piece in [text[: accepted[0].start], *kept, text[accepted[-1].stop :]] if accepted else [text]:
        found = done.text.find(piece, at)
        assert found >= 0
        at = found + len(piece)
    if not accepted:
        assert done.text == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_headings_and_kept_text_with_any_line_end(end: str) -> None:
    text = f"# a bad one{end}{end}<!-- keep -->{end}bad{end}<!-- /keep -->{end}{end}So bad it is.{end}"
    done = await revised(text, None, Says("bad", None))
    assert done.text.startswith(text[: text.index("So")]) and done.unresolved

"""Which side of a contradiction is rewritten, how much of the text is opened, and what may never be touched."""

from collections.abc import Iterable, Sequence

import pytest

from hierdiff.detectors import Claims
from hierdiff.document import Document, parse
from hierdiff.events import Found
from hierdiff.findings import Finding
from hierdiff.judges.doubt import Doubt
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Capabilities, Judge
from hierdiff.settings import Settings
from hierdiff.spans import Quote
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer

PLAN = ScriptedPlanner(Outline(title="x", sections=(Section(id="a", title="A"),)))


class Says:
    """A detector for tests that finds one text, as it is told."""

    def __init__(self, text: str, expected: str | None = None, *, hard: bool = True, name: str = "says") -> None:
        self.text, self.expected, self.hard, self.name = text, expected, hard, name

    def find(self, document: Document) -> Iterable[Finding]:
        at = document.text.find(self.text)
        if at >= 0:
            quote = Quote.cut(document.text, at, at + len(self.text))
            part = document.at(at)
            yield Finding(
                detector=self.name,
                kind="said",
                section=part.id if part is not None else "",
                spans=(quote,),
                reason="It is said.",
                expected=self.expected,
                hard=self.hard,
            )


async def revised(
    text: str, *detectors: Says | Claims, backend: ScriptedBackend | None = None, ledger: Ledger | None = None
) -> Document:
    writer = Writer(PLAN, backend or ScriptedBackend(), detectors=detectors, settings=Settings())
    return await writer.revise(parse(text, ledger=ledger))


ONE = "The new sea wall reduces the flow of water into the harbour."
TWO = ONE.replace("reduces", "does not reduce")
TEXT = f"# T\n\n## A\n\nIt began so. {ONE} It was dear.\n\n## B\n\nIt went on. {TWO} It is old.\n"


class Leaning:
    """A judge for tests: how much likelier it holds the found side wrong."""

    def __init__(self, lean: float) -> None:
        self.lean = lean

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        return [one.changed(lean=self.lean, hard=True, votes=("leaning",)) for one in findings]


async def judged(text: str, *judges: Judge) -> Document:
    return await Writer(PLAN, ScriptedBackend(), detectors=[Claims()], judges=judges).revise(parse(text))


async def test_a_soft_finding_is_left_alone_until_somebody_agrees() -> None:
    alone = await judged(TEXT)
    assert alone.text == TEXT and [one.hard for one in alone.unresolved] == [False]


@pytest.mark.parametrize(("lean", "wrong", "right"), [(2.0, TWO, ONE), (-2.0, ONE, TWO)])
async def test_a_judge_decides_which_side_stands(lean: float, wrong: str, right: str) -> None:
    done = await judged(TEXT, Leaning(lean))
    assert done.text == TEXT.replace(wrong, right)
    (revision,) = done.revisions
    assert "less likely" in revision.reason and revision.method == "splice"
    assert not done.unresolved


async def test_the_model_is_asked_with_both_ways_and_what_follows() -> None:
    backend = ScriptedBackend()
    backend.logprobs = {"not": -6.0}
    finding = next(iter(Claims().find(parse(TEXT))))
    (weighed,) = await Doubt(backend).weigh(parse(TEXT), [finding])
    assert weighed.hard and weighed.votes == ("doubt",)
    assert weighed.lean == pytest.approx(14.0)  # two words less and a rare one gone, on either side of the balance


async def test_two_soft_findings_of_different_detectors_are_a_sure_one() -> None:
    text = "# T\n\n## A\n\nThis is bad. So is that.\n"
    both = await revised(text, Says("bad", "good", hard=False), Says("is bad", hard=False, name="other"))
    assert both.text == text.replace("bad", "good")
    same = await revised(text, Says("bad", "good", hard=False), Says("is bad", hard=False))
    assert same.text == text


async def test_what_is_kept_is_never_touched() -> None:
    text = "# T\n\n## A\n\n<!-- keep -->\nThis is bad.\n<!-- /keep -->\n\nThis is bad, too.\n"
    done = await revised(text, Says("bad", "good"))
    assert done.text == text and [one.detector for one in done.unresolved] == ["says"]
    free = await revised(text, Says("bad, too", "good"))
    assert free.text == text.replace("bad, too", "good")


@pytest.mark.parametrize("text", ["# bad\n\nFine.\n", "# T\n\n```\nbad\n```\n", "# T\n\n> It is bad here.\n"])
async def test_headings_code_and_quotes_are_not_the_models_to_write(text: str) -> None:
    backend = ScriptedBackend()
    done = await revised(text, Says("bad"), backend=backend)
    assert done.text == text and backend.canvases == [] and len(done.unresolved) == 1


async def test_value_then_clause_then_sentence_is_opened_and_what_was_refused_is_banned() -> None:
    text = "# T\n\n## A\n\nIt was so. In the old town, the wall is bad for all, but it stands. So it is.\n"
    backend = ScriptedBackend({"a": ["bad", "the wall is bad for us", "All of it is bad."]})
    done = await revised(text, Says("bad"), backend=backend)
    assert done.text == text
    ends = [(canvas.pieces[0].text[-5:], canvas.pieces[-1].text[:5]) for canvas in backend.canvases]  # pyright: ignore[reportAttributeAccessIssue]  # ink
    assert ends[0] == ("l is ", " for ") and ends[4] == ("own, ", ", but") and ends[8] == (" so. ", " So i")
    assert len(ends) == 12
    assert "the wall is bad for us" in backend.canvases[8].holes[0].ban


async def test_an_article_is_mended_with_the_value() -> None:
    text = "# T\n\n## A\n\nIt is a long wall and it needs an early repair.\n"
    done = await revised(text, Says("long", "old"), Says("early", "late"))
    assert done.text == text.replace("a long", "an old").replace("an early", "a late")


async def test_if_a_value_alone_does_not_fit_the_words_around_it_are_denoised() -> None:
    text = "# T\n\n## A\n\nSo it was, and the wall costs six euros a year. Fine.\n"

    class Fits:
        """The value has to be there, and the words behind it, too."""

        def find(self, document: Document) -> Iterable[Finding]:
            if "five euros in all" not in document.text:
                at = document.text.find("six") if "six" in document.text else document.text.find("five")
                quote = Quote.cut(document.text, at, at + 3)
                yield Finding(detector="fits", kind="k", section="a", spans=(quote,), reason="No.", expected="five")

    backend = ScriptedBackend({"a": ["the wall costs", "euros in all"]})
    writer = Writer(PLAN, backend, detectors=[Fits()])
    done = await writer.revise(parse(text))
    assert [revision.method for revision in done.revisions] == ["splice", "renoise"]
    assert done.text.startswith("# T\n\n## A\n\nSo it was, and the wall costs five euros in all")
    assert done.text.endswith(" Fine.\n")


async def test_a_text_that_fits_its_place_less_well_is_refused() -> None:
    text = "# T\n\n## A\n\nIt was so for years. Here is a bad thing to be seen. So it was for all.\n"
    backend = ScriptedBackend({"a": "Here is a weird thing to be seen."})
    backend.logprobs = {"weird": -60.0}
    done = await revised(text, Says("Here is a bad thing to be seen."), backend=backend)
    assert done.text == text
    assert all("fits less well" in one.verdict and one.figures["logprob_before"] == -1 for one in done.revisions)
    backend.logprobs = {}
    again = await revised(text, Says("Here is a bad thing to be seen."), backend=backend)
    assert again.text == text.replace("bad", "weird")


async def test_no_more_than_a_share_of_a_section_is_opened_in_a_round() -> None:
    sentences = " ".join(f"Number {number} of these is a bad one for all of us." for number in range(12))
    text = f"# T\n\n## A\n\n{sentences}\n"

    class Every:
        """Each sentence is wrong."""

        def find(self, document: Document) -> Iterable[Finding]:
            for number in range(12):
                said = f"Number {number} of these is a bad one for all of us."
                at = document.text.find(said)
                if at >= 0:
                    quote = Quote.cut(document.text, at, at + len(said))
                    yield Finding(detector="every", kind=str(number), section="a", spans=(quote,), reason="No.")

    backend = ScriptedBackend({"a": "This one is fine."})
    writer = Writer(PLAN, backend, detectors=[Every()], settings=Settings(rounds=1))
    done = await writer.revise(parse(text))
    assert sum(one.accepted for one in done.revisions) == 1  # twelve percent of the document


@pytest.mark.parametrize(("infill", "method"), [("fim", "fim"), ("edit", "edit"), ("prompt", "rewrite")])
async def test_a_backend_without_a_canvas_says_what_it_did(infill: str, method: str) -> None:
    text = "# T\n\n## A\n\nThis is bad for everybody here. So is that.\n"
    can = Capabilities(name="text", infill=infill, noise="none", scores=False)  # pyright: ignore[reportArgumentType]
    backend = ScriptedBackend({"a": "This is fine for everybody here."}, capabilities=can)
    done = await revised(text, Says("This is bad for everybody here."), backend=backend)
    assert [one.method for one in done.revisions] == [method] and done.text == text.replace("bad", "fine")


async def test_the_owner_of_a_fact_stands_against_the_first_mention() -> None:
    ledger = Ledger(items=(Item(id="wall", kind="claim", value="does not reduce", about="the wall", owner="b"),))
    writer = Writer(PLAN, ScriptedBackend(), detectors=[Claims()], judges=[Leaning(0.0)])
    done = await writer.revise(parse(TEXT, ledger=ledger))
    assert done.text == TEXT.replace(ONE, TWO)


async def test_every_finding_is_told_with_its_votes() -> None:
    writer = Writer(PLAN, ScriptedBackend(), detectors=[Claims()], judges=[Leaning(2.0)])
    told = [event.finding for event in [one async for one in writer.revising(parse(TEXT))] if isinstance(event, Found)]
    assert [one.votes for one in told] == [("leaning",)]


async def test_of_two_values_said_once_each_the_likelier_one_stands() -> None:
    text = "# T\n\n## A\n\nThe old pier is 310 metres long.\n\n## B\n\nSo it was. The old pier is 290 metres long.\n"
    first = await Writer(PLAN, ScriptedBackend()).revise(parse(text))
    assert first.text == text.replace("290", "310")
    backend = ScriptedBackend()
    backend.logprobs = {"310": -9.0}
    likely = await Writer(PLAN, backend).revise(parse(text))
    assert likely.text == text.replace("310", "290")
    assert "less likely" in likely.revisions[0].reason

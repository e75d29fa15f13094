"""What is said of a plan that changes while it is carried out: one line an event."""

import pytest

from hierdiff.document import Cost, Document, Draft
from hierdiff.events import Amended, Corrected, Finished, Kept, Lost, Moved, Quoted, Realised, Retried
from hierdiff.findings import Revision
from hierdiff.report.news import against, news_line, quote_line, span
from hierdiff.report.progress import News

DRAFT = Draft(section="a", text="4 m")
REVISION = Revision(start=0, stop=3, section="a", before="3 m", after="4 m", reason="r", method="splice", accepted=True)
LINES: tuple[tuple[News, str], ...] = (
    (Retried(section="a", why="the line\nis down", way="again", attempt=1), "Part a once more: the line is down"),
    (Retried(section="a", why="it is empty", way="halves", attempt=2), "Part a in two halves: it is empty"),
    (Kept(section="a", why="5 of 100 words", tries=1), "Part a: 5 of 100 words; it stands"),
    (Kept(section="a", why="5 of 100 words", tries=3), "Part a: 5 of 100 words; the best of 3 tries stands"),
    (Lost(section="a", error="BackendError", message="gone"), "Part a: BackendError: gone"),
    (Moved(words=-1, budgets={"b": 9}), "1 word fewer than planned so far: 1 section to come becomes longer"),
    (
        Moved(words=1200, budgets={"b": 9, "c": 9}),
        "1,200 words more than planned so far: 2 sections to come become shorter",
    ),
    (Realised(item="h", section="a", value="4 m"), "h is 4 m, says Part a"),
    (Realised(item="h", section="a", value="4 m", told="3 m"), "h is 4 m, not 3 m, says Part a"),
    (Amended(reason="added\nOne"), "added One"),
    (
        Corrected(section="a", item="h", told="3 m", value="4 m", revisions=(REVISION,), draft=DRAFT),
        "Part a: '3 m' -> '4 m' (1 span)",
    ),
)


@pytest.mark.parametrize(("event", "line"), LINES)
def test_an_event_is_a_line(event: News, line: str) -> None:
    said = news_line(event, lambda section: f"Part {section}")
    assert said == line
    assert said.isprintable()


def test_a_hostile_title_is_one_short_line() -> None:
    said = news_line(Lost(section="a", error="E", message="m"), lambda _: "x\n\x1b[31m" * 100)
    assert said.isprintable() and len(said) < 100


def test_what_was_quoted_and_what_it_took() -> None:
    quote = Quoted(tokens=1000, canvases=1, critical_tokens=400, seconds=(2.0, 5.0))
    assert quote_line(quote) == "1,000 tokens on 1 canvas, 400 of them one after another, 2.0 to 5.0 s"
    assert span((60.0, 240.0)) == "1.0 to 4.0 min"
    finished = Finished(document=Document(text=""), cost=Cost(tokens=1100), quoted=quote)
    assert against(finished) == " (quoted 1,000 tokens, 2.0 to 5.0 s; it took 1,100)"
    assert against(finished.changed(cost=Cost())) == ""

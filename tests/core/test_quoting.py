"""Quotes: the numbers of a plan worked out by hand, what time rests on, and what a run says of its own quote."""

import json
from pathlib import Path

import pytest
from runs import CAPABILITIES, document, of, plan, run

from hierdiff.document import Cost, Document
from hierdiff.events import Event, Finished, Opened, Planned, Quoted, events
from hierdiff.ledger import Ledger
from hierdiff.modes import shaped, sized
from hierdiff.pace import measured_pace, past_pace
from hierdiff.quote import NO_BASIS, Pace, quoted
from hierdiff.report.news import against, quote_line
from hierdiff.request import Mode, Request
from hierdiff.settings import Settings
from hierdiff.store import Store
from hierdiff.testing import ScriptedBackend

TWO = CAPABILITIES.changed(tokens_per_word=2.0)
PLAN = plan({"a": 100, "b": 200, "c": 50, "d": 40}, ("b", "a"))
NEW_FIELDS = {
    "planned": ("evidence",),
    "quoted": ("critical", "forwards", "resident_tokens", "seconds", "basis"),
    "opened": ("fused", "guesses"),
    "finished": ("quoted",),
}
NEW_KINDS = ("retried", "kept", "lost", "moved", "realised", "amended", "corrected")


def test_a_plan_worked_out_by_hand() -> None:
    """a, c and d open at once (200, 100 and 80 tokens); b opens after a, when the others are done."""
    quote = quoted(PLAN, TWO, Settings())
    assert (quote.tokens, quote.canvases, quote.critical_tokens) == (780, 4, 600)
    assert quote.critical == ("a", "b")
    assert (quote.forwards, quote.resident_tokens) == (600, 400)
    assert (quote.seconds, quote.basis) == (None, NO_BASIS)
    assert quote_line(quote) == "780 tokens on 4 canvases, 600 of them one after another"


def test_what_may_be_open_counts() -> None:
    assert quoted(PLAN, TWO, Settings(open_at_once=1)).forwards == 780
    assert quoted(PLAN, TWO, Settings(open_at_once=1)).resident_tokens == 400
    tight = quoted(PLAN, TWO, Settings(resident_tokens=290))
    assert (tight.forwards, tight.resident_tokens) == (700, 400)  # d beside a; then b alone; then c


@pytest.mark.parametrize(
    ("mode", "canvases", "critical", "forwards"),
    [("dag", 4, 600, 600), ("flat", 1, 780, 780), ("sequential", 4, 780, 780), ("blind", 4, 400, 400)],
)
def test_modes(mode: Mode, canvases: int, critical: int, forwards: int) -> None:
    quote = quoted(shaped(PLAN, Request(goal="Tides", mode=mode)), TWO, Settings(), mode)
    assert (quote.tokens, quote.canvases, quote.critical_tokens, quote.forwards) == (780, canvases, critical, forwards)


def test_fused_sections_are_one_canvas() -> None:
    quote = quoted(PLAN.changed(fused=(("c", "d"),)), TWO, Settings())
    assert (quote.tokens, quote.canvases) == (780, 3)


def test_time_is_a_range_around_what_is_known() -> None:
    past = quoted(PLAN, TWO, Settings(), pace=Pace(basis="2 runs", tokens_a_second=(39.0, 78.0)))
    assert (past.seconds, past.basis) == ((8.0, 25.0), "2 runs")
    now = quoted(PLAN, TWO, Settings(), pace=Pace(basis="measured", seconds_a_token=0.1))
    assert now.seconds == (48.0, 97.5)


def a_log(path: Path, tokens: int, seconds: float, *, name: str = "scripted", stopped: bool = False) -> None:
    request, able = Request(goal="Tides"), CAPABILITIES.changed(name=name)
    cost = Cost(tokens=tokens, seconds=seconds)
    with Store(path) as store:
        store.begin("r", request)
        store.append("r", Planned(run="r", request=request, outline=PLAN, backend=able))
        store.append("r", Finished(document=Document(text=""), cost=cost, stopped=stopped))


def test_the_pace_of_earlier_runs_on_the_same_backend(tmp_path: Path) -> None:
    assert past_pace(CAPABILITIES, tmp_path) is None
    a_log(tmp_path / "a.db", 100, 2.0)
    a_log(tmp_path / "b.db", 100, 1.0)
    a_log(tmp_path / "other.db", 1000, 1.0, name="other")
    a_log(tmp_path / "cut.db", 1000, 1.0, stopped=True)
    a_log(tmp_path / "nothing.db", 0, 0.0)
    (tmp_path / "broken.db").write_text("no database " * 100, encoding="utf-8")
    pace = past_pace(CAPABILITIES, tmp_path)
    assert pace is not None
    assert pace.tokens_a_second == (50.0, 100.0)
    assert pace.basis == "2 earlier runs on scripted"
    assert past_pace(CAPABILITIES.changed(fingerprint="new"), tmp_path) is None


async def test_a_pace_is_measured_on_one_short_canvas() -> None:
    backend = ScriptedBackend(step_seconds=0.002)
    pace = await measured_pace(backend)
    assert len(backend.canvases) == 1
    assert pace.seconds_a_token is not None and 0 < pace.seconds_a_token < 1
    assert "measured now" in pace.basis


async def test_a_run_says_what_was_quoted_for_it() -> None:
    found = await run(PLAN, ScriptedBackend(capabilities=CAPABILITIES))
    (quote,), (finished,) = of(found, Quoted), of(found, Finished)
    assert finished.quoted == quote
    assert quote.tokens == 390
    assert against(finished) == f" (quoted 390 tokens; it took {finished.cost.tokens:,})"
    assert against(finished.changed(quoted=None)) == ""


async def test_logs_of_earlier_releases_are_read() -> None:
    found = await run(PLAN, ScriptedBackend())
    old: list[Event] = []
    for event in found:
        if event.type in NEW_KINDS:
            continue
        fields = json.loads(events.dump_json(event))
        for name in NEW_FIELDS.get(event.type, ()):
            del fields[name]
        old.append(events.validate_json(json.dumps(fields)))
    assert document(old) == document(found)
    assert of(old, Finished)[0].quoted is None
    assert of(old, Quoted)[0].critical == () and of(old, Quoted)[0].tokens == 390
    assert [one.canvas for one in of(old, Opened)] == [one.canvas for one in of(found, Opened)]
    assert of(old, Planned)[0].request.facts == Ledger()


@pytest.mark.parametrize(("asked", "words"), [(Request(goal="Tides"), 390), (Request(goal="Tides", words=600), 600)])
async def test_a_plan_is_quoted_at_the_length_at_which_it_is_written(asked: Request, words: int) -> None:
    outline = shaped(sized(PLAN, asked), asked)
    found = await run(PLAN, ScriptedBackend(capabilities=CAPABILITIES), request=asked)
    assert quoted(outline, CAPABILITIES, Settings()) == of(found, Quoted)[0]
    assert of(found, Quoted)[0].tokens == words

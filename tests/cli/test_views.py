"""What is drawn of a run, frame by frame."""

import io
import itertools
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live

from hierdiff.document import Draft
from hierdiff.events import Drafted, Event, Opened, Planned, Quoted, Renoised, Stepped
from hierdiff.outline import Edge, Outline, Section
from hierdiff.plugins import open_planner
from hierdiff.protocols import Capabilities
from hierdiff.report.columns import fitted, padded, tail
from hierdiff.report.frame import Frame
from hierdiff.report.plain import lines, one_line
from hierdiff.report.progress import Progress
from hierdiff.report.terminal import SHORTEST, Log, Screen
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff.writer import Writer

NASTY = "Bad [red]markup[/red] \x1b[31m\x1b]0;title\x07\u202e\u200b\r\x08 海岸線の後退とその原因 🌊"


def planned(count: int) -> Planned:
    sections = tuple(Section(id=f"s{n}", title=f"{n} {NASTY}", budget=100) for n in range(count))
    edges = (Edge(kind="depends_on", source=f"s{count - 1}", target="s0"),) if count > 1 else ()
    outline = Outline(title="T", sections=sections, edges=edges)
    request = Request(goal=NASTY)
    return Planned(run="r", request=request, outline=outline, backend=Capabilities(name="scripted"))


def drawn(progress: Progress, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    with console.capture() as capture:
        console.print(Frame(progress))
    return capture.get().splitlines()


def step(section: str, tokens: int, text: str = "Some words.") -> Stepped:
    return Stepped(canvas=section, section=section, tokens=tokens, width=100, text=text)


@pytest.mark.parametrize("width", [20, 40, 45, 60, 80, 100, 200])
@pytest.mark.parametrize("height", [5, 8, 24, 60])
@pytest.mark.parametrize("count", [1, 7, 300])
def test_a_frame_fits_its_terminal(width: int, height: int, count: int) -> None:
    progress = Progress(NASTY)
    for event in (planned(count), Quoted(tokens=100, canvases=1, critical_tokens=100)):
        progress.told(event)
    for number in range(min(count, 12)):
        progress.told(Opened(canvas=f"s{number}", section=f"s{number}", width=100))
        progress.told(step(f"s{number}", 3 * number, NASTY * 20))
    progress.told(Renoised(section="s0", start=0, stop=3, before=NASTY, candidates=4))
    frame = drawn(progress, width, height)
    assert len(frame) <= max(height - 1, 4)
    assert all(cell_len(line) <= width for line in frame)
    assert not re.search(r"[\x00-\x1f\u202e\u200b]", "".join(frame))


def test_markup_is_text() -> None:
    progress = Progress(NASTY)
    progress.told(planned(2))
    assert "[red]markup[/red]" in "\n".join(drawn(progress, 120, 30))


def test_more_sections_than_lines_are_counted() -> None:
    progress = Progress()
    progress.told(planned(100))
    for number in range(8):
        progress.told(Opened(canvas=f"s{number}", section=f"s{number}", width=100))
    for number in range(3):
        progress.told(Drafted(draft=Draft(section=f"s{number}", text="Done."), seconds=1.0))
    assert drawn(progress, 100, 30)[-1] == "3 done, 92 waiting"
    assert drawn(progress, 100, 7)[-1] == "2 more writing, 3 done, 92 waiting"


def test_bars_never_go_back() -> None:
    progress = Progress()
    progress.told(planned(1))
    progress.told(Opened(canvas="s0", section="s0", width=100))
    seen: list[float] = []
    for tokens in (10, 50, 40, 120, 60):
        progress.told(step("s0", tokens))
        seen.append(progress.rows["s0"].share)
    assert seen == sorted(seen)
    assert max(seen) == 1.0
    assert progress.tokens == 120


def test_what_a_section_waits_for() -> None:
    progress = Progress()
    progress.told(planned(3))
    assert len(progress.waits_for("s2")) == 1
    progress.told(Drafted(draft=Draft(section="s0", text="Done."), seconds=1.0))
    assert progress.waits_for("s2") == []


def test_a_screen_draws_ten_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    frames: list[float] = []
    refresh = Live.refresh

    def now() -> float:
        return next(ticks) * 0.001

    def counted(live: Live) -> None:
        frames.append(now())
        refresh(live)

    monkeypatch.setattr("hierdiff.report.terminal.time.monotonic", now)
    monkeypatch.setattr(Live, "refresh", counted)
    screen = Screen(Console(file=io.StringIO(), width=80, height=20, force_terminal=True), Progress("T"))
    screen.told(planned(1))
    for number in range(2000):
        screen.told(step("s0", number))
    assert 5 < len(frames) < now() / SHORTEST + 2
    screen.close()


async def test_a_log_has_a_line_for_each_change_and_none_for_steps() -> None:
    console = Console(file=io.StringIO(), width=40, force_terminal=False)
    log = Log(console, Progress())
    backend = ScriptedBackend({"overview": "The wall is 1.4 m high.\x1b[31m See section 9."})
    events: list[Event] = []
    async for event in Writer(open_planner("scaffold"), backend).stream(Request(goal=NASTY, words=400)):
        events.append(event)
        log.told(event)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "\x1b" not in said
    kinds = [event.type for event in events if event.type != "stepped"]
    assert [line.split("  ")[0].strip().replace(" ", "_") for line in said.splitlines()] == kinds


@pytest.mark.parametrize("width", [0, 1, 2, 5, 9, 40])
def test_text_is_cut_by_columns(width: int) -> None:
    for text in ("", "one two three four", "海岸線の後退 とその原因", "🌊🌊🌊🌊🌊🌊", NASTY * 10, "x" * 500):
        assert cell_len(fitted(text, width)) <= width
        assert cell_len(tail(text, width)) <= width
        assert cell_len(padded(text, width)) == width
    assert tail("one two three four", 11) == "…three four"
    assert fitted("one two three four", 8) == "one two…"


def test_control_characters_are_taken_out() -> None:
    assert one_line("a\x1b[31m b\x1b]0;t\x07\r\nc\u202e\ud800") == "a b c"
    assert lines("a\x1b[2J\tb\nc\x07") == "a\tb\nc"

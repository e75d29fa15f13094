"""The shipped doubles: they keep the contract that they check, and tell what they were asked."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.document import Cost
from hierdiff.errors import BackendError, FileError
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Backend, Capabilities, Planner, TokenScore, Way
from hierdiff.request import Request
from hierdiff.spans import Span
from hierdiff.testing import (
    NetworkUsedError,
    ScriptedBackend,
    ScriptedPlanner,
    check_backend,
    no_network,
    open_backend,
)
from hierdiff.testing.contract import check_filling, check_scores

OUTLINE = Outline(title="Plan", sections=(Section(id="a", title="A"),))


async def last_of(backend: Backend, canvas: Canvas) -> Canvas:
    """The canvas as it is when it is full."""
    return [now async for now in backend.fill(canvas)][-1]


async def test_the_planner_gives_its_outline_and_remembers_the_request() -> None:
    planner = ScriptedPlanner(OUTLINE)
    request = Request(goal="x")
    assert isinstance(planner, Planner)
    assert await planner.plan(request, ScriptedBackend()) is OUTLINE
    assert planner.requests == [request]


@pytest.mark.parametrize("tokens_per_step", [1, 3, 8, 1000])
async def test_the_backend_keeps_the_contract(tokens_per_step: int) -> None:
    backend = ScriptedBackend(tokens_per_step=tokens_per_step)
    assert isinstance(backend, Backend)
    await check_backend(backend)
    assert backend.open_now == 0


async def test_holes_are_filled_bit_by_bit() -> None:
    backend = ScriptedBackend({"a": "one two three four five six"}, tokens_per_step=2)
    run = [now async for now in backend.fill(Canvas.open("a", width=6))]
    assert [now.text for now in run] == ["one two", "one two three four", "one two three four five six"]
    assert [now.width for now in run] == [4, 2, 0]
    assert run[-1].draft().tokens == 6
    assert backend.cost == Cost(forwards=3, rows=18, tokens=6, canvases=1)


async def test_texts_go_by_canvas_before_section_and_lists_in_turn() -> None:
    backend = ScriptedBackend({"a": ["one.", "two."], "a~7": "seven."})
    spans = Canvas(id="a~1", section="a", pieces=(Hole(width=2), Ink(text=" - "), Hole(width=2)))
    assert (await last_of(backend, spans)).text == "one. - two."
    assert (await last_of(backend, Canvas.open("a", width=2))).text == "two."
    assert (await last_of(backend, Canvas.open("a", width=2).changed(id="a~7"))).text == "seven."
    assert [canvas.id for canvas in backend.canvases] == ["a~1", "a", "a~7"]


async def test_texts_are_cut_to_the_line_and_the_limit() -> None:
    backend = ScriptedBackend({"a": "\none two three\nfour"})
    line = Canvas(id="a", section="a", pieces=(Hole(width=1, most=2, close="line"), Ink(text="\n")))
    draft = (await last_of(backend, line)).draft()
    assert (draft.text, draft.tokens, draft.ending) == ("one two\n", 2, "length")


async def test_made_up_text_is_the_same_for_the_same_seed_and_else_differs() -> None:
    backend = ScriptedBackend()
    texts = [
        (await last_of(backend, Canvas.open(section, width=80, seed=seed))).text
        for section, seed in (("a", 0), ("a", 0), ("a", 1), ("b", 0))
    ]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3
    assert all(70 <= len(text.split()) <= 90 and text.endswith(".") for text in texts)


async def test_made_up_text_is_never_what_is_banned() -> None:
    backend = ScriptedBackend()
    pieces = (Ink(text="The wall is"), Hole(width=3, close="span"), Ink(text=" high."))
    canvas = Canvas(id="a", section="a", pieces=pieces)
    first = (await last_of(backend, canvas)).filled[0]
    assert first.startswith(" ") and len(first.split()) == 3
    banned = Hole(width=3, close="span", ban=(first.strip(),))
    assert (await last_of(backend, canvas.changed(pieces=(pieces[0], banned, pieces[2])))).filled[0] != first


async def test_closing_early_withdraws() -> None:
    backend = ScriptedBackend()
    async with aclosing(cast("Any", backend.fill(Canvas.open("a", width=80)))) as run:
        await anext(run)
        assert backend.open_now == 1
    assert (backend.withdrawn, backend.open_now) == (["a"], 0)


async def test_cancelling_withdraws() -> None:
    backend = ScriptedBackend(step_seconds=10)
    task = asyncio.create_task(last_of(backend, Canvas.open("a", width=8)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backend.withdrawn == ["a"]


async def test_open_canvases_are_counted() -> None:
    backend = ScriptedBackend()
    await asyncio.gather(*(last_of(backend, Canvas.open(name, width=40)) for name in "abc"))
    assert (backend.most_open, backend.open_now, backend.withdrawn) == (3, 0, [])


async def test_sections_fail_as_told() -> None:
    backend = ScriptedBackend({"c": "one"}, fail={"a": 1, "c": 1})
    run = backend.fill(Canvas.open("a", width=40))
    assert (await anext(run)).text
    with pytest.raises(BackendError, match="'a' fails") as caught:
        await anext(run)
    assert caught.value.about == "a"
    await last_of(backend, Canvas.open("a", width=40))
    with pytest.raises(BackendError):
        await last_of(backend, Canvas.open("c", width=1))
    assert (backend.withdrawn, backend.open_now) == ([], 0)
    always = ScriptedBackend(fail="a")
    for _ in range(3):
        with pytest.raises(BackendError):
            await last_of(always, Canvas.open("a", width=40))
    await last_of(always, Canvas.open("b", width=40))


async def test_a_closed_backend_refuses() -> None:
    backend = ScriptedBackend()
    run = backend.fill(Canvas.open("a", width=40))
    await anext(run)
    await backend.close()
    await backend.close()
    with pytest.raises(BackendError, match="was closed"):
        await anext(run)
    with pytest.raises(BackendError, match="is closed"):
        await last_of(backend, Canvas.open("a", width=40))


async def test_scores_are_told() -> None:
    backend = ScriptedBackend()
    backend.logprobs["odd"] = -9.0
    canvas = Canvas(id="a", section="a", pieces=(Ink(text="an odd word "),))
    assert [(score.start, score.stop, score.logprob) for score in await backend.score(canvas)] == [
        (0, 2, -1.0),
        (2, 6, -9.0),
        (6, 11, -1.0),
        (11, 12, -1.0),
    ]


def test_the_fingerprint_follows_the_script() -> None:
    one, two = ScriptedBackend({"a": "x"}), ScriptedBackend({"a": "y"})
    assert one.capabilities.fingerprint != two.capabilities.fingerprint
    assert ScriptedBackend(capabilities=Capabilities(name="own")).capabilities.name == "own"


async def test_scripts_are_read_from_files(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("a: Text.\nb: [One., Two.]\n", encoding="utf-8")
    backend = open_backend(str(script))
    assert (await last_of(backend, Canvas.open("b", width=2))).text == "One."
    script.write_text(json.dumps({"a": "Ö 😀."}), encoding="utf-8")
    assert (await last_of(open_backend(str(script)), Canvas.open("a", width=2))).text == "Ö 😀."
    assert (await last_of(open_backend(""), Canvas.open("a", width=9))).text


@pytest.mark.parametrize("content", ["", "just text", "[a]", "a: {b: c}", "a: [[b]]", "a: [", "a: []"])
def test_bad_scripts_are_refused(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(content, encoding="utf-8")
    with pytest.raises(FileError, match=r"script\.yaml"):
        open_backend(str(script))


CANVAS = Canvas(id="a", section="a", pieces=(Ink(text="x "), Hole(width=4, close="line"), Ink(text=" y")), seed=1)


def filled(text: str, tokens: int = 1, **more: object) -> Canvas:
    """CANVAS with a text in its hole, and whatever else a wrong backend changes."""
    pieces = (Ink(text="x "), Ink(text=text, by="model", tokens=tokens), Ink(text=" y"))
    return CANVAS.changed(**{"pieces": pieces, **more})


PART = Ink(text="new", by="model", tokens=1)


@pytest.mark.parametrize(
    ("run", "rule"),
    [
        ([], "at least once"),
        ([CANVAS], "no holes"),
        ([filled("n").changed(id="b")], "handed back"),
        ([filled("n").changed(seed=2)], "handed back"),
        ([filled("n", pieces=(Ink(text="z "), PART, Ink(text=" y")))], "ink must never change"),
        ([filled("n", pieces=(Ink(text="x "), PART, PART, Ink(text=" y")))], "one piece"),
        ([filled("n", pieces=(Ink(text="x "), Hole(width=5), Ink(text=" y"))), filled("n")], "never grow"),
        ([filled("n", pieces=(Ink(text="x "), PART, Hole(width=1), Ink(text=" y"))), filled("old")], "must stand"),
        ([filled("n", tokens=99)], "at most 28"),
        ([filled("two\nlines")], "one line"),
    ],
)
def test_the_contract_names_what_is_broken(run: list[Canvas], rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_filling(CANVAS, run)
    check_filling(CANVAS, [filled("fine")])


@pytest.mark.parametrize("scores", [[], [(0, 9, -1.0)], [(0, 2, -1.0), (1, 3, -1.0)], [(0, 1, 0.5)], [(0, 1, -1e999)]])
def test_the_contract_of_scores(scores: list[tuple[int, int, float]]) -> None:
    with pytest.raises(AssertionError, match="score"):
        check_scores("text", [TokenScore(start=a, stop=b, logprob=c) for a, b, c in scores])


class Stubborn:
    """A backend that goes on working on a canvas when its iterator is closed."""

    def __init__(self) -> None:
        self._inner = ScriptedBackend(step_seconds=0.01)
        self._tasks: set[asyncio.Task[Canvas]] = set()

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    @property
    def cost(self) -> Cost:
        return self._inner.cost

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        long = Canvas.open("more", width=2000)
        self._tasks.add(asyncio.create_task(last_of(self._inner, long)))
        async for now in self._inner.fill(canvas):
            yield now

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> list[TokenScore]:
        return list(await self._inner.score(canvas, way, within))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_the_contract_notices_work_that_goes_on() -> None:
    backend = Stubborn()
    with pytest.raises(AssertionError, match="must stop the work"):
        await check_backend(backend)
    await backend.close()


def test_no_network_lets_nothing_out() -> None:
    with no_network() as refused:
        for host in ("192.0.2.1", "::ffff:192.0.2.1"):
            with pytest.raises(NetworkUsedError, match="may not use the network"):
                socket.create_connection((host, 80), timeout=1)
        with pytest.raises(NetworkUsedError):
            socket.getaddrinfo("example.org", 80)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(NetworkUsedError):
            udp.sendto(b"x", ("192.0.2.1", 80))
        with socket.socket() as tcp, pytest.raises(NetworkUsedError):
            tcp.connect_ex(("192.0.2.1", 80))
    assert len(refused) == 5


async def test_no_network_lets_loopback_be() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    with no_network() as refused:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("localhost", port)
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
            await writer.wait_closed()
    assert refused == []


@no_network()
def test_no_network_is_a_decorator_too() -> None:
    with pytest.raises(NetworkUsedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)

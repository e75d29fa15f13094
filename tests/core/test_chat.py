"""Chat: asks as the server understands it, waits as it is told to, and never lets its key out."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from chat_helpers.server import Answer, Play, error, says, serving
from hypothesis import given
from hypothesis import strategies as st

from hierdiff.chat import Chat, address, key_for
from hierdiff.errors import ChatError, RequestError
from hierdiff.loose_json import MOST_LETTERS, parsed

KEY = "sk-very-secret-0123456789"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
ASKED = [{"role": "user", "content": "Tides?"}]


def chat(url: str, **more: Any) -> Chat:
    return Chat(url, "m", **{"key": KEY, "most_wait": 0.01, "seconds": 5.0, **more})


async def ask(play: Play, *, schema: bool = True, **more: Any) -> tuple[str, str, list[dict[str, Any]]]:
    """Text and way of one answer, and the bodies that the server got."""
    with serving(play) as server:
        async with chat(server.url, **more) as one:
            reply = await one.complete(ASKED, schema=SCHEMA if schema else None, temperature=0.3, seed=5)
        return reply.text, reply.how, server.bodies


async def test_a_server_that_knows_schemas_is_asked_with_one() -> None:
    with serving(lambda body, _: says({"a": 1})) as server:
        async with chat(server.url) as one:
            reply = await one.complete(ASKED, schema=SCHEMA, max_tokens=99, temperature=0.3, seed=5)
    ((path, headers, body),) = server.seen
    assert path == "/v1/chat/completions" and headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["messages"], body["max_tokens"], body["seed"]) == ("m", ASKED, 99, 5)
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (parsed(reply.text), reply.how, reply.tokens_in, reply.tokens_out, reply.cut) == (
        {"a": 1}, "schema", 11, 7, False,
    )  # fmt: skip


async def test_one_that_does_not_is_asked_for_a_tool_call_and_that_is_remembered() -> None:
    def play(body: dict[str, Any], number: int) -> Answer:
        return (
            error(400, "response_format is not supported") if "response_format" in body else says({"a": 2}, tool=True)
        )

    with serving(play) as server:
        async with chat(server.url) as one:
            replies = [await one.complete(ASKED, schema=SCHEMA) for _ in range(2)]
    assert [(reply.how, parsed(reply.text)) for reply in replies] == [("tool", {"a": 2})] * 2
    assert ["tools" in body for body in server.bodies] == [False, True, True]


async def test_one_that_knows_neither_is_told_the_schema_and_its_json_is_mended() -> None:
    def play(body: dict[str, Any], number: int) -> Answer:
        if "response_format" in body or "tools" in body:
            return error(422, "unknown field")
        return says("Sure! ```json\n{'a': 3, 'b': [1, 2,}\n```")

    text, how, bodies = await ask(play)
    assert how == "json" and parsed(text) == {"a": 3, "b": [1, 2]}
    assert len(bodies) == 3 and json.dumps(SCHEMA) in bodies[-1]["messages"][-1]["content"]


async def test_parameters_that_a_server_refuses_are_left_out() -> None:
    def play(body: dict[str, Any], number: int) -> Answer:
        for name in ("max_tokens", "temperature", "seed"):
            if name in body:
                return error(400, f"Unsupported parameter: '{name}'")
        return says("high tide")

    text, how, bodies = await ask(play, schema=False)
    assert (text, how, len(bodies)) == ("high tide", "text", 4)
    assert bodies[-1] == {"model": "m", "messages": ASKED, "max_completion_tokens": 2048}


async def test_what_passes_is_tried_again_as_the_server_says() -> None:
    def play(body: dict[str, Any], number: int) -> Answer:
        return [error(429, "slow down", Retry_After="0.3"), error(503, "starting"), says("done")][number]

    started = time.monotonic()
    text, _, bodies = await ask(play, schema=False, most_wait=1.0)
    assert text == "done" and len(bodies) == 3 and time.monotonic() - started >= 0.3


@pytest.mark.parametrize("after", ["86400", format_datetime(datetime.now(UTC) + timedelta(days=1)), "soon", "nan"])
async def test_no_server_makes_us_wait_for_long(after: str) -> None:
    started = time.monotonic()
    play: Play = lambda body, number: says("done") if number else error(429, "later", Retry_After=after)  # noqa: E731
    assert (await ask(play, schema=False))[0] == "done"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("answer", "says_so", "calls"),
    [
        (error(500, "out of memory"), r"fails with status 500.*out of memory", 3),
        (error(401, f"no such key: {KEY}"), r"refuses the API key; set the right one: no such key: \*\*\*$", 1),
        (error(403, "x" * 395 + KEY), r"refuses the API key", 1),
        (error(404, "no such model"), r"knows no model 'm'", 1),
        (error(400, "what?", "model_not_found"), r"knows no model 'm'", 1),
        (error(429, "pay first", "insufficient_quota"), r"no quota left.*pay first", 1),
        (error(418, "teapot"), r"refuses the request with status 418: teapot", 1),
        (error(400, "no"), r"refuses the request with status 400: no", 3),
        (Answer(302, headers={"location": "http://127.0.0.1:9/"}), r"sends us on to another address", 1),
        (Answer(body=b"<html>hello</html>"), r"no chat completion; is the address right", 1),
        (Answer(body=b"[" * 100_000), r"no chat completion", 1),
        (Answer(body=b'{"choices": []}'), r"no chat completion", 3),
        (Answer(body=b" " * 2_000_001), r"sent more than 2 MB", 1),
    ],
)
async def test_what_does_not_pass_is_said_at_once_and_without_the_key(answer: Answer, says_so: str, calls: int) -> None:
    with serving(lambda body, number: answer) as server:
        async with chat(server.url, tries=3, most_bytes=2_000_000) as one:
            with pytest.raises(ChatError, match=says_so) as caught:
                await one.complete(ASKED, schema=SCHEMA)
    assert len(server.seen) == calls
    assert caught.value.about == server.url
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any(KEY[:8] in f"{one!r}{one}" for one in chain)


async def test_a_server_that_hangs_is_given_up() -> None:
    with serving(lambda body, number: Answer(seconds=1.0)) as server:
        async with chat(server.url, seconds=0.2, tries=2) as one:
            with pytest.raises(ChatError, match=r"did not answer within 0\.2 s, 2 times"):
                await one.complete(ASKED)
    assert len(server.seen) == 2


async def test_a_server_that_is_not_there_is_named() -> None:
    with serving(lambda body, number: says("")) as server:
        url = server.url
    async with chat(url, tries=2) as one:
        with pytest.raises(ChatError, match=r"cannot be reached \(ConnectError\); is the server running"):
            await one.complete(ASKED)


async def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), serving(lambda body, number: says("done")) as server:
        async with chat(server.url) as one:
            await one.complete(ASKED)
        assert KEY not in repr(one) + caplog.text
        with pytest.raises(RequestError) as caught:
            chat(server.url, key=f"{KEY}\n{KEY}")
        assert KEY not in str(caught.value)


def test_one_chat_serves_several_event_loops() -> None:
    with serving(lambda body, number: says("done")) as server:
        one = chat(server.url)

        async def once() -> str:
            async with one:
                return (await one.complete(ASKED)).text

        assert [asyncio.run(once()) for _ in range(2)] == ["done", "done"]


def test_keys_come_from_the_environment_and_openais_goes_to_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    assert key_for("https://api.openai.com/v1", "MINE") == "theirs"
    others = ["http://api.openai.com/v1", "https://api.openai.com.example.org/v1", "http://localhost:8000/v1"]
    assert [key_for(url, "MINE") for url in others] == [None] * 3
    monkeypatch.setenv("MINE", " mine ")
    assert key_for("https://api.openai.com/v1", "MINE") == key_for(others[2], "MINE") == "mine"


@pytest.mark.parametrize(
    "url",
    ["", "host/v1", "ftp://host/v1", "http://", "https://me:secret@host/v1", "http://h/v1?key=secret", "http://[1"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="address") as caught:
        Chat(url, "m")
    assert "secret" not in str(caught.value)


def test_addresses_are_taken_as_people_copy_them() -> None:
    assert address(" https://host/v1/chat/completions ") == address("https://host/v1/") == "https://host/v1"
    with pytest.raises(RequestError, match="no model is named"):
        Chat("https://host/v1", " ")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('<think>{"a": 0}</think> {"a": 1}', {"a": 1}),
        ('Here: {"a": [1, 2]} and that is all.', {"a": [1, 2]}),
        ('{"a": [{"b": 1}, {"b": 2', {"a": [{"b": 1}, {"b": 2}]}),
        ("no data at all", None),
        ("", None),
        ("[" * 5000, None),
        ('{"a": "' + "x" * MOST_LETTERS + '"}', None),
    ],
)
def test_json_is_found_in_what_models_write(text: str, data: object) -> None:
    assert parsed(text) == data


@given(st.text(alphabet='{}[]",:a1 \\\n`', max_size=200))
def test_whatever_is_written_the_reader_comes_back_with_data_or_nothing(text: str) -> None:
    assert parsed(text) is None or isinstance(parsed(text), dict | list)

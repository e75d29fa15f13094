"""Chat: the client of any chat server that speaks OpenAI's form.

A planner and a judge ask it; it finds out what the server knows, waits where it is told to wait, and says in one line
what to do where nothing helps. The key goes into one header and nowhere else: no error, no `repr` and no log has it.
"""

import asyncio
import json
import math
import os
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import NoReturn, final
from urllib.parse import urlsplit

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from hierdiff.chat_wire import (
    FINAL,
    Call,
    Knowledge,
    Message,
    Reply,
    Schema,
    body,
    is_completion,
    messages_of,
    problem,
    refused,
    reply,
)
from hierdiff.errors import ChatError, RequestError
from hierdiff.loose_json import Json
from hierdiff.seeds import seed_of

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""The statuses after which the same request may succeed."""
BAD = frozenset({400, 415, 422, 501})
"""Those with which servers refuse a parameter that they do not know."""
MOST_BYTES = 4_000_000
MOST_MESSAGE = 400
"""Characters of a server's own words that an error repeats."""
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
OPENAI = "api.openai.com"


@final
class _Later(Exception):
    """What may succeed when it is tried again, after `seconds` if the server said so."""

    def __init__(self, error: ChatError, seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.seconds = error, seconds


@final
class Chat:
    """A model behind `url` (which ends before /chat/completions: https://HOST/v1). What the server was found to know is
    remembered as long as the object lives, its connections as long as an `async with` on it, or until `close`.

    `seconds` is the most that one attempt may take, `tries` how many attempts there are, `most_wait` the longest pause
    between two, whatever the server asks for. Raises RequestError for an address that is none.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        seconds: float = 300.0,
        tries: int = 4,
        most_wait: float = 60.0,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.url, self.model = address(url), model.strip()
        if not self.model:
            raise RequestError(f"no model is named for {self.url}; say which one it is to ask")
        self._key = _header(key)
        self._seconds, self._tries, self._most_wait, self._most_bytes = seconds, max(1, tries), most_wait, most_bytes
        self._knowledge = Knowledge()
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._users = 0

    def __repr__(self) -> str:
        return f"Chat({self.url!r}, {self.model!r})"

    async def __aenter__(self) -> "Chat":
        self._users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._users <= 0:
            await self.close()

    async def close(self) -> None:
        """Let go of the connections. May be called twice; a later `complete` opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Schema | None = None,
        max_tokens: int = 2048,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Reply:
        """The model's answer to the messages; with a `schema` its text is meant to be JSON of that shape, but has to be
        read with care (`hierdiff.loose_json`). Raises ChatError, saying what to do."""
        call = Call(
            messages=messages_of(messages),
            schema_=None if schema is None else dict(schema),
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
        )
        knowledge = self._knowledge
        while True:
            how = knowledge.how(call.schema_)
            status, answer = await self._patiently(body(self.model, call, knowledge))
            if status == 200 and (found := reply(answer, how)) is not None:
                self._learn(call, knowledge)
                return found
            weaker = self._weaker(status, answer, call, knowledge)
            if weaker is None:
                self._fail(status, answer)
            knowledge = weaker

    def _learn(self, call: Call, knowledge: Knowledge) -> None:
        """Remember what worked. Of two questions at once, the one that had to leave out more knows better."""
        if call.schema_ is not None:
            knowledge = knowledge.changed(certain=True)
        refuses = self._knowledge.refuses | knowledge.refuses
        self._knowledge = knowledge.changed(refuses=refuses, step=max(knowledge.step, self._knowledge.step))

    def _weaker(self, status: int, answer: Json, call: Call, knowledge: Knowledge) -> Knowledge | None:
        """What to leave out after a refusal, or after an answer without text; None if that would not help."""
        message, code = problem(answer)
        if code in FINAL or not (status in BAD or (status == 200 and is_completion(answer))):
            return None
        return refused("" if status == 200 else message or code, call, knowledge)

    async def _patiently(self, asked: dict[str, object]) -> tuple[int, Json]:
        """Status and data of the answer, after as many attempts as it takes."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=self._pause,
            retry=retry_if_exception_type(_Later),
            reraise=True,
            sleep=asyncio.sleep,
        )
        try:
            return await attempts(self._once, json.dumps(asked).encode())
        except _Later as later:
            raise later.error from None

    def _pause(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what the server said, else ever longer, never more than `most_wait`."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, _Later) and error.seconds is not None:
            return min(self._most_wait, error.seconds)
        spread = seed_of(state.attempt_number, self.url) % 1000 / 2000
        return min(self._most_wait, 2.0 ** (state.attempt_number - 1) * (0.75 + spread))

    async def _once(self, asked: bytes) -> tuple[int, Json]:
        """One attempt. Raises _Later for what may pass, ChatError for what will not."""
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        headers |= {"authorization": self._key} if self._key else {}
        try:
            async with asyncio.timeout(self._seconds):
                address = f"{self.url}/chat/completions"
                async with self._open().stream("POST", address, content=asked, headers=headers) as answer:
                    return await self._read(answer)
        except (TimeoutError, httpx.TimeoutException):
            what = f"{self.url} did not answer within {self._seconds:g} s, {self._tries} times; is it overloaded?"
            raise _Later(ChatError(what, about=self.url)) from None
        except httpx.HTTPError as error:
            what = f"{self.url} cannot be reached ({type(error).__name__}); is the server running, the address right?"
            raise _Later(ChatError(what, about=self.url)) from None

    async def _read(self, answer: httpx.Response) -> tuple[int, Json]:
        status = answer.status_code
        if 300 <= status < 400:
            self._fail(status, None)
        data = bytearray()
        async for part in answer.aiter_bytes():
            data += part
            if len(data) > self._most_bytes:
                size = f"{self._most_bytes / 1e6:g} MB"
                raise ChatError(f"{self.url} sent more than {size}; ask for less at a time", about=self.url)
        found = _data(data)
        if status in AGAIN and problem(found)[1] not in FINAL:
            raise _Later(self._error(status, found), _seconds(answer.headers.get("retry-after")))
        return status, found

    def _open(self) -> httpx.AsyncClient:
        """The client of this event loop. A proxy of the environment is used, but not for this machine itself."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            local = urlsplit(self.url).hostname in LOCAL
            limit = httpx.Timeout(self._seconds, connect=min(30.0, self._seconds))
            self._client = httpx.AsyncClient(timeout=limit, follow_redirects=False, trust_env=not local)
            self._loop = loop
        return self._client

    def _fail(self, status: int, answer: Json) -> NoReturn:
        raise self._error(status, answer)

    def _error(self, status: int, answer: Json) -> ChatError:
        """What a status means, what the server says to it (never the key), and what to do."""
        message, code = problem(answer)
        secret = self._key.removeprefix("Bearer ")
        message = message.replace(secret, "***") if secret else message
        message = message if len(message) <= MOST_MESSAGE else f"{message[:MOST_MESSAGE]}..."
        remedy = _remedy(status, code, self.model, bool(self._key))
        return ChatError(f"{self.url} {remedy}{f': {message}' if message else ''}", about=self.url)


def address(url: str) -> str:
    """An address as it is asked: http or https, a host, no trailing /chat/completions. Raises RequestError."""
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in ("http", "https") and bool(httpx.URL(url.strip()).host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        parts, whole = None, False
    if parts is None or not whole:
        raise RequestError("a chat server's address is http://HOST:PORT/v1 or https://HOST/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise RequestError("a chat server's address holds no password and no parameters; a key has its own place")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/chat/completions")


def key_for(url: str, variable: str) -> str | None:
    """The key in an environment variable; for api.openai.com, over https, also the one in OPENAI_API_KEY."""
    key = os.environ.get(variable, "").strip()
    parts = urlsplit(address(url))
    if not key and parts.scheme == "https" and parts.hostname == OPENAI:
        key = os.environ.get("OPENAI_API_KEY", "").strip()
    return key or None


def _header(key: str | None) -> str:
    """The header's text for a key. Raises RequestError, without showing it, for one that no header can hold."""
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise RequestError("the API key holds characters that no key has; copy it again")
    return f"Bearer {key}" if key else ""


def _remedy(status: int, code: str, model: str, has_key: bool) -> str:
    if status in (401, 403):
        return "refuses the API key; set the right one" if has_key else "wants an API key; set one"
    if status == 404 or code == "model_not_found":
        return f"knows no model '{model}', or is no chat server at this address (it should end in /v1)"
    if 300 <= status < 400:
        return "sends us on to another address, where a key is not taken along; give that address itself"
    if status == 429:
        return "has no quota left for this key, or is asked too often; wait, or use another server"
    if status >= 500:
        return f"fails with status {status}; look at the server, or use another one"
    if status == 200:
        return "answers with something that is no chat completion; is the address right (it should end in /v1)?"
    return f"refuses the request with status {status}"


def _data(data: bytearray) -> Json:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _seconds(after: str | None) -> float | None:
    """The seconds of a Retry-After header, which gives them as such or as a date."""
    if after is None:
        return None
    try:
        seconds = float(after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(after).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None

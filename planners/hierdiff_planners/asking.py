"""Asking: one way to put a question to whatever can answer it.

A `Chat` of ours, a Python function, an OpenAI client, a LangChain chat model, a pydantic-ai agent: each becomes an
`Ask`. None of those packages is imported; an object is known by the methods that it has. What it answers is data.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import BaseModel

from hierdiff.chat import Chat
from hierdiff.chat_wire import Message, Schema
from hierdiff.errors import HierdiffError, PlannerError, RequestError
from hierdiff.loose_json import MOST_LETTERS, Json, parsed

MESSAGES = "messages"
"""The name of a function's parameter that gets the list of messages; any other gets them as one text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the data in it (None if there is none), its text, its tokens, and whether it was cut off."""

    data: Json
    text: str
    tokens: int = 0
    cut: bool = False


class Ask(Protocol):
    """Puts messages to a model that is to answer in the shape of a schema, within so many tokens."""

    async def __call__(self, messages: Sequence[Message], schema: Schema, max_tokens: int, seed: int) -> Answer:
        """The answer. Raises PlannerError, or ChatError, when there is none."""
        ...


def asker(model: object, name: str | None = None) -> Ask:
    """The Ask of an object; `name` is the model that an OpenAI client is to use. RequestError for anything else."""
    if isinstance(model, Chat):
        return _chat(model)
    create = _method(model, "chat", "completions", "create")
    if create is not None:
        if not name:
            raise RequestError("an OpenAI client needs the name of a model: PromptedPlanner(client, name='...')")
        return _calling(lambda messages: create(model=name, messages=list(messages)), create)
    invoke = _method(model, "ainvoke") or _method(model, "invoke")
    if invoke is not None:
        return _calling(lambda messages: invoke([dict(message) for message in messages]), invoke)
    run = _method(model, "run")
    if run is not None:
        return _calling(lambda messages: run(joined(messages)), run)
    if callable(model):
        return _function(cast(Callable[[Any], Any], model))
    raise RequestError(
        f"a {type(model).__name__} cannot be asked for a plan; give a Chat, a function, or an object with "
        "chat.completions.create, ainvoke, invoke or run"
    )


def joined(messages: Sequence[Message]) -> str:
    """Messages as one text, for whoever takes no list."""
    return "\n\n".join(message["content"] for message in messages)


def _chat(chat: Chat) -> Ask:
    async def ask(messages: Sequence[Message], schema: Schema, max_tokens: int, seed: int) -> Answer:
        reply = await chat.complete(messages, schema=schema, max_tokens=max_tokens, seed=seed % 2**31)
        return Answer(data=parsed(reply.text), text=reply.text, tokens=reply.tokens_out, cut=reply.cut)

    return ask


def _function(function: Callable[[Any], Any]) -> Ask:
    """A function's Ask. It gets what its first parameter is called after."""
    try:
        first = next(iter(inspect.signature(function).parameters), "")
    except (ValueError, TypeError):
        first = ""
    if first == MESSAGES:
        return _calling(lambda messages: function([dict(message) for message in messages]), function)
    return _calling(lambda messages: function(joined(messages)), function)


def _calling(call: Callable[[Sequence[Message]], Any], function: Callable[..., Any]) -> Ask:
    """The Ask of a call. One that blocks has a thread of its own, so that the run goes on."""

    async def ask(messages: Sequence[Message], schema: Schema, max_tokens: int, seed: int) -> Answer:
        try:
            found = call(messages) if _is_async(function) else await asyncio.to_thread(call, messages)
            found = await found if inspect.isawaitable(found) else found
        except HierdiffError:
            raise
        except Exception as error:  # whatever somebody's function or model object raises: named, never swallowed
            what = f"{type(error).__name__}: {error}"[:300]
            raise PlannerError(f"the planner's model failed with {what}") from error
        data, text = _read(found)
        return Answer(data=data, text=text)

    return ask


def _is_async(function: Callable[..., Any]) -> bool:
    called = getattr(function, "__call__", None)  # noqa: B004 - an object's own, which may be async
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _method(model: object, *names: str) -> Callable[..., Any] | None:
    """The method behind a path of attributes; None if there is none."""
    found: Any = model
    for name in names:
        found = getattr(found, name, None)
    return found if callable(found) and found is not model else None


def _read(found: Any, depth: int = 0) -> tuple[Json, str]:
    """Data and text of what was answered: data itself, JSON in a text, or a message object that holds either."""
    if isinstance(found, str | bytes):
        text = found.decode("utf-8", "replace") if isinstance(found, bytes) else found
        return parsed(text), text[:MOST_LETTERS]
    for inner in ("choices", "message", "output", "content"):
        held = None if isinstance(found, Mapping | list) else getattr(found, inner, None)
        if held is not None and depth < 4:
            return _read(held[0] if inner == "choices" and isinstance(held, list) and held else held, depth + 1)
    if isinstance(found, BaseModel):
        found = found.model_dump(mode="json")
    parts = _texts(found)
    if parts:
        return _read("".join(parts))
    if isinstance(found, Mapping | list):
        return cast(Json, dict(found) if isinstance(found, Mapping) else found), str(found)[:MOST_LETTERS]
    raise PlannerError(f"the planner's model answered with a {type(found).__name__}; it must be text or a mapping")


def _texts(found: Any) -> list[str]:
    """The texts of a message whose content comes in parts; none if it is anything else."""
    if not isinstance(found, list):
        return []
    held = [part.get("text") if isinstance(part, Mapping) else part for part in cast(list[Any], found)]
    texts = [text for text in held if isinstance(text, str)]
    return texts if len(texts) == len(held) else []

"""What goes over the wire to a chat server and what comes back, as plain data: the form that OpenAI gave it and that
vLLM, SGLang, llama.cpp, Ollama and most services understand.

Servers differ in what they know. `How` is the way in which an answer's shape is asked for, strongest first; `Knowledge`
is what a server was found to know, and which of the optional parameters it refuses.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hierdiff.loose_json import Json
from hierdiff.values import Value

Message = Mapping[str, str]
"""One message of a conversation: its `role` (system, user, assistant) and its `content`."""
Schema = Mapping[str, Any]
"""A JSON schema."""
How = Literal["schema", "tool", "json", "text"]

ORDER: tuple[How, ...] = ("schema", "tool", "json")
FINAL = ("model_not_found", "context_length_exceeded", "invalid_api_key", "insufficient_quota")
"""Codes of OpenAI's errors that no other wording of the call would help against."""
_MESSAGES = ("message", "detail", "msg")
_ASKED = "Answer with one JSON object and nothing else, of this schema:\n"


class Reply(Value):
    """An answer: its text, the tokens read and written as the server counts them (0 where it does not), how its shape
    was asked for, and whether it was cut off at the limit of tokens."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    how: How = "text"
    cut: bool = False


class Knowledge(Value):
    """What a server was found to know: the strongest `how` that it answers (an index into ORDER) and whether that is
    certain; the parameters that it `refuses`."""

    step: int = 0
    certain: bool = False
    refuses: frozenset[str] = frozenset()

    def how(self, schema: Schema | None) -> How:
        """How the next answer is to be asked for."""
        return "text" if schema is None else ORDER[self.step]


class Call(Value):
    """One question: messages, the shape of the answer, and the limits of its sampling."""

    messages: tuple[dict[str, str], ...]
    schema_: dict[str, Any] | None = None
    max_tokens: int
    temperature: float | None = None
    seed: int | None = None


def body(model: str, call: Call, knowledge: Knowledge) -> dict[str, Any]:
    """The body of the request for a call, in the words that the server is known to understand."""
    how = knowledge.how(call.schema_)
    asked: dict[str, Any] = {"model": model, "messages": list(call.messages)}
    limit = "max_completion_tokens" if "max_tokens" in knowledge.refuses else "max_tokens"
    optional = {limit: call.max_tokens, "temperature": call.temperature, "seed": call.seed}
    asked |= {name: value for name, value in optional.items() if value is not None and name not in knowledge.refuses}
    return asked | _shape(how, call)


def _shape(how: How, call: Call) -> dict[str, Any]:
    """The part of a body that asks for a shape, and the messages where they have to say it."""
    if call.schema_ is None:
        return {}
    if how == "schema":
        wanted = {"name": "answer", "strict": True, "schema": call.schema_}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if how == "tool":
        function = {"name": "answer", "description": "Hand in the answer.", "parameters": call.schema_}
        choice = {"type": "function", "function": {"name": "answer"}}
        return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}
    return {"messages": [*call.messages, {"role": "user", "content": f"{_ASKED}{json.dumps(call.schema_)}"}]}


def is_completion(answer: Json) -> bool:
    """Whether a server's answer has at least the outer form of a chat completion."""
    return isinstance(_get(answer, "choices"), list)


def refused(text: str, call: Call, knowledge: Knowledge) -> Knowledge | None:
    """What to believe of a server after it called a request bad, and said why in `text`; None if nothing is left to
    leave out. A parameter that it names goes first, then the way in which the shape was asked for."""
    sent = [name for name in body("", call, knowledge) if name in ("max_tokens", "temperature", "seed")]
    named = next((name for name in sent if name in text), None)
    if named is not None:
        return knowledge.changed(refuses=knowledge.refuses | {named})
    if call.schema_ is None or knowledge.certain or knowledge.step + 1 >= len(ORDER):
        return None
    return knowledge.changed(step=knowledge.step + 1)


def reply(answer: Json, how: How) -> Reply | None:
    """The reply in a server's answer; None if there is no text in it."""
    choices = _get(answer, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _get(choice, "message")
    text = _called(message) or _content(_get(message, "content"))
    if not text.strip():
        return None
    usage = _get(answer, "usage")
    return Reply(
        text=text,
        tokens_in=_count(_get(usage, "prompt_tokens")),
        tokens_out=_count(_get(usage, "completion_tokens")),
        how=how,
        cut=_get(choice, "finish_reason") == "length",
    )


def problem(answer: Json) -> tuple[str, str]:
    """The message and the code of a server's error, as far as it gives them: OpenAI's envelope, or a bare `detail`."""
    error = _get(answer, "error")
    whole = error if isinstance(error, dict) else answer
    found = error if isinstance(error, str) else next(filter(None, (_get(whole, key) for key in _MESSAGES)), "")
    message = found if isinstance(found, str) else json.dumps(found)
    code = _get(whole, "code")
    return " ".join(message.split()), code if isinstance(code, str) else ""


def _called(message: Json) -> str:
    """The arguments of the first tool call."""
    calls = _get(message, "tool_calls")
    first = calls[0] if isinstance(calls, list) and calls else None
    arguments = _get(_get(first, "function"), "arguments")
    return arguments if isinstance(arguments, str) else ""


def _content(content: Json) -> str:
    """A message's text: as one, or in parts."""
    if isinstance(content, list):
        return "".join(text for part in content if isinstance(text := _get(part, "text"), str))
    return content if isinstance(content, str) else ""


def _get(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _count(value: Json) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**12 else 0


def messages_of(messages: Sequence[Message]) -> tuple[dict[str, str], ...]:
    """The messages as plain mappings of role and content."""
    return tuple(dict(message) for message in messages)

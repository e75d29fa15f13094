"""PromptedPlanner: asks whoever can answer, checks what comes, divides what no canvas holds, and knows when to stop."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from chat_helpers.server import Answer, error, says, serving
from hypothesis import given
from hypothesis import strategies as st

from hierdiff.chat import Chat
from hierdiff.errors import ChatError, HierdiffError, NotYetError, PlannerError, RequestError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Planner
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff_planners import PromptedPlanner, open_prompted

GOAL = "How a small town can cut flood damage"
FACTS = Ledger(items=(Item(id="wall", kind="quantity", value="4.2 km", about="length of the sea wall"),))


def section(name: str, words: int = 100, **more: object) -> dict[str, object]:
    empty: dict[str, object] = {"provides": [], "requires": [], "after": [], "refers_to": []}
    return {"id": name, "title": name.title(), "topic": f"on {name}", "brief": "", "words": words, **empty, **more}


def item(name: str, value: str | None) -> dict[str, object]:
    return {"id": name, "kind": "quantity", "value": value, "about": name}


GOOD = {"sections": [section("walls", provides=[item("cost", "9 M")]), section("gardens", requires=["cost"])]}
CYCLE = {"sections": [section("a", after=["b"]), section("b", after=["a"])]}


async def planned(model: object, *, name: str | None = None, rounds: int = 3, **more: object) -> Outline:
    request = Request.model_validate({"goal": GOAL, "words": 1000, **more})
    return await PromptedPlanner(model, name=name, rounds=rounds).plan(request, ScriptedBackend())


def of_kind(question: str) -> tuple[int, int]:
    """Sections and words that a question asks for."""
    top = re.search(r"Plan a report of (\d+) words in (\d+) sections", question)
    if top:
        return int(top[2]), int(top[1])
    part = re.search(r"Divide this one section of it into (\d+) sections of (\d+) words", question)
    assert part, question
    return int(part[1]), int(part[2])


async def test_a_plan_comes_over_http_from_whatever_the_server_knows() -> None:
    with serving(lambda body, _: says(GOOD) if "response_format" in body else error(400, "no")) as server:
        outline = await planned(Chat(server.url, "m"))
    assert [(one.id, one.title, one.topic) for one in outline.sections] == [
        ("walls", "Walls", "on walls"),
        ("gardens", "Gardens", "on gardens"),
    ]
    assert sum(leaf.budget for leaf in outline.leaves) == 1000
    assert outline.ledger.items[0].owner == "walls" and outline.section("gardens").requires == ("cost",)
    system, user = server.bodies[0]["messages"]
    assert "8 words at most" in system["content"] and "sum exactly" in system["content"]
    assert GOAL in user["content"] and "1000 words" in user["content"]


async def test_broken_json_of_a_server_that_knows_no_shapes_is_mended() -> None:
    def play(body: dict[str, Any], number: int) -> Answer:
        if "response_format" in body or "tools" in body:
            return error(400, "unsupported")
        return says("Here is your plan:\n" + json.dumps(GOOD)[:-2] + "\nEnjoy!")

    with serving(play) as server:
        outline = await planned(Chat(server.url, "m"))
    assert [one.id for one in outline.sections] == ["walls", "gardens"]


async def test_what_cannot_be_used_is_asked_for_again_with_the_problem_named() -> None:
    asked: list[list[Mapping[str, str]]] = []

    async def model(messages: list[Mapping[str, str]]) -> object:
        asked.append(messages)
        return ["I would rather not.", {"sections": []}, GOOD][len(asked) - 1]

    assert len((await planned(model)).sections) == 2
    assert [message["role"] for message in asked[1]] == ["system", "user", "assistant", "user"]
    assert "no JSON object" in asked[1][-1]["content"] and asked[1][2]["content"] == "I would rather not."
    assert "no sections" in asked[2][-1]["content"]


async def test_after_so_many_rounds_the_last_problem_is_the_error() -> None:
    asked: list[str] = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return "no"

    with pytest.raises(PlannerError, match=r"no usable plan for .* in 2 rounds.*no JSON object.*--outline"):
        await planned(model, rounds=2)
    assert len(asked) == 2


class Messages:
    """A LangChain chat model, an OpenAI client or a pydantic-ai agent, as far as a planner sees of them."""

    def __init__(self, answer: object) -> None:
        self.answer, self.asked = answer, list[Any]()


class LangChain(Messages):
    async def ainvoke(self, messages: list[dict[str, str]]) -> object:
        self.asked.append(messages)
        return SimpleNamespace(content=[{"type": "text", "text": json.dumps(self.answer)}])


class OpenAI(Messages):
    def __init__(self, answer: object) -> None:
        super().__init__(answer)
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))

    async def create(self, *, model: str, messages: list[dict[str, str]]) -> object:
        self.asked.append((model, messages))
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=json.dumps(self.answer)))])


class Agent(Messages):
    async def run(self, prompt: str) -> object:
        self.asked.append(prompt)
        return SimpleNamespace(output=self.answer)


@pytest.mark.parametrize("kind", [LangChain, OpenAI, Agent])
async def test_objects_of_frameworks_are_asked_by_the_methods_they_have(kind: type[Messages]) -> None:
    model = kind(GOOD)
    outline = await planned(model, name="m" if kind is OpenAI else None)
    assert [one.id for one in outline.sections] == ["walls", "gardens"]
    assert len(model.asked) == 1 and GOAL in str(model.asked)


async def test_functions_get_one_text_or_messages_and_may_be_sync_or_async() -> None:
    seen: list[object] = []

    def text(prompt: object) -> object:
        seen.append(prompt)
        return json.dumps(GOOD)

    async def listed(messages: object) -> object:
        seen.append(messages)
        return GOOD

    assert await planned(text) == await planned(listed) == await planned(lambda x: GOOD)
    assert isinstance(seen[0], str) and isinstance(seen[1], list)


async def test_what_cannot_be_asked_is_refused_and_what_fails_is_named() -> None:
    def failing(prompt: str) -> str:
        raise ValueError("out of tea")

    with pytest.raises(PlannerError, match="failed with ValueError: out of tea"):
        await planned(failing)
    with pytest.raises(PlannerError, match="answered with a int"):
        await planned(lambda prompt: 5)
    with pytest.raises(RequestError, match="a int cannot be asked"):
        PromptedPlanner(5)
    with pytest.raises(RequestError, match=r"name of a model: PromptedPlanner\(client, name="):
        PromptedPlanner(OpenAI(GOOD))
    with pytest.raises(NotYetError, match="code planner"):
        await planned(lambda prompt: GOOD, kind="code")


async def test_facts_are_told_and_get_an_owner_and_keep_their_value() -> None:
    asked: list[str] = []

    def model(prompt: str) -> object:
        asked.append(prompt)
        wrong = item("wall", "about four kilometres")
        return {"sections": [section("gardens"), section("sea-walls", provides=[wrong] if len(asked) > 1 else [])]}

    for _ in range(2):
        outline = await planned(model, facts=FACTS)
        assert outline.section("sea-walls").provides == ("wall",)
        assert [(one.owner, one.value) for one in outline.ledger.items] == [("sea-walls", "4.2 km")]
    assert "- wall: length of the sea wall: 4.2 km" in asked[0]


def dividing(seen: list[str]) -> Any:
    """A model that answers every question with as many sections as it asks for. Each part provides what it was told
    that it owns, something of its own, and something that all parts provide."""

    async def model(prompt: str) -> object:
        seen.append(prompt)
        await asyncio.sleep(0)
        count, words = of_kind(prompt)
        top, each = "Plan a report" in prompt, words // count
        sections = [section(f"s{number}", each) for number in range(count)]
        if top:
            sections[0]["provides"] = [item("height", "3 m"), item("open", None)]
            sections[1]["requires"] = ["height", "open"]
        else:
            sections[0]["provides"] = [item("same", f"{len(seen)} km")]
            sections[1]["requires"] = ["same", "height", "open"]
            sections[1]["after"] = ["s0"]
        return {"sections": sections}

    return model


@pytest.mark.parametrize(("words", "most"), [(3000, 20), (50_000, 16), (200_000, 30)])
async def test_long_documents_are_planned_level_by_level(words: int, most: int) -> None:
    seen: list[str] = []
    outline = await planned(dividing(seen), words=words)
    comfortable = ScriptedBackend().capabilities
    assert all(leaf.budget * comfortable.tokens_per_word <= comfortable.comfortable for leaf in outline.leaves)
    assert sum(leaf.budget for leaf in outline.leaves) == words
    assert len(outline.leaves) >= words * comfortable.tokens_per_word / comfortable.comfortable
    assert 1 <= len(seen) <= most
    if words > 3000:
        assert len({one.id for one in outline.ledger.items}) == 3
        owner = {one.id: one.owner for one in outline.ledger.items}
        assert set(owner.values()) <= {leaf.id for leaf in outline.leaves}
        assert owner["height"] is not None and outline.path(owner["height"])[0].id == "s0"
        part = next(prompt for prompt in seen if "Divide this one section" in prompt and ": S1\n" in prompt)
        assert "- S0: on s0" in part and "- height: height: 3 m" in part


async def test_parts_are_asked_for_at_once_but_not_all() -> None:
    open_now, most = 0, 0

    async def model(prompt: str) -> object:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.005)
        open_now -= 1
        count, words = of_kind(prompt)
        return {"sections": [section(f"s{number}", words // count) for number in range(count)]}

    await planned(model, words=30_000)
    assert 2 <= most <= 4


async def test_one_part_that_fails_fails_the_plan_and_stops_the_others() -> None:
    async def model(prompt: str) -> object:
        count, words = of_kind(prompt)
        if ": S2\n" in prompt and "Divide" in prompt:
            return "no"
        return {"sections": [section(f"s{number}", words // count) for number in range(count)]}

    with pytest.raises(PlannerError, match="no usable plan for 'S2'"):
        await planned(model, words=30_000)


async def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    planner = PromptedPlanner(dividing([]), told=lambda *what: told.append(what))
    await planner.plan(Request(goal=GOAL, words=30_000), ScriptedBackend())
    assert told[0] == ("planning", 0, 1) and told[-1][1] == told[-1][2] > 5
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


async def test_a_plan_that_is_cut_off_is_asked_for_with_more_room() -> None:
    cut = says('{"sections": [', finish="length")
    with serving(lambda body, number: says(GOOD) if number else cut) as server:
        await planned(Chat(server.url, "m"))
    first, second = server.bodies
    assert second["max_tokens"] == 2 * first["max_tokens"]
    assert "cut off after" in second["messages"][-1]["content"]


async def test_failures_of_the_server_pass_through() -> None:
    refusing = error(401, "who are you")
    with serving(lambda body, number: refusing) as server, pytest.raises(ChatError, match="refuses the API key"):
        await planned(Chat(server.url, "m", key="sk-secret"))


def test_the_uri_names_server_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIERDIFF_PLANNER_KEY", "sk-secret")
    planner = open_prompted("https://host/v1#some/model")
    assert isinstance(planner, Planner) and "sk-secret" not in repr(planner) + repr(vars(planner))
    for target in ("", "https://host/v1", "#m", "ftp://host#m", "https://host/v1#"):
        with pytest.raises(RequestError):
            open_prompted(target)


async def test_what_the_user_writes_is_never_a_template() -> None:
    asked: list[str] = []
    goal = "{{ 7 * 7 }} {% for x in y %} {{ self.__class__ }} {# no #}"

    def model(prompt: str) -> object:
        asked.append(prompt)
        return GOOD

    await planned(model, goal=goal, audience=goal, style=goal)
    assert asked[0].count(goal) == 3


names = st.sampled_from(["a", "b", "c", "walls", ""])
lists = st.lists(names, max_size=3)
items = st.lists(
    st.fixed_dictionaries(
        {"id": names, "kind": st.sampled_from(["quantity", "term", "x"]), "value": st.none() | names}
    ),
    max_size=2,
)
sections = st.fixed_dictionaries(
    {"id": names, "title": names, "words": st.integers(-5, 10**9) | names, "provides": items},
    optional={"after": lists, "requires": lists, "refers_to": lists, "topic": st.text(max_size=80), "x": st.none()},
)
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(st.fixed_dictionaries({"sections": st.lists(sections, max_size=4)}) | data)
async def test_whatever_is_answered_there_is_a_plan_or_a_reason(answer: object) -> None:
    try:
        outline = await planned(lambda prompt: answer, rounds=1)
    except HierdiffError as problem:
        assert isinstance(problem, PlannerError)
        return
    assert sum(leaf.budget for leaf in outline.leaves) == 1000


async def test_a_plan_in_a_circle_is_mended_or_asked_for_again() -> None:
    asked: list[Sequence[Mapping[str, str]]] = []

    def model(messages: Sequence[Mapping[str, str]]) -> object:
        asked.append(messages)
        return CYCLE if len(asked) == 1 else GOOD

    outline = await planned(model)
    assert outline.leaves
    assert len(asked) == 1 or "circle" in asked[1][-1]["content"]

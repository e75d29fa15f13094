"""Asking a chat model what contradicts what, over a real connection to a server of our own."""

import json
from typing import Any

import pytest
from chat_helpers.server import Answer, error, says, serving

from hierdiff.chat import Chat
from hierdiff.document import Document, parse
from hierdiff.errors import ChatError, RequestError
from hierdiff.findings import Finding
from hierdiff.judges.asked import MOST, Asked
from hierdiff.judges.opening import open_asked, open_entailment, open_surprise
from hierdiff.testing import ScriptedBackend

OPEN = "The promenade stays open to walkers."
SHUT = "Nobody may walk on the promenade."
TEXT = f"# T\n\n## A\n\n{OPEN} It is a fine day.\n\n## B\n\n{SHUT} It is a fine day.\n\n## C\n\nThe gulls know.\n"
SAID = {"a": "stays open", "b": "Nobody may walk", "wrong": "b", "kind": "denial", "correction": "Anybody may walk"}


def named(*said: dict[str, Any]) -> Answer:
    return says({"contradictions": list(said)})


async def asked(*answers: Answer, orders: int = 1, text: str = TEXT, **more: Any) -> tuple[list[Finding], list[str]]:
    """What is found when the server answers so, one after the other, and what it was asked."""
    with serving(lambda body, number: answers[min(number, len(answers) - 1)]) as server:
        judge = Asked(Chat(server.url, "m", most_wait=0.01, tries=1), orders=orders, **more)
        found = await judge.weigh(parse(text), [])
        return list(found), [body["messages"][-1]["content"] for body in server.bodies if "response_format" in body]


async def test_what_a_model_names_is_a_soft_finding_with_its_correction() -> None:
    (mine,), (question,) = await asked(named(SAID))
    assert (mine.detector, mine.section, mine.hard) == ("asked", "b", False)
    assert mine.spans[0].text == "Nobody may walk" and mine.against[0].text == "stays open"
    assert mine.expected == "Anybody may walk" and "denial" in mine.reason
    assert json.loads(question.split("\n", 1)[1]).startswith("# T")


@pytest.mark.parametrize(
    "said",
    [
        SAID | {"a": "stays closed"},
        SAID | {"a": "It is a fine day."},
        SAID | {"b": "The promenade stays open to walkers."},
        SAID | {"a": "the"},
        SAID | {"wrong": "both"},
        {"a": "stays open"},
        "stays open",
    ],
    ids=["made up", "stands twice", "one place", "too short", "no such side", "half", "a text"],
)
async def test_what_cannot_be_found_in_the_document_is_dropped(said: Any) -> None:
    found, _ = await asked(named(said, SAID))
    assert [one.spans[0].text for one in found] == ["Nobody may walk"]


@pytest.mark.parametrize("text", ["I see no contradiction.", "[]", '{"contradictions": {"a": 1}}', "null"])
async def test_an_answer_that_names_nothing_finds_nothing(text: str) -> None:
    assert (await asked(says(text)))[0] == []


async def test_a_correction_that_does_not_fit_or_has_no_side_is_not_used() -> None:
    for change in ({"wrong": "unknown"}, {"correction": ""}, {"correction": "x" * 200}, {"correction": "stays open"}):
        (mine,), _ = await asked(named(SAID | change))
        assert mine.expected is None
    (lines,), _ = await asked(named(SAID | {"correction": "All may\n\n# walk\x1b"}))
    assert lines.expected == "All may # walk"


async def test_no_more_is_taken_than_was_asked_for() -> None:
    many = [SAID | {"a": "stays closed"}] * MOST
    assert (await asked(named(*many, SAID)))[0] == []


async def test_of_three_orders_the_majority_is_kept() -> None:
    other = SAID | {"a": "The gulls know", "b": "It is a"}
    once = SAID | {"a": "The gulls know."}
    found, questions = await asked(named(SAID, once), named(other), named(SAID), orders=3)
    assert [one.against[0].text for one in found] == ["stays open"]
    assert len(set(questions)) == 3


async def test_a_document_that_does_not_fit_is_asked_about_in_pairs_of_chapters() -> None:
    found, questions = await asked(named(SAID), fits=100)
    assert len(questions) == 3 and len(found) == 1


async def test_a_server_that_fails_is_said() -> None:
    with pytest.raises(ChatError):
        await asked(error(401, "no"))


async def test_it_votes_for_what_a_rule_has_found() -> None:
    document: Document = parse(TEXT)
    with serving(lambda body, number: named(SAID)) as server:
        (rule,) = await Asked(Chat(server.url, "m")).weigh(document, [])
        (voted,) = await Asked(Chat(server.url, "m")).weigh(document, [rule.changed(detector="rule")])
    assert voted.hard and voted.votes == ("asked",)


def test_addresses_that_are_none_are_misuse() -> None:
    backend = ScriptedBackend()
    for target in ("", "https://host/v1", "#model", "ftp://host#m"):
        with pytest.raises(RequestError):
            open_asked(target, backend)
    with pytest.raises(RequestError):
        open_surprise("some", backend)
    with pytest.raises(RequestError):
        Asked(Chat("http://localhost/v1", "m"), orders=0)
    assert open_entailment.__doc__

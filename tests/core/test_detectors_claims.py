"""Claims: sentences that say the opposite of each other, and those that only look so."""

import pytest

from hierdiff.detectors import Claims
from hierdiff.document import parse
from hierdiff.findings import Finding


def found(*bodies: str) -> list[Finding]:
    sections = "".join(
        f"## S{number}\n\nSomething else first. {body} And more.\n\n" for number, body in enumerate(bodies)
    )
    return list(Claims().find(parse(f"# T\n\n{sections}")))


FIRST = "The new sea wall reduces the flow of water into the harbour."


@pytest.mark.parametrize(
    ("one", "two", "kind", "wrong", "expected"),
    [
        (FIRST, FIRST.replace("reduces", "does not reduce"), "negation", "does not reduce", "reduces"),
        (FIRST, FIRST.replace("reduces", "increases"), "opposite", "increases", "reduces"),
        (
            "Heavy rainfall in the hills causes erosion of the lower banks.",
            "Erosion of the lower banks causes heavy rainfall in the hills.",
            "order",
            "Erosion of the lower banks causes heavy rainfall in the hills",
            "Heavy rainfall in the hills causes erosion of the lower banks",
        ),
    ],
)
def test_one_against_one_is_a_hint_that_the_first_is_right(
    one: str, two: str, kind: str, wrong: str, expected: str
) -> None:
    (finding,) = found(one, two)
    assert (finding.kind, finding.spans[0].text, finding.expected) == (kind, wrong, expected)
    assert not finding.hard and finding.instead == wrong


def test_the_majority_stands() -> None:
    (finding,) = found(FIRST.replace("reduces", "does not reduce"), FIRST, FIRST)
    assert not finding.hard and finding.lean > 0
    assert (finding.spans[0].text, finding.expected) == ("does not reduce", "reduces")


@pytest.mark.parametrize(
    "other",
    [
        "The old sea wall does not reduce the flow of cars into the town.",
        "If it is closed, the new sea wall does not reduce the flow of water into the harbour.",
        "Does the new sea wall not reduce the flow of water into the harbour?",
        FIRST,
    ],
)
def test_other_subjects_conditions_and_questions_contradict_nothing(other: str) -> None:
    assert found(FIRST, other) == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "Support for this version ends on June 30, 2029.",
            "On 30 June 2029, support for this version ends without notice.",
        ),
        (
            "The idle timeout of a connection is 30 seconds.",
            "The idle timeout of a connection is 30 seconds and cannot be changed.",
        ),
        (
            "Output files that are not included in a source file go here.",
            "Output files that are included in a source file go here.",
        ),
    ],
)
def test_what_adds_or_tells_apart_turns_nothing(one: str, two: str) -> None:
    assert not found(one, two)


def test_what_is_not_named_is_not_claimed_of_the_same_thing() -> None:
    assert not found(
        "This event is emitted in the same order as the tests are run.",
        "This event is not emitted in the same order as the tests are run.",
    )

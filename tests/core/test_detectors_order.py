"""Order: what comes before what, in other words."""

import pytest

from hierdiff.detectors import Order
from hierdiff.document import parse
from hierdiff.findings import Finding


def found(*bodies: str) -> list[Finding]:
    sections = "".join(f"## S{number}\n\n{body} And more.\n\n" for number, body in enumerate(bodies))
    return list(Order().find(parse(f"# T\n\n{sections}")))


@pytest.mark.parametrize(
    ("one", "two", "wrong", "right"),
    [
        ("Scanning begins after cleaning has ended.", "Each volume is cleaned after it is scanned.", "after", "before"),
        (
            "Scanning begins after cleaning has ended.",
            "Each page is scanned before anyone cleans it.",
            "before",
            "after",
        ),
        ("Apples are picked before the pears.", "After the apples, the pears are picked.", "", ""),
        ("Apples are picked before the pears.", "Before the apples, the pears are picked.", "Before", "After"),
        ("Cleaning comes first, then scanning.", "The scanning follows the cleaning.", "", ""),
        ("Cleaning comes first, then scanning.", "The scanning precedes the cleaning.", "precedes", "follows"),
    ],
)
def test_the_same_two_things_in_opposite_orders(one: str, two: str, wrong: str, right: str) -> None:
    findings = found(one, two)
    assert [(finding.spans[0].text, finding.expected) for finding in findings] == ([(wrong, right)] if wrong else [])
    assert all(not finding.hard and finding.instead for finding in findings)


def test_the_majority_stands() -> None:
    (finding,) = found(
        "Apples are picked after the pears.", "Apples are picked before the pears.", "First, pears follow the apples."
    )
    assert not finding.hard and finding.lean > 0
    assert (finding.spans[0].text, finding.expected) == ("after", "before")


@pytest.mark.parametrize(
    "other", ["The walls were built after the gates.", "If the pears come before the apples, wait."]
)
def test_other_things_and_conditions_are_left_alone(other: str) -> None:
    assert found("Apples are picked before the pears.", other) == []

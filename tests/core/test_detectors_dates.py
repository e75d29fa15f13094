"""Dates: what the calendar, or the sentence itself, says cannot be."""

import pytest

from hierdiff.detectors import Dates
from hierdiff.document import parse
from hierdiff.findings import Finding


def found(text: str) -> list[Finding]:
    document = parse(text)
    findings = list(Dates().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


@pytest.mark.parametrize(
    ("sentence", "kind", "wrong", "expected"),
    [
        ("It opened on 31 April 2019.", "impossible date", "31 April 2019", None),
        ("It opened on 2021-02-29.", "impossible date", "2021-02-29", None),
        ("It opened on Monday, 12 March 2019.", "weekday", "Monday", "Tuesday"),
        (
            "On Sunday the 3rd of May 2026 it rained; on Friday, May 2, 2026 it did not.",
            "weekday",
            "Friday",
            "Saturday",
        ),
        ("From 1998 to 1989 the wall was rebuilt.", "order", "1989", None),
        ("The first wall (1953–1935) is gone.", "order", "1935", None),
        ("In 1985, before the flood of 1953, nobody had pumps.", "order", "1985", None),
        ("In 1985, three years after the storm of 1953, the wall was raised.", "order", "three", None),
        ("In 1953 the wall broke, and twenty years later, in 1963, it was rebuilt.", "order", "twenty", None),
        ("The station was founded in 1998 and closed in 1989.", "order", "1989", None),
    ],
)
def test_what_cannot_be(sentence: str, kind: str, wrong: str, expected: str | None) -> None:
    (finding,) = found(f"# Sea\n\n{sentence}\n")
    assert (finding.kind, finding.spans[0].text, finding.expected) == (kind, wrong, expected)
    assert finding.detector == "dates" and finding.reason.endswith(".")


@pytest.mark.parametrize(
    "sentence",
    [
        "It opened on 30 April 2019, a Tuesday, and on 2020-02-29.",
        "It opened on Tuesday, 12 March 2019.",
        "On 29 February the office is open.",
        "From 1989 to 1998 the wall was rebuilt (1953–1960).",
        "In 1953, before the works of 1985, nobody had pumps.",
        "In 1956, three years after the storm of 1953, the wall was raised.",
        "In 1985, about thirty years after the storm of 1953, the wall was raised.",
        "The station was founded in 1989 and closed in 1998.",
        "Compare the pages 1998-1989 of `from 1998 to 1989`.",
    ],
)
def test_what_can_be(sentence: str) -> None:
    assert found(f"# Sea\n\n{sentence}\n") == []

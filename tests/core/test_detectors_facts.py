"""Facts: figures held against the ledger in sentences, lists and tables that say them in their own way."""

import pytest

from hierdiff.detectors import Numbers
from hierdiff.document import parse
from hierdiff.ledger import Item, Ledger

FACTS = Ledger(
    items=(
        Item(id="trips", kind="percent", value="31%", about="share of trips made by bicycle"),
        Item(id="timeout", kind="quantity", value="90 seconds", about="idle timeout of a connection"),
        Item(id="peers", kind="count", value="512", about="number of peers"),
        Item(id="revenue", kind="money", value="€184 thousand", about="yearly revenue"),
        Item(id="loss", kind="quantity", value="3 m a year", about="loss of the beach"),
        Item(id="store", kind="quantity", value="36 TB", about="capacity of the image store"),
        Item(id="founded", kind="year", value="2014", about="founding year of the reading room"),
        Item(id="bridge", kind="date", value="2018-05-12", about="opening of the cycle bridge"),
    )
)


def found(text: str) -> list[tuple[str, str | None]]:
    document = parse(f"# Town\n\n## Figures\n\n{text}\n", ledger=FACTS)
    findings = list(Numbers().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return [(finding.spans[0].text, finding.expected) for finding in findings]


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("Today 26% of trips are made by bicycle.", "26", "31"),
        ("If 26% of trips are made by bicycle, buses run on time.", "26", "31"),
        ("After an idle timeout of 90 minutes, the connection is closed.", "minutes", "seconds"),
        ("The limit of 96 peers is checked at every handshake.", "96", "512"),
        ("Shops live on a revenue of €196,000 a year.", "196,000", "184,000"),
        ("The yearly loss of the beach is 4 m.", "4", "3"),
        ("- Capacity of the image store: 96 TB", "96", "36"),
        ("| what | figure |\n|---|---|\n| capacity of the image store | 96 TB |", "96", "36"),
        ("| what | figure |\n|---|---|\n|Share of trips made by bicycle|26 %|", "26", "31"),
        ("| what | figure |\n|---|---|\n| founding year of the reading room |   2011 |", "2011", "2014"),
        (
            "| what | figure |\n|---|---|\n| opening of the cycle bridge | 24 August 2019 |",
            "24 August 2019",
            "12 May 2018",
        ),
    ],
)
def test_a_figure_against_the_facts(text: str, wrong: str, right: str) -> None:
    assert found(text) == [(wrong, right)]


@pytest.mark.parametrize(
    "text",
    [
        "Shops live on a revenue of €184,000 a year.",
        "A revenue of €16,000 a month is enough for one shop.",
        "After 96 peers have left, the relay rests.",
        "Every 96 peers share one key, and the first 40 peers share two.",
        "| what | figure |\n|---|---|\n| capacity of the image store | 36 TB |\n| capacity of the tape store | 96 TB |",
        "| store | capacity | year |\n|---|---|---|\n| image store | 96 TB | 2001 |",
    ],
)
def test_what_is_no_other_value(text: str) -> None:
    assert found(text) == []


def test_the_majority_never_decides_what_the_facts_know() -> None:
    text = (
        "The shops earn a revenue of €196,000 a year.\n\n## Again\n\nNobody doubts it. A revenue of €196,000 a year "
        "feeds them.\n\n## Last\n\nIt is so. The yearly revenue is €184,000."
    )
    assert found(text) == [("196,000", "184,000"), ("196,000", "184,000")]

"""Terms: names and spellings against the ledger, and against the document's own usage."""

import pytest

from hierdiff.detectors import Acronyms, Terms
from hierdiff.document import parse
from hierdiff.findings import Finding
from hierdiff.ledger import Item, Ledger

FACTS = Ledger(
    items=(
        Item(id="trust", kind="entity", value="Harbour Trust", aliases=("Port Trust", "HT")),
        Item(id="engineer", kind="person", value="Marta Oyelaran", aliases=("Oyelaran",)),
        Item(id="wall", kind="term", value="sea wall", aliases=("tidal rampart",)),
        Item(id="level", kind="acronym", value="MSL", about="Mean Sea Level"),
        Item(id="embankment", kind="term", value="embankment"),
    )
)


def found(text: str, ledger: Ledger | None = None) -> list[Finding]:
    document = parse(text, ledger=ledger)
    findings = [*Terms().find(document), *Acronyms().find(document)]
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


def mended(text: str, ledger: Ledger | None = None) -> str:
    """The text with every finding's expected text spliced in."""
    document = parse(text, ledger=ledger)
    findings = [*Terms().find(document), *Acronyms().find(document)]
    changes = [(span, finding.expected or "") for finding in findings for span in finding.spans]
    for span, expected in sorted(changes, key=lambda change: change[0].start, reverse=True):
        document = document.replaced(span, expected)
    return document.text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Here the Port Trust pays.", "Here the Harbour Trust pays."),
        ("Here the Harbor Trust pays.", "Here the Harbour Trust pays."),
        ("Here the harbour trust's head spoke.", "Here the Harbour Trust's head spoke."),
        ("Here Marta Oyelarin spoke.", "Here Marta Oyelaran spoke."),
        ("Old tidal ramparts fail.", "Old sea walls fail."),
        ("Tidal ramparts fail.", "Sea walls fail."),
        ("The seawall and the sea-walls fail.", "The sea wall and the sea walls fail."),
        ("We saw the Sea Wall again.", "We saw the sea wall again."),
        ("The embankmant is high.", "The embankment is high."),
        ("An embakment is high.", "An embankment is high."),
        ("Harbour Trsut and Harbour Turst.", "Harbour Trust and Harbour Trust."),
        ("Main Sea Level (MSL) rises.", "Mean Sea Level (MSL) rises."),
    ],
)
def test_another_name_for_what_the_ledger_names(wrong: str, right: str) -> None:
    assert mended(f"# Sea\n\n{wrong}\n", FACTS) == f"# Sea\n\n{right}\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "The Harbour Trust's sea walls are old. Sea walls need care.",
        "HT pays, says Oyelaran.",
        "THE SEA WALL IS OLD.",
        "Embankments and the embankment fail.",
        "Mean sea level (MSL) rises.",
        "Use `Port Trust` or <https://port-trust.example/Port Trust>.",
        "The port trusts nobody.",
        "An encampment and protection are other words.",
    ],
)
def test_names_that_are_right(sentence: str) -> None:
    assert found(f"# The Sea Wall\n\n{sentence}\n", FACTS) == []


def test_the_reason_and_kind_of_a_finding() -> None:
    (finding,) = found("# Sea\n\nHere the Port Trust pays.\n", FACTS)
    assert (finding.detector, finding.kind, finding.section) == ("terms", "entity", "sea")
    assert "Port Trust" in finding.reason and "Harbour Trust" in finding.reason


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("An e-mail came. The e-mail was long. That email was lost.",
         "An e-mail came. The e-mail was long. That e-mail was lost."),
        ("The sea wall. A sea wall. Sea walls. One seawall.", "The sea wall. A sea wall. Sea walls. One sea wall."),
        ("The sea wall. A sea wall. Sea walls. Of sea-walls.", "The sea wall. A sea wall. Sea walls. Of sea walls."),
        ("By the Tide Office. From the Tide Office. At the Tide Office. To the Tide office.",
         "By the Tide Office. From the Tide Office. At the Tide Office. To the Tide Office."),
        ("The Mean Sea Level (MSL) rises. The Main Sea Level (MSL) falls.",
         "The Mean Sea Level (MSL) rises. The Mean Sea Level (MSL) falls."),
    ],
)  # fmt: skip
def test_the_majority_spelling_stands(wrong: str, right: str) -> None:
    assert mended(f"# Sea\n\n{wrong}\n") == f"# Sea\n\n{right}\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "A long-term plan is a plan for the long term. Long-term costs and the long term. In the long term.",
        "Log in to the login page. You log in. They log in. We set up the setup. They set up.",
        "Every day is an everyday day. Every day. Every day. Any one of anyone.",
        "The EventEmitter is an event emitter. An event emitter. The event emitter.",
        "The Tide Office and the tide offices elsewhere. The Tide Office.",
        "The Mean Sea Level (MSL) rises. The mean sea levels (MSL) fall.",
        "Set the class `sea-wall` or see sea-wall.example. The sea wall stands.",
    ],
)
def test_spellings_that_may_both_be_right(sentence: str) -> None:
    assert found(f"# Sea\n\n{sentence}\n") == []


def test_letters_that_are_spelled_out_only_later() -> None:
    text = "# A\n\nThe MSL rises. Gulls cry.\n\n# B\n\nThe Mean Sea Level (MSL) is measured. The MSL is low.\n"
    (finding,) = found(text)
    assert (finding.detector, finding.kind, finding.spans[0].start) == ("acronyms", "used before defined", 9)
    assert finding.expected == "Mean Sea Level (MSL)"


def test_letters_that_nobody_spells_out_may_stand_anywhere() -> None:
    assert found("# A\n\nThe MSL rises on the NASA page.\n\n# B\n\nThe Mean Sea Level is measured.\n") == []


def test_names_of_files_are_no_terms() -> None:
    text = (
        "The python version. A python version. Each python version. Set in .python-version or lib/python-version/a.\n"
    )
    assert found(f"# A\n\n{text}") == []

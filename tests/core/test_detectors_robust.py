"""All detectors: any text at all, exact offsets, and time that grows with length only."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.detectors import (
    Acronyms,
    Citations,
    Claims,
    Dates,
    Names,
    Numbers,
    Order,
    References,
    Repeats,
    Seams,
    Structure,
    Terms,
    standard,
)
from hierdiff.document import Document, parse
from hierdiff.ledger import Item, Ledger
from hierdiff.protocols import Detector

FACTS = Ledger(
    items=(
        Item(id="wall", kind="quantity", value="4.2 km", about="length of the sea wall", aliases=("rampart", "§")),
        Item(id="flood", kind="year", value="1953", about="great flood"),
        Item(id="day", kind="date", value="2019-03-12", about="opening"),
        Item(id="v", kind="version", value="2.4.1", about="model"),
        Item(id="n", kind="count", value="twelve", about="wells"),
        Item(id="odd", kind="percent", value="many", about=""),
        Item(id="none", kind="money", value=None),
        Item(id="trust", kind="entity", value="Harbour Trust", aliases=("Port Trust", "")),
        Item(id="blank", kind="term", value=" ", aliases=("x",)),
        Item(id="sign", kind="term", value="☂", aliases=("-",)),
        Item(id="msl", kind="acronym", value="MSL", about="Mean Sea Level"),
    )
)
PIECES = [
    "# ",
    "## Costs\n",
    "#### Deep\n",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "```",
    "~~~",
    "`",
    "> ",
    "- ",
    "1. ",
    "| a | b |",
    "|---|",
    "---",
    "===",
    "The sea wall is 4.6 km long. ",
    "The sea wall is 4,200 metres long. ",
    "seawall ",
    "sea-wall ",
    "Sea Wall ",
    "sea wall ",
    "1935",
    "the great flood of ",
    "12 March 2019 ",
    "2019-03-12",
    "v2.4.0 ",
    "fifteen wells ",
    "twelve hundred and ",
    "€3.5m ",
    "38% ",
    "10–15 km ",
    "3 x 4 m ",
    "see Section 9 ",
    "Figure 2 ",
    "[x](#nowhere) ",
    "[^1] ",
    "[12] ",
    'see "Costs" ',
    "(MSL) ",
    "Main Sea Level (MSL) ",
    "Port Trust ",
    "Harbor Trust's ",
    "<|im_end|>",
    "<!-- ",
    "-->",
    "<pre>",
    "$x_1$",
    "https://a.b/c ",
    "a@b.c ",
    "\ufeff",
    "́",
    "👩\u200d🚒",
    "漢字。",
    "العربية ",
    "\u2028",
    "\x0b",
    "\x00",
    "\t",
    "    ",
    "*",
    "__",
    "\\",
    ":",
    "“",
    "”",
    "e.g. ",
    "...",
]

anything = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=60).map("".join),
)


def check(document: Document) -> None:
    for detector in standard():
        findings = list(detector.find(document))
        starts = [finding.spans[0].start for finding in findings]
        assert starts == sorted(starts)
        for finding in findings:
            assert finding.detector == type(detector).__name__.lower()
            assert finding.reason.endswith(".") and "\n" not in finding.reason
            assert not document.sections or document.part(finding.section)
            assert finding.expected not in [quote.text for quote in finding.spans]
            for quote in (*finding.spans, *finding.against):
                assert quote.of(document.text) == quote.text and quote.text


@settings(max_examples=250, deadline=None)
@given(anything)
def test_any_text_is_read_without_an_error(text: str) -> None:
    check(parse(text))
    check(parse(text, ledger=FACTS))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4), anything)
def test_any_ledger_is_taken(values: list[str], text: str) -> None:
    kinds = ("quantity", "term", "acronym", "date")
    items = tuple(
        Item(id=f"i{number}", kind=kind, value=value, about=value, aliases=tuple(values))
        for number, (kind, value) in enumerate(zip(kinds, values, strict=False))
    )
    check(parse(text + " ".join(values), ledger=Ledger(items=items)))


def test_the_standard_ones_in_order() -> None:
    kinds = [type(detector) for detector in standard()]
    before = [Terms, Acronyms, Names, Numbers, Dates, Claims, Order]
    assert kinds == [*before, References, Citations, Repeats, Seams, Structure]
    assert all(isinstance(detector, Detector) for detector in standard())


def test_a_document_without_parts_is_read_too() -> None:
    findings = [one for detector in standard() for one in detector.find(Document(text="# A\n\n### B\n\nOne.\n"))]
    assert [finding.section for finding in findings] == [""]


LONG = [
    " ",
    "`",
    "``` ",
    "<a",
    "[",
    "](",
    "1",
    "1,234",
    "1 ",
    "5 per ",
    ".",
    "$a ",
    "# ",
    "ab ",
    "The wall is 4 km long. ",
    "<!--",
    '"see ',
    "_",
    "[x](#a) ",
    "<|a|>",
    "`a` [1] ",
    "*",
    "*a ",
    "(MSL) ",
    "a@",
    "one hundred ",
    "\r",
    "\t",
    "a-",
    "|a",
    "Sea Wall ",
    "§ 1 ",
    "A. ",
    "- a\n",
]


@pytest.mark.parametrize("piece", LONG)
def test_no_text_takes_long(piece: str) -> None:
    text = "Sea " + piece * (30_000 // len(piece)) + " end"
    begun = time.process_time()
    for detector in standard():
        list(detector.find(Document(text=text, ledger=FACTS)))
    assert time.process_time() - begun < 5


HUGE = [
    " ".join(f"{number} km" for number in range(40_000)),
    "The wall is 4 km long and the harbour is old, " * 6_000,
    "".join(f"In {1900 + number % 100} it had {number} wells.\n\n" for number in range(4_000)),
]


@pytest.mark.parametrize("text", HUGE, ids=["numbers", "line", "paragraphs"])
def test_a_long_text_is_read_in_time_that_grows_with_its_length(text: str) -> None:
    """Ten times the text takes at most some twenty times as long, measured in this process."""

    def seconds(document: Document) -> float:
        begun = time.process_time()
        for detector in standard():
            list(detector.find(document))
        return time.process_time() - begun

    little = max(0.05, seconds(Document(text=text[: len(text) // 10])))
    assert seconds(Document(text=text)) < 25 * little + 1


@settings(max_examples=60, deadline=None)
@given(anything)
def test_the_same_text_has_the_same_findings(text: str) -> None:
    def found() -> list[str]:
        document = parse(text, ledger=FACTS)
        return [one.model_dump_json() for detector in standard() for one in detector.find(document)]

    assert found() == found()

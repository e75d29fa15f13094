"""Numbers: figures against the ledger, and against each other."""

import pytest

from hierdiff.detectors import Numbers
from hierdiff.document import parse
from hierdiff.findings import Finding
from hierdiff.ledger import Item, Ledger

FACTS = Ledger(
    items=(
        Item(id="wall_length", kind="quantity", value="4.2 km", about="length of the sea wall"),
        Item(id="wall_height", kind="quantity", value="4.8 m", about="height of the sea wall"),
        Item(id="residents", kind="count", value="12,400", about="residents of the town"),
        Item(id="flood", kind="year", value="1953", about="the great flood"),
        Item(id="wells", kind="count", value="12", about="deep wells in the valley"),
        Item(id="retreat", kind="quantity", value="1.2 m a year", about="mean retreat of the cliff"),
        Item(id="cost", kind="money", value="€3.5 million", about="cost of the barrier"),
        Item(id="share", kind="percent", value="38%", about="households insured against floods"),
        Item(id="opened", kind="date", value="2019-03-12", about="opening of the barrier"),
        Item(id="release", kind="version", value="2.4.1", about="release of the tide model"),
        Item(id="pumps", kind="quantity", value="10-15 kW", about="power of the pumps"),
    )
)


def found(text: str, ledger: Ledger | None = None) -> list[Finding]:
    document = parse(text, ledger=ledger)
    findings = list(Numbers().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
        assert document.part(finding.section)
    return findings


def one(text: str, ledger: Ledger | None = None) -> tuple[str, str | None]:
    (finding,) = found(text, ledger)
    (span,) = finding.spans
    return span.text, finding.expected


@pytest.mark.parametrize(
    ("sentence", "wrong", "right"),
    [
        ("The sea wall is 4.6 km long.", "4.6", "4.2"),
        ("Along the 4.6 km sea wall, people walk.", "4.6", "4.2"),
        ("The sea wall is 4.2 m long.", "m", "km"),
        ("The sea wall is 5300 metres long.", "5300", "4200"),
        ("The sea wall is 5,300 metres long.", "5,300", "4,200"),
        ("The sea wall is 3 miles long.", "3 miles", "4.2 km"),
        ("The sea wall is 5.1 m high.", "5.1", "4.8"),
        ("The town has 14,200 residents.", "14,200", "12,400"),
        ("The great flood of 1935 is not forgotten.", "1935", "1953"),
        ("The valley has fifteen deep wells.", "fifteen", "twelve"),
        ("Fifteen deep wells lie in the valley.", "Fifteen", "Twelve"),
        ("The mean retreat of the cliff is 1.5 m per year.", "1.5", "1.2"),
        ("The barrier cost €5.3 million.", "5.3 million", "3.5 million"),
        ("The cost of the barrier was 5,300,000 euros.", "5,300,000", "3,500,000"),
        ("The sea wall is 4,6 km long.", "4,6", "4,2"),
        ("The barrier cost 5,3 million euros.", "5,3 million", "3,5 million"),
        ("The opening of the barrier was on Mar 14, 2019.", "Mar 14, 2019", "Mar 12, 2019"),
        ("The opening of the barrier was on the 14th of March 2019.", "14th of March 2019", "12th of March 2019"),
        ("Of all households, 83 per cent are insured against floods.", "83", "38"),
        ("The opening of the barrier was on 14 March 2019.", "14 March 2019", "12 March 2019"),
        ("The opening of the barrier was on March 14, 2019.", "March 14, 2019", "March 12, 2019"),
        ("Release 2.4.0 of the tide model is in use.", "2.4.0", "2.4.1"),
    ],
)
def test_a_figure_that_differs_from_the_ledger(sentence: str, wrong: str, right: str) -> None:
    assert one(f"# Sea\n\n{sentence}\n", FACTS) == (wrong, right)


@pytest.mark.parametrize(
    "sentence",
    [
        "The sea wall is 4.2 km long.",
        "The sea wall is 4,200 metres long and 4.8 m high.",
        "The sea wall is 4,2 km long and 4,8 m high.",
        "The sea wall is 4.200 m long and 4,8 m high.",
        "The sea wall is 4 200 m long.",
        "The sea wall is 4.2 km long, which is 2,296.6 fathoms.",
        "The sea wall is about 4 km long.",
        "Another 1.5 km of the length of the sea wall is planned.",
        "The sea wall is between 3 and 5 km long.",
        "The town has some 12,000 residents.",
        "The north wall is 3.1 km long.",
        "The wall of the castle is 300 m long.",
        "The great flood of 1953 led to the 1957 Act.",
        "The great flood led to the 1957 Act.",
        "The valley has twelve deep wells, and the hills have five.",
        "The cost of the barrier rose by €2 million.",
        "The opening of the barrier was in March 2019.",
        "See `the sea wall is 9 km long` for the pattern.",
        "The tide model has had many releases.",
        "The power of the pumps is 12 kW.",
        "The power of the pumps is 10 to 15 kW.",
    ],
)
def test_a_figure_that_agrees_or_is_of_something_else(sentence: str) -> None:
    assert found(f"# Sea\n\n{sentence}\n", FACTS) == []


def test_the_agreeing_mentions_are_named() -> None:
    (finding,) = found("# A\n\nThe sea wall is 4.2 km long.\n\n# B\n\nThe sea wall is 4.6 km long.\n", FACTS)
    assert [quote.text for quote in finding.against] == ["4.2 km"]
    assert (finding.detector, finding.kind, finding.section) == ("numbers", "quantity", "b")
    assert "4.2 km" in finding.reason and "4.6 km" in finding.reason


def test_a_pronoun_carries_the_subject_over() -> None:
    assert one("# Sea\n\nThe sea wall guards the harbour. It is 4.6 km in length.\n", FACTS) == ("4.6", "4.2")


FILLER = "Nothing is said here. Gulls are heard in the morning. Boats come and go.\n\n"


@pytest.mark.parametrize(
    ("first", "second", "wrong", "right"),
    [
        ("The sea wall is 4.2 km long.", "Repairs of the 4.6 km sea wall continue.", "4.6", "4.2"),
        ("The station was founded in 1887 by monks.", "Founded in 1878, the station is old.", "1878", "1887"),
        ("The barrier cost 3.5 million euros.", "The barrier cost 5.3 million euros.", "5.3 million", "3.5 million"),
        ("About 38% of households hold flood insurance.", "Flood insurance is held by 48% of households.", "48", "38"),
        ("The bridge was opened on 3 May 2001.", "The bridge opened on 5 May 2001.", "5 May 2001", "3 May 2001"),
    ],
)
def test_two_statements_of_one_thing_the_first_stands(first: str, second: str, wrong: str, right: str) -> None:
    assert one(f"# A\n\n{first}\n\n# B\n\n{FILLER}# C\n\n{second}\n") == (wrong, right)


def test_the_majority_stands_even_when_it_comes_later() -> None:
    text = (
        f"# A\n\nThe sea wall is 4.6 km long.\n\n# B\n\n{FILLER}The 4.2 km sea wall protects us.\n\n{FILLER}"
        "# C\n\nThe sea wall is 4200 metres long.\n"
    )
    (finding,) = found(text)
    assert (finding.spans[0].text, finding.expected) == ("4.6", "4.2")
    assert finding.section == "a" and len(finding.against) == 2


def test_an_exact_count_said_twice_outvotes_a_slip() -> None:
    text = f"# A\n\nIt shelters 12,400 residents.\n\n{FILLER}The 12,400 residents voted.\n\n{FILLER}"
    assert one(text + "All 14,200 residents paid.\n") == ("14,200", "12,400")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The sea wall is 4.2 km long.", "The sea wall is 4200 m long."),
        ("The sea wall is 4.2 km long.", "The sea wall is 4.8 m high."),
        ("The north wall is 4.2 km long.", "The south wall is 3.1 km long."),
        ("The town has twelve wells.", "The town has 12 wells."),
        ("In 1990 the town had 9,100 residents.", "In 2020 the town had 12,400 residents."),
        ("The sea wall is 4 to 5 km long.", "The sea wall is 4 km long."),
        ("Section 4.2 tells of the sea wall.", "Section 4.6 tells of the sea wall."),
        ("1. The sea wall", "2. The sea wall"),
        ("The fee in Ashford is 40 euros.", "The fee in Selby is 50 euros."),
        ("The sea wall cost 4 million euros.", "The cost of the sea wall rose by 3 million euros."),
        ("`wall = 4 km` of the sea wall", "`wall = 5 km` of the sea wall"),
        ("Written on 2019-03-12 by the harbour board.", "Written on 2020-05-01 by the harbour board."),
    ],
)
def test_figures_that_do_not_contradict(first: str, second: str) -> None:
    assert found(f"# A\n\n{first}\n\n# B\n\n{FILLER}# C\n\n{second}\n") == []


def test_a_series_of_values_is_no_contradiction() -> None:
    lines = [f"The sea wall is {length} km long.\n\n{FILLER}" for length in (3, 4, 5, 6)]
    assert found("# A\n\n" + "".join(lines)) == []


def test_what_the_ledger_settles_is_not_judged_again() -> None:
    text = (
        f"# A\n\nThe sea wall is 4.6 km long.\n\n{FILLER}The 4.6 km sea wall is old.\n\n{FILLER}The 4.2 km sea wall.\n"
    )
    assert [(one.spans[0].text, one.expected) for one in found(text, FACTS)] == [("4.6", "4.2")] * 2


def test_offsets_with_bom_crlf_tabs_and_emoji() -> None:
    text = "\ufeff# Sea 🌊\r\n\r\n\tNot code\u0301?\r\n\r\n👩‍🚒 The sea wall is **4.6 km** long.\r\n"
    assert one(text, FACTS) == ("4.6", "4.2")


@pytest.mark.parametrize(
    ("first", "then", "wrong", "right"),
    [
        ("The number of pumps is 14.", "The lower town is drained by 16 pumps.", "16", "14"),
        (
            "The studio runs nine scanners in two shifts.",
            "Work went on, although the number of scanners is 8.",
            "8",
            "9",
        ),
    ],
)
def test_the_number_of_things_against_so_many_of_them(first: str, then: str, wrong: str, right: str) -> None:
    assert one(f"# Town\n\n## A\n\n{first}\n\n## B\n\nNothing else is said here. It goes on.\n\n## C\n\n{then}\n") == (
        wrong,
        right,
    )


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "The length of the cycle lanes is 64 km. Cycle lanes of 64 km are enough.",
            "The ring road is 14 km long and has six lanes.",
        ),
        (
            "The weight of a hire bicycle is 16 kg. A hire bicycle weighs 16 kg.",
            "My own bicycle weighs 12 kg and squeaks.",
        ),
    ],
)
def test_other_things_in_some_of_the_same_words(first: str, then: str) -> None:
    assert not found(f"# Town\n\n## A\n\n{first}\n\n## B\n\nNothing else is said here. It goes on.\n\n## C\n\n{then}\n")


@pytest.mark.parametrize(
    ("first", "then", "wrong", "right"),
    [
        ("The share of trips made by bicycle is 31%.", "Today 26% of trips are made by bicycle.", "26", "31"),
        (
            "A connection has an idle timeout of 90 seconds.",
            "After an idle timeout of 90 minutes, the connection is closed.",
            "minutes",
            "seconds",
        ),
        (
            "Support for this version ends on 30 June 2029.",
            "On 31 March 2030, support for this version ends without notice.",
            "31 March 2030",
            "30 June 2029",
        ),
        (
            "The first release appeared in 2017.",
            "Archives hold every build since the first release in 2015.",
            "2015",
            "2017",
        ),
    ],
)
def test_the_same_thing_in_other_words(first: str, then: str, wrong: str, right: str) -> None:
    assert one(f"# Town\n\n## A\n\n{first}\n\n## B\n\nNothing else is said here. It goes on.\n\n## C\n\n{then}\n") == (
        wrong,
        right,
    )

"""Names: slips that a text's own usage tells, and another name where the facts have one."""

import pytest

from hierdiff.detectors import Names
from hierdiff.document import parse
from hierdiff.findings import Finding
from hierdiff.ledger import Item, Ledger

FACTS = Ledger(
    items=(
        Item(id="engineer", kind="person", value="Ines Moreau", about="chief engineer"),
        Item(id="partner", kind="entity", value="Northgate University", about="partner"),
    )
)


def found(text: str, ledger: Ledger | None = None) -> list[Finding]:
    document = parse(text, ledger=ledger)
    findings = list(Names().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("We met Marta Keller. Then Marta Keller spoke. Later Marta Kelller left.", "Kelller", "Keller"),
        ("By Dr Oyelaran. For Dr Oyelaran. With Ms Oyelaran's help. Of Dr Oyalaran's.", "Oyalaran", "Oyelaran"),
        ("We saw Ashford. To Ashford we went. Of Ashford we spoke. In Ahsford we slept.", "Ahsford", "Ashford"),
    ],
)
def test_a_slip_in_a_name(text: str, wrong: str, right: str) -> None:
    (finding,) = found(f"# Sea\n\n{text}\n")
    assert (finding.detector, finding.spans[0].text, finding.expected) == ("names", wrong, right)


@pytest.mark.parametrize(
    "text",
    [
        "A Roman wall. The Romans came. Many Romans stayed. Some Romans left.",
        "Near North Station. At North Station. By South Station. To South Station.",
        "M. Keller wrote. Marta Keller read. Keller's notes. The Kellers met.",
        "With Rafael Ortiz. From Rafael Ortiz. For Rafael Ortiz. By Refael Ackermann.",
        "The Linear A script. A Linear A text. Of Linear A. In a linear way, Linea.",
    ],
)
def test_names_that_may_stand_side_by_side(text: str) -> None:
    assert found(f"# Sea\n\n{text}\n") == []


def test_another_name_in_a_role_that_the_facts_fill() -> None:
    (finding,) = found("# Sea\n\nThe chief engineer, Ruth Calloway, signs every change.\n", FACTS)
    assert (finding.spans[0].text, finding.expected, finding.hard) == ("Ruth Calloway", "Ines Moreau", True)


def test_another_name_in_a_sentence_that_stands_elsewhere_with_the_right_one() -> None:
    text = "# A\n\nThe project works with Northgate University.\n\n# B\n\nThe project works with Westgate College.\n"
    (finding,) = found(text, FACTS)
    assert (finding.spans[0].text, finding.expected, finding.hard) == ("Westgate College", "Northgate University", True)


def test_the_one_stranger_among_known_names_is_a_hint() -> None:
    text = "# A\n\nIn the view of Ines Moreau, it holds. It was Ruth Calloway who first proposed a gate.\n"
    (finding,) = found(text, FACTS)
    assert (finding.spans[0].text, finding.hard) == ("Ruth Calloway", False)


@pytest.mark.parametrize(
    "text",
    [
        "The chief engineer, Ines Moreau, met Ruth Calloway, Tom Hale and Ann Ruiz of Westgate College.",
        "Ruth Calloway and Tom Hale came by boat.",
        "Moreau spoke. I. Moreau wrote to Northgate.",
    ],
)
def test_other_people_may_be_named(text: str) -> None:
    assert [finding for finding in found(f"# Sea\n\n{text}\n", FACTS) if finding.hard] == []


ROLES = Ledger(
    items=(
        Item(id="mayor", kind="person", value="Paula Winther", about="mayor"),
        Item(id="director", kind="person", value="Clara Nilsen", about="director of the reading room"),
        Item(id="trust", kind="entity", value="Harbour Trust", about="owner of the front"),
        Item(id="firm", kind="entity", value="Rolling Wheel Company", about="operator of the hire scheme"),
    )
)


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("The post of mayor is held by Greta Solberg.", "Greta Solberg", "Paula Winther"),
        ("The mayor, Greta Solberg, came to work.", "Greta Solberg", "Paula Winther"),
        ("We asked Greta Solberg, the mayor.", "Greta Solberg", "Paula Winther"),
        ("The post of director of the reading room is held by Leila Haddad.", "Leila Haddad", "Clara Nilsen"),
        ("The front belongs to the Coastal Trust.", "Coastal Trust", "Harbour Trust"),
        ("Since then the Coastal Trust owns the front.", "Coastal Trust", "Harbour Trust"),
        ("The hire scheme is run by Rolling Stock Company.", "Rolling Stock Company", "Rolling Wheel Company"),
    ],
)
def test_another_name_in_a_role(text: str, wrong: str, right: str) -> None:
    (finding,) = [one for one in found(f"# Town\n\n## People\n\n{text}\n", ROLES) if one.hard]
    assert (finding.spans[0].text, finding.expected) == (wrong, right)


@pytest.mark.parametrize(
    "text",
    [
        "The deputy mayor, Greta Solberg, came to work.",
        "The mayor of Paris, Greta Solberg, came to work.",
        "We asked Greta Solberg, the mayor of Paris.",
        "The mayor thanked Greta Solberg.",
        "The Coastal Trust asked who owns the front.",
        "The mayor, Paula Winther, met Greta Solberg.",
        "The boats belong to the Coastal Trust.",
    ],
)
def test_names_in_other_roles_are_left_alone(text: str) -> None:
    assert not [one for one in found(f"# Town\n\n## People\n\n{text}\n", ROLES) if one.hard]

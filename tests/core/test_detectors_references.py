"""References: what points nowhere."""

import pytest

from hierdiff.detectors import References
from hierdiff.document import parse
from hierdiff.findings import Finding

NUMBERED = "# 1. Causes\n\nThe sea rises.\n\n# 2. Costs\n\n{}\n\n## 2.1 Pumps\n\nPumps run.\n"
PLAIN = "# Sea\n\n## Causes\n\nThe sea rises.\n\n## Costs of delay\n\n{}\n\n## Policy\n\nWe build.\n"


def found(text: str) -> list[Finding]:
    document = parse(text)
    findings = list(References().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


@pytest.mark.parametrize(
    ("text", "kind", "wrong", "right"),
    [
        (NUMBERED.format("As Section 7 shows."), "section", "7", None),
        (NUMBERED.format("As section 2.3 shows."), "section", "2.3", "2.1"),
        (NUMBERED.format('As Section 9 ("Costs") shows.'), "section", "9", "2"),
        (PLAIN.format("See Section 9 for more."), "section", "9", None),
        (PLAIN.format("See Figure 2 for more."), "figure", "2", None),
        (PLAIN.format("Table 1 has the costs."), "table", "1", None),
        (PLAIN.format("![Figure 1: tide](a.png)\n\nFigure 2 shows the tide."), "figure", "2", "1"),
        (PLAIN.format('As the section "Cost of delay" says.\n\nSee the section "Costs of dely".'), "title", None, None),
        (PLAIN.format('See "Costs of Delays" for more.'), "title", "Costs of Delays", "Costs of delay"),
        (PLAIN.format('See "Dredging" for more.'), "title", "Dredging", None),
        (PLAIN.format("As [told](#cost-of-delay) before."), "link", "cost-of-delay", "costs-of-delay"),
        (PLAIN.format("As [told](#nowhere) before."), "link", "nowhere", None),
        (PLAIN.format("As told.[^a] So.[^b]\n\n[^a]: By him."), "footnote", "b", None),
        (PLAIN.format("It rises [1, 4].\n\n## References\n\n[1] A. Author.\n\n[2] B. Author."), "citation", "4", None),
    ],
)
def test_a_reference_that_leads_nowhere(text: str, kind: str, wrong: str | None, right: str | None) -> None:
    findings = found(text)
    assert {finding.kind for finding in findings} == {kind}
    if wrong is not None:
        assert [(finding.spans[0].text, finding.expected) for finding in findings] == [(wrong, right)]
    else:
        assert [finding.expected for finding in findings] == ["Costs of delay", "Costs of delay"]
    assert all(finding.detector == "references" and finding.reason.endswith(".") for finding in findings)


@pytest.mark.parametrize(
    "text",
    [
        NUMBERED.format("As Section 1 and section 2.1 show."),
        NUMBERED.format("As section 4 of the Water Act shows."),
        NUMBERED.format("RFC 9110, Section 15 says so."),
        PLAIN.format("See Section 2 for more."),
        PLAIN.format('See "Costs of delay", the section "Policy" and the "Causes" section.'),
        PLAIN.format('See "The Sea Around Us" by R. Carson.'),
        PLAIN.format("As [told](#costs-of-delay), [here](#policy), [up](#top), [out](https://example.org/#x)."),
        PLAIN.format('<a name="here"></a> As [told](#here) before.'),
        PLAIN.format("`see Section 9` and\n\n```\nsee Figure 3\n```"),
        PLAIN.format("![tide](a.png)\n\n*Figure 1: the tide.*\n\nFigure 1 shows it."),
        PLAIN.format("| a | b |\n|---|---|\n| 1 | 2 |\n\nTable 1 has it."),
        PLAIN.format("The list[3] grows; item [12] is free of sources."),
        PLAIN.format("Chapter 12 tells more."),
        "# Licence\n\nSee Section 7.\n\n7. Additional terms\n\n# End\n\nDone.",
    ],
)
def test_a_reference_that_leads_somewhere_or_elsewhere(text: str) -> None:
    assert found(text) == []


def test_offsets_with_crlf_and_bom() -> None:
    (finding,) = found("\ufeff" + PLAIN.format("🌊 See Section 9.").replace("\n", "\r\n"))
    assert finding.spans[0].text == "9"


LABELS = PLAIN.format("As [told][{}] and [said][one].") + "\n[one]: https://example.org\n[two words]: #costs-of-delay\n"


def test_a_link_label_that_is_never_defined() -> None:
    (finding,) = found(LABELS.format("twoo words"))
    assert (finding.kind, finding.spans[0].text, finding.expected) == ("link label", "twoo words", "two words")


@pytest.mark.parametrize("label", ["Two  Words", "one"])
def test_labels_are_told_apart_by_neither_case_nor_blanks(label: str) -> None:
    assert found(LABELS.format(label)) == []


def test_indices_are_no_labels() -> None:
    assert found(LABELS.format("one") + "\nThe value of a[0][x] and `[a][b]` is [row][1].\n") == []


@pytest.mark.parametrize(
    ("title", "right"),
    [
        ("Support in numbers", "Support and licence"),
        ("Where in numbers", "Where the money came from"),
        ("The rest", None),
    ],
)
def test_a_title_that_shares_words_with_one_heading(title: str, right: str | None) -> None:
    text = (
        f'# Town\n\n## Aims\n\nThe reasons are given in the section "{title}".\n\n'
        "## Support and licence\n\nNothing.\n\n## Where the money came from\n\nNowhere.\n"
    )
    (finding,) = list(References().find(parse(text)))
    assert (finding.spans[0].text, finding.expected) == (title, right)

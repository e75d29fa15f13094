"""Seams and reworded sentences: where parts of a text were written without the others."""

import pytest

from hierdiff.detectors import Repeats, Seams
from hierdiff.document import parse
from hierdiff.findings import Finding


def found(text: str) -> list[Finding]:
    document = parse(text)
    findings = list(Seams().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


@pytest.mark.parametrize(
    ("text", "kind", "wrong"),
    [
        ("# A\n\nThis report examines the sea wall. It is old.\n\n# B\n\nThis report describes the wall. It is long.\n",
         "second introduction", "This report describes the wall."),
        ("# A\n\nIn conclusion, walls help. So be it.\n\n# B\n\nPumps run.\n\n# C\n\nIn conclusion, pumps help.\n",
         "early conclusion", "In conclusion, walls help."),
        ("# A\n\nGulls cry. The council raised the old wall in the spring.\n\n"
         "# B\n\nIn the spring the council raised the old wall. Then it rained.\n",
         "repeated opening", "In the spring the council raised the old wall."),
    ],
)  # fmt: skip
def test_a_seam_that_shows(text: str, kind: str, wrong: str) -> None:
    (finding,) = found(text)
    assert (finding.detector, finding.kind, finding.spans[0].text) == ("seams", kind, wrong)


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\nThis report examines the sea wall.\n\n# B\n\nThis section describes the wall. The report is long.\n",
        "# A\n\nWalls help.\n\n# B\n\nIn conclusion, pumps help. In conclusion, all is well.\n",
        "# A\n\nThe wall was raised in 1953 by the council.\n\n# B\n\nThe wall was raised in 1985 by the council.\n",
        "# `a()`\n\nReturns the list of all open files.\n\n# `b()`\n\nReturns the list of open files. Fast.\n",
    ],
)
def test_sections_that_join(text: str) -> None:
    assert found(text) == []


LONG = (
    "The harbour council raised the ancient sea wall by a metre after winter storms had flooded cellars along the quay."
)


@pytest.mark.parametrize(
    "again",
    [
        "After winter storms had flooded cellars along the quay, the harbour council raised the ancient sea wall by "
        "a metre.",
        "The harbour council has raised the ancient sea wall by a metre, after winter storms flooded the cellars on "
        "the quay.",
    ],
)
def test_a_sentence_said_again_in_nearly_the_same_words(again: str) -> None:
    document = parse(f"# A\n\n{LONG} Gulls cry.\n\n# B\n\nIt rains. {again} Night falls.\n")
    (finding,) = Repeats().find(document)
    assert (finding.kind, finding.spans[0].text, finding.expected) == ("reworded sentence", again, "")


@pytest.mark.parametrize(
    "other",
    [
        LONG.replace("a metre", "2 metres"),
        LONG.replace("harbour council", "garden society"),
        "The harbour council lowered its fees after a quiet winter, and the cellars along the quay stayed dry.",
    ],
)
def test_a_sentence_that_is_alike_and_says_something_else(other: str) -> None:
    assert list(Repeats().find(parse(f"# A\n\n{LONG} Gulls cry.\n\n# B\n\nIt rains. {other} Night falls.\n"))) == []


def test_entries_of_a_catalogue_may_say_the_same() -> None:
    same = "If no encoding is given, the data is returned as a buffer of bytes."
    entries = "".join(f"## `fs.{name}(path)`\n\n{same}\n\n" for name in ("read", "open", "stat"))
    assert list(Repeats().find(parse(f"# Files\n\n{entries}"))) == []
    assert len(list(Repeats().find(parse(f"# Files\n\n## Reading\n\n{same}\n\n## Opening files\n\n{same}\n")))) == 1

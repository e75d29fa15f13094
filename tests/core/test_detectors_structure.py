"""Structure: the form of a document."""

import pytest

from hierdiff.detectors import Structure
from hierdiff.document import Draft, join, parse
from hierdiff.findings import Finding
from hierdiff.outline import Outline, Section


def found(text: str) -> list[Finding]:
    document = parse(text)
    findings = list(Structure().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


LONG = "The sea has risen for a hundred years and more, and it goes on rising. Nobody knows how far it will"


@pytest.mark.parametrize(
    ("text", "kind", "span", "expected"),
    [
        ("# A\n\nOne.\n\n### B\n\nTwo.\n", "heading level", "###", "##"),
        ("# A\n\n## B\n\nOne.\n\n#### C\n\nTwo.\n", "heading level", "####", "###"),
        ("# A\n\n## B\n\nOne.\n\n## B\n\nTwo.\n", "duplicate heading", "B", None),
        ("# A\n\n## B\n\n## C\n\nTwo.\n", "empty section", "B", None),
        ("# A\n\nOne.\n\n## B\n", "empty section", "B", None),
        ("# A\n\nOne.\n\n```python\nprint()\n", "open fence", "```python", None),
        (f"# A\n\n{LONG}\n\n## B\n\nDone.\n", "cut off", "Nobody knows how far it will", None),
        ("# A\n\nIt rose because of the\n", "cut off", "It rose because of the", None),
        ("# A\n\nDone.<|im_end|>\n", "leaked marker", "<|im_end|>", ""),
        ("# A\n\nDone. [/INST] More.\n", "leaked marker", "[/INST]", ""),
        ("# A\n\nDone. As an AI language model, I cannot swim.\n", "leaked talk", None, None),
        ("# A\n\nSure, here is the section you asked for.\n\nThe sea rises.\n", "leaked talk", None, None),
        ("# A\n\n## Costs\n\n### Costs\n\nThey rise.\n", "repeated title", "### Costs", ""),
        ("# A\n\n## Costs\n\n**Costs**\n\nThey rise.\n", "repeated title", "**Costs**", ""),
    ],
)
def test_a_fault_of_form(text: str, kind: str, span: str | None, expected: str | None) -> None:
    (finding,) = found(text)
    assert (finding.detector, finding.kind, finding.expected) == ("structure", kind, expected)
    assert span is None or finding.spans[0].text == span
    assert finding.reason.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\nOne.\n\n## B\n\nTwo.\n\n### C\n\nThree.\n\n## D\n\nFour.\n",
        "## Only\n\nOne.\n\n### Sub\n\nTwo.\n\n# Top\n\nThree.\n",
        "# A\n\n## B\n\n### Notes\n\nOne.\n\n## C\n\n### Notes\n\nTwo.\n",
        "Title\n=====\n\nOne.\n\nPart\n----\n\nTwo.\n",
        "# A\n\n```\n# not a heading\n\n#### nor this\n```\n",
        "# A\n\n~~~\n```\n~~~\n\nDone.\n",
        "# A\n\n- one\n- two\n- three and no full stop\n",
        "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "# A\n\nReleased under MIT\n",
        "# A\n\nWe need the following:\n\n- walls\n",
        "# A\n\nHe asked: “Is it done?”\n\n# B\n\nIt is *done.*\n",
        "# A\n\nA chat ends with `<|im_end|>`, and “As an AI language model” is a cliché.\n",
        "# A\n\n![picture](a.png)\n",
        "# A\n\n<p>text</p>\n",
        "",
        "just a line",
    ],
)
def test_a_sound_form(text: str) -> None:
    assert found(text) == []


def test_siblings_are_moved_alike() -> None:
    findings = found("# A\n\n#### B\n\nOne.\n\n#### C\n\nTwo.\n\n## D\n\nThree.\n")
    assert [(one.spans[0].text, one.expected) for one in findings] == [("####", "##"), ("####", "##")]


def test_a_fence_left_open_in_one_section_of_a_joined_document() -> None:
    outline = Outline(title="T", sections=(Section(id="a", title="A"), Section(id="b", title="B", order=1)))
    drafts = {"a": Draft(section="a", text="Code:\n\n```\nx = 1"), "b": Draft(section="b", text="Prose of b.")}
    (finding,) = Structure().find(join(outline, drafts))
    assert (finding.kind, finding.section) == ("open fence", "a")


def test_a_title_repeated_inside_a_draft() -> None:
    outline = Outline(title="T", sections=(Section(id="a", title="Costs"),))
    document = join(outline, {"a": Draft(section="a", text="### Costs\n\nThey rise.")})
    (finding,) = Structure().find(document)
    assert (finding.kind, finding.spans[0].text, finding.expected) == ("repeated title", "### Costs", "")


def test_offsets_with_crlf_and_bom() -> None:
    (finding,) = found("\ufeff# A\r\n\r\n## 🌊\r\n\r\nOne.\r\n\r\n#### C\r\n\r\nTwo.\r\n")
    assert (finding.spans[0].text, finding.expected) == ("####", "###")


def test_a_jump_among_headings_of_one_level_belongs_beside_them() -> None:
    text = "# T\n\n## A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\nThree.\n\n#### D\n\nFour.\n\n## E\n\nFive.\n"
    (found,) = Structure().find(parse(text))
    assert (found.spans[0].text, found.expected) == ("####", "##")
    deep = text.replace("## B", "### B")
    (found,) = Structure().find(parse(deep))
    assert found.expected == "###"


def test_a_neat_text_shows_a_short_tail_that_is_cut_off() -> None:
    sections = [f"## S{number}\n\nThis one says what number {number} has to say." for number in range(4)]
    tail = "In addition to what was said before, there are also other matters and social"
    text = "\n\n".join(["# T", *sections, f"## Last\n\n{tail}"]) + "\n"
    (found,) = Structure().find(parse(text))
    assert found.kind == "cut off" and found.spans[0].text == tail


TABLE = "# A\n\nWalls.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n{}\n\nDone.\n"


@pytest.mark.parametrize("row", ["| 1 |", "| 1 | 2 | 3 |", "1 | 2 | 3"])
def test_a_row_with_other_cells_than_its_table(row: str) -> None:
    (finding,) = Structure().find(parse(TABLE.format(row)))
    assert (finding.kind, finding.spans[0].text) == ("table row", row)


@pytest.mark.parametrize("row", ["| 1 | 2 |", "1 | 2", "| 1 | a \\| b |", "|  |  |"])
def test_rows_as_wide_as_their_table(row: str) -> None:
    assert list(Structure().find(parse(TABLE.format(row)))) == []


def test_headings_that_list_names_need_no_text() -> None:
    names = "".join(f"### `--{name}`\n\n" for name in ("trace", "prof", "heap"))
    assert list(Structure().find(parse(f"# Options\n\nSome.\n\n## Engine\n\nThese:\n\n{names}"))) == []


def test_restructured_text_is_no_open_fence() -> None:
    text = "Sea\n===\n\nWalls.\n\nPumps\n~~~~~\n\nThey run::\n\n    run | fast\n    ```\n\n.. code-block:: sh\n"
    assert list(Structure().find(parse(text))) == []


def test_dashes_under_several_lines_part_them_and_make_no_title() -> None:
    menu = "# Menus\n\nWhat there is.\n\nFile\n  New File      # opens a window\n  Open          # asks first\n---\n"
    assert not found(
        menu + "  Save          # writes it\n  Save As       # asks first\n---\n  Print         # prints\n"
    )


def test_columns_and_formulas_are_not_broken_off() -> None:
    columns = "config-one.def      # what extensions do by default\nconfig-two.def      # what the keys do by default"
    body = "It is said here. And it ends.\n"
    text = "".join(f"## S{number}\n\n{body}\n" for number in range(4))
    assert not found(f"# T\n\n{text}## Files\n\n{columns}\n\n## End\n\n{body}")


def test_a_row_of_marks_under_a_title_opens_no_block() -> None:
    assert not [one for one in found("Patches\n```````\n\n- one\n- two\n") if one.kind == "open fence"]


def test_a_sentence_broken_off_before_a_table() -> None:
    body = "It is said here. And it ends well.\n\n"
    text = "".join(f"## S{number}\n\n{body}{body}" for number in range(6))
    (finding,) = found(
        f"# T\n\n{text}## Last\n\nThe neighbours took the longer road\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{body}"
    )
    assert (finding.kind, finding.spans[0].text) == ("cut off", "The neighbours took the longer road")

"""Facts: a YAML file as a Ledger, or one clear line that says what is wrong with it."""

from pathlib import Path

import pytest

from hierdiff.errors import FileError
from hierdiff.facts import load_facts
from hierdiff.ledger import Item


def write(folder: Path, text: str) -> Path:
    path = folder / "facts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_fields_are_read_and_numbers_stay_as_written(tmp_path: Path) -> None:
    text = """
    facts:
      - {id: wall, kind: quantity, value: 4.20 km, about: length of the sea wall, aliases: [rampart], owner: defences}
      - {id: wells, kind: count, value: 012}
      - {id: opened, kind: date, value: 2019-03-12}
      - {id: model, kind: version, value: 1.20}
    """
    wall, wells, opened, model = load_facts(write(tmp_path, text)).items
    assert wall == Item(
        id="wall",
        kind="quantity",
        value="4.20 km",
        about="length of the sea wall",
        aliases=("rampart",),
        owner="defences",
    )
    assert [item.value for item in (wells, opened, model)] == ["012", "2019-03-12", "1.20"]
    assert wells.owner is None and wells.about == ""


def test_one_value_in_two_units_and_two_people_are_no_contradiction(tmp_path: Path) -> None:
    text = """
    facts:
      - {id: a, kind: quantity, value: 4.2 km, about: sea wall}
      - {id: b, kind: quantity, value: "4,200 m", about: sea wall}
      - {id: c, kind: person, value: Marta Keller, about: member of the council}
      - {id: d, kind: person, value: Tom Hale, about: member of the council}
    """
    assert len(load_facts(write(tmp_path, text)).items) == 4


def test_no_facts_are_an_empty_ledger(tmp_path: Path) -> None:
    assert load_facts(str(write(tmp_path, "facts: []"))).items == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("facts: [{id: a, kind: colour, value: red}]", "'a'.*unknown kind 'colour'"),
        ("facts: [{id: a, kind: symbol, value: red}]", "unknown kind 'symbol'"),
        ("facts: [{kind: term, value: red}]", "fact 1 has no 'id'"),
        ("facts: [{id: a, value: red}]", "has no 'kind'"),
        ("facts: [{id: a, kind: term}]", "has no 'value'"),
        ("facts: [{id: '  ', kind: term, value: x}]", "'id' is blank"),
        ("facts: [{id: a, kind: term, value: [x]}]", "'value' must be text, not a list"),
        ("facts: [{id: a, kind: term, value: x, about: {b: c}}]", "'about' must be text, not a mapping"),
        ("facts: [{id: a, kind: term, value: x, aliases: y}]", "'aliases' must be a list"),
        ("facts: [{id: a, kind: term, value: x, aliases: [[y]]}]", "'aliases' must hold text only"),
        ("facts: [{id: a, kind: term, value: x, colour: y}]", "unknown field 'colour'"),
        ("facts: [{id: a, kind: term, value: x}, {id: a, kind: term, value: y}]", "fact 2: 'id' 'a' is given twice"),
        (
            "facts: [{id: a, kind: count, value: 12, about: deep wells},"
            " {id: b, kind: count, value: 14, about: Deep wells}]",
            r"the facts 'a' \(12\) and 'b' \(14\) contradict each other about 'Deep wells'",
        ),
        (f"facts: [{{id: {'a' * 300}, kind: term, value: x}}]", "'id' has 300 characters"),
        ("facts: {id: a}", "'facts' is not a list"),
        ("facts:", "'facts' is not a list"),
        ("facts: [a]", "fact 1 is not a mapping"),
        ("- {id: a}", "has no list 'facts'"),
        ("facts: []\nmore: 1", "unknown field 'more'"),
        ("facts: [", "line 1"),
        ("", "empty"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileError, match=says) as caught:
        load_facts(write(tmp_path, text))
    assert "facts.yaml" in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.about is not None and caught.value.about.endswith("facts.yaml")


def test_a_file_that_is_missing_too_large_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere\.yaml"):
        load_facts(tmp_path / "nowhere.yaml")
    with pytest.raises(FileError, match="larger than 5 MB"):
        load_facts(write(tmp_path, "facts: []\n#" + "x" * 5_000_001))
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00\x00facts")
    with pytest.raises(FileError, match="UTF-8"):
        load_facts(tmp_path / "b.yaml")

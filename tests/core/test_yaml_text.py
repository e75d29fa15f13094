"""YAML text: what is written is what is read, and nothing else happens."""

from pathlib import Path

import pytest

from hierdiff.errors import FileError
from hierdiff.yaml_text import MOST_BYTES, Plain, parse_yaml, read_text, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1.20\nb: [no, 2024-01-01, 0o7]", {"a": "1.20", "b": ["no", "2024-01-01", "0o7"]}),
        ("a: ~\nb:\nc: null\nd: 'null'\ne: ''", {"a": None, "b": None, "c": None, "d": "null", "e": ""}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ('{"a": "\\ud83d\\ude00", "b": "\\u00e9/"}', {"a": "😀", "b": "é/"}),
        ("- {a: [], b: {}}", [{"a": [], "b": {}}]),
        ("# only a comment\n---\n", None),
    ],
)
def test_values_stay_as_they_are_written(text: str, value: Plain) -> None:
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1,\nb: 2", r"line 2, column \d+: expected"),
        ("a: b: c", r"line 1, column 5: mapping values"),
        ("a:\n\t- b", r"line 2, column 1"),
        ("a: &x [1]\nb: *x", "line 1, column 4: anchors and aliases"),
        ("a: *x", "line 1, column 4: anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]", "line 1, column 4: tags"),
        ("a: !!int 3", "tags"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands here twice"),
        ("a: 1\n---\nb: 2", "second document"),
        ("? [a]\n: b", "a key must be text"),
        ("[" * 5000, "nested deeper"),
        ('a: "\\ud800"', "half of a surrogate pair"),
        ("a: \x00", "not YAML"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        parse_yaml(text, name="plan.yaml")
    assert str(caught.value).startswith("plan.yaml")
    assert caught.value.about == "plan.yaml"


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    def written(content: bytes) -> Path:
        path = tmp_path / "plan.yaml"
        path.write_bytes(content)
        return path

    with pytest.raises(FileError, match=r"plan.yaml: No such file"):
        read_text(tmp_path / "plan.yaml")
    with pytest.raises(FileError, match="directory"):
        read_text(tmp_path)
    with pytest.raises(FileError, match=r"plan.yaml is empty"):
        read_text(written(b" \n"))
    with pytest.raises(FileError, match=r"not UTF-8 text \(byte 3\)"):
        read_text(written(b"a: \xff"))
    with pytest.raises(FileError, match="larger than 5 MB"):
        read_text(written(b"#" * (MOST_BYTES + 1)))
    assert read_yaml(written(b"\xef\xbb\xbfa: b")) == {"a": "b"}

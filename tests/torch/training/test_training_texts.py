"""Texts: what is read, what is refused, and that what is refused is named."""

import json
from pathlib import Path

import pytest

from hierdiff.errors import FileError
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.training.texts import Texts, read_texts


def read(*paths: Path, length: int = 40, without: Path | None = None) -> Texts:
    return read_texts(list(paths), byte_tokenizer(), length, without)


def test_pairs_and_pieces(data: Path) -> None:
    found = read(data)
    assert found.held
    assert found.tokens >= 2000
    assert {sample.ended for sample in found.train} == {True, False}
    assert all(len(sample.tokens) <= 40 for sample in found.train + found.held)
    assert all(len(sample.tokens) - sample.given >= 4 for sample in found.train + found.held)
    assert found == read(data)


def test_what_is_held_out_does_not_hang_on_the_other_files(data: Path) -> None:
    both, one = read(data), read(data / "a.md")
    assert {sample.tokens for sample in one.held} <= {sample.tokens for sample in both.held}
    assert both.digest != one.digest


def test_a_line_of_a_pair_may_hold_any_separator(data: Path) -> None:
    pair = {"prompt": "Say\u2028it", "text": "a text of\u2028two lines and\x85a third"}
    with (data / "b.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(pair, ensure_ascii=False) + "\r\n\n")
    assert read(data).tokens


def test_texts_that_leave_no_room_for_a_hole_are_left_out(data: Path) -> None:
    before = read(data)
    with (data / "b.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"prompt": "?", "text": "No"}')
    after = read(data)
    assert (after.train, after.held) == (before.train, before.held)


def test_hidden_files_and_the_run_itself_are_no_data(data: Path) -> None:
    before = read(data)
    for name in (".git", "out"):
        (data / name).mkdir()
        (data / name / "c.json").write_text("{}" * 500, encoding="utf-8")
    assert read(data, without=data / "out") == before
    assert read(data) != before


BAD_LINES = ("{", "[1]", '{"prompt": "a"}', '{"prompt": 1, "text": "b"}', '{"prompt": "", "text": "x\\ud800y"}')


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_is_named(data: Path, line: str) -> None:
    path = data / "c.jsonl"
    path.write_text('{"prompt": "a", "text": "a good one"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"c\.jsonl, line 2: .*mend or remove"):
        read(data)


def test_what_is_not_utf_8_is_named(data: Path) -> None:
    (data / "c.txt").write_bytes(b"caf\xe9")
    with pytest.raises(FileError, match=r"c\.txt is not UTF-8 at byte 3; leave it out"):
        read(data)


def test_too_little(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("too short " * 10, encoding="utf-8")
    with pytest.raises(FileError, match="at least 2,000 tokens"):
        read(tmp_path)
    with pytest.raises(FileError, match="there is no file or folder"):
        read(tmp_path / "none")

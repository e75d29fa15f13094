"""The planted mistakes of benchmarks/revise.py: they stand where it is said, go out again, and are judged rightly."""

import pytest

from benchmarks.planted.judging import changed_outside, judge
from benchmarks.planted.pages import page
from benchmarks.planted.planting import KINDS, Copy, copy
from benchmarks.planted.telling import exact_repair, precision, recall
from hierdiff.findings import Finding
from hierdiff.spans import Quote


def planted(number: int = 4) -> Copy:
    return copy(page(number), ["number", "percent", "money", "repeat"], 1)


@pytest.mark.parametrize("number", range(18))
def test_a_page_quotes_its_facts_where_they_stand(number: int) -> None:
    made = page(number)
    assert all(made.text[one.start : one.stop] == one.saying.text for one in made.mentions)
    assert made == page(number)


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("kind", KINDS)
def test_mistakes_go_out_again_byte_for_byte(number: int, kind: str) -> None:
    for seed in range(3):
        one = copy(page(number), [own for own in KINDS if own == kind], seed)
        assert all(one.text[bad.start : bad.stop] == bad.text for bad in one.planted)
        assert one.mended() == one.page.text
        assert one == copy(page(number), [own for own in KINDS if own == kind], seed)


def findings(made: Copy) -> list[Finding]:
    return [
        Finding(
            detector="x", kind=one.kind, section="s", spans=(Quote.cut(made.text, one.start, one.stop),), reason="r"
        )
        for one in made.planted
    ]


def test_a_perfect_reviser_scores_one() -> None:
    made = planted()
    result = judge(made, findings(made), made.page.text, [], [])
    assert (recall([result]), precision([result]), exact_repair([result])) == (1, 1, 1)
    assert result.regressions == 0


def test_one_that_does_nothing_scores_nothing() -> None:
    made = planted()
    result = judge(made, [], made.text, [], [])
    assert (recall([result]), exact_repair([result])) == (0, 0)
    assert (result.regressions, result.bytes_changed_outside) == (0, 0)


def test_one_that_rewrites_everything_is_seen() -> None:
    made = planted()
    result = judge(made, findings(made), "Something else altogether.\n", [], [])
    assert result.bytes_changed_outside > 0
    assert result.regressions > 0


def test_changes_inside_declared_spans_are_not_outside() -> None:
    span = Quote.cut("one two three", 4, 7)
    assert changed_outside("one two three", "one 2 three", [span]) == 0
    assert changed_outside("one two three", "one 2 four", [span]) > 0

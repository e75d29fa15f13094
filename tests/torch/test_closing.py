"""Where holes close: sentence ends, lines, spans, exact counts, and the way back from the hard limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_helpers.characters import EOS, Kind, closing, decode, encode, write

from hierdiff_torch.closing import ends_sentence

ENDS = [
    "The sea rose.",
    "Did it rise?",
    "It rose!",
    "And then it rose…",
    "And then it rose...",
    "He said “it rose.”",
    'She said "it rose."',
    "It rose (and fell.)",
    "It rose by 3.5.",
    "It was built in 1953.",
    "It cost 1,200.",
    "It rose. \n",
    "It rose by 3 m.\n\n",
    "They reached the wall, etc., and stopped.",
]

GOES_ON = [
    "",
    "The sea rose",
    "The sea rose,",
    "Dr.",
    "It was Mr.",
    "tides, e.g.",
    "tides, i.e.",
    "waves, wind etc.",
    "shown in fig.",
    "Ruiz et al.",
    "the U.S.",
    "at 5 p.m.",
    "J.",
    "by J. R. R.",
    "by J.R.R.",
    "by É.",
    "(cf.",
    "1.",
    "The steps:\n2.",
    "The steps:\n\n12. ",
    "It rose by 3.",
    "It cost £12.",
]


@pytest.mark.parametrize("text", ENDS)
def test_a_sentence_ends(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", GOES_ON)
def test_a_sentence_goes_on(text: str) -> None:
    """After an abbreviation, an initial, a list number, or what may yet become a decimal."""
    assert not ends_sentence(text)


def filled(kind: Kind, width: int, limit: int, text: str, *, after: str = "") -> tuple[str, str]:
    part, _ = write(closing(kind, width, limit, after=after), encode(text))
    return decode(part.tokens).rstrip(), part.ending


def test_prose_closes_at_the_first_sentence_end_once_it_is_nearly_full() -> None:
    assert filled("sentence", 20, 40, "One is. Two is here. Three is.") == ("One is. Two is here.", "sentence")


def test_prose_does_not_close_early() -> None:
    assert filled("sentence", 40, 60, "One is. Two is here.") == ("One is. Two is here.", "")


def test_at_the_limit_prose_goes_back_to_its_last_sentence_end() -> None:
    assert filled("sentence", 20, 24, "One is here. Two is without an end") == ("One is here.", "length")


def test_at_the_limit_prose_keeps_all_rather_than_less_than_half() -> None:
    assert filled("sentence", 20, 24, "One is. Two is without an end") == ("One is. Two is without a", "length")


def test_a_line_closes_at_its_newline() -> None:
    assert filled("line", 20, 40, "Harbours\nThe sea") == ("Harbours", "line")


def test_a_newline_before_a_line_does_not_close_it() -> None:
    assert filled("line", 20, 40, "\nHarbours\nThe sea") == ("\nHarbours", "line")


def test_a_span_closes_at_a_sentence_end_or_newline() -> None:
    assert filled("span", 20, 40, "3 m high. It") == ("3 m high.", "line")
    assert filled("span", 20, 40, "3 m high\nIt") == ("3 m high", "line")


@pytest.mark.parametrize("after", [" high and was built", " high, and", " high"])
def test_a_span_closes_where_the_text_after_it_begins_and_leaves_that_out(after: str) -> None:
    assert filled("span", 20, 40, f"3 m{after} and more", after=after) == ("3 m", "line")


def test_a_long_word_after_a_span_is_known_whole() -> None:
    assert filled("span", 40, 60, "perhaps approximately 3 m", after=" approximately 3 m") == ("perhaps", "line")


def test_a_word_that_only_ends_like_the_text_after_it_does_not_close_a_span() -> None:
    assert filled("span", 20, 40, "in the thigh", after=" high") == ("in the thigh", "")


BODY = "total = 1\n    return total\n"


@pytest.mark.parametrize("after", ["\ndef other():", "print(1)", "```\nThis function", "  ```", "# done"])
def test_a_block_of_code_closes_where_its_indentation_or_its_fence_ends(after: str) -> None:
    assert block(f"{BODY}{after} and more") == (BODY.rstrip(), "line")


def test_a_block_of_code_goes_on_over_blank_lines_and_brackets() -> None:
    text = "rows = [\n        1,\n]\n\n\n    return rows"
    assert block(text) == (text, "")


def test_a_fence_before_a_block_of_code_does_not_close_it() -> None:
    assert block("```\n    return 1\n```\n") == ("```\n    return 1", "line")


def test_a_block_of_code_is_full_at_the_end_of_a_line_and_cut_at_its_limit() -> None:
    assert block("total = 1\n    return total\n    total", width=20) == ("total = 1\n    return total", "line")
    assert block("total = " + "1" * 100, width=20, limit=30) == ("total = " + "1" * 22, "length")


def block(text: str, *, width: int = 200, limit: int = 400) -> tuple[str, str]:
    one = closing("block", width, limit)
    one.indent = 4
    part, _ = write(one, encode(text))
    return decode(part.tokens).rstrip(), part.ending


def test_exact_takes_its_count_whatever_stands() -> None:
    assert filled("exact", 12, 12, "One is. Two.\nThree is.") == ("One is. Two.", "length")


@pytest.mark.parametrize("kind", ["sentence", "line", "span", "block", "exact"])
def test_eos_closes_and_is_not_kept(kind: Kind) -> None:
    part, _ = write(closing(kind, 20, 40), [*encode("The sea"), EOS, *encode(" rose")])
    assert (decode(part.tokens), part.ending, EOS in part.tokens) == ("The sea", "eos", False)


def test_when_the_model_may_say_that_it_is_done() -> None:
    """Prose: nearly full and at a sentence end; a line: once something stands; a span: after a token."""
    prose = closing("sentence", 10, 20)
    assert not prose.may_end(encode("Done."))
    assert not prose.may_end(encode("It is not done"))
    assert prose.may_end(encode("It is done."))
    for kind in ("line", "span", "block", "exact"):
        assert not closing(kind, 10, 20).may_end([])
        assert closing(kind, 10, 20).may_end(encode("a"))


def test_sentence_ends_are_pressed_for_only_where_prose_is_nearly_full() -> None:
    prose = closing("sentence", 100, 140)
    pressures = [prose.pressure(count) for count in range(140)]
    assert not any(pressures[:86]) and all(pressures[86:])
    assert pressures == sorted(pressures) and pressures[-1] <= 2.5
    for kind in ("line", "span", "block", "exact"):
        assert not any(closing(kind, 100, 140).pressure(count) for count in range(140))


KINDS = st.sampled_from(["sentence", "line", "span", "block", "exact"])
TOKENS = st.lists(st.sampled_from([EOS, *map(ord, "ab .!1\n")]), min_size=1, max_size=60)
AFTER = st.sampled_from(["", " a b a b", "bab", ". a", "\n"])


@given(KINDS, st.integers(1, 30), st.integers(0, 20), AFTER, TOKENS)
def test_a_hole_always_closes_at_its_limit_and_never_keeps_more_than_it_has(
    kind: Kind, width: int, more: int, after: str, tokens: list[int]
) -> None:
    one = closing(kind, width, width + more, after=after)
    for count in range(1, len(tokens) + 1):
        ending = one.closed(tokens[:count])
        assert ending or count < one.limit
        assert 0 <= one.kept(tokens[:count], ending or "length") <= count
        if ending:
            return


@given(KINDS, st.integers(1, 30), st.integers(0, 20), AFTER, TOKENS)
def test_what_is_shown_of_an_open_hole_stands_whatever_comes(
    kind: Kind, width: int, more: int, after: str, tokens: list[int]
) -> None:
    part, shown = write(closing(kind, width, width + more, after=after), tokens)
    assert shown == sorted(shown)
    if part.closed:
        assert len(part.tokens) >= shown[-1]


def test_progress_is_shown_as_it_comes_until_it_might_be_cut_back() -> None:
    _, shown = write(closing("sentence", 20, 40), encode("One is. Two is. And three is."))
    assert shown[:15] == list(range(15))
    assert set(shown[15:]) == {15, 16}
    _, shown = write(closing("line", 20, 40), encode("Harbours\n"))
    assert shown == list(range(9))

"""Budgets: the sum is exact, the floor is kept where it can be, the proportions stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import outlines

from hierdiff.budget import FLOOR, budgeted
from hierdiff.errors import OutlineError
from hierdiff.outline import Outline, Section


def flat(*budgets: int) -> Outline:
    """An outline of leaves with these budgets."""
    sections = [Section(id=f"s{n}", title="T", order=n, budget=words) for n, words in enumerate(budgets)]
    return Outline(title="Plan", sections=tuple(sections))


def words_of(outline: Outline) -> list[int]:
    """The budgets of the leaves."""
    return [leaf.budget for leaf in outline.leaves]


@given(outlines(), st.integers(1, 5000), st.integers(0, 100))
def test_sum_floor_and_everything_else(outline: Outline, words: int, floor: int) -> None:
    leaves = len(outline.leaves)
    if leaves > words:
        with pytest.raises(OutlineError, match="more words"):
            budgeted(outline, words, floor=floor)
        return
    result = budgeted(outline, words, floor=floor)
    stood = all(words_of(outline)) and sum(words_of(outline)) == words
    assert sum(words_of(result)) == words
    assert min(words_of(result)) >= (1 if stood else min(max(1, floor), words // leaves))
    assert all(not section.budget for section in result.sections if result.children(section.id))
    assert result == budgeted(outline, words, floor=floor)
    assert budgeted(result, words, floor=floor) == result
    assert [one.changed(budget=0) for one in result.sections] == [one.changed(budget=0) for one in outline.sections]
    assert (result.edges, result.ledger) == (outline.edges, outline.ledger)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.integers(20, 9000))
def test_no_share_is_a_word_away_from_the_fair_one(weights: list[int], words: int) -> None:
    shares = words_of(budgeted(flat(*weights), words, floor=1))
    fair = [weight * words / sum(weights) for weight in weights]
    if min(fair) >= 1:
        assert all(abs(share - one) < 1 for share, one in zip(shares, fair, strict=True))


def test_budgets_that_fit_stand_even_below_the_floor() -> None:
    assert words_of(budgeted(flat(10, 190), 200)) == [10, 190]


def test_budgets_that_do_not_fit_are_weights() -> None:
    assert words_of(budgeted(flat(100, 300), 1000)) == [250, 750]


def test_a_leaf_without_a_budget_weighs_the_mean() -> None:
    assert words_of(budgeted(flat(100, 0, 300), 900)) == [150, 300, 450]
    assert words_of(budgeted(flat(0, 0, 0), 100)) == [34, 33, 33]


def test_a_light_section_is_raised_to_the_floor() -> None:
    assert words_of(budgeted(flat(1, 100, 100), 1000)) == [FLOOR, 480, 480]


def test_the_budget_of_a_parent_is_spread_over_its_leaves() -> None:
    sections = (
        Section(id="a", title="A", budget=600),
        Section(id="a1", title="A1", parent="a", budget=10),
        Section(id="a2", title="A2", parent="a", order=1, budget=20),
        Section(id="b", title="B", order=1, budget=300),
    )
    result = budgeted(Outline(title="Plan", sections=sections), 900)
    assert [(section.id, section.budget) for section in result.sections] == [
        ("a", 0),
        ("a1", 200),
        ("a2", 400),
        ("b", 300),
    ]


def test_more_sections_than_words_name_the_remedy() -> None:
    with pytest.raises(OutlineError, match=r"3 sections cannot share 2 words.*--words 120") as caught:
        budgeted(flat(0, 0, 0), 2)
    assert caught.value.rule == "budget"

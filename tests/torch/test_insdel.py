"""Insertion and deletion, whatever is predicted: what is pinned stays where it is, and every block ends."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff_torch.policies.insdel import Block, InsertionDeletion

SIZE, MASK, DELETE, SPLIT = 8, 7, 6, 5
SEEDS = st.integers(0, 10_000)
RULES = st.builds(
    InsertionDeletion,
    st.just(MASK),
    st.just(DELETE),
    st.just(SPLIT),
    st.sampled_from([0.1, 0.3, 0.6]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.integers(0, 5),
)


def sharp(*tokens: int) -> torch.Tensor:
    """Logits that are all but sure of these tokens."""
    return torch.nn.functional.one_hot(torch.tensor(tokens), SIZE).float() * 20


@settings(max_examples=150)
@given(RULES, st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=10), SEEDS)
def test_pinned_places_stay_and_the_block_ends_without_masks(
    rules: InsertionDeletion, places: list[tuple[int, bool]], seed: int
) -> None:
    tokens = tuple(token if fixed else MASK for token, fixed in places)
    pinned = tuple(fixed for _, fixed in places)
    block, generator = rules.opened(tokens, pinned), torch.Generator().manual_seed(seed)
    for _ in range(len(places) + rules.most_post + 1):
        logits = torch.randn(len(places), SIZE, generator=generator) * 3
        before = logits.clone()
        block, was = rules.step(block, logits), block
        assert torch.equal(logits, before) and block is not was
        assert len(block.tokens) == len(block.original) == len(places)
        assert all(now == token for now, token, fixed in zip(block.tokens, tokens, pinned, strict=True) if fixed)
        if block.over:
            break
    assert block.over and not {MASK, DELETE, SPLIT} & set(block.tokens)
    assert rules.step(block, torch.zeros(len(places), SIZE)) is block


def test_a_deletion_moves_what_follows_up_to_the_next_pinned_place() -> None:
    rules = InsertionDeletion(MASK, DELETE, SPLIT, most_post=4)
    block = rules.opened((1, MASK, MASK, MASK, 2, MASK), (True, False, False, False, True, False))
    block = rules.step(block, sharp(0, DELETE, 3, 4, 0, 0))
    assert block.tokens == (1, 3, 4, MASK, 2, 0)
    assert block.original == (False, True, True, False, False, True)


def test_an_insertion_puts_a_mask_before_what_stands_there() -> None:
    rules = InsertionDeletion(MASK, DELETE, SPLIT, most_post=4)
    block = Block((1, 2, 3, 4), (True, False, False, True), (False, True, True, False))
    block = rules.step(block, sharp(0, SPLIT, 3, 0))
    assert block.tokens == (1, MASK, 2, 4)
    assert block.original == (False, False, True, False)

"""Layouts: what a noisy place sees and is to give, whatever was drawn."""

import random
from collections import Counter

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff_torch.training.layouts import IGNORED, Layout, layout, probe
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.texts import Sample

MASK, END = 1000, 999


@st.composite
def samples(draw: st.DrawFn) -> list[Sample]:
    """One to three texts whose tokens say where they stand."""
    found: list[Sample] = []
    for _ in range(draw(st.integers(1, 3))):
        before, after = draw(st.integers(0, 20)), draw(st.integers(4, 40))
        found.append(Sample(tuple(range(1, before + after + 1)), before, draw(st.booleans())))
    return found


def drawn(texts: list[Sample], infill: float, seed: int, early: bool = False, copies: int = 1) -> Layout:
    recipe = Recipe(infill=infill, copies=copies)
    return layout(texts, recipe, mask=MASK, end=END, draws=random.Random(seed), early=early)


def own(batch: Layout, row: int) -> int:
    """The length of a text: what stands where it belongs, before what is moved and what fills up."""
    places = batch.clean_positions[row]
    wrong = (places != torch.arange(len(places))).nonzero()
    return int(wrong[0]) if len(wrong) else len(places)


def blocks(batch: Layout, row: int) -> dict[int, list[int]]:
    """By its first place in the noisy stream the places of every block; what fills up sees itself alone."""
    length = batch.clean.shape[1]
    found: dict[int, list[int]] = {}
    for place in range(batch.noisy.shape[1]):
        members = batch.noisy_seen[row, place, length:].nonzero().flatten().tolist()
        if members != [place] or bool(batch.noisy_seen[row, place, :length].any()):
            found[members[0]] = members
    return found


@settings(max_examples=60, deadline=None)
@given(samples(), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 1 << 20), st.booleans())
def test_a_noisy_place_sees_what_stands_before_its_block_and_what_was_moved(
    texts: list[Sample], infill: float, seed: int, early: bool
) -> None:
    batch = drawn(texts, infill, seed, early)
    for row, text in enumerate(texts):
        length = own(batch, row)
        assert length >= len(text.tokens)
        for members in blocks(batch, row).values():
            at = batch.noisy_positions[row, members].tolist()
            assert at == list(range(at[0], at[0] + len(at)))
            assert at[0] >= max(1, text.given) - 1
            for place in members:
                assert batch.noisy_seen[row, place, batch.clean.shape[1] :].nonzero().flatten().tolist() == members
                seen = batch.noisy_seen[row, place, : batch.clean.shape[1]].nonzero().flatten().tolist()
                assert [one for one in seen if one < length] == list(range(at[0]))
                moved = [one for one in seen if one >= length]
                assert all(batch.clean_positions[row, one] > at[-1] for one in moved)
                for one in moved:  # and these see nothing of the hole
                    known = batch.clean_seen[row, one].nonzero().flatten().tolist()
                    assert all(other < at[0] or other in moved for other in known)


@settings(max_examples=60, deadline=None)
@given(samples(), st.sampled_from([0.0, 1.0]), st.integers(0, 1 << 20))
def test_a_target_is_the_token_of_the_mask_that_follows(texts: list[Sample], infill: float, seed: int) -> None:
    batch = drawn(texts, infill, seed)
    for row in range(len(texts)):
        clean = batch.clean[row, : own(batch, row)]
        taken = 0
        for members in blocks(batch, row).values():
            for place in members:
                token, at = int(batch.noisy[row, place]), int(batch.noisy_positions[row, place])
                assert token in (MASK, int(clean[at]))
                masked = place != members[-1] and int(batch.noisy[row, place + 1]) == MASK
                wanted = int(clean[at + 1]) if masked else IGNORED
                assert int(batch.targets[row, place]) == wanted
                assert int(batch.taught[row, place]) in ((at, -1) if masked else (-1,))
                taken += masked
        assert taken == int((batch.targets[row] != IGNORED).sum()) > 0


@settings(max_examples=60, deadline=None)
@given(samples(), st.integers(0, 1 << 20))
def test_both_halves_of_a_block_mask_every_place_once(texts: list[Sample], seed: int) -> None:
    batch = drawn(texts, 0.0, seed)
    for row in range(len(texts)):
        halves: dict[int, list[int]] = {}
        wide: dict[int, set[int]] = {}
        for members in blocks(batch, row).values():
            at = batch.noisy_positions[row, members].tolist()
            wide[at[0]] = set(at)
            masked = [one for one, place in zip(at, members, strict=True) if int(batch.noisy[row, place]) == MASK]
            assert masked
            halves.setdefault(at[0], []).extend(masked)
        assert all(sorted(halves[start]) == sorted(wide[start]) for start in wide)


@settings(max_examples=30, deadline=None)
@given(samples(), st.integers(0, 1 << 20))
def test_two_copies_are_noised_apart(texts: list[Sample], seed: int) -> None:
    twice = drawn(texts, 0.0, seed, copies=2)
    for row in range(len(texts)):
        seen = Counter(
            int(twice.noisy_positions[row, place])
            for members in blocks(twice, row).values()
            for place in members
            if int(twice.noisy[row, place]) == MASK
        )
        assert set(seen.values()) <= {1, 2} and seen[max(seen)] == 2


def test_a_probe_is_the_same_each_time() -> None:
    texts = [Sample(tuple(range(1, 30)), 3, True)]
    first, again = (probe(texts, block=4, ratio=0.5, mask=MASK, seed=1) for _ in range(2))
    assert torch.equal(first.noisy, again.noisy)
    assert int((first.noisy == MASK).sum()) == 13


def test_early_steps_have_small_blocks_only() -> None:
    text = [Sample(tuple(range(1, 200)), 1, False)]
    for seed in range(20):
        assert max(map(len, blocks(drawn(text, 0.0, seed, early=True), 0).values())) <= Recipe().early

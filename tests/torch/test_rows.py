"""Rows and their holes, one after the other: what a hole sees when the one before it was cut back."""

from collections import deque
from collections.abc import Sequence

import pytest
import torch
from torch_helpers.rows_of import MODEL, VOCABULARY, as_family, hole, row, run, scripted, unmasked

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff_torch.closing import Closing
from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.rows import State
from hierdiff_torch.sampling import GREEDY, Sampling, shaped
from hierdiff_torch.script import script_of

PROMPT = list(range(40, 60))


@pytest.mark.parametrize("ink", [[], [7, 8]])
@pytest.mark.parametrize("at", [1, 3, 6])
def test_a_hole_after_one_that_ended_early_sees_what_stands(at: int, ink: list[int]) -> None:
    """Even with no ink between them: the last token that stands is run again, for what it predicts."""
    free, part = row("free", PROMPT, 8)
    run(Engine(MODEL), [free])
    eos = part.tokens[at]
    kept = part.tokens[: part.tokens.index(eos)]
    first, second = hole(20, GREEDY, [eos]), hole(6, GREEDY)
    script: deque[InkPart | HolePart] = deque([InkPart(PROMPT), first, InkPart(ink), second])
    run(Engine(MODEL), [scripted("two", script)])
    expected, alone = row("alone", [*PROMPT, *kept, *ink], 6)
    run(Engine(MODEL), [expected])
    assert first.tokens == kept
    assert second.tokens == alone.tokens


@pytest.mark.parametrize("kept", ["causal", "block"])
@pytest.mark.parametrize("shift", [True, False])
@pytest.mark.parametrize("count", [4, 5])
def test_in_blocks_too(count: int, shift: bool, kept: str) -> None:
    """The first hole ends where a block does, or in the middle of one."""
    model = as_family(block=4, shift=shift, kept=kept)
    sampling = unmasked(model)
    first, second = hole(count, sampling), hole(4, sampling)
    script: deque[InkPart | HolePart] = deque([InkPart(PROMPT), first, second])
    run(Engine(model), [scripted("two", script, model=model)])
    assert (len(first.tokens), len(second.tokens)) == (count, 4)
    if kept == "causal":
        expected, alone = row("alone", [*PROMPT, *first.tokens], 4, sampling=sampling, model=model)
        run(Engine(model), [expected])
        assert second.tokens == alone.tokens


def test_a_hole_cut_back_further_than_a_block_leaves_no_trace() -> None:
    """Prose at its limit goes back to a full stop: what was run after it is forgotten."""
    model = as_family(block=4, shift=True)
    free, part = row("free", PROMPT, 12, sampling=unmasked(model), model=model)
    run(Engine(model), [free])

    def decode(tokens: Sequence[int]) -> str:
        return "x" * (len(tokens) - 1) + ("." if len(tokens) == 7 else "x")

    closing = Closing("sentence", 12, 12, decode, share=1.0)
    prose, second = HolePart(closing, unmasked(model)), hole(4, unmasked(model))
    script: deque[InkPart | HolePart] = deque([InkPart(PROMPT), prose, second])
    run(Engine(model), [scripted("two", script, model=model)])
    assert prose.tokens == part.tokens[:7]
    expected, alone = row("alone", [*PROMPT, *prose.tokens], 4, sampling=unmasked(model), model=model)
    run(Engine(model), [expected])
    assert second.tokens == alone.tokens


@pytest.mark.parametrize("ink", [[], [7, 8]])
@pytest.mark.parametrize("sub", [0, 2])
def test_an_end_token_that_leads_a_block_leaves_the_next_hole_its_lead(sub: int, ink: list[int]) -> None:
    """Nothing new stands before the next hole then, so that nothing has to be run for it."""
    model = as_family(block=4, shift=True, lead=True, sub=sub)
    free, part = row("free", PROMPT, 8, sampling=unmasked(model), model=model)
    run(Engine(model), [free])
    eos = part.tokens[4]
    assert eos not in part.tokens[:4]
    first, second = hole(8, unmasked(model), [eos]), hole(4, unmasked(model))
    script: deque[InkPart | HolePart] = deque([InkPart(PROMPT), first, InkPart(ink), second])
    run(Engine(model), [scripted("two", script, model=model)])
    expected, alone = row("alone", [*PROMPT, *part.tokens[:4], *ink], 4, sampling=unmasked(model), model=model)
    run(Engine(model), [expected])
    assert (first.tokens, first.ending) == (part.tokens[:4], "eos")
    assert second.tokens == alone.tokens


def test_rows_are_told_apart_by_what_they_are_not_by_what_they_hold() -> None:
    """A queue looks rows up; comparing two by content would compare tensors."""

    left, right = (scripted("same", [InkPart(PROMPT), hole(4, GREEDY)]) for _ in range(2))
    assert left != right and left == left
    engine = Engine(MODEL, most_rows=1)
    engine.add(left)
    engine.add(right)
    engine.withdraw(right)
    assert (left.state, right.state) == (State.WAITING, State.DONE)
    assert list(engine.waiting) == [left]


def test_a_row_without_holes_is_done_before_it_began() -> None:
    one = scripted("ink", [InkPart(PROMPT)])
    assert one.state is State.DONE


def test_what_stands_right_before_a_hole_was_said_last() -> None:
    """The ban on repeated runs looks at the last tokens said; at a hole's start those are the ink before it."""
    pieces = (Ink(text="The wall is high. The wall"), Hole(width=4), Ink(text=" It stands still."))
    script = script_of(Canvas(id="c", section="c", pieces=pieces), VOCABULARY, MODEL.family.chat)
    one = scripted("c", script.parts, prefix=script.prefix)
    assert VOCABULARY.decode(one.text[-9:]) == " The wall"
    sampling = Sampling(penalty=1.0, ngram=6)
    logits = shaped(torch.zeros(1, MODEL.config.vocab_size), sampling, script.stood, [], one.text)
    (forbidden,) = (logits[0] == float("-inf")).nonzero().tolist()
    assert VOCABULARY.decode(forbidden) == " "

"""Scoring: each way against a plain forward over the same weights, and that no token sees itself."""

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch_helpers.filling import finished
from torch_helpers.reference import plain
from torch_helpers.rows_of import MODEL, VOCABULARY, as_family, scores

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.errors import BackendError, MisuseError
from hierdiff.protocols import TokenScore
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.scoring import STRIDE, WINDOW, Way, own_way

TEXT = "The sea was calm that day, and the wall stood high above it. Nobody spoke of the flood any more."
NATIVE = plain(MODEL)
TOKENIZER = byte_tokenizer()
FAMILIES: dict[str, dict[str, Any]] = {
    "full": {"block": 0, "shift": False, "attention": "full", "origin": "absolute"},
    "full-shift": {"block": 0, "shift": True, "attention": "full", "origin": "absolute"},
    "windows": {"block": 8, "shift": False, "attention": "full"},
    "block": {"block": 16, "shift": False, "attention": "block"},
    "block-shift": {"block": 16, "shift": True, "attention": "block"},
    "absolute": {"block": 16, "shift": False, "attention": "block", "origin": "absolute"},
    "kept": {"block": 8, "shift": True, "attention": "block", "kept": "block"},
}


def whole(text: str = TEXT, **fields: Any) -> Canvas:
    """A canvas of text alone."""
    return Canvas(id="s", section="s", pieces=(Ink(text=text),), own="Tides.", **fields)


def context(shared: str = "", lead: str = "", own: str = "Tides.") -> list[int]:
    """The tokens that stand before a canvas's text."""
    system = f"<|im_start|>system\n{shared}<|im_end|>\n" if shared else ""
    text = f"{system}<|im_start|>user\n{own}<|im_end|>\n<|im_start|>assistant\n{lead}"
    return TOKENIZER.encode(text).ids


async def scored(model: Loaded, canvas: Canvas, way: Way | None = None) -> list[TokenScore]:
    """The scores of a canvas by a backend of this model."""
    backend = TorchBackend(model)
    try:
        return list(await backend.score(canvas, way))
    finally:
        await backend.close()


def words(text: str) -> list[range]:
    """Its words with the space before each, as places of a text of one token a character."""
    starts = [0, *(at for at in range(1, len(text)) if text[at] == " " or text[at - 1] == " ")]
    return [range(start, stop) for start, stop in itertools.pairwise([*starts, len(text)])]


@torch.no_grad()
def masked(ids: list[int], ends: list[int], how: dict[str, Any]) -> torch.Tensor:
    """Log-probabilities at every place of what is predicted there, by one native forward."""
    size = len(ids)
    seen = torch.arange(size) < torch.tensor(ends).unsqueeze(-1)
    mask = torch.zeros(1, 1, size, size).masked_fill(~seen, float("-inf"))
    logits = NATIVE(input_ids=torch.tensor([ids]), attention_mask=mask, use_cache=False).logits[0].log_softmax(-1)
    return torch.cat((logits[:1], logits[:-1])) if how["shift"] else logits


def by_hand(text: str, how: dict[str, Any], before: list[int]) -> list[float]:
    """The pseudo-likelihood of every token: with `full` attention each phase is one forward with every eighth word
    masked; in blocks a word sees all before it as it is, and of its block what stands up to the next hidden word."""
    tokens, mask = TOKENIZER.encode(text).ids, as_family().family.mask
    assert mask is not None
    found = [math.nan] * len(tokens)
    parts, start = words(text), len(before)
    for phase in range(min(STRIDE, len(parts))):
        hidden = parts[phase::STRIDE]
        if how["attention"] == "full":
            places = {place for word in hidden for place in word}
            ids = before + [mask if place in places else token for place, token in enumerate(tokens)]
            logs = masked(ids, [len(ids)] * len(ids), how)
            for place in places:
                found[place] = float(logs[start + place, tokens[place]])
            continue
        block, first = how["block"], start + hidden[0][0]
        offset = first % block if how.get("origin") != "absolute" else 0
        for word, after in zip(hidden, [*hidden[1:], range(len(tokens), 0)], strict=True):
            at = start + word[0]
            while at < start + word[-1] + 1:
                stop = at - (at - offset) % block + block
                last = min(stop, start + word[-1] + 1)
                ids = before + tokens[: at - start] + [mask] * (last - at)
                if last == start + word[-1] + 1:
                    ids += tokens[last - start : min(stop - start, after[0] if after else len(tokens))]
                ends = [min(place - (place - offset) % block + block, len(ids)) for place in range(len(ids))]
                logs = masked(ids, ends, how)
                for place in range(at, last):
                    found[place - start] = float(logs[place, tokens[place - start]])
                at = last
    return found


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize(("shared", "lead"), [("", ""), ("Write about the sea.", "## Tides\n\n")])
async def test_stride_is_a_plain_masked_forward(kind: str, shared: str, lead: str) -> None:
    """And every token is scored once, in order."""
    how = FAMILIES[kind]
    found = await scored(as_family(**how), whole(shared=shared, lead=lead))
    expected = by_hand(TEXT, how, context(shared, lead))
    torch.testing.assert_close(
        torch.tensor([one.logprob for one in found]), torch.tensor(expected), atol=1e-4, rtol=1e-4
    )
    assert [(one.start, one.stop) for one in found] == [(at, at + 1) for at in range(len(TEXT))]
    assert all(one.logprob < 0 for one in found)


@pytest.mark.parametrize("kind", ["full", "full-shift", "block"])
async def test_no_word_sees_itself_and_each_sees_both_sides(kind: str) -> None:
    """Other letters in a word's place leave what was predicted there for the rest of it as it was."""
    model = as_family(**FAMILIES[kind])
    at = TEXT.index("flood")
    other = TEXT[:at] + "flame" + TEXT[at + 5 :]
    plain_scores, other_scores = [await scored(model, whole(text)) for text in (TEXT, other)]
    assert [one.logprob for one in plain_scores[at : at + 2]] == pytest.approx(
        [one.logprob for one in other_scores[at : at + 2]], abs=1e-4
    )
    changed = [
        number
        for number, (one, two) in enumerate(zip(plain_scores, other_scores, strict=True))
        if abs(one.logprob - two.logprob) > 1e-4
    ]
    assert any(number >= at + 5 for number in changed)
    assert any(number < at for number in changed) or kind == "block"


async def test_left_is_a_plain_causal_forward() -> None:
    ids = context() + TOKENIZER.encode(TEXT).ids
    with torch.no_grad():
        logs = NATIVE(input_ids=torch.tensor([ids]), use_cache=False).logits[0].log_softmax(-1)
    expected = logs[:-1].gather(-1, torch.tensor(ids[1:]).unsqueeze(-1)).squeeze(-1)
    found = await scored(MODEL, whole(), "left")
    torch.testing.assert_close(
        torch.tensor([one.logprob for one in found]), expected[-len(TEXT) :], atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(torch.tensor(scores(MODEL, ids)), expected, atol=1e-4, rtol=1e-4)
    assert found == await scored(MODEL, whole())


async def test_suffix_is_a_causal_forward_with_the_rest_in_the_prompt() -> None:
    """Window by window; what stands before a window is that text to the character, its last space too."""
    found = await scored(MODEL, whole(lead="## Tides\n\n"), "suffix")
    expected: list[float] = []
    tokens = TOKENIZER.encode(TEXT).ids
    for start in range(0, len(tokens), WINDOW):
        stop = min(start + WINDOW, len(tokens))
        after = TEXT[stop:].strip()
        before = context(own=(f"Later: {after}\n\n" if after else "") + "Tides.", lead="## Tides\n\n")
        ids = before + tokens[:stop]
        with torch.no_grad():
            logs = NATIVE(input_ids=torch.tensor([ids]), use_cache=False).logits[0].log_softmax(-1)
        here = logs[:-1].gather(-1, torch.tensor(ids[1:]).unsqueeze(-1)).squeeze(-1)
        expected += here[len(before) - 1 + start :].tolist()
    torch.testing.assert_close(
        torch.tensor([one.logprob for one in found]), torch.tensor(expected), atol=1e-4, rtol=1e-4
    )
    assert [(one.start, one.stop) for one in found] == [(at, at + 1) for at in range(len(TEXT))]


@pytest.mark.parametrize("space", range(WINDOW - 2, WINDOW + 2))
async def test_suffix_windows_may_begin_anywhere(space: int) -> None:
    """After a space as well: it is no part of what is told of the text before."""
    text = "x" * space + " " + "y" * 20
    found = await scored(MODEL, whole(text), "suffix")
    assert len(found) == len(text) and all(math.isfinite(one.logprob) for one in found)
    tokens = TOKENIZER.encode(text).ids
    ids = context() + tokens
    with torch.no_grad():
        logs = NATIVE(input_ids=torch.tensor([ids]), use_cache=False).logits[0].log_softmax(-1)
    here = logs[:-1].gather(-1, torch.tensor(ids[1:]).unsqueeze(-1)).squeeze(-1)[-len(text) :]
    last = torch.tensor([one.logprob for one in found[WINDOW:]])
    torch.testing.assert_close(last, here[WINDOW:], atol=1e-4, rtol=1e-4)


async def test_suffix_sees_what_follows() -> None:
    text, other = "The sea was calm." + " " * 60 + "End of it.", "The sea was calm." + " " * 60 + "No way out"
    found, changed = [await scored(MODEL, whole(one), "suffix") for one in (text, other)]
    left, same = [await scored(MODEL, whole(one), "left") for one in (text, other)]
    assert [one.logprob for one in found[:17]] != pytest.approx([one.logprob for one in changed[:17]], abs=1e-4)
    assert [one.logprob for one in left[:17]] == pytest.approx([one.logprob for one in same[:17]], abs=1e-4)


async def test_a_causal_model_with_a_mask_scores_by_stride_too() -> None:
    found = await scored(as_family(block=8, shift=True), whole(), "stride")
    assert len(found) == len(TEXT) and all(one.logprob < 0 for one in found)


@pytest.mark.parametrize(
    ("model", "way", "can"),
    [
        (as_family(**FAMILIES["full"]), "left", "'stride'"),
        (as_family(**FAMILIES["full"]), "suffix", "'stride'"),
        (as_family(**FAMILIES["block"]), "left", "'stride'"),
        (replace(MODEL, family=replace(MODEL.family, mask=None)), "stride", "'left' or 'suffix'"),
    ],
    ids=["full-left", "full-suffix", "block-left", "causal-stride"],
)
async def test_a_way_that_a_model_does_not_have_is_refused(model: Loaded, way: Way, can: str) -> None:
    with pytest.raises(MisuseError, match=rf"cannot score in the way '{way}'; it can {can}"):
        await scored(model, whole(), way)


def test_a_model_scores_as_it_does_best() -> None:
    assert own_way(MODEL.family) == "left"
    assert {own_way(as_family(**how).family) for how in FAMILIES.values()} == {"stride"}


@pytest.mark.parametrize("way", ["left", "suffix", "stride"])
async def test_scores_that_are_no_numbers_are_an_error(way: Way) -> None:
    head = torch.nn.Linear(32, MODEL.config.vocab_size, bias=False)
    torch.nn.init.constant_(head.weight, math.nan)
    model = replace(as_family(**FAMILIES["full"]) if way == "stride" else MODEL, head=head)
    with pytest.raises(BackendError, match=r"'s'.*NaN"):
        await scored(model, whole(), way)


@pytest.mark.parametrize("kind", ["causal", *FAMILIES])
async def test_what_is_filled_says_how_sure_it_was(kind: str) -> None:
    """One probability a token, and none for ink that was given."""
    model = as_family(**FAMILIES[kind]) if kind in FAMILIES else MODEL
    backend = TorchBackend(model)
    pieces = (
        Ink(text="The sea "),
        Hole(width=12),
        Ink(text=" and then "),
        Hole(width=8, close="span"),
        Ink(text=" it."),
    )
    done = await finished(backend, Canvas(id="c", section="c", pieces=pieces, own="Tides.", seed=4))
    made = [piece for piece in done.pieces if isinstance(piece, Ink) and piece.by == "model"]
    assert len(made) == 2
    for piece in made:
        assert len(piece.sure) == piece.tokens > 0
        assert all(0 <= one <= 1 for one in piece.sure) and max(piece.sure) > 0
    assert all(piece.sure == () for piece in done.pieces if isinstance(piece, Ink) and piece.by == "given")
    assert len(VOCABULARY.encode(TEXT)) == len(TEXT)
    await backend.close()

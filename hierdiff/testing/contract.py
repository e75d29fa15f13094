"""The contract that every backend must keep, as checks that any backend's tests can run.

They ask nothing about the quality of the text, so they hold for a scripted double, a model of random weights, a real
checkpoint and a server alike.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.protocols import Backend, TokenScore


async def check_backend(backend: Backend, *, width: int = 24) -> None:
    """Raise AssertionError, naming the rule, where a backend breaks the contract. Does not close the backend.

    The rules: given ink never changes; what was filled in stands; the tokens still wanted never grow; the last canvas
    has no hole, one text for each hole that there was, and none beyond its limit; a line is one line; ids, context and
    seed are handed back; canvases filled together do not mix; an iterator closed early stops the work; scores lie in
    order inside the text. `width` is that of the widest hole, in tokens.
    """
    canvases = _canvases(width)
    for canvas in canvases:
        check_filling(canvas, [now async for now in backend.fill(canvas)])
    runs = await asyncio.gather(*(_collect(backend, canvas) for canvas in canvases))
    for canvas, run in zip(canvases, runs, strict=True):
        check_filling(canvas, run)
    await _check_withdrawal(backend, width)
    filled = runs[0][-1]
    check_scores(filled.text, await backend.score(filled))


def check_filling(canvas: Canvas, run: Sequence[Canvas]) -> None:
    """Raise AssertionError if `run` is not what filling `canvas` may yield."""
    _demand(bool(run), canvas, "fill must yield the canvas at least once")
    for before, after in zip([canvas, *run], run, strict=False):
        same = all(getattr(before, name) == getattr(after, name) for name in ("id", "section", "shared", "own", "seed"))
        _demand(same, canvas, "id, section, context and seed must be handed back as they were")
        _demand(after.width <= before.width, canvas, "the tokens still wanted must never grow")
        _check_stretches(canvas, _stretches(before), _stretches(after))
    _check_last(canvas, run[-1])


def check_scores(text: str, scores: Sequence[TokenScore]) -> None:
    """Raise AssertionError if scores do not lie in order inside the text, or are no logarithms of probabilities."""
    stop = 0
    for score in scores:
        if not stop <= score.start <= score.stop <= len(text):
            raise AssertionError(f"score: token {score.start}..{score.stop} overlaps another or leaves the text")
        if not math.isfinite(score.logprob) or score.logprob > 1e-4:
            raise AssertionError(f"score: {score.logprob} is not the logarithm of a probability")
        stop = score.stop
    if text.strip() and not scores:
        raise AssertionError("score: no token was scored")


def _canvases(width: int) -> list[Canvas]:
    """A new section, a line, and a renoised text with two spans, the last thing on the canvas being ink."""
    small = max(1, width // 6)
    return [
        Canvas.open("check-open", width=width, shared="Write about the sea.", own="Section: tides.", seed=1),
        Canvas(
            id="check-line",
            section="check",
            pieces=(Ink(text="1. Title:"), Hole(width=small + 2, close="line"), Ink(text="\n2. Title: Harbours\n")),
            seed=2,
        ),
        Canvas(
            id="check-spans",
            section="check",
            pieces=(
                Ink(text="The wall is "),
                Hole(width=small, close="span"),
                Ink(text=" high and was built in "),
                Hole(width=small, close="span", hint="year"),
                Ink(text=". It still stands.\n"),
            ),
            shared="Write about the sea.",
            seed=3,
        ),
    ]


async def _collect(backend: Backend, canvas: Canvas) -> list[Canvas]:
    return [now async for now in backend.fill(canvas)]


def _demand(kept: bool, canvas: Canvas, rule: str) -> None:
    if not kept:
        raise AssertionError(f"canvas '{canvas.id}': {rule}")


def _stretches(canvas: Canvas) -> list[list[str]]:
    """The texts that the backend has filled in, as one list for each stretch between the given ink, which is in
    brackets of its own: [[], ["ink"], ["filled"], ["ink"], []]."""
    found: list[list[str]] = [[]]
    for piece in canvas.pieces:
        if isinstance(piece, Ink) and piece.by == "given":
            found += [[piece.text], []]
        elif isinstance(piece, Ink):
            found[-1].append(piece.text)
    return found


def _check_stretches(canvas: Canvas, before: list[list[str]], after: list[list[str]]) -> None:
    _demand(before[1::2] == after[1::2], canvas, "given ink must never change")
    for old, new in zip(before[::2], after[::2], strict=True):
        text, at = "".join(new), 0
        for piece in old:
            found = text.find(piece, at)
            _demand(found >= 0, canvas, f"what was filled in must stand, but {piece!r} went away")
            at = found + len(piece)


def _check_last(canvas: Canvas, last: Canvas) -> None:
    _demand(not last.holes, canvas, "the last canvas must have no holes")
    filled = [piece for piece in last.pieces if isinstance(piece, Ink) and piece.by == "model"]
    _demand(len(filled) == len(canvas.holes), canvas, "each hole must become one piece of ink by the model")
    for hole, ink in zip(canvas.holes, filled, strict=True):
        _demand(ink.tokens <= hole.limit, canvas, f"{ink.tokens} tokens stand in a hole of at most {hole.limit}")
        _demand(hole.close != "line" or len(ink.text.splitlines()) <= 1, canvas, "a line must be one line")


async def _check_withdrawal(backend: Backend, width: int) -> None:
    """Close an iterator at its first canvas: the work must stop, and the backend must go on serving others."""
    canvas = Canvas.open("check-withdrawn", width=width * 4, seed=4)
    run = backend.fill(canvas)
    _demand(hasattr(run, "aclose"), canvas, "fill must give an async generator, which can be closed")
    async with aclosing(cast("AsyncGenerator[Canvas, None]", run)):
        await anext(run)
    await asyncio.sleep(0.05)
    before = backend.cost.forwards
    await asyncio.sleep(0.2)
    _demand(backend.cost.forwards == before, canvas, "closing the iterator must stop the work on it")
    other = _canvases(width)[1]
    check_filling(other, await _collect(backend, other))

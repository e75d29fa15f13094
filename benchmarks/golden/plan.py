"""Plan: a case as rows of the engine, and how their canvases become the reference's result again.

Rows of the engine have no pads: a row's first prompt token is at place 0. `before` and `after` say how many pads stood
around it in the reference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.golden.case import Case, Written
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Draws, Seeded
from hierdiff_torch.sampling import Sampling

HOLE = -1
"""Stands where a token is still wanted, whatever the family's mask id is."""

Groups = list[list[Written]]
"""What was written in one row, one list a step that wrote anything, at the row's own places."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its tokens, with `HOLE` where one is wanted, and the pads around it in the reference."""

    tokens: tuple[int, ...]
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a result ends.

    Once a token of `stops` stands in a finished window (windows of `size` places, counted from the first hole or, if
    `absolute`, from place 0) of every row, nothing more is written. What was never reached is dropped, or stays a mask
    if `whole`. `skip` leaves the prompts out, `most` is the longest result, and `cut` holds the tokens after whose
    first one a result is cut.
    """

    stops: frozenset[int] = frozenset()
    size: int = 0
    absolute: bool = False
    whole: bool = True
    skip: bool = False
    most: int | None = None
    cut: frozenset[int] = frozenset()
    pad: int = 0


def seeded(case: Case) -> Callable[[], list[Draws]]:
    """Every row from the case's own seed: right for one row, and for rows that draw nothing."""
    return lambda: [Seeded(case.seed) for _ in case.prompts]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of the engine. `differs` says in what the engine rightly differs from an informational case."""

    lines: tuple[Line, ...]
    denoising: Denoising
    sampling: Sampling
    ends: Ends
    draws: Callable[[], list[Draws]]
    differs: str = ""


def grouped(case: Case, plan: Plan) -> list[Groups]:
    """What the reference wrote, by row and in the row's own places. Steps that wrote nothing there are left out."""
    rows: list[Groups] = [[] for _ in plan.lines]
    for step in case.steps:
        for number, line in enumerate(plan.lines):
            group = [
                Written(number, one.place - line.before, one.token, one.sure, one.old)
                for one in step
                if one.row == number
            ]
            if group:
                rows[number].append(group)
    return rows


def rebuilt(line: Line, groups: Groups) -> list[int]:
    """A row's canvas once all that was written stands in it."""
    canvas = list(line.tokens)
    for one in (one for group in groups for one in group):
        canvas[one.place] = one.token
    return canvas


def stopped(plan: Plan, rows: Sequence[Groups]) -> list[Groups]:
    """What was written, without what came after the window in which the last row had its end token."""
    ends = plan.ends
    if not ends.stops:
        return list(rows)
    last = [_last(plan, line, groups) for line, groups in zip(plan.lines, rows, strict=True)]
    found = [one for one in last if one is not None]
    if len(found) < len(last):
        return list(rows)
    limit = max(found)
    return [
        [group for group in groups if any(window(plan, line, one.place) <= limit for one in group)]
        for line, groups in zip(plan.lines, rows, strict=True)
    ]


def _last(plan: Plan, line: Line, groups: Groups) -> int | None:
    """The first window of a row in which an end token stands in a place that was a hole."""
    canvas = rebuilt(line, groups)
    places = [place for place, token in enumerate(line.tokens) if token == HOLE and canvas[place] in plan.ends.stops]
    return window(plan, line, places[0]) if places else None


def window(plan: Plan, line: Line, place: int) -> int:
    """The number of the window that a place lies in, as `Ends` counts them."""
    start = 0 if plan.ends.absolute else line.tokens.index(HOLE)
    return (place - start) // max(1, plan.ends.size)


def result(case: Case, plan: Plan, rows: Sequence[Groups]) -> list[list[int]]:
    """The reference's form of what the rows hold."""
    ends = plan.ends
    canvases = [rebuilt(line, groups) for line, groups in zip(plan.lines, rows, strict=True)]
    out: list[list[int]] = []
    for line, canvas in zip(plan.lines, canvases, strict=True):
        prompt = line.tokens.index(HOLE) if HOLE in line.tokens else len(line.tokens)
        if not ends.whole and HOLE in canvas:
            del canvas[canvas.index(HOLE) :]
        for place in range(prompt, len(canvas)):
            if canvas[place] in ends.cut:
                del canvas[place + 1 :]
                break
        if ends.most is not None:
            del canvas[prompt + ends.most :]
        told = canvas[prompt:] if ends.skip else canvas
        mask = HOLE if case.mask is None else case.mask
        padded = [ends.pad] * line.before + [mask if token == HOLE else token for token in told]
        out.append(padded + [ends.pad] * line.after)
    return out

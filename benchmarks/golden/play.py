"""Play: a plan's rows through the production engine, and what its traces say."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import final

from benchmarks.golden.case import Broken, Written
from benchmarks.golden.plan import HOLE, Groups, Line, Plan, stopped
from hierdiff_torch.closing import Closing
from hierdiff_torch.draws import Draws
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.rows import Row, Trace

MOST_STEPS = 20_000
"""An engine that has not finished a case after so many steps never will."""


@final
class Anytime(Closing):
    """A hole of an exact length unless an end token comes, which may be its very first: no reference forbids that."""

    def may_end(self, tokens: Sequence[int], *, ahead: int = 0) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class Played:
    """What the engine wrote, by row, up to where the reference stops; and its forwards."""

    rows: tuple[Groups, ...]
    forwards: int


def play(plan: Plan, model: Loaded) -> Played:
    """The plan's rows, all in one batch."""
    engine = Engine(model)
    traces: list[list[Trace]] = [[] for _ in plan.lines]
    rows = [
        _row(plan, number, draws, trace) for number, (draws, trace) in enumerate(zip(plan.draws(), traces, strict=True))
    ]
    for row in rows:
        engine.add(row)
    for _ in range(MOST_STEPS):
        if engine.idle:
            break
        engine.step()
    else:
        raise Broken(f"the engine is not done after {MOST_STEPS} steps")
    for row in rows:
        if row.error is not None:
            raise row.error
    groups = [_groups(number, trace) for number, trace in enumerate(traces)]
    return Played(tuple(stopped(plan, groups)), engine.work.forwards)


def _row(plan: Plan, number: int, draws: Draws, trace: list[Trace]) -> Row:
    return Row(str(number), (), _script(plan, plan.lines[number]), plan.denoising, draws, _told, trace=trace)


def _told(row: Row) -> None:
    """Nobody listens."""


def _script(plan: Plan, line: Line) -> deque[InkPart | HolePart]:
    """Ink where tokens stand, a hole where they are wanted. Only a single row may end at its end token: rows of a batch
    run on until all have theirs."""
    parts: deque[InkPart | HolePart] = deque()
    runs = [(hole, list(run)) for hole, run in groupby(line.tokens, lambda token: token == HOLE)]
    early = len(plan.lines) == 1 and sum(hole for hole, _ in runs) == 1
    for hole, run in runs:
        if hole:
            stops = plan.ends.stops if early else frozenset[int]()
            parts.append(HolePart(Anytime("exact", len(run), len(run), _unread, stops), plan.sampling))
        else:
            parts.append(InkPart(run))
    return parts


def _unread(tokens: Sequence[int]) -> str:
    """A hole of an exact length is never read as text."""
    return ""


def _groups(number: int, trace: Sequence[Trace]) -> Groups:
    """What each forward wrote, without those that wrote nothing."""
    groups: Groups = []
    for entry in trace:
        group = [
            Written(number, place, token, sure, None if masked else old)
            for place, token, sure, old, masked in zip(
                entry.places, entry.tokens, entry.confidence, entry.before, entry.masked, strict=True
            )
        ]
        if group:
            groups.append(group)
    return groups

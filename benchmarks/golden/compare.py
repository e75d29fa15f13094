"""Compare: what the reference wrote, step by step, beside what the engine wrote."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.golden.case import Case, Written
from benchmarks.golden.plan import HOLE, Groups, Plan, grouped, result

CLOSE = 1e-4
"""The largest difference in confidence that the golden data allow."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`tokens` and `steps` say whether the results, and what each step wrote, are the same; `sure` is the largest
    difference in confidence. `why` names the first thing that is not as it has to be, if any; `broken` what must never
    be, whatever the reference did."""

    tokens: bool
    steps: bool
    sure: float
    why: str
    broken: str


def compared(case: Case, plan: Plan, rows: Sequence[Groups]) -> Compared:
    """The engine's rows beside the case."""
    theirs = grouped(case, plan)
    ours = list(rows)
    if case.forwards:
        ours, theirs = _known(case, ours), _known(case, theirs)
    got = [tuple(row) for row in result(case, plan, ours)]
    tokens = got == list(case.expected)
    sure, why = 0.0, "" if tokens else _tokens(case, got)
    steps = True
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        fault, most = _steps(our, their)
        most = 0.0 if plan.denoising.policy.score in ("random", "order") else most  # there it notes probabilities
        sure = max(sure, most)
        if fault:
            steps = False
            why = (why and f"{why}; row {number}: {fault}") or f"row {number}: {fault}"
            break
    return Compared(tokens, steps, sure, why, _broken(plan, ours))


def _known(case: Case, rows: Sequence[Groups]) -> list[Groups]:
    """Without what was written after the result's end: forwards do not tell that."""
    kept = [[[one for one in group if one.place < len(case.expected[0])] for group in groups] for groups in rows]
    return [[group for group in groups if group] for groups in kept]


def _tokens(case: Case, got: Sequence[tuple[int, ...]]) -> str:
    """Where the results part."""
    for row, (our, their) in enumerate(zip(got, case.expected, strict=True)):
        if our == their:
            continue
        places = [place for place, (one, other) in enumerate(zip(our, their, strict=False)) if one != other]
        if not places:
            return f"row {row} has {len(our)} tokens, the reference {len(their)}"
        first = places[0]
        return f"row {row} has {our[first]} at {first}, the reference {their[first]}; {len(places)} places differ"
    return ""


def _steps(ours: Groups, theirs: Groups) -> tuple[str, float]:
    """The first step that wrote something else, and the largest difference in confidence before it."""
    most = 0.0
    for number, (our, their) in enumerate(zip(ours, theirs, strict=False)):
        said = {one.place: one for one in our}
        meant = {one.place: one for one in their}
        if {place: (one.token, one.old) for place, one in said.items()} != {
            place: (one.token, one.old) for place, one in meant.items()
        }:
            return f"step {number} wrote {_shown(our)}, the reference {_shown(their)}", most
        for place, one in said.items():
            other = meant[place].sure
            if other is not None and one.sure is not None:
                most = max(most, abs(one.sure - other))
    if len(ours) != len(theirs):
        return f"{len(ours)} steps wrote something, {len(theirs)} in the reference", most
    return "", most


def _shown(group: Sequence[Written]) -> str:
    """What a step wrote, shortly."""
    parts = [f"{one.token} at {one.place}" + (f" over {one.old}" if one.old is not None else "") for one in group[:4]]
    return ", ".join(parts) + (f" and {len(group) - 4} more" if len(group) > 4 else "")


def _broken(plan: Plan, rows: Sequence[Groups]) -> str:
    """What no reference's defect excuses: a token that stood at first and was written over."""
    for number, (line, groups) in enumerate(zip(plan.lines, rows, strict=True)):
        for one in (one for group in groups for one in group):
            if not 0 <= one.place < len(line.tokens):
                return f"row {number} has no place {one.place}"
            if line.tokens[one.place] != HOLE:
                return f"row {number}: the prompt's token at {one.place} was written over"
    return ""

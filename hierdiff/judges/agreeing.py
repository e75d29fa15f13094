"""Agreeing: how what a judge has found itself is told: as a vote for a finding that is there, else as one of its own.

A judge that finds fault with the same two places as a rule does not need a finding of its own: it is the second voice
that the rule's waited for.
"""

from collections.abc import Iterable, Sequence

from hierdiff.findings import Finding
from hierdiff.spans import Span


def told(findings: Sequence[Finding], own: Iterable[Finding]) -> list[Finding]:
    """The findings, with votes by those of `own` that are about the same places, and the rest of `own` behind them.
    What a hard finding already says is not said twice."""
    said, fresh = list(findings), list[Finding]()
    for one in own:
        same = [number for number, other in enumerate(said) if _same(one, other)]
        for number in same:
            said[number] = _voted(said[number], one.detector)
        if not same and not any(_same(one, other) and other.detector == one.detector for other in fresh):
            fresh.append(one)
    return [*said, *fresh]


def _voted(finding: Finding, by: str) -> Finding:
    """The finding with one more vote, which makes a soft one hard."""
    if finding.hard or by == finding.detector or by in finding.votes:
        return finding
    return finding.changed(votes=(*finding.votes, by), hard=True)


def _same(one: Finding, two: Finding) -> bool:
    """Whether two findings are about the same places, whichever of them they hold to be wrong. One without another
    side is about the same as whatever it meets."""
    sides = [(one.spans, one.against), (two.spans, two.against)]
    if not all(side[1] for side in sides):
        return _meet(one.spans, two.spans)
    (mine, stands), (yours, other) = sides
    return (_meet(mine, yours) and _meet(stands, other)) or (_meet(mine, other) and _meet(stands, yours))


def _meet(ours: Iterable[Span], theirs: Sequence[Span]) -> bool:
    return any(one.meets(two) for one in ours for two in theirs)

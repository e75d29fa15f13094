"""Weighing: what a judge adds to the rules, on texts with mistakes: what it finds itself, and what it votes for."""

from collections.abc import Sequence
from typing import final

from benchmarks.planted.judging import Result, hits, judge
from benchmarks.planted.planting import Copy
from hierdiff.detectors import standard
from hierdiff.findings import Finding
from hierdiff.protocols import Backend, Judge
from hierdiff.revise.gate import find
from hierdiff.revise.votes import counted
from hierdiff.values import Value


class Weighed(Value):
    """Of one text: the mistakes; those that rules alone hit, and act on; the same with the judge; what the judge says
    (its own findings and its votes) and how much of that hits a mistake; sentences of clean text do not count twice."""

    planted: int
    rules: int
    rules_act: int
    both: int
    both_act: int
    own: int
    said: int
    right: int
    acted: int
    acted_right: int
    rows: int
    tokens: float


@final
class Weighing:
    """Runs judges, the one after the other as a run does, over texts."""

    def __init__(self, judges: Sequence[Judge], backend: Backend) -> None:
        self._judges, self._backend = judges, backend

    async def of(self, copy: Copy, *, facts: bool = False) -> tuple[Weighed, Result]:
        """What they make of one text, whose sections are parts, with its facts known or not."""
        document = copy.page.document(copy.text, facts=facts)
        rules = counted(find(standard(), document))
        found: Sequence[Finding] = rules
        before = self._backend.cost.rows
        for one in self._judges:
            found = await one.weigh(document, found)
        done = counted(found)
        known = {(one.detector, one.kind, one.spans, one.hard) for one in rules}
        said = [one for one in done if (one.detector, one.kind, one.spans, one.hard) not in known]
        acted = [one for one in said if one.hard]
        weighed = Weighed(
            planted=len(copy.planted),
            rules=_hit(copy, rules),
            rules_act=_hit(copy, [one for one in rules if one.hard]),
            both=_hit(copy, done),
            both_act=_hit(copy, [one for one in done if one.hard]),
            own=_hit(copy, said),
            said=len(said),
            right=_right(copy, said),
            acted=len(acted),
            acted_right=_right(copy, acted),
            rows=self._backend.cost.rows - before,
            tokens=copy.page.tokens,
        )
        return weighed, judge(copy, said, copy.text, (), done)


def _hit(copy: Copy, found: Sequence[Finding]) -> int:
    """How many mistakes are hit."""
    return sum(any(hits(copy, (*one.spans, *one.against), bad) for one in found) for bad in copy.planted)


def _right(copy: Copy, found: Sequence[Finding]) -> int:
    """How many findings hit one."""
    return sum(any(hits(copy, (*one.spans, *one.against), bad) for bad in copy.planted) for one in found)

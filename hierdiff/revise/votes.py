"""Votes: soft findings that several agree on.

A hard finding is sure enough to act on. A soft one is a hint; it counts as hard when a second, independent detector
finds fault with the same words, or a judge has voted for it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from hierdiff.findings import Finding

ENOUGH = 1
"""Votes that a soft finding needs besides its own."""


def counted(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, soft ones that have found a second voice made hard."""
    found = list(findings)
    soft = sorted((one for one in found if not one.hard), key=lambda one: one.spans[0].start)
    return [one if one.hard else _with_votes(one, soft) for one in found]


def _with_votes(finding: Finding, soft: Sequence[Finding]) -> Finding:
    votes = set(finding.votes) | {
        other.detector for other in _near(finding, soft) if other.detector != finding.detector
    }
    if len(votes) < ENOUGH:
        return finding
    return finding.changed(hard=True, votes=tuple(sorted(votes)))


def _near(finding: Finding, soft: Sequence[Finding]) -> Iterable[Finding]:
    """Soft findings whose first span meets one of this finding's."""
    last = max(span.stop for span in finding.spans)
    stop = bisect_left(soft, last, key=lambda one: one.spans[0].start)
    return [other for other in soft[:stop] if any(other.spans[0].meets(span) for span in finding.spans)]

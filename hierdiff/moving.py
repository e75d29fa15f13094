"""Moving: what finished sections are short or long by goes to those that are not begun, so that the sum stays."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import final

from hierdiff.budget import rebalanced, with_budgets
from hierdiff.course import Course
from hierdiff.document import Draft, count_words
from hierdiff.events import Moved
from hierdiff.outline import Outline

LEAST_WORDS = 10
"""Words of difference that are not worth a change of plan."""
MOST_MOVES = 24
"""How often budgets are counted anew in one run: each time every section is looked at."""
_MOST_SHARE = 1.3
"""How much longer than the longest of the plan a section may become: contexts leave room for that one."""


@final
class Moving:
    """Watches how long sections come out, and says when budgets move."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._written: dict[str, int] = {}
        self._pending = self._fresh = 0
        self._every = max(1, len(course.outline.leaves) // MOST_MOVES)
        self._most = round(_MOST_SHARE * max(leaf.budget for leaf in course.outline.leaves))

    def finished(self, draft: Draft) -> None:
        """A section is finished."""
        words = count_words(draft.text)
        self._written[draft.section] = words
        self._pending += words - self._course.outline.section(draft.section).budget
        self._fresh += 1

    def moved(self) -> Moved | None:
        """The budgets that have to change now; the course has them already when this returns."""
        if self._fresh < self._every or abs(self._pending) < LEAST_WORDS:
            return None
        course, words = self._course, self._pending
        before, after = course.plan, shared(course.plan, course.begun, self._written, self._most)
        self._written, self._fresh, self._pending = {}, 0, 0
        course.resized(after)
        budgets = _changed(before, after)
        budgets = {name: budget for name, budget in budgets.items() if name not in course.begun}
        return Moved(words=words, budgets=budgets) if budgets else None


def _changed(before: Outline, after: Outline) -> dict[str, int]:
    pairs = zip(before.leaves, after.leaves, strict=True)
    return {new.id: new.budget for old, new in pairs if old.budget != new.budget}


def shared(outline: Outline, started: Collection[str], written: Mapping[str, int], most: int) -> Outline:
    """`rebalanced`, with the finished sections taken together: those of one parent that has others to come, and all
    the rest. So a long list of them costs as much as a few. What nobody could take stays with them."""
    budgets = {leaf.id: leaf.budget for leaf in outline.leaves}
    told: dict[str, int] = {}
    pools = _pools(outline, started, written)
    lacks = {name: budgets[name] - max(1, words) for name, words in written.items()}
    before = dict(budgets)
    for holder, names in pools.items():
        net = sum(lacks[name] for name in names)
        if net > 0:
            before[holder] = max(1, written[holder]) + net
            before |= {name: max(1, written[name]) for name in names if name != holder}
        told[holder] = before[holder] - net
    after = rebalanced(with_budgets(outline, before), {*started, *written}, told, most=most)
    found = {leaf.id: leaf.budget for leaf in after.leaves}
    for holder, names in pools.items():
        rest = found[holder] - told[holder]
        for name in names:
            part = max(min(rest, lacks[name]), 0) if rest > 0 else min(max(rest, lacks[name]), 0)
            found[name], rest = max(1, written[name]) + part, rest - part
    return with_budgets(after, found)


def _pools(outline: Outline, started: Collection[str], written: Mapping[str, int]) -> dict[str, list[str]]:
    """The finished sections by whom their words go to first, each list under the first of it."""
    takers = {leaf.parent for leaf in outline.leaves if leaf.id not in started and leaf.elastic}
    lists: dict[tuple[bool, str | None], list[str]] = defaultdict(list)
    for name in written:
        parent = outline.section(name).parent
        lists[(True, parent) if parent in takers else (False, None)].append(name)
    return {names[0]: names for names in lists.values()}

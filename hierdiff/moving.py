"""Moving: what finished sections are short or long by goes to those that are not begun, so that the sum stays."""

from collections.abc import Collection, Mapping
from typing import final

from hierdiff.course import Course
from hierdiff.document import Draft, count_words
from hierdiff.events import Moved
from hierdiff.outline import Outline

LEAST_WORDS = 10
"""Words of difference that are not worth a change of plan."""
MOST_MOVES = 24
"""How often budgets are counted anew in one run: each time every section is looked at."""
_LEAST_SHARE, _MOST_SHARE = 0.7, 1.3
"""What a section keeps of its budget at least, and may have at most."""


@final
class Moving:
    """Watches how long sections come out, and says when budgets move."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._written: dict[str, int] = {}
        self._pending = self._fresh = 0
        self._every = max(1, len(course.outline.leaves) // MOST_MOVES)
        self._planned = {leaf.id: leaf.budget for leaf in course.outline.leaves}

    def finished(self, draft: Draft) -> None:
        """A section is finished."""
        words = count_words(draft.text)
        self._written[draft.section] = words
        self._pending += words - self._planned.get(draft.section, words)
        self._fresh += 1

    def moved(self) -> Moved | None:
        """The budgets that have to change now; the course has them already when this returns."""
        if self._fresh < self._every or abs(self._pending) < LEAST_WORDS:
            return None
        before = self._course.outline
        after = rebalanced(before, self._course.begun, self._written)
        budgets = _changed(before, after)
        words, self._fresh, self._pending = self._pending, 0, 0
        if not budgets:
            return None
        self._course.resized(after)
        return Moved(words=words, budgets=budgets)


def _changed(before: Outline, after: Outline) -> dict[str, int]:
    pairs = zip(before.leaves, after.leaves, strict=True)
    return {new.id: new.budget for old, new in pairs if old.budget != new.budget}


def rebalanced(outline: Outline, started: Collection[str], written: Mapping[str, int]) -> Outline:
    """The outline with the words that finished sections left over, or took, shared by the leaves that are not begun, in
    proportion to their budgets; none changes by more than a third."""
    todo = [leaf for leaf in outline.leaves if leaf.id not in started]
    weight = sum(leaf.budget for leaf in todo)
    left = sum(outline.section(one).budget - words for one, words in written.items() if one in started)
    if not weight or not left:
        return outline
    factor = min(_MOST_SHARE, max(_LEAST_SHARE, 1 + left / weight))
    budgets = {leaf.id: max(1, round(leaf.budget * factor)) for leaf in todo}
    return outline.changed(
        sections=tuple(section.changed(budget=budgets.get(section.id, section.budget)) for section in outline.sections)
    )

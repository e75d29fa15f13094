"""Amending: a planner changes the plan of what is not begun, when drafts bring something new.

A changed plan is held against the old one: whatever was begun must stand in it as it was, nothing may grow without
bounds, and the whole keeps its length.
"""

from typing import final

from hierdiff.budget import budgeted
from hierdiff.course import Course
from hierdiff.errors import HierdiffError, OutlineError
from hierdiff.events import Amended
from hierdiff.modes import shaped
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Amends, Planner

MOST_GROWTH, LEAST_CAP = 2, 12
"""Sections that an amended plan may have at most: so many times those of the first, and that in any case."""


@final
class Amending:
    """Asks the planner between openings, and counts how often the plan has changed."""

    def __init__(self, planner: Planner, course: Course, most: int) -> None:
        able = isinstance(planner, Amends) and course.request.mode != "flat"
        self._planner = planner if able and isinstance(planner, Amends) else None
        self._course, self._left = course, most
        self._cap = max(LEAST_CAP, MOST_GROWTH * len(course.outline.sections))
        self._words = sum(leaf.budget for leaf in course.outline.leaves)
        self._seen = 0

    @property
    def due(self) -> bool:
        """Whether the planner may be asked: there are new drafts, something is left to begin, and changes are left."""
        course = self._course
        fresh = len(course.drafts) > self._seen
        return self._planner is not None and self._left > 0 and fresh and len(course.begun) < len(course.outline.leaves)

    async def amended(self) -> Amended | None:
        """What the planner makes of the drafts; None if it leaves the plan. The course has the new plan already. A
        plan that is refused, or an error of the planner, is said and changes nothing."""
        if self._planner is None:
            return None
        course = self._course
        self._seen = len(course.drafts)
        try:
            wanted = await self._planner.amend(course.outline, dict(course.drafts))
            if wanted is None or wanted == course.outline:
                return None
            self._left -= 1
            after = self._checked(wanted)
        except HierdiffError as error:
            return Amended(reason=f"refused: {' '.join(str(error).split())[:300]}")
        reason = differences(course.outline, after)
        course.amended(after)
        return Amended(reason=reason, outline=after)

    def _checked(self, wanted: Outline) -> Outline:
        """The plan in the request's mode with budgets that keep the whole length; OutlineError if it may not be."""
        course = self._course
        if len(wanted.sections) > self._cap:
            raise OutlineError(f"the amended plan has {len(wanted.sections)} sections, more than {self._cap}")
        known = {section.id for section in wanted.sections}
        leaves = {leaf.id for leaf in wanted.leaves}
        for name in course.begun:
            if name not in leaves or not _same(course.outline, wanted, name):
                gone = name not in known
                what = "drops" if gone else "changes"
                raise OutlineError(f"the amended plan {what} '{name}', which is begun", about=name, rule="begun")
        wanted = shaped(self._budgeted(wanted), course.request)
        for name in course.begun:
            late = [source for source in wanted.sources(name) if source not in course.begun]
            if late:
                raise OutlineError(
                    f"in the amended plan '{name}', which is begun, waits for '{late[0]}'", about=name, rule="begun"
                )
        return wanted

    def _budgeted(self, wanted: Outline) -> Outline:
        """Those that are begun keep their budgets; the others share the rest in proportion to what they ask for."""
        course = self._course
        begun = {name: course.outline.section(name).budget for name in course.begun}
        todo = [leaf for leaf in wanted.leaves if leaf.id not in begun]
        rest = max(len(todo), self._words - sum(begun.values()))
        if todo:
            alone = Outline(title=wanted.title, sections=tuple(_bare(leaf) for leaf in todo))
            begun |= {leaf.id: leaf.budget for leaf in budgeted(alone, rest).leaves}
        return wanted.changed(
            sections=tuple(section.changed(budget=begun.get(section.id, 0)) for section in wanted.sections)
        )


def _bare(leaf: Section) -> Section:
    return Section(id=leaf.id, title=leaf.title, order=leaf.order, budget=leaf.budget)


def _same(before: Outline, after: Outline, name: str) -> bool:
    """Whether a section stands in both plans with the same words and on the same canvas."""
    one, two = before.section(name), after.section(name)
    return one.changed(budget=0, order=0) == two.changed(budget=0, order=0) and before.group(name) == after.group(name)


def differences(before: Outline, after: Outline) -> str:
    """What was added, dropped and re-aimed, with the titles."""
    old, new = ({section.id: section for section in one.sections} for one in (before, after))
    added = [section.title for name, section in new.items() if name not in old]
    dropped = [section.title for name, section in old.items() if name not in new]
    aimed = [new[name].title for name in old if name in new and _aim(old[name]) != _aim(new[name])]
    parts = (("added", added), ("dropped", dropped), ("re-aimed", aimed))
    return "; ".join(f"{what} {', '.join(titles[:5])}{' …' * (len(titles) > 5)}" for what, titles in parts if titles)


def _aim(section: Section) -> Section:
    return section.changed(budget=0, order=0)

"""Retrying: a text is drawn until it is good: from a new seed, then in two halves; else the best one stands."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, final

from hierdiff.canvas import Canvas
from hierdiff.canvases import Canvases, after
from hierdiff.document import Draft
from hierdiff.errors import BackendError
from hierdiff.events import Event, Kept, Retried
from hierdiff.faults import badness, fault_of
from hierdiff.filling import Filling
from hierdiff.outline import Section
from hierdiff.settings import Settings

Drafts = tuple[Draft, ...]
LEAST_HALVED = 80
"""Words below which a section is not written in two halves."""


@final
class Retrying:
    """Draws the drafts of one canvas. A single section may be written in halves, fused ones may not."""

    def __init__(
        self, canvases: Canvases, filling: Filling, settings: Settings, emit: Callable[[Event], None], *, prose: bool
    ) -> None:
        self._canvases, self._filling, self._settings, self._emit = canvases, filling, settings, emit
        self._prose = prose
        self._drawn: dict[str, list[Drafts]] = {}

    async def drafts(
        self, sections: Sequence[Section], told: Mapping[str, Draft], guesses: tuple[str, ...] = ()
    ) -> Drafts:
        """A good draft of each section, or the best of all that were drawn. Raises BackendError only if the very first
        canvas could not be filled: what was drawn once is never lost."""
        fused = tuple(section.id for section in sections[1:])
        canvas = self._canvases.canvas(sections, told)
        drawn = [self._canvases.drafts(await self._filling.fill(canvas, fused=fused, guesses=guesses), sections)]
        self._drawn[sections[0].id] = drawn
        for attempt in range(1, 1 + self._settings.redraws):
            if not self._bad(drawn[-1], sections):
                break
            self._say(sections, drawn, "seed")
            filled = await self._again(self._canvases.canvas(sections, told, attempt), fused)
            if filled is None or self._canvases.drafts(filled, sections) in drawn:
                break
            drawn.append(self._canvases.drafts(filled, sections))
        if self._settings.redraws and self._bad(drawn[-1], sections) and self._halvable(sections, drawn):
            self._say(sections, drawn, "halves")
            halves = await self._halves(sections[0], told)
            drawn += [(halves,)] if halves is not None else []
        del self._drawn[sections[0].id]
        return self._best(drawn, sections)

    def given_up(self, sections: Sequence[Section]) -> Drafts:
        """The best that was drawn of sections that were being drawn again; nothing where nothing was."""
        drawn = self._drawn.pop(sections[0].id, [])
        return min(drawn, key=lambda drafts: _badness(drafts, sections), default=())

    def _bad(self, drafts: Drafts, sections: Sequence[Section]) -> str:
        """What is wrong with the first draft with which something is."""
        pairs = zip(drafts, sections, strict=True)
        faults = (fault_of(draft.text, section.budget, prose=self._prose) for draft, section in pairs)
        return next((fault for fault in faults if fault), "")

    def _best(self, drawn: Sequence[Drafts], sections: Sequence[Section]) -> Drafts:
        best = min(drawn, key=lambda drafts: _badness(drafts, sections))
        good = next((drafts for drafts in drawn if not self._bad(drafts, sections)), None)
        if good is None:
            self._emit(Kept(section=sections[0].id, why=self._bad(best, sections), tries=len(drawn)))
        return good or best

    def _halvable(self, sections: Sequence[Section], drawn: Sequence[Drafts]) -> bool:
        """A backend that draws the same text from every seed would only write it twice."""
        other = len(drawn) > self._settings.redraws
        return self._prose and other and len(sections) == 1 and sections[0].budget >= LEAST_HALVED

    async def _halves(self, section: Section, told: Mapping[str, Draft]) -> Draft | None:
        """The section in two canvases, the second of which goes on from the first."""
        one, two = self._canvases.halves(section, told, 1 + self._settings.redraws)
        first = await self._again(one)
        if first is None:
            return None
        (start,) = self._canvases.drafts(first, [section])
        second = await self._again(after(two, start.text))
        if second is None:
            return start
        (end,) = self._canvases.drafts(second, [section])
        text = "\n\n".join(part for part in (start.text, end.text) if part)
        return end.changed(text=text, tokens=start.tokens + end.tokens)

    async def _again(self, canvas: Canvas, fused: tuple[str, ...] = ()) -> Canvas | None:
        """The canvas filled, or None if it cannot be: there is a draft already."""
        try:
            return await self._filling.fill(canvas, fused=fused)
        except BackendError:
            self._filling.forget(canvas.id)
            return None

    def _say(self, sections: Sequence[Section], drawn: Sequence[Drafts], way: Literal["seed", "halves"]) -> None:
        why = self._bad(drawn[-1], sections)
        self._emit(Retried(section=sections[0].id, why=why, way=way, attempt=len(drawn)))


def _badness(drafts: Drafts, sections: Sequence[Section]) -> float:
    return badness([draft.text for draft in drafts], [section.budget for section in sections])

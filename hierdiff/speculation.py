"""Speculation: a section begins before the text that it waits for is finished.

It is told what the plan expects of that text: the brief of its section and the values it is to state. When the text is
there and says otherwise, only the spans that cite such a value are written again; every other character stays. Nobody
reads a draft that rests on a guess before that guess is settled.
"""

from collections.abc import Sequence
from typing import final

from hierdiff.canvas import Canvas, Hole
from hierdiff.canvases import Canvases
from hierdiff.course import Course
from hierdiff.document import Draft
from hierdiff.errors import BackendError
from hierdiff.events import Corrected
from hierdiff.filling import Filling
from hierdiff.findings import Revision
from hierdiff.ledger import Item
from hierdiff.outline import Section
from hierdiff.realising import agrees, places_of
from hierdiff.seeds import seed_of
from hierdiff.spans import Span

_ROOM = 4
"""How much longer than the value a hole for it may become, in tokens."""


@final
class Speculation:
    """The guesses of one run."""

    def __init__(self, course: Course, canvases: Canvases, filling: Filling) -> None:
        self._course, self._canvases, self._filling = course, canvases, filling
        self._open: dict[str, set[str]] = {}
        self._told: dict[str, dict[str, str]] = {}

    def begin(self, section: Section) -> dict[str, Draft]:
        """What the section is told in place of the drafts that are not finished, by their sections."""
        outline, drafts = self._course.outline, self._course.drafts
        undone = [source for source in outline.sources(section.id) if source not in drafts]
        items = {source: [one for one in outline.ledger.owned_by(source) if one.value] for source in undone}
        self._open[section.id] = set(undone)
        self._told[section.id] = {one.id: one.value or "" for several in items.values() for one in several}
        return {source: _expected(outline.section(source), items[source]) for source in undone}

    def counted_on(self, source: str) -> bool:
        """Whether somebody has begun on a guess of what this section says."""
        return any(source in sources for sources in self._open.values())

    def settle(self, source: str) -> list[str]:
        """A source is finished, or lost: the sections that now rest on no guess any more."""
        free: list[str] = []
        for section, sources in self._open.items():
            if source in sources:
                sources.remove(source)
                if not sources:
                    free.append(section)
        return free

    @property
    def unsettled(self) -> frozenset[str]:
        """The sections whose drafts were begun on guesses and are not held against them yet."""
        return frozenset(self._told)

    def rests(self, section: str) -> bool:
        """Whether a section's draft still rests on a guess."""
        return bool(self._open.get(section))

    def forget(self, section: str) -> None:
        """A section that began on guesses is lost: there is nothing to hold against them."""
        self._open.pop(section, None)
        self._told.pop(section, None)

    async def corrected(self, draft: Draft) -> tuple[Draft, list[Corrected]]:
        """The draft with every value that came out otherwise written again, and what was done."""
        self._open.pop(draft.section, None)
        found: list[Corrected] = []
        for name, told in self._told.pop(draft.section, {}).items():
            item = self._course.outline.ledger.get(name)
            if item is None or item.value is None or agrees(item, told, item.value):
                continue
            spans = places_of(draft.text, item, told)
            if spans:
                event = await self._correct(draft, spans, item, told, item.value)
                draft = event.draft
                found.append(event)
        return draft, found

    async def _correct(self, draft: Draft, spans: Sequence[Span], item: Item, told: str, value: str) -> Corrected:
        texts = await self._texts(draft, spans, told, value)
        text, revisions = draft.text, list[Revision]()
        for span, filled in reversed(list(zip(spans, texts, strict=True))):
            good = agrees(item, filled, value)
            after = filled if good else value
            text = text[: span.start] + after + text[span.stop :]
            revisions.append(
                Revision(
                    start=span.start,
                    stop=span.stop,
                    section=draft.section,
                    before=span.of(draft.text),
                    after=after,
                    reason=f"'{item.id}' was expected to be {told}, and is {value}",
                    method="renoise" if good else "splice",
                    accepted=True,
                )
            )
        changed = draft.changed(text=text)
        return Corrected(
            section=draft.section, item=item.id, told=told, value=value, revisions=tuple(revisions), draft=changed
        )

    async def _texts(self, draft: Draft, spans: Sequence[Span], told: str, value: str) -> Sequence[str]:
        """What the backend writes into the spans; nothing where it fails, and then the value itself is put there."""
        width = self._canvases.tokens(len(value.split()))
        hole = Hole(width=width, most=width + _ROOM, close="span", hint=value, ban=(told,))
        section = self._course.outline.section(draft.section)
        name = f"{draft.section}!{value}"
        canvas = Canvas.renoise(
            draft,
            spans,
            holes=dict.fromkeys(range(len(spans)), hole),
            shared=self._course.contexts.shared,
            own=self._course.own(section, {}),
            seed=seed_of(self._course.request.seed, name),
            id=name,
        )
        try:
            texts = [text.strip() for text in await self._filling.patch(canvas)]
        except BackendError:
            texts = []
        return texts if len(texts) == len(spans) else ["" for _ in spans]


def _expected(section: Section, items: Sequence[Item]) -> Draft:
    """What is expected of a section, as if it were its draft."""
    aim = section.brief or section.topic or section.title
    lines = [f"{aim.strip().rstrip('.')}.", *(f"{item.line()}." for item in items)]
    return Draft(section=section.id, text=" ".join(lines))

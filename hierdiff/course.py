"""Course: where a run stands: the plan as it is now, what was begun, what is finished, what the items came out as."""

from collections import ChainMap, defaultdict
from collections.abc import Mapping
from typing import final

from hierdiff.context.contexts import Contexts
from hierdiff.document import Draft
from hierdiff.events import Realised
from hierdiff.evidence import Evidence
from hierdiff.ledger import Item
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.protocols import Capabilities
from hierdiff.realising import agrees, value_in
from hierdiff.request import Request


@final
class Course:
    """One run's plan and drafts. `begun` are the sections whose canvas was opened, `drafts` the finished ones."""

    def __init__(
        self,
        outline: Outline,
        request: Request,
        templates: Templates,
        *,
        capabilities: Capabilities | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        self.request, self.templates = request, templates
        self.drafts: dict[str, Draft] = {}
        self.begun: set[str] = set()
        self._given = {item.id for item in request.facts.items}
        self._news: set[str] = set()
        self._plan = self._outline = outline
        self._able, self._evidence = capabilities, evidence
        self._contexts = self._told_by(outline)
        self._owned = _owned(outline)

    @property
    def outline(self) -> Outline:
        """The plan as it is now; its ledger holds the values that were read in drafts."""
        return self._outline

    @property
    def plan(self) -> Outline:
        """The same without the values that were read: it still says what waited for whom because of them."""
        return self._plan

    @property
    def contexts(self) -> Contexts:
        """What canvases are told by the plan as it is now."""
        if self._news:
            self._contexts, self._news = self._told_by(self._outline), set()
        return self._contexts

    def own(self, section: Section, told: Mapping[str, Draft]) -> str:
        """What only this section is told. `told` stands for drafts that are not finished."""
        known = ChainMap(dict(told), self.drafts) if told else self.drafts
        fresh = not self._news.isdisjoint((*section.requires, *section.provides))
        return (self.contexts if fresh else self._contexts).own(section, known)

    def _told_by(self, outline: Outline) -> Contexts:
        return Contexts(self.request, outline, self.templates, capabilities=self._able, evidence=self._evidence)

    def begin(self, section: str) -> None:
        """A section's canvas is opened: the plan of it stands."""
        self.begun.add(section)

    def resized(self, plan: Outline) -> None:
        """The same `plan` with other budgets, which no context tells of."""
        self._plan = plan
        self._outline = plan.model_copy(update={"ledger": self._outline.ledger})

    def amended(self, outline: Outline) -> None:
        """Another plan of what is not begun."""
        self._plan = self._outline = outline
        self._owned = _owned(outline)
        self._contexts = self._told_by(outline)
        self._news = set()

    def realise(self, draft: Draft, *, expected: bool = False) -> list[Realised]:
        """Read in a finished draft what the items that it owns came out as: the undecided ones, and, where somebody
        counted on them (`expected`), those that were only expected and came out otherwise. The caller's own facts
        stand, whatever a draft says."""
        found: list[Realised] = []
        for item in self._owned.get(draft.section, ()):
            if item.id in self._given or (item.value is not None and not expected):
                continue
            value = value_in(draft.text, item)
            if value is None or (item.value is not None and agrees(item, item.value, value)):
                continue
            found.append(Realised(item=item.id, section=draft.section, value=value, told=item.value))
        if found:
            self._realised({event.item: event.value for event in found})
        return found

    def _realised(self, values: Mapping[str, str]) -> None:
        """Put values into the ledger. What waits for what stays as it was planned, so nothing of it is checked anew."""
        items = self._outline.ledger.items
        changed = tuple(item.changed(value=values[item.id]) if item.id in values else item for item in items)
        ledger = self._outline.ledger.changed(items=changed)
        self._outline = self._outline.model_copy(update={"ledger": ledger})
        for event in values:
            self._news.add(event)


def _owned(outline: Outline) -> dict[str, list[Item]]:
    owned: dict[str, list[Item]] = defaultdict(list)
    for item in outline.ledger.items:
        if item.owner is not None:
            owned[item.owner].append(item)
    return dict(owned)

"""Contexts: builds what each section is told, from most to least needed, until its budget is used up.

What all canvases of a document share comes first and is the same to the character, so that an engine computes it once:
goal and style, the whole outline a line a section, the facts. Then what only this section needs: its topic and brief,
its slice of the ledger, what its sources have said, its evidence. What does not fit is cut from the end of that order,
line by line; in the text the task comes last, because a small model answers what it has read last.
"""

from collections.abc import Mapping
from typing import Any, final

from hierdiff.context.contract import Contract
from hierdiff.context.digests import opening, tail, whole
from hierdiff.context.measure import Lines, Measure
from hierdiff.context.overview import Overview
from hierdiff.context.pack import MOST_SAID, Pack
from hierdiff.document import Draft
from hierdiff.evidence import Evidence
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.protocols import Capabilities
from hierdiff.request import Request
from hierdiff.values import Value

DIGEST_WORDS, DIGEST_LEAST, DIGEST_MOST = 180, 25, 45
"""Words of all digests of a section's sources, and of one. More of it and a small model copies instead of going on."""
PASSAGE_WORDS = 140
"""Words of a passage that a section is told."""


class Told(Value):
    """What a canvas is told: the half that all sections share, its own half, and what was cut for want of room."""

    shared: str
    own: str
    cut: tuple[str, ...] = ()


@final
class Contexts:
    """Writes the context of any section of one document. `capabilities` are the backend's: they set the budget."""

    def __init__(
        self,
        request: Request,
        outline: Outline,
        templates: Templates,
        *,
        capabilities: Capabilities | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        self._request, self._outline, self._templates = request, outline, templates
        self._evidence = evidence or Evidence()
        self._blind = request.mode in ("blind", "flat")
        self._measure = Measure(capabilities)
        self._budget = self._measure.budget(outline)
        self._contract = Contract(outline)
        self._overview: Overview | None = None
        self._cut: list[str] = []
        self.shared = self._shared()
        frame = self._measure.tokens(self._templates.render("own", **self._nothing(1)))
        self._room = self._budget.whole - self._measure.tokens(self.shared) - frame

    def tell(self, section: Section, drafts: Mapping[str, Draft]) -> Told:
        """All that a section is told; `drafts` are those that are finished. `cut` names what had no room."""
        pack = Pack(self._measure, self._room)
        values = self._nothing() | {"title": section.title, "topic": section.topic.rstrip(".")}
        values["inside"] = self._inside(section)
        pack.spend(" ".join((values["title"], values["topic"], values["inside"])))
        values["brief"] = pack.brief(section.brief)
        values["must_cover"] = pack.lines("must cover", section.must_cover)
        values["must_not_cover"] = pack.lines("must not cover", section.must_not_cover)
        kept = pack.keep(self._budget.own)
        if self._overview is not None:
            values["chapter"] = pack.all(self._overview.chapter(section, max(0, pack.left // 3)))
        values["states"] = pack.lines("states", self._contract.states(section))
        values["may_cite"] = pack.lines("may cite", self._contract.may_cite(section))
        if not self._blind:
            values["covered"] = pack.lines("excludes", self._contract.covered(section))
            values["shapes"] = pack.lines("mirrors", self._contract.shapes(section, drafts))
            values["refers_to"] = pack.lines("refers to", self._contract.refers_to(section))
            values["sources"] = pack.notes(self._sources(section, drafts))
        values["evidence"] = pack.evidence(self._passages(section), kept)
        own = self._templates.render("own", **values)
        return Told(shared=self.shared, own=own, cut=(*self._cut, *pack.cut))

    def own(self, section: Section, drafts: Mapping[str, Draft]) -> str:
        """The half of `tell` that only this section is told."""
        return self.tell(section, drafts).own

    def _shared(self) -> str:
        """The shared half. Facts are cut before the outline, but a third of the room is theirs if they need it."""
        values: dict[str, Any] = {
            "kind": self._request.kind,
            "goal": self._request.goal.rstrip(" .?!"),
            "audience": self._request.audience,
            "style": self._request.style,
            "sections": (),
            "facts": (),
        }
        frame = self._templates.render("shared", **values | {"sections": ("",), "facts": ("",)})
        room = self._budget.shared - self._measure.tokens(frame)
        facts = Lines(self._contract.common(self._evidence.passages), self._measure)
        if not self._blind:
            self._overview = Overview(self._outline, self._measure, room - min(facts.cost(), room // 3))
            values["sections"] = self._overview.shared
            room -= sum(self._measure.tokens(line) + 1 for line in self._overview.shared)
            if not self._overview.whole:
                self._cut.append("outline below its chapters")
        kept = facts.first(room)
        values["facts"] = facts.lines[:kept]
        self._cut += [f"fact {line}" for line in facts.lines[kept : kept + MOST_SAID]]
        return self._templates.render("shared", **values)

    def _nothing(self, lines: int = 0) -> dict[str, Any]:
        """Every name that the template of a section's own half knows, with nothing in it; or so many empty lines in
        each list, which shows what the wording around them takes."""
        texts = dict.fromkeys(("title", "topic", "brief", "inside"), "")
        notes = [dict.fromkeys(("title", "digest", "tail"), "")] * lines
        passages = [dict.fromkeys(("id", "place", "text"), "")] * lines
        return {**texts, **dict.fromkeys(_LISTS, [""] * lines), "sources": notes, "evidence": passages}

    def _inside(self, section: Section) -> str:
        """The title of what holds the section."""
        return "" if section.parent is None else self._outline.section(section.parent).title

    def _sources(self, section: Section, drafts: Mapping[str, Draft]) -> list[dict[str, str]]:
        """How each section that this one waited for begins: of many, only a sentence each. Of one whose text it goes
        on from, also how it ends."""
        known = [source for source in self._outline.sources(section.id) if source in drafts]
        words = min(DIGEST_MOST, max(DIGEST_LEAST, DIGEST_WORDS // max(1, len(known))))
        last = self._outline.place(section.id) - 1
        found: list[dict[str, str]] = []
        for source in known[: DIGEST_WORDS // 5]:
            text, before = drafts[source].text, self._outline.section(source)
            digest = opening(text, words)
            goes_on = self._outline.place(source) == last and self._contract.follows(section, source)
            end = tail(text, DIGEST_LEAST) if goes_on else ""
            found.append({"title": before.title, "digest": digest, "tail": "" if digest.endswith(end) else end})
        return found

    def _passages(self, section: Section) -> list[dict[str, str]]:
        return [
            {"id": one, "place": passage.place, "text": whole(passage.text, PASSAGE_WORDS)}
            for one, passage in self._evidence.of(section.id)
        ]


_LISTS = (
    "must_cover", "must_not_cover", "chapter", "states", "may_cite", "covered", "shapes", "refers_to",
)  # fmt: skip

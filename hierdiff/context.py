"""Contexts: what a canvas is told, in a fixed order and to a fixed budget.

What all canvases of a document share comes first and is the same to the character, so that an engine computes it once:
goal and style, the whole outline a line a section, the facts. Then what only this section needs: its topic and brief,
what it must state, what its sources have said. What does not fit the budget is cut from the end.
"""

import re
from collections.abc import Mapping
from typing import Any, final

from hierdiff.document import Draft, count_words
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request

_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
SHARED_WORDS, OWN_WORDS, DIGEST_WORDS = 700, 350, 180
DIGEST_LEAST, DIGEST_MOST = 25, 45
"""Words of one source's digest. More of it and a small model copies instead of going on."""


@final
class Contexts:
    """Writes the context of any section of one document."""

    def __init__(self, request: Request, outline: Outline, templates: Templates) -> None:
        self._request, self._outline, self._templates = request, outline, templates
        self._blind = request.mode in ("blind", "flat")
        self.shared = self._shared()

    def _shared(self) -> str:
        values: dict[str, Any] = {
            "kind": self._request.kind,
            "goal": self._request.goal.rstrip(" .?!"),
            "audience": self._request.audience,
            "style": self._request.style,
            "sections": [] if self._blind else self._lines(),
            "facts": [item.line() for item in self._outline.ledger.items if item.owner is None and item.value],
        }
        text = self._templates.render("shared", **values)
        while count_words(text) > SHARED_WORDS and (values["sections"] or values["facts"]):
            kept = values["facts"] or values["sections"]
            del kept[len(kept) * 3 // 4 :]
            text = self._templates.render("shared", **values)
        return text

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for number, section in enumerate(self._outline.reading_order, start=1):
            indent = "  " * (self._outline.level(section.id) - 1)
            lines.append(f"{indent}{number}. {section.title}{f': {section.topic}' if section.topic else ''}")
        return lines

    def own(self, section: Section, drafts: Mapping[str, Draft]) -> str:
        """What only this section is told; `drafts` are those that are finished."""
        ledger, path = self._outline.ledger, self._outline.path(section.id)
        cited = [item for item in map(ledger.get, section.requires) if item is not None and item.value]
        values: dict[str, Any] = {
            "title": section.title,
            "topic": section.topic.rstrip("."),
            "brief": section.brief,
            "inside": path[-2].title if len(path) > 1 else "",
            "must_cover": section.must_cover,
            "must_not_cover": section.must_not_cover,
            "states": [item.line() for item in ledger.owned_by(section.id) if item.value],
            "may_cite": [item.line() for item in cited],
            "sources": [] if self._blind else self._sources(section, drafts),
        }
        text = self._templates.render("own", **values)
        while count_words(text) > OWN_WORDS and values["sources"]:
            values["sources"] = values["sources"][:-1]
            text = self._templates.render("own", **values)
        return text

    def _sources(self, section: Section, drafts: Mapping[str, Draft]) -> list[dict[str, str]]:
        """How each section that this one waited for begins: of many, only a sentence each."""
        known = [source for source in self._outline.sources(section.id) if source in drafts]
        words = min(DIGEST_MOST, max(DIGEST_LEAST, DIGEST_WORDS // max(1, len(known))))
        return [
            {"title": self._outline.section(source).title, "digest": _opening(drafts[source].text, words)}
            for source in known
        ]


def _opening(text: str, words: int) -> str:
    """The first sentences of a text, as many whole ones as fit, but one in any case."""
    sentences = _SENTENCE.split(" ".join(text.split()))
    kept = sentences[:1]
    for sentence in sentences[1:]:
        if count_words(" ".join([*kept, sentence])) > words:
            break
        kept.append(sentence)
    return " ".join(kept)

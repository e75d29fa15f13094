"""Reviser: detect, choose, re-noise, gate, at most a few rounds; what stays unresolved is reported."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import final

from hierdiff.context.contexts import Contexts
from hierdiff.document import Document
from hierdiff.events import Accepted, Event, Found, Renoised, RolledBack
from hierdiff.findings import Finding, Method, Revision
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend, Detector
from hierdiff.revise.choose import Key, Target, choose, key_of
from hierdiff.revise.gate import Gate, find
from hierdiff.revise.origin import Origin
from hierdiff.revise.renoise import Renoise
from hierdiff.settings import Settings
from hierdiff.spans import Span

TRIES = 3
"""How often one finding is acted on before it is left as unresolved."""

_FORM = frozenset({"structure", "references"})
"""Detectors whose known corrections are edits of form, not values."""


_SAID_ANEW = frozenset({"repeats"})


@final
class Reviser:
    """Revises one document. `contexts` is given when the document was written in this run."""

    def __init__(
        self,
        backend: Backend,
        detectors: Sequence[Detector],
        settings: Settings,
        templates: Templates,
        contexts: Contexts | None,
        emit: Callable[[Event], None],
    ) -> None:
        self._detectors, self._settings, self._emit = detectors, settings, emit
        self._contexts = contexts
        self._renoise = Renoise(backend, templates, contexts, settings.seed)
        self._origin = Origin(0)
        self._tries: Counter[Key] = Counter()
        self._told: set[Key] = set()
        self._revisions: list[Revision] = []

    async def run(self, document: Document, stop: asyncio.Event) -> Document:
        """The document after the last round, with its revisions and the findings that still stand. `stop` ends it
        before the candidates that are being made are tried."""
        self._origin = Origin(len(document.text))
        findings: Sequence[Finding] = self._find(document, 1)
        for number in range(1, self._settings.rounds + 1):
            given_up = {key for key, tries in self._tries.items() if tries >= TRIES}
            targets = choose(document, [self._asked(finding) for finding in findings], given_up)
            if not targets or stop.is_set():
                break
            made = await _unless(stop, asyncio.gather(*(self._candidates(document, target) for target in targets)))
            if made is None:
                break
            for target, candidates in zip(targets, made, strict=True):
                document, findings = self._act(document, findings, target, candidates)
            findings = self._find(document, number + 1)
        return document.changed(findings=tuple(findings), revisions=(*document.revisions, *self._revisions))

    def _find(self, document: Document, number: int) -> list[Finding]:
        findings = find(self._detectors, document)
        for finding in findings:
            if key_of(finding) not in self._told:
                self._told.add(key_of(finding))
                self._emit(Found(finding=finding, round=number))
        return findings

    def _asked(self, finding: Finding) -> Finding:
        """A repetition in a draft of this run is first said anew, so that its section keeps its length and its thread;
        only if that fails, or in somebody's text, it goes."""
        own, first = self._contexts is not None, not self._tries[key_of(finding)]
        return finding.changed(expected=None) if own and first and finding.detector in _SAID_ANEW else finding

    def _act(
        self, document: Document, findings: Sequence[Finding], target: Target, candidates: Sequence[Sequence[str]]
    ) -> tuple[Document, Sequence[Finding]]:
        """Try what may repair one finding; the document with it repaired, or as it was, and what is found in it."""
        finding, spans = target.finding, target.spans
        self._tries[key_of(finding)] += 1
        gate = Gate(self._detectors, document, findings)
        refused: tuple[Sequence[str], str] = (["" for _ in spans], "no candidate was made")
        for texts in candidates:
            candidate = document
            for span, text in zip(reversed(spans), reversed(texts), strict=True):
                candidate = candidate.replaced(span, text)
            verdict = gate.verdict(finding, spans, candidate, texts)
            if not verdict.why:
                self._record(document, target, texts, "", accepted=True)
                return candidate, verdict.findings
            refused = (texts, verdict.why)
        self._record(document, target, *refused, accepted=False)
        return document, findings

    async def _candidates(self, document: Document, target: Target) -> list[list[str]]:
        """What may stand in a target's spans; those of all targets of a round are denoised in one batch."""
        finding, spans = target.finding, target.spans
        if finding.expected is not None:
            return [[finding.expected for _ in spans]]
        for span in spans:
            self._emit(
                Renoised(
                    section=finding.section,
                    start=span.start,
                    stop=span.stop,
                    before=span.of(document.text),
                    candidates=self._settings.candidates,
                )
            )
        return await self._renoise.candidates(document, spans, self._settings.candidates, self._tries[key_of(finding)])

    def _record(self, document: Document, target: Target, texts: Sequence[str], why: str, *, accepted: bool) -> None:
        pairs = list(zip(target.spans, texts, strict=True))
        for span, text in reversed(pairs):
            revision = self._revision(document, target, span, text, why, accepted=accepted)
            self._revisions.append(revision)
            self._emit(Accepted(revision=revision) if accepted else RolledBack(revision=revision))
            if accepted:
                self._origin.edited(span, len(text))

    def _revision(
        self, document: Document, target: Target, span: Span, text: str, why: str, *, accepted: bool
    ) -> Revision:
        given = self._origin.given(span)
        part = document.at(span.start)
        return Revision(
            start=given.start,
            stop=given.stop,
            section=part.id if part is not None else target.finding.section,
            before=span.of(document.text),
            after=text,
            reason=target.finding.reason,
            method=_method(target.finding),
            accepted=accepted,
            verdict=why,
        )


async def _unless(stop: asyncio.Event, work: "asyncio.Future[list[list[list[str]]]]") -> list[list[list[str]]] | None:
    """The result of `work`, or None if `stop` came first; the work is then cancelled."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for one in (work, stopping):
            one.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)


def _method(finding: Finding) -> Method:
    if finding.expected is None:
        return "renoise"
    return "edit" if finding.detector in _FORM or finding.expected == "" else "splice"

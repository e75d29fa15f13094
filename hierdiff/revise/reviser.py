"""Reviser: detect, choose, re-noise, gate, at most a few rounds; what stays unresolved is reported."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import final

from hierdiff.context.contexts import Contexts
from hierdiff.document import Document
from hierdiff.events import Accepted, Event, Found, Renoised, RolledBack
from hierdiff.findings import Finding, Revision
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend, Detector, Judge
from hierdiff.revise.attempt import Attempt, Attempts, method_of
from hierdiff.revise.choose import Key, Target, choose, key_of
from hierdiff.revise.frozen import Room, Times
from hierdiff.revise.gate import Gate, find
from hierdiff.revise.likelihood import Likelihood
from hierdiff.revise.origin import Origin
from hierdiff.revise.trial import Outcome, Trial
from hierdiff.revise.votes import counted
from hierdiff.settings import Settings
from hierdiff.spans import Span

TRIES = 3
"""How often one finding is acted on before it is left as unresolved."""

_SAID_ANEW = frozenset({"repeats"})
_MEANT = frozenset({"references"})
"""Detectors whose findings only the one who wrote the text can settle, where no detector knows what was meant."""


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
        judges: Sequence[Judge] = (),
    ) -> None:
        self._detectors, self._judges, self._settings, self._emit = detectors, judges, settings, emit
        self._backend, self._own = backend, contexts is not None
        self._attempts = Attempts(backend, templates, contexts, settings)
        self._likelihood = Likelihood(backend, contexts.shared if contexts is not None else "")
        self._origin = Origin(0)
        self._times = Times()
        self._tries: Counter[Key] = Counter()
        self._rejected: dict[Key, list[str]] = defaultdict(list)
        self._told: set[Key] = set()
        self._revisions: list[Revision] = []
        self._settled: list[Span] = []

    async def run(self, document: Document, stop: asyncio.Event) -> Document:
        """The document after the last round, with its revisions and the findings that still stand. `stop` ends it
        before the candidates that are being made are tried."""
        self._origin = Origin(len(document.text))
        findings = await self._find(document, 1)
        for number in range(1, self._settings.rounds + 1):
            targets = self._targets(document, findings)
            if not targets or stop.is_set():
                break
            made = await _unless(stop, asyncio.gather(*(self._attempt(document, target) for target in targets)))
            if made is None:
                break
            base, last = document, number == self._settings.rounds
            for target, attempts in zip(targets, made, strict=True):
                document, findings = await self._act(base, document, findings, target, attempts, last_round=last)
            findings = await self._find(document, number + 1)
        return document.changed(findings=tuple(findings), revisions=(*document.revisions, *self._revisions))

    async def _find(self, document: Document, number: int) -> list[Finding]:
        """What the detectors find, weighed by the judges."""
        found: Sequence[Finding] = await asyncio.to_thread(find, self._detectors, document)
        for judge in self._judges:
            found = await judge.weigh(document, found)
        findings = sorted(counted(found), key=lambda finding: (finding.spans[0].start, finding.detector))
        for finding in findings:
            if key_of(finding) not in self._told:
                self._told.add(key_of(finding))
                self._emit(Found(finding=finding, round=number))
        return findings

    def _targets(self, document: Document, findings: Sequence[Finding]) -> list[Target]:
        """What this round acts on: what was not tried too often, and for new text as much as there is room for."""
        asked = [self._asked(one) for one in findings if self._tries[key_of(one)] < TRIES and self._can(one)]
        room, taken = Room(document), list[Target]()
        for target in reversed(choose(document, asked, self._tries, self._is_settled)):
            anew = target.finding.expected is None
            if anew and self._times.spent(self._origin.given(span) for span in target.spans):
                continue
            if not anew or room.takes(target.spans):
                taken.append(target)
        return taken[::-1]

    def _can(self, finding: Finding) -> bool:
        """Whether anything can be done about a finding: what somebody meant to point to is not a model's to invent."""
        return self._own or finding.expected is not None or finding.detector not in _MEANT

    def _is_settled(self, span: Span) -> bool:
        """Whether a place has been put right already, so that no contradiction turns it over again."""
        given = self._origin.given(span)
        return any(given.meets(one) for one in self._settled)

    def _asked(self, finding: Finding) -> Finding:
        """A repetition in a draft of this run is first said anew, so that its section keeps its length and its thread;
        only if that fails, or in somebody's text, it goes."""
        first = self._own and not self._tries[key_of(finding)]
        return finding.changed(expected=None) if first and finding.detector in _SAID_ANEW else finding

    async def _attempt(self, document: Document, target: Target) -> Sequence[Attempt]:
        """What may repair a target; those of all targets of a round are denoised in one batch."""
        key = key_of(target.found)
        attempts = self._attempts.of(document, target, self._tries[key], self._rejected[key])
        if attempts is None:
            return self._attempts.known(document, target)
        for span in target.spans:
            self._times.opened(self._origin.given(span))
            self._emit(
                Renoised(
                    section=target.finding.section,
                    start=span.start,
                    stop=span.stop,
                    before=span.of(document.text),
                    candidates=self._settings.candidates,
                )
            )
        return await attempts

    async def _act(
        self,
        base: Document,
        document: Document,
        findings: Sequence[Finding],
        target: Target,
        attempts: Sequence[Attempt],
        *,
        last_round: bool,
    ) -> tuple[Document, Sequence[Finding]]:
        """Try what may repair one finding; the document with it repaired, or as it was, and what is found in it."""
        key = key_of(target.found)
        self._tries[key] += 1
        anew = any(attempt.anew for attempt in attempts)
        likelihood = self._likelihood if anew and self._backend.capabilities.scores else None
        gate = Gate(self._detectors, document, findings)
        trial = Trial(gate, likelihood, base, document, findings, target.found)
        nothing = Attempt(target.spans, tuple("" for _ in target.spans), anew=target.finding.expected is None)
        outcome = await trial.best(attempts, nothing)
        self._rejected[key] += outcome.refused
        if outcome.why and (last_round or self._tries[key] >= TRIES):
            edits = self._attempts.last(document, target)
            if edits and not (edited := await trial.best(edits, nothing)).why:
                self._record(document, target, outcome)
                outcome = edited
        self._record(document, target, outcome)
        return outcome.document, outcome.findings

    def _record(self, document: Document, target: Target, outcome: Outcome) -> None:
        attempt, why = outcome.attempt, outcome.why
        for span, text in reversed(list(zip(attempt.spans, attempt.texts, strict=True))):
            revision = self._revision(document, target, attempt, span, text, why).changed(figures=outcome.figures)
            self._revisions.append(revision)
            self._emit(RolledBack(revision=revision) if why else Accepted(revision=revision))
            if not why:
                self._settled.append(revision.span)
                self._origin.edited(span, len(text))

    def _revision(
        self, document: Document, target: Target, attempt: Attempt, span: Span, text: str, why: str
    ) -> Revision:
        given = self._origin.given(span)
        part = document.at(span.start)
        chosen = f" ({target.why})" if target.why else ""
        return Revision(
            start=given.start,
            stop=given.stop,
            section=part.id if part is not None else target.finding.section,
            before=span.of(document.text),
            after=text,
            reason=f"{target.finding.reason}{chosen}",
            method=method_of(target.finding, attempt, self._backend),
            accepted=not why,
            verdict=why,
        )


async def _unless(
    stop: asyncio.Event, work: "asyncio.Future[list[Sequence[Attempt]]]"
) -> list[Sequence[Attempt]] | None:
    """The result of `work`, or None if `stop` came first; the work is then cancelled."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for one in (work, stopping):
            one.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)

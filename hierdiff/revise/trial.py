"""Trial: attempts for one finding put to the gate, and the one that may stand.

What is known stands as soon as it passes. Of what a model wrote, everything that passes the rules is scored in its
place, and the likeliest one stands, if it is not much less likely than what it replaces.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.revise.attempt import Attempt
from hierdiff.revise.gate import Gate, Verdict
from hierdiff.revise.likelihood import FALL, Likelihood
from hierdiff.spans import Span


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of attempts: the one that stands, or the last one that was refused and why; the document after it
    and what is found in that; and the texts that were refused."""

    attempt: Attempt
    document: Document
    findings: Sequence[Finding]
    why: str = ""
    figures: dict[str, float] = field(default_factory=dict[str, float])
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    """An attempt that the rules let through, and the document with it."""

    attempt: Attempt
    document: Document
    verdict: Verdict


@final
class Trial:
    """Tries attempts for one finding in one state of a document. `base` is the document that they were made for;
    `likelihood` is None where nothing can be scored."""

    def __init__(
        self,
        gate: Gate,
        likelihood: Likelihood | None,
        base: Document,
        document: Document,
        findings: Sequence[Finding],
        found: Finding,
    ) -> None:
        self._gate, self._likelihood, self._base = gate, likelihood, base
        self._document, self._findings, self._found = document, findings, found

    async def best(self, attempts: Sequence[Attempt], otherwise: Attempt) -> Outcome:
        """The outcome of the attempts; `otherwise` is reported where there was none."""
        why, last, refused, fits = "no candidate was made", otherwise, list[str](), list[_Fit]()
        for attempt in _apart(attempts):
            fit = self._tried(attempt)
            if not fit.verdict.why and (not attempt.anew or self._likelihood is None):
                return Outcome(attempt, fit.document, fit.verdict.findings, refused=tuple(refused))
            if fit.verdict.why:
                why, last = fit.verdict.why, attempt
                refused += [text for text in attempt.texts if text]
            else:
                fits.append(fit)
        if not fits or self._likelihood is None:
            return Outcome(last, self._document, self._findings, why, refused=tuple(refused))
        return await self._likeliest(self._likelihood, fits, refused)

    async def _likeliest(self, likelihood: Likelihood, fits: Sequence[_Fit], refused: Sequence[str]) -> Outcome:
        """The fit whose place is likeliest with it, refused if that is too unlikely."""
        befores = await asyncio.gather(*(likelihood.of(self._document, spans) for spans in _places(fits)))
        known = dict(zip(_places(fits), befores, strict=True))
        afters = await asyncio.gather(*(likelihood.of(fit.document, fit.attempt.placed) for fit in fits))
        rises = [after - known[fit.attempt.spans] for after, fit in zip(afters, fits, strict=True)]
        at = max(range(len(fits)), key=lambda number: rises[number])
        fit, after = fits[at], afters[at]
        figures = {"logprob_before": round(after - rises[at], 4), "logprob_after": round(after, 4)}
        if rises[at] < -FALL:
            why = f"it fits less well: {-rises[at]:.2f} nats a token less likely"
            texts = tuple(text for one in fits for text in one.attempt.texts if text)
            return Outcome(fit.attempt, self._document, self._findings, why, figures, (*refused, *texts))
        return Outcome(fit.attempt, fit.document, fit.verdict.findings, "", figures, tuple(refused))

    def _tried(self, attempt: Attempt) -> _Fit:
        """The document with an attempt in it, and what the gate says of it."""
        for span in attempt.spans:
            if span.of(self._document.text) != span.of(self._base.text):
                return _Fit(attempt, self._document, Verdict("another revision has changed its place"))
        candidate = self._document
        for span, text in zip(reversed(attempt.spans), reversed(attempt.texts), strict=True):
            candidate = candidate.replaced(span, text)
        verdict = self._gate.verdict(self._found, attempt.spans, candidate, attempt.texts, anew=attempt.anew)
        return _Fit(attempt, candidate, verdict)


def _apart(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts, each once."""
    return list(dict.fromkeys(attempts))


def _places(fits: Sequence[_Fit]) -> list[tuple[Span, ...]]:
    return list(dict.fromkeys(fit.attempt.spans for fit in fits))

"""Attempts: the texts that may settle a finding, in the order in which they are tried.

What is known is put in first, as it is (with `a` or `an` before it mended). If that does not pass, the words around it
are denoised, its clause and then its sentence. What is not known is denoised in the spans that were chosen.
"""

import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import final

from hierdiff.context.contexts import Contexts
from hierdiff.detectors.code.statements import statement_around
from hierdiff.document import Document
from hierdiff.findings import Finding, Method
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend
from hierdiff.revise.choose import Target
from hierdiff.revise.forms import cut_back, edits
from hierdiff.revise.renoise import Renoise
from hierdiff.revise.scales import SCALES, merged
from hierdiff.settings import Settings
from hierdiff.spans import Span
from hierdiff.tree import is_tree

_FORM = frozenset({"structure", "references", "seams", "imports"})
"""Detectors whose known corrections are edits of form, not values."""
_ARTICLE = re.compile(r"\b([Aa]n?)([ \t]+)$")
_VOWEL = re.compile(r"[aeio]|u(?!ni|s[aeiu]|ti)|hono|hour|heir|8|1[18](?![0-9])|11,", re.I)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Texts for spans, one each, in order of place; `anew` says that a model has written them."""

    spans: tuple[Span, ...]
    texts: tuple[str, ...]
    anew: bool

    @property
    def placed(self) -> list[Span]:
        """Where the texts stand in the document that has them."""
        found: list[Span] = []
        shift = 0
        for span, text in zip(self.spans, self.texts, strict=True):
            found.append(Span(start=span.start + shift, stop=span.start + shift + len(text)))
            shift += len(text) - len(span)
        return found


@final
class Attempts:
    """Makes the attempts of one run."""

    def __init__(self, backend: Backend, templates: Templates, contexts: Contexts | None, settings: Settings) -> None:
        self._renoise, self._count = Renoise(backend, templates, contexts, settings.seed), settings.candidates

    def known(self, document: Document, target: Target) -> Sequence[Attempt]:
        """What needs no model: the expected text in every span, or an edit of form."""
        expected = target.finding.expected
        if expected is None:
            return [Attempt((span,), (text,), anew=False) for span, text in edits(document, target.finding)]
        if is_tree(document):
            return (Attempt(target.spans, tuple(expected for _ in target.spans), anew=False),)
        pairs = [_agreeing(document.text, span, expected) for span in target.spans]
        plain = Attempt(target.spans, tuple(expected for _ in target.spans), anew=False)
        agreeing = Attempt(tuple(span for span, _ in pairs), tuple(text for _, text in pairs), anew=False)
        return (plain,) if agreeing == plain else (agreeing, plain)

    def last(self, document: Document, target: Target) -> Sequence[Attempt]:
        """What is left to do without a model when nothing that it wrote may stand."""
        edit = cut_back(document, target.finding)
        return () if edit is None else [Attempt((edit[0],), (edit[1],), anew=False)]

    def of(
        self, document: Document, target: Target, tries: int, rejected: Sequence[str]
    ) -> "Awaitable[Sequence[Attempt]] | None":
        """What a model is to write for a target that was tried `tries` times; None where the text is known and no model
        is needed yet."""
        if target.finding.expected is None and (tries or not any(edits(document, target.finding))):
            return self._anew(document, target, tries, rejected)
        if not tries or not target.finding.expected:
            return None
        if is_tree(document):
            spans = tuple(merged(statement_around(document, span) for span in target.spans))
            return self._anew(document, replace(target, spans=spans), tries, rejected)
        return self._around(document, target, tries)

    async def _anew(self, document: Document, target: Target, tries: int, rejected: Sequence[str]) -> Sequence[Attempt]:
        made = await self._renoise.candidates(document, target.spans, self._count, tries + 1, rejected)
        return [Attempt(target.spans, tuple(texts), anew=True) for texts in made]

    async def _around(self, document: Document, target: Target, tries: int) -> Sequence[Attempt]:
        """The value as it is, and new words around it; for one span alone."""
        if len(target.spans) != 1 or target.finding.expected is None:
            return ()
        scale = SCALES[min(tries, len(SCALES) - 1)]
        (span,), value = target.spans, target.finding.expected
        wide, texts = await self._renoise.around(document, span, value, self._count, tries + 1, scale)
        return [Attempt((wide,), (text,), anew=True) for text in texts]


def _agreeing(text: str, span: Span, value: str) -> tuple[Span, str]:
    """The span and the value, with the article before it where that no longer fits."""
    article = _ARTICLE.search(text, max(0, span.start - 8), span.start)
    if article is None or not value or not value[:1].isalnum():
        return span, value
    fits = article[1].lower() == ("an" if _VOWEL.match(value) else "a")
    old = span.of(text)
    fitted = bool(old) and article[1].lower() == ("an" if _VOWEL.match(old) else "a")
    if fits or not fitted:
        return span, value
    right = ("an" if _VOWEL.match(value) else "a") if article[1].islower() else ("An" if _VOWEL.match(value) else "A")
    return Span(start=article.start(1), stop=span.stop), f"{right}{article[2]}{value}"


def method_of(finding: Finding, attempt: Attempt, backend: Backend) -> Method:
    """What was done: known text is spliced, or edited where it is a matter of form; new text is re-noised where the
    backend has a canvas, else completed, edited or rewritten, as it can. Only for new text the backend is asked."""
    if not attempt.anew:
        return "edit" if finding.detector in _FORM or not any(attempt.texts) else "splice"
    capabilities = backend.capabilities
    if capabilities.noise != "none":
        return "renoise"
    return "fim" if capabilities.infill == "fim" else "edit" if capabilities.infill == "edit" else "rewrite"

"""Ways: how a text with mistakes is revised. The pass itself, what it is compared with, and the two oracles."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from random import Random
from typing import final

from benchmarks.planted.judging import Result, hits, judge
from benchmarks.planted.planting import Copy
from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.detectors import standard
from hierdiff.document import Cost, Document
from hierdiff.errors import BackendError
from hierdiff.findings import Finding
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Capabilities, Detector, TokenScore, Way
from hierdiff.request import Request
from hierdiff.revise.gate import find
from hierdiff.spans import Quote, Span
from hierdiff.writer import Writer


@final
class NoModel:
    """A backend without a model: it leaves every hole empty, which the gate refuses. What rules can do is left."""

    capabilities = Capabilities(name="rules only", infill="none", noise="none", scores=False)
    cost = Cost()

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The canvas with nothing in its holes."""
        pieces = [Ink(text="", by="model") if isinstance(piece, Hole) else piece for piece in canvas.pieces]
        yield canvas.changed(pieces=tuple(pieces))

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """Nothing: without a model no token is likelier than another."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


@final
class _NoPlan:
    """A revision needs no outline."""

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """Never asked."""
        raise BackendError("a revision plans nothing")


@final
class RandomSpans:
    """As many spans as there are mistakes, of the same lengths, anywhere."""

    def __init__(self, copy: Copy) -> None:
        random = Random(f"spans {copy.page.number} {len(copy.planted)}")
        self._copy = copy
        self._sizes = [max(1, one.stop - one.start) for one in copy.planted]
        self._starts = [random.randrange(len(copy.text) - size) for size in self._sizes]

    def find(self, document: Document) -> Iterable[Finding]:
        """The same spans in the text that they were drawn for, none in any other."""
        if document.text == self._copy.text:
            for start, size in sorted(zip(self._starts, self._sizes, strict=True)):
                yield _finding(document, start, start + size, "random", None)


@final
class TrueSpans:
    """The mistakes themselves; what ought to stand there as our detectors say, if one of them does."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy

    def find(self, document: Document) -> Iterable[Finding]:
        """A finding for each mistake that still stands as it was planted."""
        ours = find(standard(), document) if document.text == self._copy.text else []
        for one in self._copy.planted:
            known = next((finding for finding in ours if hits(self._copy, finding.spans, one)), None)
            if known is not None:
                yield known
            elif document.text == self._copy.text and one.text:
                yield _finding(document, one.start, one.stop, one.kind, None)


@final
class TrueRepair:
    """Our findings; those that hit a mistake know what ought to stand there."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy

    def find(self, document: Document) -> Iterable[Finding]:
        """Our findings, corrected in the text with the mistakes; in any other, none that had been hit."""
        if document.text != self._copy.text:
            return
        for finding in find(standard(), document):
            one = next((one for one in self._copy.planted if hits(self._copy, finding.spans, one)), None)
            if one is None:
                yield finding
            else:
                yield _finding(document, one.start, one.stop, one.kind, one.right)


def _finding(document: Document, start: int, stop: int, kind: str, expected: str | None) -> Finding:
    part = document.at(start)
    section = part.id if part is not None else "text"
    quote = Quote.cut(document.text, start, stop)
    return Finding(
        detector="planted", kind=kind, section=section, spans=(quote,), reason=f"planted {kind}", expected=expected
    )


async def revised(copy: Copy, backend: Backend, *, facts: bool, detectors: Sequence[Detector] | None = None) -> Result:
    """What the pass makes of a copy, with its own detectors or others."""
    document = copy.page.document(copy.text, facts=facts)
    detectors = standard() if detectors is None else detectors
    found = find(detectors, document)
    started = time.perf_counter()
    done = await Writer(_NoPlan(), backend, detectors=detectors).revise(document)
    seconds = time.perf_counter() - started
    result = judge(copy, found, done.text, done.revisions, find(standard(), done))
    return result.changed(forwards=done.cost.forwards, seconds=seconds)

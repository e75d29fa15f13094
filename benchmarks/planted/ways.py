"""Ways: how a text with mistakes is revised. The pass itself, what it is compared with, and the two oracles."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from random import Random
from typing import final

from benchmarks.planted.breaking import Broken
from benchmarks.planted.judging import Aligned, Result, hits, judge
from benchmarks.planted.planting import Copy
from benchmarks.planted.tree_judging import judge_tree
from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.detectors import standard
from hierdiff.detectors.suited import suited
from hierdiff.document import Cost, Document, Draft, count_words
from hierdiff.errors import BackendError
from hierdiff.findings import Finding, Revision
from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Capabilities, Detector, TokenScore, Way
from hierdiff.request import Request
from hierdiff.revise.gate import find
from hierdiff.spans import Quote, Span
from hierdiff.writer import Writer

Place = tuple[int, int]


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
class Given:
    """A detector that was told what to find: the findings of one text, as long as their spans stand as they were."""

    def __init__(self, text: str, findings: Sequence[Finding]) -> None:
        self._text, self._findings = text, findings

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings whose spans nothing has touched, where they lie by now."""
        aligned = Aligned(self._text, document.text)
        for finding in sorted(self._findings, key=lambda one: one.spans[0].start):
            places = [aligned.there(span.start, span.stop) for span in finding.spans]
            quotes = tuple(Quote.cut(document.text, *place) for place in places)
            if all(new.text == old.text for new, old in zip(quotes, finding.spans, strict=True)):
                yield finding.changed(spans=quotes, against=())


def random_spans(copy: Copy) -> list[Finding]:
    """As many spans as there are mistakes, of the same lengths, anywhere in the sections' bodies."""
    random = Random(f"spans {copy.page.number} {len(copy.planted)}")
    sizes = [max(1, one.stop - one.start) for one in copy.planted]
    bodies = [part.body for part in copy.page.document(copy.text).sections]
    places: list[Place] = []
    for size in sizes:
        room = [body for body in bodies if len(body) > size]
        body = random.choices(room, [len(one) for one in room])[0]
        start = body.start + random.randrange(len(body) - size)
        places.append((start, start + size))
    return _apart(copy, places, "random")


def true_spans(copy: Copy) -> list[Finding]:
    """The mistakes themselves; what ought to stand there as our detectors say, if one of them does."""
    document = copy.page.document(copy.text)
    ours = find(standard(), document)
    found: list[Finding] = []
    for one in copy.planted:
        known = next((finding for finding in ours if hits(copy, finding.spans, one)), None)
        found.append(known or _finding(document, (one.start, one.stop), one.kind, None))
    return found


def true_repairs(copy: Copy) -> list[Finding]:
    """Our findings; those that hit a mistake have its place, and know what ought to stand there."""
    document = copy.page.document(copy.text)
    found: list[Finding] = []
    done: set[int] = set()
    for finding in find(standard(), document):
        one = next((one for one in copy.planted if hits(copy, finding.spans, one)), None)
        if one is None:
            found.append(finding)
        elif one.start not in done:
            done.add(one.start)
            found.append(_finding(document, (one.start, one.stop), one.kind, one.right))
    return found


async def unlikely_spans(copy: Copy, backend: Backend) -> list[Finding]:
    """As many words as there are mistakes: those that the model finds least likely after what stands before them."""
    document = copy.page.document(copy.text)
    scores: list[tuple[float, Place]] = []
    for part in document.sections:
        text = part.body.of(copy.text)
        if text.strip():
            canvas = Canvas(id=f"score {part.id}", section=part.id, pieces=(Ink(text=text),), lead=part.title)
            for score in await backend.score(canvas):
                place = (part.body.start + score.start, part.body.start + score.stop)
                scores.append((score.logprob, _word(copy.text, place)))
    places: list[Place] = []
    for _, place in sorted(scores):
        if len(places) < len(copy.planted) and all(place[1] <= a or b <= place[0] for a, b in places):
            places.append(place)
    return _apart(copy, places, "unlikely")


def _word(text: str, place: Place) -> Place:
    """The whole word around a token, without the blank before it."""
    start, stop = place
    while start < stop and text[start].isspace():
        start += 1
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while stop < len(text) and text[stop].isalnum():
        stop += 1
    return start, max(start + 1, stop)


def _apart(copy: Copy, places: Iterable[Place], kind: str) -> list[Finding]:
    document = copy.page.document(copy.text)
    return [_finding(document, place, kind, None) for place in sorted(places)]


def _finding(document: Document, place: Place, kind: str, expected: str | None) -> Finding:
    part = document.at(place[0])
    quote = Quote.cut(document.text, *place)
    section = part.id if part is not None else "text"
    return Finding(
        detector="planted", kind=kind, section=section, spans=(quote,), reason=f"planted {kind}", expected=expected
    )


async def revised(copy: Copy, backend: Backend, *, facts: bool, findings: Sequence[Finding] | None = None) -> Result:
    """What the pass makes of a copy, with its own detectors or with findings that it is given."""
    document = copy.page.document(copy.text, facts=facts)
    detectors: Sequence[Detector] = standard() if findings is None else [Given(copy.text, findings)]
    found = find(detectors, document)
    started = time.perf_counter()
    done = await Writer(_NoPlan(), backend, detectors=detectors).revise(document)
    seconds = time.perf_counter() - started
    result = judge(copy, found, done.text, done.revisions, find(standard(), done))
    return result.changed(forwards=done.cost.forwards, rows=done.cost.rows, seconds=seconds)


async def regenerated(copy: Copy, backend: Backend) -> Result:
    """The sections in which our detectors find something, each written anew as a whole."""
    found = find(standard(), copy.page.document(copy.text))
    return await rewritten(copy, found, {finding.section for finding in found}, backend)


async def drafted(copy: Copy, backend: Backend) -> Result:
    """Every section written anew as a whole: what drafting the document takes."""
    document = copy.page.document(copy.text)
    return await rewritten(copy, [], {part.id for part in document.sections}, backend)


async def rewritten(copy: Copy, found: Sequence[Finding], sections: set[str], backend: Backend) -> Result:
    """Whole sections written anew, and what that made of the mistakes."""
    document = copy.page.document(copy.text)
    started, before = time.perf_counter(), backend.cost
    parts = [(part, _inner(part.body, copy.text)) for part in reversed(document.sections) if part.id in sections]
    parts = [(part, span) for part, span in parts if len(span)]
    made = await asyncio.gather(*(_rewritten(document, part.title, part.id, span, backend) for part, span in parts))
    done, revisions = document, list[Revision]()
    for (part, span), new in zip(parts, made, strict=True):
        done = done.replaced(span, new)
        revisions.append(_rewriting(part.id, span, span.of(copy.text), new))
    result = judge(copy, found, done.text, revisions, find(standard(), done))
    return result.changed(
        forwards=backend.cost.forwards - before.forwards,
        rows=backend.cost.rows - before.rows,
        seconds=time.perf_counter() - started,
    )


def _inner(body: Span, whole: str) -> Span:
    """A section's text without the white space around it."""
    text = body.of(whole)
    start = body.start + len(text) - len(text.lstrip())
    return Span(start=start, stop=max(start, body.start + len(text.rstrip())))


async def _rewritten(document: Document, title: str, section: str, span: Span, backend: Backend) -> str:
    old = span.of(document.text)
    room = backend.capabilities.comfortable
    width = max(8, min(room, round(count_words(old) * backend.capabilities.tokens_per_word)))
    shared = f"Write the sections of a document with the title: {document.title}"
    draft, holes = Draft(section=section, text=old), {0: Hole(width=width)}
    whole = Span(start=0, stop=len(old))
    canvas = Canvas.renoise(draft, [whole], holes=holes, shared=shared, own=f"The section: {title}")
    last = canvas
    async for state in backend.fill(canvas):
        last = state
    return "".join(last.filled).strip()


def _rewriting(section: str, span: Span, before: str, after: str) -> Revision:
    return Revision(
        start=span.start,
        stop=span.stop,
        section=section,
        before=before,
        after=after,
        reason="the section is written anew",
        method="rewrite",
        accepted=True,
    )


async def revised_tree(copy: Broken, backend: Backend, *, contract: bool) -> Result:
    """What the pass makes of a tree of files, with the contract of its plan or without."""
    document = copy.page.document(copy.texts)
    document = document if contract else document.changed(ledger=Ledger())
    detectors = suited(document)
    found = find(detectors, document)
    started = time.perf_counter()
    done = await Writer(_NoPlan(), backend, detectors=detectors).revise(document)
    seconds = time.perf_counter() - started
    result = judge_tree(copy, found, done, find(detectors, done))
    return result.changed(forwards=done.cost.forwards, rows=done.cost.rows, seconds=seconds)

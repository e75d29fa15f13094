"""Telling: results of many texts as figures, with intervals from resampling whole documents."""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from benchmarks.planted.judging import Judged, Result

Rate = Callable[[Sequence[Result]], float]
RESAMPLES = 1000
KIND_OF = {
    "quantity": "number", "count": "number", "number": "number", "percent": "percent", "money": "money",
    "year": "date", "date": "date", "person": "name", "entity": "name", "term": "term", "spelling": "term",
    "capitals": "term", "acronym": "acronym", "repeated sentence": "repeat", "repeated passage": "repeat",
    "section": "reference", "title": "reference", "table": "reference", "figure": "reference", "link": "reference",
    "cut off": "truncated", "does not parse": "syntax", "undefined name": "undefined", "import cycle": "cycle",
    "no such attribute": "no such name", "no such module": "no such name",
}  # fmt: skip
"""Which kind of mistake a finding of some kind takes itself to be."""


def share(results: Iterable[Result], good: Callable[[Judged], bool], of: Callable[[Judged], bool]) -> float:
    """How many of the mistakes that are `of` are `good`."""
    counted = [one for result in results for one in result.judged if of(one)]
    return sum(map(good, counted)) / len(counted) if counted else float("nan")


def _any(_: Judged) -> bool:
    return True


def recall(results: Sequence[Result]) -> float:
    """Mistakes found, on whichever side."""
    return share(results, lambda one: one.found, _any)


def precision(results: Sequence[Result]) -> float:
    """Findings that hit a mistake."""
    findings = sum(one.findings for one in results)
    return 1 - sum(len(one.false) for one in results) / findings if findings else float("nan")


def side(results: Sequence[Result]) -> float:
    """Found mistakes that are themselves to be changed, and not what they contradict."""
    return share(results, lambda one: one.right_side, lambda one: one.found)


def exact_repair(results: Sequence[Result]) -> float:
    """Mistakes in whose place stands what stood there before, or the same value otherwise written."""
    return share(results, lambda one: one.repaired, _any)


def mended(results: Sequence[Result]) -> float:
    """The same, and sentences that were cut off and are whole, or gone."""
    return share(results, lambda one: one.mended, _any)


def silent_wrong(results: Sequence[Result]) -> float:
    """Mistakes that were found and are still wrong, with no finding left on them."""
    return share(results, lambda one: one.silent, _any)


def regressions(results: Sequence[Result]) -> float:
    """Places a document that were right and are not what they were."""
    return sum(one.regressions for one in results) / len(results) if results else float("nan")


def right_bytes(results: Sequence[Result]) -> float:
    """Bytes a document of right text that were changed."""
    return sum(one.right_bytes_changed for one in results) / len(results) if results else float("nan")


def outside(results: Sequence[Result]) -> float:
    """Bytes changed outside the spans that the revisions declare, in all."""
    return float(sum(one.bytes_changed_outside for one in results))


def false_alarms(results: Sequence[Result]) -> float:
    """Findings in texts without a mistake, for 1,000 tokens."""
    clean = [one for one in results if not one.judged]
    tokens = sum(one.tokens for one in clean)
    return 1000 * sum(one.findings for one in clean) / tokens if tokens else float("nan")


def seconds(results: Sequence[Result]) -> float:
    """Seconds a document."""
    return sum(one.seconds for one in results) / len(results) if results else float("nan")


def rows(results: Sequence[Result]) -> float:
    """Token-rows forwarded for a document."""
    return sum(one.rows for one in results) / len(results) if results else float("nan")


def forwards(results: Sequence[Result]) -> float:
    """Forward passes a document."""
    return sum(one.forwards for one in results) / len(results) if results else float("nan")


RATES: dict[str, Rate] = {
    "recall": recall, "precision": precision, "side": side, "exact_repair": exact_repair,
    "mended": mended, "silent_wrong": silent_wrong, "regressions": regressions, "right_bytes_changed": right_bytes,
    "bytes_changed_outside": outside, "false_alarms_per_1k": false_alarms, "forwards": forwards,
    "rows": rows, "seconds": seconds,
}  # fmt: skip


def interval(results: Sequence[Result], rate: Rate) -> tuple[float, float]:
    """The middle 95 percent of a rate over documents drawn again, with a fixed seed."""
    random = Random(0)
    drawn = sorted(
        value
        for _ in range(RESAMPLES)
        if (value := rate(random.choices(results, k=len(results)))) == value
    )  # fmt: skip
    return (drawn[len(drawn) // 40], drawn[-1 - len(drawn) // 40]) if drawn else (float("nan"), float("nan"))


def of_kind(results: Iterable[Result], kind: str) -> list[Result]:
    """The results as if only mistakes of one kind were counted, and findings that take themselves for that."""
    told: list[Result] = []
    for result in results:
        judged = tuple(one for one in result.judged if one.planted.kind == kind)
        false = tuple(one for one in result.false if KIND_OF.get(one.kind, one.kind) == kind)
        if judged or false:
            found = sum(one.found for one in judged)
            told.append(result.changed(judged=judged, false=false, findings=found + len(false)))
    return told

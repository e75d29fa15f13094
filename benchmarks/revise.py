"""Detect, choose, re-noise, gate: measured on documents and trees of code with planted mistakes.

Documents are written from word lists with every mention of every fact on record; mistakes of 15 kinds are planted, 0 to
8 a document. One table has recall, precision, the side chosen, exact repair, wrong values that nothing reports any
more, new mistakes, bytes changed outside the declared spans and false alarms, each with its 95 % interval; one has them
by kind. `--rules` opens no model: values are spliced, what only a model can know stays. `--code` does the same for
trees of six Python files with mistakes of 7 kinds, 0 to 4 a tree. `--quick` takes less: with a model, two documents of
500 tokens.

    python benchmarks/revise.py --rules [--misses] [--false] [--kinds number,unit] [--docs 60] [--part test] [--json]
    python benchmarks/revise.py --judge rival --judge meaning --kinds negation,order --part test [--backend URI]
    python benchmarks/revise.py --backend torch:smol --docs 12 --most 500 --part test [--written]
    python benchmarks/revise.py --code --rules [--docs 30]
    python benchmarks/revise.py --real FILE...
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from common import finish, machine, show

from benchmarks.planted.asking import CONTRACT, FIRST, asked, asked_trees
from benchmarks.planted.breaking import KINDS as BROKEN
from benchmarks.planted.breaking import Broken
from benchmarks.planted.copies import copies, trees_of
from benchmarks.planted.judging import Result
from benchmarks.planted.planting import KINDS, Copy
from benchmarks.planted.telling import RATES, interval, of_kind
from benchmarks.planted.weighing import Weighed, Weighing
from hierdiff.detectors import standard
from hierdiff.document import count_words, parse
from hierdiff.plugins import DEFAULT_BACKEND, open_backend, open_judge
from hierdiff.revise.gate import find

Figures = dict[str, object]
BY_KIND = ("recall", "precision", "side", "exact_repair", "mended", "silent_wrong")
PERCENT = frozenset(BY_KIND)
COUNTED = frozenset({"bytes_changed_outside", "forwards", "rows"})
TABLES = {
    "the pass and what it is compared with": BY_KIND,
    "what else it does, and what it takes, a document": tuple(name for name in RATES if name not in PERCENT),
}
AROUND = 60


def overall(results: dict[str, list[Result]], first: str) -> Figures:
    """The table of ways; `first` is the pass itself."""
    figures: Figures = {}
    for title, names in TABLES.items():
        rows: list[list[str]] = []
        for way, all in results.items():
            cells = [way]
            for name in names:
                value, (low, high) = RATES[name](all), interval(all, RATES[name])
                cells.append(_cell(name, value, low, high))
                end = "" if way == first else f"_{way.replace(' ', '_')}"
                figures[name + end] = _plain(value)
                figures[f"{name}{end}_95"] = [_plain(low), _plain(high)]
            rows.append(cells)
        show(f"{title} (95 % intervals)", ["way", *map(_header, names)], rows)
    return figures


def _header(name: str) -> str:
    return name.replace("_", " ").replace("per 1k", "/1k")


def _cell(name: str, value: float, low: float, high: float) -> str:
    if value != value:
        return "-"
    if name in PERCENT:
        return f"{value:.0%} ({low:.0%}-{high:.0%})"
    return f"{value:.0f}" if name in COUNTED else f"{value:.2f} ({low:.2f}-{high:.2f})"


def _plain(value: float) -> float | None:
    return None if value != value else round(value, 4)


def by_kind(results: dict[str, list[Result]], kinds: Sequence[str], first: str) -> Figures:
    """The tables of kinds, with the facts (or the contract) known and without."""
    figures: Figures = {}
    for way in (first, "alone"):
        rows: list[list[str]] = []
        for kind in kinds:
            all = of_kind(results[way], kind)
            planted = sum(len(one.judged) for one in all)
            if not planted:
                continue
            cells = [kind, str(planted)]
            for name in BY_KIND:
                value = RATES[name](all)
                cells.append(_cell(name, value, *interval(all, RATES[name])))
                figures[f"{name}_{kind.replace(' ', '_')}" + ("" if way == first else "_alone")] = _plain(value)
            rows.append(cells)
        show(f"by kind, {way}", ["kind", "planted", *map(_header, BY_KIND)], rows)
    return figures


def misses(way: str, texts: Sequence[Copy | Broken], results: Sequence[Result]) -> None:
    """Every mistake that was not found or not repaired, with its surroundings."""
    for copy, result in zip(texts, results, strict=True):
        for one in result.judged:
            if one.repaired:
                continue
            planted = one.planted
            said = "missed" if not one.found else "wrong side" if not one.right_side else "not repaired"
            before, after = (
                copy.text[max(0, planted.start - AROUND) : planted.start],
                copy.text[planted.stop :][:AROUND],
            )
            print(
                f"{said} [{way}] page {copy.page.number} {planted.kind} ({planted.flavour}, {planted.fact},"
                f" {planted.place} mention, {'own' if planted.owner else 'other'} section, {planted.style}):"
                f" {before!r} >>{planted.text!r}<< {after!r}; right: {planted.right[:80]!r}"
            )


def written(texts: Sequence[Copy | Broken], results: Sequence[Result]) -> None:
    """Every text that a model wrote, whether it stands, and what decided that."""
    for copy, result in zip(texts, results, strict=True):
        for one in result.revisions:
            if one.method in ("splice", "edit"):
                continue
            before, after = copy.text[max(0, one.start - AROUND) : one.start], copy.text[one.stop :][:AROUND]
            said = "stands" if one.accepted else f"refused, {one.verdict}"
            print(
                f"{said}: page {copy.page.number}, {len(copy.planted)} planted: {before!r} >>{one.before!r}<< "
                f"{after!r}: {one.after!r} ({one.reason}) {one.figures or ''}"
            )


def falses(way: str, texts: Sequence[Copy | Broken], results: Sequence[Result]) -> None:
    """Every finding that hits no mistake, with its surroundings."""
    for copy, result in zip(texts, results, strict=True):
        for one in result.false:
            span = one.spans[0]
            before, after = copy.text[max(0, span.start - AROUND) : span.start], copy.text[span.stop :][:AROUND]
            print(
                f"false [{way}] page {copy.page.number}, {len(copy.planted)} planted, {one.detector} {one.kind}:"
                f" {before!r} >>{span.text!r}<< {after!r}; expected {one.expected!r}: {one.reason}"
            )


def real(files: Sequence[Path]) -> Figures:
    """False alarms in documents that nobody wrote for this: every finding counts as one until it is looked at."""
    rows: list[list[str]] = []
    total, tokens = 0, 0.0
    for path in files:
        text = path.read_text("utf-8")
        found = find(standard(), parse(text))
        size = count_words(text) * 1.35
        total, tokens = total + len(found), tokens + size
        rows.append([str(path), f"{size:.0f}", str(len(found)), f"{1000 * len(found) / max(size, 1):.2f}"])
        for one in found:
            span = one.spans[0]
            before, after = text[max(0, span.start - AROUND) : span.start], text[span.stop :][:AROUND]
            print(f"{path}: {one.detector} {one.kind}: {before!r} >>{span.text!r}<< {after!r}: {one.reason}")
    show("real documents", ["file", "tokens", "findings", "for 1,000 tokens"], rows)
    return {"real_findings_per_1k": _plain(1000 * total / tokens) if tokens else None, "real_tokens": round(tokens)}


async def _asked(given: argparse.Namespace, texts: Sequence[Copy], trees: Sequence[Broken]) -> dict[str, list[Result]]:
    backend = None if given.rules else open_backend(given.backend)
    try:
        if given.code:
            return await asked_trees(trees, backend)
        return await asked(texts, backend, compared=not given.alone)
    finally:
        if backend is not None:
            await backend.close()


async def judging(given: argparse.Namespace) -> Figures:
    """What judges add to the rules, a row a kind; each kind is planted alone, and nothing is told of the facts."""
    backend = open_backend(given.backend)
    rows: list[list[str]] = []
    figures: Figures = {}
    try:
        weighing = Weighing([open_judge(one, backend) for one in given.judge], backend)
        for kind in given.kinds:
            results: list[Weighed] = []
            for copy in copies(given.docs, (kind,), given.part, given.most):
                weighed, told = await weighing.of(copy)
                results.append(weighed)
                if given.false:
                    falses("alone", [copy], [told])
            total = {name: sum(getattr(one, name) for one in results) for name in Weighed.model_fields}
            shares = _shares(total)
            figures |= {f"{name}_{kind}": _plain(value) for name, value in shares.items()}
            figures[f"planted_{kind}"] = total["planted"]
            cells = [f"{value:.1f}" if name == "rows_per_token" else f"{value:.0%}" for name, value in shares.items()]
            rows.append([kind, str(len(results)), str(total["planted"]), str(total["said"]), *cells])
    finally:
        await backend.close()
    header = ["kind", "texts", "planted", "said", *(_header(name) for name, _, _ in _SHARES)]
    show(f"what {', '.join(given.judge)} adds to the rules, {given.part}", header, rows)
    return figures


_SHARES = (
    ("recall_rules", "rules", "planted"), ("recall_both", "both", "planted"), ("recall_judge", "own", "planted"),
    ("precision_judge", "right", "said"), ("act_rules", "rules_act", "planted"), ("act_both", "both_act", "planted"),
    ("act_precision", "acted_right", "acted"), ("rows_per_token", "rows", "tokens"),
)  # fmt: skip
"""A share: its name, what is counted, and of what."""


def _shares(total: Mapping[str, float]) -> dict[str, float]:
    return {name: total[good] / total[of] if total[of] else float("nan") for name, good, of in _SHARES}


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", action="store_true", help="open no model")
    parser.add_argument("--backend", default=DEFAULT_BACKEND, help=f"the model, if not --rules ({DEFAULT_BACKEND})")
    parser.add_argument("--quick", action="store_true", help="six short documents: within a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--docs", type=int, default=60, help="documents (60)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of mistakes, with commas between")
    parser.add_argument("--part", choices=("test", "calibration", "all"), default="all", help="which half of them")
    parser.add_argument("--most", type=int, default=4000, help="tokens of the longest documents (4000)")
    parser.add_argument("--code", action="store_true", help="trees of Python files instead of documents")
    parser.add_argument("--written", action="store_true", help="print every text that the model wrote, and its fate")
    parser.add_argument("--alone", action="store_true", help="the pass alone, without what it is compared with")
    parser.add_argument("--misses", action="store_true", help="print every mistake that was missed or not repaired")
    parser.add_argument("--false", action="store_true", help="print every finding that hits no mistake")
    parser.add_argument(
        "--judge", action="append", metavar="URI", help="measure what this judge adds to the rules only"
    )
    parser.add_argument("--real", nargs="+", type=Path, metavar="FILE", help="count false alarms in these files only")
    given = parser.parse_args()
    given.kinds = [kind for kind in KINDS if kind in given.kinds.split(",")]
    if given.quick and given.rules:
        given.docs, given.most = min(given.docs, 6), 1500
    elif given.quick:
        given.docs, given.most = min(given.docs, 2 if given.code else 4), 500
    return given


def main() -> None:
    """All tables."""
    given = arguments()
    if given.real:
        finish(real(given.real), as_json=given.json)
        return
    if given.judge:
        finish(asyncio.run(judging(given)), as_json=given.json)
        return
    started = time.perf_counter()
    texts = [] if given.code else list(copies(given.docs, given.kinds, given.part, given.most))
    trees = list(trees_of(given.docs)) if given.code else []
    results = asyncio.run(_asked(given, texts, trees))
    copied: Sequence[Copy | Broken] = trees or texts
    first = CONTRACT if given.code else FIRST
    for way in (first, "alone"):
        if given.misses:
            misses(way, copied, results[way])
        if given.false:
            falses(way, copied, results[way])
    if given.written:
        written(copied, results[first])
    figures = overall(results, first) | by_kind(results, BROKEN if given.code else KINDS, first)
    figures["texts"], figures["planted"] = len(copied), sum(len(copy.planted) for copy in copied)
    seconds = round(time.perf_counter() - started)
    print(f"{machine()}; {date.today()}; {len(copied)} texts, {figures['planted']} mistakes, {seconds} s")
    if given.code:
        figures = {f"{name}_code": value for name, value in figures.items()}
    finish(figures, as_json=given.json)


if __name__ == "__main__":
    main()

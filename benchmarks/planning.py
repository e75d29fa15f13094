"""What carrying out a plan costs besides the model, and how well it uses the time that the model takes.

(a) Overhead: the Writer with a backend that fills every canvas at once, for plans of 10 to 100,000 sections, each size
in a process of its own; milliseconds and memory a section. (b) Makespan: 100 random plans of 24 sections on a backend
whose canvases take given steps of virtual time, against max(longest way, work / slots), and against opening level after
level. (c) With `--model URI`: length (S_l of LongBench-Write), coverage and 5-gram overlap of real documents at several
lengths, in every mode: as planned, --sequential, --flat, --blind.

    python benchmarks/planning.py [--quick] [--json] [--model torch:smol] [--words 500 1000 2000 4000]
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
from typing import Any

from common import finish, machine, show, spread
from overhead import carried_out
from steps import barrier, bound, made, steps
from written import by_model, figures_of

SIZES = (10, 100, 1_000, 10_000, 100_000)
QUICK_SIZES = (10, 100, 1_000, 10_000)
PLANS = 100
AIM_MS, AIM_KB = 1.0, 10.0


def child(count: int) -> None:
    """One size in this process: seconds and kilobytes as JSON. A small run first loads what is loaded once."""
    asyncio.run(carried_out(10))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, words = asyncio.run(carried_out(count))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"count": count, "seconds": seconds, "kb": grown, "words": words}))


def overhead(sizes: tuple[int, ...]) -> dict[str, Any]:
    """The table of sizes."""
    rows: list[list[str]] = []
    by_size: dict[str, list[float]] = {}
    for count in sizes:
        command = [sys.executable, __file__, "--child", str(count)]
        out = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
        one = json.loads(out.stdout.strip().splitlines()[-1])
        ms, kb = 1000 * one["seconds"] / count, one["kb"] / count
        by_size[str(count)] = [round(ms, 4), round(kb, 3)]
        rows.append([f"{count:,}", f"{one['seconds']:.2f}", f"{ms:.3f}", f"{kb:.2f}"])
    show("overhead of orchestration", ["sections", "seconds", "ms a section", "KB a section"], rows)
    ms, kb = by_size[str(sizes[-1])]
    thousand = by_size["1000"][0]
    return {
        "overhead_ms_per_section": ms,
        "kb_per_section": kb,
        "overhead_by_sections": by_size,
        "overhead_growth": round(ms / thousand, 3),
    }


def makespan(count: int) -> dict[str, Any]:
    """The table of random plans."""
    plans = [made(seed) for seed in range(count)]
    bounds = [bound(plan) for plan in plans]
    ready = [asyncio.run(steps(plan)) / least for plan, least in zip(plans, bounds, strict=True)]
    levels = [barrier(plan) / least for plan, least in zip(plans, bounds, strict=True)]
    rows = [["ready queue (the Writer)", spread(ready, 3)], ["level after level", spread(levels, 3)]]
    show(f"makespan of {count} random plans over the least possible, median (least to most)", ["way", "ratio"], rows)
    return {
        "makespan_over_bound": round(statistics.mean(ready), 4),
        "makespan_over_bound_most": round(max(ready), 4),
        "barrier_over_bound": round(statistics.mean(levels), 4),
    }


def documents(given: argparse.Namespace) -> dict[str, Any]:
    """The table of real documents."""
    found = asyncio.run(by_model(given.model, given.words, given.planner))
    header = ["mode", "asked", "words", "S_l", "S_l a section", "coverage", "5-gram overlap", "seconds"]
    rows = [
        [
            one.mode,
            f"{one.asked:,}",
            f"{one.words:,}",
            f"{one.s_l:.1f}",
            f"{one.s_l_section:.1f}",
            f"{one.coverage:.0%}",
            f"{one.overlap5:.2%}",
            f"{one.seconds:.1f}",
        ]
        for one in found
    ]
    show(f"documents by {given.model}", header, rows)
    return figures_of(found)


def main() -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no more than 10,000 sections: under a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--model", metavar="URI", help="also write documents with this backend")
    parser.add_argument("--planner", metavar="URI", default="scaffold", help="what plans them (scaffold)")
    parser.add_argument("--words", type=int, nargs="+", default=[500, 1000, 2000, 4000], help="their lengths")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        child(given.child)
        return
    if given.quick:
        given.words = given.words[:1]
    print(f"machine: {machine()}, load {os.getloadavg()[0]:.1f}")
    figures: dict[str, Any] = {"machine": machine()}
    figures |= overhead(QUICK_SIZES if given.quick else SIZES)
    figures |= makespan(PLANS)
    if given.model is not None:
        figures |= documents(given)
    finish(figures, as_json=given.json)


if __name__ == "__main__":
    main()

"""Eight rows of blocks three ways, on the same weights in one run.

(a) the engine with all rows together; (b) the same engine, one row at a time; (c) a loop that recomputes everything,
one row at a time. Prompts are 20 to 200 tokens long, blocks 32. The weights are those of `torch:smol` (with --quick of
`torch:tiny`), read as a block-diffusion model: they were never trained to fill blocks, so how sure they are says
nothing, and the main figures are those of a fixed schedule of 8 steps a block. The threshold is beside it.

Each way runs in a process of its own (with --quick all in one), the ways take turns, and each speed-up is a ratio of
neighbours in one round, by the token: (c) is timed on one row of middle length. Tokens are compared in float32 (36 a
row, so that a block is finished and another begun); times are those of the machine's best number format.

    python benchmarks/engine.py [--quick] [--json] [--rounds 3] [--profile]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import torch
from common import finish, machine, show, spread
from sections import Sections, bound
from ways import BLOCK, LENGTHS, POLICIES, Job, Result, blocks, by_engine, by_loop

from hierdiff_torch.machine import best_dtype, device
from hierdiff_torch.models.pull import pull

NAMES = {"schedule": "8 steps a block", "threshold": "threshold 0.9"}
WAYS = {"together": "(a) all rows together", "alone": "(b) one row at a time", "recompute": "(c) recomputed"}


def threads(target: str) -> int:
    """Threads a way runs on: one for the tiny model, whose steps are too short to share."""
    return 1 if target == "tiny" else os.cpu_count() or 1


def done(job: Job) -> Result:
    """One job in this process; a few tokens before it warm everything up."""
    torch.set_num_threads(threads(job.target))
    model = blocks(job.target)

    def once(job: Job) -> Result:
        if job.way == "recompute":
            return by_loop(model, job)
        return by_engine(model, job, len(job.lengths) if job.way == "together" else 1)

    once(replace(job, tokens=2, lengths=job.lengths[:1]))
    torch.set_num_threads(threads(job.target))
    return once(job)


def measured(job: Job) -> Result:
    """One job in a process of its own."""
    env = {**os.environ, "HIERDIFF_QUIET": "1", "HIERDIFF_DTYPE": job.dtype}
    command = [sys.executable, __file__, "--child", json.dumps(asdict(job))]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout
    return Result(**json.loads(out.strip().splitlines()[-1]))


def checked(target: str, tokens: int, run: Callable[[Job], Result]) -> dict[str, bool]:
    """For each policy, whether the three ways write the same tokens in float32; (c) for every third prompt."""
    same: dict[str, bool] = {}
    for policy in POLICIES:
        jobs = [Job(way, policy, target, tokens, LENGTHS, "float32") for way in ("together", "alone")]
        together, alone = (run(job).written for job in jobs)
        loop = run(Job("recompute", policy, target, tokens, LENGTHS[::3], "float32")).written
        same[policy] = together == alone and together[::3] == loop
    return same


def again() -> float:
    """How often each of 512 + 512 tokens is run apart from its block's own forwards (counted on the tiny model)."""
    found = by_engine(blocks("tiny"), Job("alone", "schedule", "tiny", 512, (512,), "float32"), 1)
    return (found.rows - BLOCK * found.forwards) / 1024


def report(policy: str, results: dict[str, list[Result]], given: argparse.Namespace, tokens: int) -> dict[str, object]:
    """The table of one policy for people, and its figures by name."""
    together, alone = results["together"], results["alone"]
    pace = {way: [found.seconds / found.tokens for found in results[way]] for way in WAYS}
    vs_one = [b / a for a, b in zip(pace["together"], pace["alone"], strict=True)]
    vs_loop = [c / a for a, c in zip(pace["together"], pace["recompute"], strict=True)]
    rows = [
        [
            f"{WAYS[way]}, {len(found[0].written)} rows",
            spread([each.seconds for each in found], 1),
            spread([each.tokens / each.seconds for each in found], 1),
            f"{found[0].forwards:,}",
            f"{found[0].tokens / found[0].forwards:.2f}",
            f"{found[0].rows:,}",
            f"{found[0].rows / found[0].least:.3f}" if found[0].least else "",
            f"{found[0].rows / found[0].tokens:.1f}",
            f"{statistics.median(each.grown for each in found) / 1e6:.0f}",
        ]
        for way, found in results.items()
    ]
    title = f"{NAMES[policy]}, {tokens} new tokens a row, {given.rounds} rounds: median (least to most)"
    header = [
        "way",
        "seconds",
        "tokens/s",
        "forwards",
        "tokens/forward",
        "token-rows",
        "of the least",
        "rows/token",
        "MB",
    ]
    show(title, header, rows)
    first = together[0]
    figures: dict[str, object] = {
        "rows_share_of_least": round(first.rows / first.least, 4),
        "speedup_vs_one_at_a_time": round(statistics.median(vs_one), 3),
        "speedup_vs_one_at_a_time_all": [round(each, 3) for each in vs_one],
        "speedup_vs_recompute": round(statistics.median(vs_loop), 3),
        "speedup_vs_recompute_all": [round(each, 3) for each in vs_loop],
        "recompute_rows_over_ours": round(first.recompute / first.rows, 3),
        "bytes_per_resident_token": round(first.shelf / first.resident),
        "rss_growth_per_resident_token": round(statistics.median(each.grown for each in together) / first.resident),
        "forwards": first.forwards,
        "tokens_per_forward": round(first.tokens / first.forwards, 3),
        "forwards_per_block": round(alone[0].forwards / (first.tokens / BLOCK), 2),
        "seconds": round(statistics.median(each.seconds for each in together), 2),
        "new_tokens": tokens,
        "timed_runs_same_tokens": all(a.written == b.written for a, b in zip(together, alone, strict=True)),
    }
    print(f"(a) is {spread(vs_one)} times as fast as (b) and, by the token, {spread(vs_loop)} times as fast as (c);")
    print(f"for (a)'s forwards (c) would run {figures['recompute_rows_over_ours']} times its token-rows;", end=" ")
    print(f"{first.shelf / first.resident:,.0f} bytes of cache a resident token.")
    return figures


def main() -> None:
    """Run the ways in turns and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the tiny model, 64 tokens, one round: under a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--profile", action="store_true", help="only show where the time of (a)'s steps goes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=512, help="new tokens a row with the fixed schedule")
    parser.add_argument("--by-threshold", type=int, default=128, help="new tokens a row with the threshold")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(asdict(done(Job(**json.loads(given.child))))))
        return
    if given.quick:
        given.rounds, given.tokens, given.by_threshold = 1, 64, 64
    target = "tiny" if given.quick else "smol"
    run = done if given.quick else measured
    if target == "smol":
        pull(lambda *_: None)
    dtype = "float32" if given.quick else str(best_dtype(device())).removeprefix("torch.")
    print(f"machine: {machine()}, {dtype}, load {os.getloadavg()[0]:.1f}")
    os.environ["HIERDIFF_DTYPE"] = dtype
    torch.set_num_threads(threads(target))
    if given.profile:
        for block, tokens in ((BLOCK, 64), (1, 48)):
            profile(block, Job("together", "schedule", target, tokens, LENGTHS, dtype))
        return
    figures: dict[str, Any] = {"machine": machine(), "dtype": dtype, "weights": target}
    figures["same_tokens_float32"] = checked(target, 36, run)
    print(f"the same tokens from all three ways in float32, 36 a row: {figures['same_tokens_float32']}")
    for policy, tokens in (("schedule", given.tokens), ("threshold", given.by_threshold)):
        results: dict[str, list[Result]] = {way: [] for way in WAYS}
        for _ in range(given.rounds):
            for way in WAYS:
                lengths = (LENGTHS[4],) if way == "recompute" else LENGTHS
                results[way].append(run(Job(way, policy, target, tokens, lengths, dtype)))
        found = report(policy, results, given, tokens)
        figures |= found if policy == "schedule" else {f"threshold_{name}": value for name, value in found.items()}
    torch.set_num_threads(threads(target))
    figures["bound_vs_one_at_a_time"] = round(bound(blocks(target), BLOCK, len(LENGTHS)), 3)
    print(f"Matrix products alone: one of 8 rows is {figures['bound_vs_one_at_a_time']} times as fast as 8 of one row.")
    figures["prefix_runs_512_512"] = round(again(), 3)
    print(f"Of 512 + 512 tokens each is run {figures['prefix_runs_512_512']} times besides its block's own forwards.")
    finish(figures, as_json=given.json)


def profile(block: int, job: Job) -> None:
    """Where the time of a step goes."""
    model = blocks(job.target, block)
    by_engine(model, replace(job, tokens=4), len(LENGTHS))
    with Sections(model) as sections:
        done = by_engine(model, job, len(LENGTHS))
    title = (
        f"block {block}, {len(LENGTHS)} rows: {done.forwards} forwards of {done.rows / done.forwards:.0f} token-rows"
    )
    show(title, ["part", "ms a step", "share", "calls a step"], sections.rows(done.forwards, done.seconds))


if __name__ == "__main__":
    main()

"""One document three ways, on the same weights in one run.

(a) `generate` of transformers, one section after another; (b) hierdiff --sequential; (c) hierdiff. The outline is
fixed, so that only the way of writing differs; prompts, sampling settings and the number of tokens asked for are one.
Every way runs in a process of its own, the ways take turns, and each speed-up is a ratio of neighbours in one round.

    python benchmarks/document.py [--quick] [--json] [--rounds 3]
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from common import finish, machine, show, spread
from transformers import LlamaForCausalLM

from hierdiff.budget import budgeted
from hierdiff.canvas import Canvas
from hierdiff.context.contexts import Contexts
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff.settings import Settings
from hierdiff.testing import ScriptedPlanner
from hierdiff.writer import Writer
from hierdiff_torch import TorchBackend, load
from hierdiff_torch.machine import best_dtype, device
from hierdiff_torch.models.pull import pull
from hierdiff_torch.parts import InkPart
from hierdiff_torch.script import PROSE, script_of
from hierdiff_torch.vocabulary import Vocabulary

GOAL = "How a small town can cut flood damage"
SECTIONS = (
    ("Overview", "what floods do to a small town"),
    ("Causes of flooding", "why the river and the drains overflow"),
    ("Past damage", "what floods have cost the town"),
    ("Early warning", "gauges, alerts and drills"),
    ("Green measures", "wetlands, rain gardens and trees"),
    ("Flood-proof buildings", "raising, sealing and retrofitting houses"),
    ("Money and insurance", "who pays for flood protection"),
    ("Next steps", "what the town should do first"),
)
WAYS = {
    "generate": "(a) generate, section by section",
    "sequential": "(b) hierdiff --sequential",
    "dag": "(c) hierdiff",
}


@dataclass
class Result:
    """One way, once: seconds for the whole document, tokens, forwards, token-rows, the least of these, peak memory."""

    seconds: float
    tokens: int
    forwards: int
    rows: int
    least: int
    peak_mb: float


def plan(words: int, count: int) -> Outline:
    """The fixed outline: sections that wait for nothing."""
    sections = tuple(
        Section(id=f"s{number}", title=title, topic=topic, order=number)
        for number, (title, topic) in enumerate(SECTIONS[:count])
    )
    return budgeted(Outline(title=GOAL, sections=sections), words)


def by_generate(outline: Outline, seed: int) -> Result:
    """transformers' own loop, with the sampling settings that hierdiff uses for prose."""
    model = load("smol")
    native: Any = LlamaForCausalLM.from_pretrained(pull(lambda *_: None), dtype=model.dtype).eval()
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    contexts = Contexts(Request(goal=GOAL), outline, Templates())
    vocabulary.prepare()
    started, tokens, rows = time.perf_counter(), 0, 0
    for section in outline.leaves:
        canvas = _canvas(contexts, section, vocabulary, seed)
        script = script_of(canvas, vocabulary, model.family.chat)
        first = script.parts[0]
        assert isinstance(first, InkPart)
        ids = torch.tensor([[*script.prefix, *first.tokens]])
        torch.manual_seed(canvas.seed % 2**31)
        out = native.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=PROSE.temperature,
            top_k=PROSE.top_k,
            top_p=PROSE.top_p,
            repetition_penalty=PROSE.penalty,
            no_repeat_ngram_size=PROSE.ngram,
            max_new_tokens=canvas.width,
            min_new_tokens=canvas.width,
            pad_token_id=0,
        )
        tokens += out.shape[1] - ids.shape[1]
        rows += out.shape[1] - 1
    seconds = time.perf_counter() - started
    return Result(seconds, tokens, tokens, rows, rows, _peak())


def _canvas(contexts: Contexts, section: Section, vocabulary: Vocabulary, seed: int) -> Canvas:
    width = round(section.budget * round(vocabulary.tokens_per_word, 3))
    own = contexts.own(section, {})
    return Canvas.open(section.id, width=width, shared=contexts.shared, own=own, seed=seed_of(seed, section.id))


def by_hierdiff(outline: Outline, seed: int, way: str) -> Result:
    """The Writer on the torch backend; no revision, because (a) has none."""
    backend = TorchBackend(load("smol"))
    request = Request.model_validate({"goal": GOAL, "words": sum(leaf.budget for leaf in outline.leaves), "mode": way})
    request = request.changed(seed=seed)
    writer = Writer(ScriptedPlanner(outline), backend, settings=Settings(rounds=0))

    async def write() -> float:
        started = time.perf_counter()
        await writer.write(request)
        seconds = time.perf_counter() - started
        await backend.close()
        return seconds

    seconds = asyncio.run(write())
    work = backend.work
    return Result(seconds, work.tokens, work.forwards, work.rows, _least(outline, request, backend), _peak())


def _least(outline: Outline, request: Request, backend: TorchBackend) -> int:
    """The fewest token-rows there can be: the shared prefix once, each own prompt once, one row a generated token but
    the last of each section, which nothing comes after."""
    model = load("tiny") if backend.capabilities.name.endswith("tiny") else load("smol")
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    contexts = Contexts(request, outline, Templates())
    prompts, prefix = 0, 0
    for section in outline.leaves:
        script = script_of(_canvas(contexts, section, vocabulary, 0), vocabulary, model.family.chat)
        first = script.parts[0]
        assert isinstance(first, InkPart)
        prompts, prefix = prompts + len(first.tokens), len(script.prefix)
    return prefix + prompts + backend.work.tokens - len(outline.leaves)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(way: str, words: int, count: int, seed: int) -> None:
    """One way, once, in this process; the result as JSON on the last line."""
    outline = plan(words, count)
    result = by_generate(outline, seed) if way == "generate" else by_hierdiff(outline, seed, way)
    print(json.dumps(asdict(result)))


def measured(way: str, words: int, count: int, seed: int) -> Result:
    """One way, once, in a process of its own."""
    command = [
        sys.executable,
        __file__,
        "--child",
        way,
        "--words",
        str(words),
        "--count",
        str(count),
        "--seed",
        str(seed),
    ]
    out = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "HIERDIFF_QUIET": "1"})
    return Result(**json.loads(out.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Run the ways in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 sections of 50 words, one round: under a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--words", type=int, default=1000)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", choices=list(WAYS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.words, given.count, given.seed)
        return
    if given.quick:
        given.rounds, given.words, given.count = 1, 200, 4
    pull(lambda *_: None)
    best_dtype(device())
    results: dict[str, list[Result]] = {way: [] for way in WAYS}
    for number in range(given.rounds):
        for way in WAYS:
            results[way].append(measured(way, given.words, given.count, given.seed + number))
    report(results, given)


def report(results: dict[str, list[Result]], given: argparse.Namespace) -> None:
    """The table for people and the figures by name."""
    fast = results["dag"]
    vs_generate = [a.seconds / c.seconds for a, c in zip(results["generate"], fast, strict=True)]
    vs_sequential = [b.seconds / c.seconds for b, c in zip(results["sequential"], fast, strict=True)]
    shares = [c.rows / c.least for c in fast]
    rows = [
        [
            WAYS[way],
            spread([one.seconds for one in found], 1),
            spread([float(one.tokens) for one in found], 0),
            spread([one.tokens / one.seconds for one in found], 1),
            spread([float(one.forwards) for one in found], 0),
            spread([float(one.rows) for one in found], 0),
            spread([one.peak_mb for one in found], 0),
        ]
        for way, found in results.items()
    ]
    dtype = str(best_dtype(device())).removeprefix("torch.")
    print(f"machine: {machine()}, {dtype}, load {os.getloadavg()[0]:.1f}")
    title = f"{given.words} words in {given.count} sections, {given.rounds} rounds: median (least to most)"
    show(title, ["way", "seconds", "tokens", "tokens/s", "forwards", "token-rows", "peak MB"], rows)
    print(f"(c) is {spread(vs_generate)} times as fast as (a) and {spread(vs_sequential)} times as fast as (b);")
    print(f"it forwards {spread(shares, 3)} of the least possible token-rows.")
    figures: dict[str, Any] = {
        "speedup_vs_generate": round(statistics.median(vs_generate), 3),
        "speedup_vs_generate_all": [round(one, 3) for one in vs_generate],
        "speedup_vs_sequential": round(statistics.median(vs_sequential), 3),
        "speedup_vs_sequential_all": [round(one, 3) for one in vs_sequential],
        "rows_share_of_least": round(statistics.median(shares), 4),
        "peak_rss_mb": round(max(one.peak_mb for one in fast)),
        "machine": machine(),
        "dtype": dtype,
    }
    finish(figures, as_json=given.json)


if __name__ == "__main__":
    main()

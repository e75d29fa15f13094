"""An adapter of the default model on goals that it was never trained on.

Five things: how well it reads masks off a block, before and after training; tokens a forward and seconds a token by
block size, one section at a time, with the length score S_l; perplexity of the written text under the base, beside the
base's own; holes in the middle of a text; and which block is fast for how many open canvases. Ratios are those of
neighbours: ways take turns, section by section or round by round.

`MODEL` is a folder that `hierdiff models convert smol` has written. `--data` names held-out section texts, as
`training/samples.py OUT --held` writes them; without it the texts are those that the base writes here.

    python benchmarks/model.py MODEL [--quick] [--json] [--data held.jsonl] [--prompts 50] [--rounds 3]
"""

import argparse
import asyncio
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from common import finish, machine, show, spread

from benchmarks.denoised.loads import Block, paces
from benchmarks.denoised.probes import Guessed, Probed, Side, by_base, infilled, masked, shipped, untrained
from benchmarks.denoised.telling import Told
from benchmarks.denoised.texts import Asked, asked, holes_of, pairs_of, sample_of
from benchmarks.denoised.writing import Verify, Way, Wrote, perplexity, written_by
from hierdiff_torch import TorchBackend, load
from hierdiff_torch.machine import best_dtype, device
from hierdiff_torch.models.pull import pull

Figures = dict[str, Any]
Pairs = list[tuple[str, str]]
RATIOS = (0.25, 0.5, 1.0)
AUTOREGRESSIVE = Way(1)
GREEDY = Way(1, greedy=True)
LOADED: tuple[Block, ...] = (1, 2, 4, 8, 16, None)
SIDES: dict[Side, str] = {
    "window": "text on both sides, in the block",
    "aside": "text on both sides, moved before",
    "left": "text before only",
}


def ways(blocks: Sequence[int], verify: Verify) -> list[Way]:
    """The base, every block with one verification, small ones that draft ahead, the engine's own choice where there is
    one, and the other verifications at block 8."""
    others = [Way(8, other) for other in get_args(Verify) if other != verify]
    ahead = [Way(block, verify, ahead=True) for block in (2, 4) if verify != "off"]
    chosen = [Way(None, verify)] if verify == "exact" else []
    return [AUTOREGRESSIVE, *(Way(block, verify) for block in blocks), *ahead, *chosen, *others]


def named(way: Way, verify: Verify) -> str:
    """The end of a figure's name: `block8`, `block8_off` where the verification is not the one of all blocks,
    `block4_ahead` or `chosen`."""
    size = "chosen" if way.block is None else f"block{way.block}"
    return size + ("" if way.verify in (None, verify) else f"_{way.verify}") + ("_ahead" if way.ahead else "")


async def writing(given: argparse.Namespace, sections: list[Asked]) -> tuple[Figures, list[Wrote]]:
    """The table of sections written one at a time, and the base's own texts."""
    canvases = [one.canvas for one in sections]
    model, plain = load(given.model), load("smol")
    models = {way: model for way in ways(given.blocks, given.verify)} | {GREEDY: plain}
    found = await written_by(models, canvases)
    base = TorchBackend(plain, rows=1)
    perplexities = {way: await perplexity(base, canvases, [one.text for one in all]) for way, all in found.items()}
    await base.close()
    own = Told(found[AUTOREGRESSIVE], found[AUTOREGRESSIVE], perplexities[AUTOREGRESSIVE], given.words)
    rows: list[list[str]] = []
    figures: Figures = {}
    for way, all in found.items():
        told = Told(all, found[AUTOREGRESSIVE], perplexities[way], given.words)
        rows.append([way.name, *told.cells(own)])
        figures |= told.figures("greedy" if way.greedy else named(way, given.verify))
    figures["verifier_acceptance"] = figures.get("verifier_acceptance_block8")
    figures["ppl_ratio"] = round(perplexities[Way(8, given.verify)] / own.perplexity, 4)
    figures["ppl_ratio_greedy"] = round(perplexities[GREEDY] / own.perplexity, 4)
    title = (
        f"{len(sections)} held-out sections of {given.words} words, one at a time; seconds are those of a kept token"
    )
    show(title, ["way", *Told.header], rows)
    return figures, found[AUTOREGRESSIVE]


async def load_table(given: argparse.Namespace, sections: list[Asked]) -> Figures:
    """The table of blocks by open canvases."""
    model = load(given.model)
    found = await paces(model, [one.canvas for one in sections], given.open, LOADED, given.rounds)
    rows: list[list[str]] = []
    figures: Figures = {}
    for count in given.open:
        row = [str(count), spread(found[count, 1], 1)]
        for block in LOADED[1:]:
            ratios = [mine / one for mine, one in zip(found[count, block], found[count, 1], strict=True)]
            row.append(spread(ratios))
            name = "chosen" if block is None else f"block{block}"
            figures[f"pace_ratio_open{count}_{name}"] = round(statistics.median(ratios), 3)
        rows.append(row)
    header = ["open canvases", "block 1: tokens/s", *(f"block {block}" if block else "chosen" for block in LOADED[1:])]
    show(f"blocks by load: tokens a second over those of block 1, {given.rounds} rounds", header, rows)
    return figures


def masks(before: Probed, after: Probed, pairs: Pairs, blocks: Sequence[int]) -> Figures:
    """The table of masked tokens."""
    samples = [sample_of(prompt, text, after.model) for prompt, text in pairs]
    rows: list[list[str]] = []
    figures: Figures = {}
    for block in blocks:
        for ratio in RATIOS:
            (nats, right), (nats_now, right_now) = (masked(one, samples, block, ratio) for one in (before, after))
            rows.append([f"{block}, {ratio:.0%}", f"{nats:.3f}", f"{nats_now:.3f}", f"{right:.1%}", f"{right_now:.1%}"])
            end = f"block{block}_ratio{round(100 * ratio)}"
            figures |= {f"masked_nll_before_{end}": round(nats, 4), f"masked_nll_{end}": round(nats_now, 4)}
            figures |= {f"masked_top1_before_{end}": round(right, 4), f"masked_top1_{end}": round(right_now, 4)}
    title = f"masked tokens of {len(samples)} held-out texts (a block's first place is not counted)"
    show(title, ["block, masked", "nats before", "nats after", "right before", "right after"], rows)
    return figures


def infill(probed: Probed, pairs: Pairs, most: int) -> Figures:
    """The table of holes in the middle of a text."""
    holes = holes_of(pairs, probed.model, most, seed=0)
    if not holes:
        raise SystemExit("the held-out texts have no sentence of four words: name others with --data")
    found = {side: infilled(probed, holes, side) for side in SIDES}
    base = by_base(probed, holes)
    rows = [_row(name, found[side]) for side, name in SIDES.items()]
    rows.append(["base, from left to right", "", "", "", f"{base.first1:.1%}", f"{base.first5:.1%}"])
    title = f"{len(holes)} sentences with a hole of 1 to 12 words, {found['window'].tokens} tokens, all in one forward"
    show(title, ["the adapter sees", "right", "in 5 likeliest", "whole hole", "first right", "first in 5"], rows)
    figures: Figures = {"infill_holes": len(holes), "infill_tokens": found["window"].tokens}
    figures |= {"infill_first1_base": round(base.first1, 4), "infill_first5_base": round(base.first5, 4)}
    for side, one in found.items():
        end = {"window": "", "aside": "_aside", "left": "_left_only"}[side]
        for name in ("top1", "top5", "whole", "first1", "first5"):
            figures[f"infill_{name}{end}"] = round(getattr(one, name), 4)
    return figures


def _row(name: str, found: Guessed) -> list[str]:
    return [name, *(f"{one:.1%}" for one in (found.top1, found.top5, found.whole, found.first1, found.first5))]


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="a folder with the converted model")
    parser.add_argument("--quick", action="store_true", help="3 sections of 30 words, one round: minutes")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--data", type=Path, help="held-out section texts (default: those the base writes here)")
    parser.add_argument("--prompts", type=int, default=50, help="held-out sections to write (50)")
    parser.add_argument("--words", type=int, default=80, help="words a section (80)")
    parser.add_argument("--verify", choices=get_args(Verify), default="exact", help="of all blocks; the others at 8")
    parser.add_argument("--holes", type=int, default=200, help="sentences with a hole, at most (200)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the blocks by load (3)")
    given = parser.parse_args()
    given.blocks, given.open = (4, 8, 16, 32), (1, 2, 4, 8, 16)
    if given.quick:
        given.prompts, given.words, given.holes, given.rounds = 3, 30, 12, 1
        given.blocks, given.open = (4, 8), (1, 2)
    return given


def main() -> None:
    """All tables."""
    given = arguments()
    pull(lambda *_: None)
    dtype = str(best_dtype(device())).removeprefix("torch.")
    print(f"machine: {machine()}, {dtype}, load {os.getloadavg()[0]:.1f}")
    torch.set_num_threads(os.cpu_count() or 1)
    base = load("smol")
    figures: Figures = {"machine": machine(), "dtype": dtype, "verify": given.verify}
    sections = asked(base, given.prompts, given.words)
    found, texts = asyncio.run(writing(given, sections))
    pairs = [(one.prompt, wrote.text) for one, wrote in zip(sections, texts, strict=True) if wrote.text]
    if given.data is not None:
        pairs = pairs_of(given.data)[: 4 if given.quick else None]
    before, after = untrained(base), shipped(given.model)
    figures |= found | masks(before, after, pairs, given.blocks) | infill(after, pairs, given.holes)
    figures |= asyncio.run(load_table(given, asked(load(given.model), max(given.open), given.words)))
    finish(figures, as_json=given.json)


if __name__ == "__main__":
    main()

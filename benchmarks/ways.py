"""Ways of writing eight rows of blocks: the engine, and the loop that recomputes everything."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from memory import peak, reset_peak
from naive import native, recomputed

from hierdiff_torch import load
from hierdiff_torch.closing import Closing
from hierdiff_torch.draws import Seeded
from hierdiff_torch.engine import Engine
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.policies import Policy, Scheduled, Threshold
from hierdiff_torch.rows import HolePart, InkPart, Row, State
from hierdiff_torch.sampling import Sampling

BLOCK = 32
LENGTHS = (20, 46, 72, 97, 123, 149, 174, 200)
POLICIES: dict[str, Policy] = {"schedule": Scheduled(8), "threshold": Threshold(0.9)}


@dataclass(frozen=True)
class Job:
    """One way, once: prompts of these lengths, so many new tokens each."""

    way: str
    policy: str
    target: str
    tokens: int
    lengths: Sequence[int]
    dtype: str


@dataclass
class Result:
    """What a job took. `least` is the fewest token-rows that this policy's forwards allow, `recompute` what the
    recomputing loop runs for the same forwards; `resident` are the most tokens in the cache at one time, and `shelf`
    its bytes then; `grown` is by how many bytes the process grew."""

    seconds: float
    forwards: int
    rows: int
    least: int = 0
    recompute: int = 0
    resident: int = 0
    shelf: int = 0
    grown: int = 0
    written: list[list[int]] = field(default_factory=list[list[int]])

    @property
    def tokens(self) -> int:
        """New tokens."""
        return sum(map(len, self.written))


def blocks(target: str, block: int = BLOCK) -> Loaded:
    """The weights as a block-diffusion model: tokens see their own block and all before it; logits are shifted, as
    these weights learned them."""
    model = load(target)
    mask = model.tokenizer.token_to_id("<|mask|>") or model.tokenizer.token_to_id("<empty_output>")
    assert mask is not None
    if block == 1:
        return model
    family = replace(model.family, block=block, attention="block", kept="block", origin="canvas", shift=True, mask=mask)
    return replace(model, family=family)


def prompts(model: Loaded, lengths: Sequence[int]) -> list[list[int]]:
    """A prompt of each length, no two of which begin alike."""
    text = [f"Gauge {number} stood at {number * 7 % 50} inches when the river rose." for number in range(100)]
    return [model.tokenizer.encode(" ".join(text[length % 40 :])).ids[:length] for length in lengths]


def rows_of(model: Loaded, job: Job) -> list[tuple[Row, HolePart]]:
    """The rows, each with its hole of exactly so many greedy tokens."""
    never = torch.zeros(model.config.vocab_size)
    never[[*model.family.eos, *([model.family.mask] if model.family.mask else [])]] = float("-inf")
    greedy = Sampling(temperature=0.0, penalty=1.0, ngram=0, bias=never)
    how = replace(model.family.denoising, policy=POLICIES[job.policy])
    made: list[tuple[Row, HolePart]] = []
    for prompt in prompts(model, job.lengths):
        hole = HolePart(Closing("exact", job.tokens, job.tokens, lambda ids: ""), greedy)
        made.append((Row(str(len(prompt)), (), deque([InkPart(prompt), hole]), how, Seeded(0), lambda row: None), hole))
    return made


def by_engine(model: Loaded, job: Job, most_rows: int) -> Result:
    """The engine, stepped until nothing is left."""
    made = rows_of(model, job)
    engine = Engine(model, most_rows=most_rows)
    found = Result(0.0, 0, 0)
    block, before = model.family.block, {row.id: 0 for row, _ in made}

    def told(row: Row) -> None:
        at = before[row.id] // block * block
        found.least += min(block, job.tokens - at)
        found.recompute += int(row.id) + min(at + block, job.tokens)
        before[row.id] = row.committed

    for row, _ in made:
        row.told = told
        engine.add(row)
    rss = reset_peak()
    started = time.perf_counter()
    while not engine.idle:
        engine.step()
        resident = sum(row.length for row in engine.running)
        if resident > found.resident:
            found.resident, found.shelf = resident, sum(layer.nbytes for layer in engine.cache.shelf)
    found.seconds, found.grown = time.perf_counter() - started, peak() - rss
    assert all(row.state is State.DONE and row.error is None for row, _ in made)
    found.forwards, found.rows = engine.work.forwards, engine.work.rows
    found.least += sum(length + max(0, job.tokens - 1) // block * block for length in job.lengths)
    found.written = [hole.tokens for _, hole in made]
    return found


def by_loop(model: Loaded, job: Job) -> Result:
    """The recomputing loop, row after row."""
    loop, started, rss = native(model), time.perf_counter(), reset_peak()
    found = [recomputed(model, loop, one, job.tokens, POLICIES[job.policy]) for one in prompts(model, job.lengths)]
    seconds, rows = time.perf_counter() - started, sum(one.rows for one in found)
    written, grown = [one.tokens for one in found], peak() - rss
    return Result(seconds, sum(one.forwards for one in found), rows, 0, rows, grown=grown, written=written)

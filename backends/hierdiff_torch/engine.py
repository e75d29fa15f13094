"""Engine: the batched denoising loop. `step()` is the one heartbeat.

Each step takes whatever rows are alive, wherever they stand, runs their pending tokens and open blocks in one packed
forward, lets each row's policy commit tokens, retires finished rows and admits waiting ones. A token is run once, when
it is pending, and its keys and values are kept; what all rows of a document have in common is run once for all of them.

Work is counted in `forwards` and in token-`rows` forwarded.
"""

from collections import deque
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from hierdiff.errors import BackendError, CanvasError
from hierdiff_torch.attention import Step
from hierdiff_torch.cache import Cache
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.pace import Pace, threads_of
from hierdiff_torch.packing import Ask, Packed, pack, pack_prefix
from hierdiff_torch.rows import Row, State
from hierdiff_torch.sampling import draw, shaped

CHUNK = 256


@dataclass(slots=True)
class Work:
    """What the engine has done: forwards, token-rows forwarded (`prefix_rows` of them for shared prefixes), tokens."""

    forwards: int = 0
    rows: int = 0
    prefix_rows: int = 0
    tokens: int = 0


@final
class Engine:
    """Rows in, tokens out. Not thread-safe: one thread owns it."""

    def __init__(self, model: Loaded, *, most_rows: int = 16) -> None:
        config = model.config
        self.model = model
        self.work = Work()
        self.most_rows = most_rows
        self.waiting: deque[Row] = deque()
        self.running: list[Row] = []
        self.pace = Pace(threads_of(model.device))
        self.cache = Cache(
            layers=config.num_hidden_layers,
            kv_heads=config.num_key_value_heads,
            head_dim=config.head_dim,
            dtype=model.dtype,
            device=model.device,
        )

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.waiting and not self.running

    def add(self, row: Row) -> None:
        """Queue a row. Raises CanvasError if it can never fit the model's positions, or has nothing to begin from."""
        if len(row.prefix) + row.room > self.model.family.context:
            raise CanvasError(
                f"canvas '{row.id}' needs {len(row.prefix) + row.room} tokens with its context, "
                f"the model has {self.model.family.context} positions; give it a smaller budget or a shorter context",
                about=row.id,
            )
        if not row.pending:
            raise CanvasError(f"canvas '{row.id}' has nothing before its first hole to begin from", about=row.id)
        self.waiting.append(row)

    def withdraw(self, row: Row) -> None:
        """Stop working on a row, wherever it is."""
        if row in self.waiting:
            self.waiting.remove(row)
        if row.state is State.RUNNING:
            self._retire(row)
        row.state = State.DONE

    def fail(self, error: Exception) -> None:
        """End every row with an error."""
        for row in [*self.running, *self.waiting]:
            row.error = error
            row.state = State.DONE
            row.told(row)
        self.running.clear()
        self.waiting.clear()
        self.cache.clear()

    @torch.inference_mode()
    def step(self) -> None:
        """One heartbeat: admit, run, commit, retire."""
        self.pace.begin()
        if torch.get_num_threads() != self.pace.threads and self.model.device.type == "cpu":
            torch.set_num_threads(self.pace.threads)
        self._admit()
        self._run_prefixes()
        asks = [self._ask(row) for row in self.running]
        asks = [ask for ask in asks if ask.width]
        size = sum(ask.width for ask in asks)
        if asks:
            packed = pack(asks, self.model.family.kept, self.model.device)
            self._read(packed.asks, self._run(packed))
        for row in [row for row in self.running if row.state is State.DONE]:
            self._retire(row)
        self.pace.end(size)
        if not self.running and not self.waiting:
            self.cache.clear()

    def _admit(self) -> None:
        while self.waiting and len(self.running) < self.most_rows:
            row = self.waiting.popleft()
            row.slot = len(self.running)
            row.shared = self.cache.prefix(row.prefix) if row.prefix else None
            self.running.append(row)
            if row.state is State.WAITING:
                row.state = State.RUNNING
        if self.running:
            self.cache.reserve(len(self.running), max(row.room for row in self.running))

    def _retire(self, row: Row) -> None:
        """Free the row's slot; the last row moves into it, so that slots stay together."""
        last = self.running[-1]
        if last is not row:
            self.cache.move(last.slot, row.slot, last.length)
            last.slot = row.slot
            self.running[row.slot] = last
        self.running.pop()
        row.slot, row.shared = -1, None

    def _run_prefixes(self) -> None:
        """Run the shared prefixes that no row has had run before."""
        for row in self.running:
            prefix = row.shared
            while prefix is not None and not prefix.ready:
                packed = pack_prefix(prefix, CHUNK, self.model.device)
                self._run(packed)
                prefix.length += len(packed.tokens)
                self.work.prefix_rows += len(packed.tokens)

    def _ask(self, row: Row) -> Ask:
        kept = min(len(row.pending), CHUNK)
        last_chunk = kept == len(row.pending)
        block = False
        if last_chunk and row.hole is not None and self.model.family.mask is not None:
            if not row.block:
                row.open_block(self.model.family.mask)
            block = True
        return Ask(row, kept, block)

    def _run(self, packed: Packed) -> Tensor:
        ids = torch.tensor([packed.tokens], device=self.model.device)
        places = torch.tensor([packed.positions], device=self.model.device)
        self.work.forwards += 1
        self.work.rows += len(packed.tokens)
        return self.model.hidden(ids, places, Step(self.cache, packed.groups))

    def _read(self, asks: list[Ask], hidden: Tensor) -> None:
        """Keep what was pending, read logits where a row needs them, commit."""
        wanted: list[int] = []
        counts: list[int] = []
        at = 0
        for ask in asks:
            places = self._wanted(ask)
            wanted += [at + place for place in places]
            counts.append(len(places))
            at += ask.width
        logits = self.model.logits(hidden[torch.tensor(wanted, device=hidden.device)]) if wanted else hidden[:0]
        for ask, part in zip(asks, logits.split(counts), strict=True):
            self._settle(ask, part)

    def _wanted(self, ask: Ask) -> list[int]:
        """The query places whose logits this row needs now."""
        row = ask.row
        if row.scoring:
            return list(range(ask.kept))
        if row.hole is None or ask.kept < len(row.pending):
            return []
        if not ask.block:
            return [ask.kept - 1]
        block = range(ask.kept, ask.width)
        if not self.model.family.shift:
            return list(block)
        return ([ask.kept - 1] if ask.kept else []) + list(block)[:-1]

    def _settle(self, ask: Ask, logits: Tensor) -> None:
        row = ask.row
        ran = row.pending[: ask.kept]
        del row.pending[: ask.kept]
        row.length += ask.kept
        row.whole = max(0, row.whole - ask.kept)
        if row.scoring:
            self._score(row, ran, logits)
        elif len(logits):
            if bool(logits.isnan().any()):
                row.error = BackendError(
                    "the model's logits are not numbers (NaN); its weights are broken", about=row.id
                )
                row.state = State.DONE
            else:
                self._commit(row, ask, logits)
        if row.scoring or row.hole is not None or row.state is State.DONE:
            row.told(row)

    def _score(self, row: Row, ran: list[int], logits: Tensor) -> None:
        targets = [*ran[1:], *row.pending[:1]]
        chance = logits[: len(targets)].log_softmax(-1)
        picked = chance.gather(-1, torch.tensor(targets, device=logits.device).unsqueeze(-1))
        row.scores += picked.squeeze(-1).tolist()
        if not row.pending:
            row.state = State.DONE

    def _commit(self, row: Row, ask: Ask, logits: Tensor) -> None:
        """Draw a candidate for every masked place and commit those that the policy chooses."""
        hole = row.hole
        assert hole is not None
        if not ask.block:
            row.open_block(0)
        elif self.model.family.shift and self.model.family.block > 1:
            logits = self._carried(row, ask, logits)
        masked = torch.tensor(row.masked)
        places = masked.nonzero().squeeze(-1)
        shaping = shaped(logits[places.to(logits.device)], hole.sampling, row.history, hole.tokens, row.text)
        pressure = hole.closing.pressure(len(hole.tokens))
        if pressure and hole.sampling.stops:
            shaping[:, hole.sampling.stops] += pressure
        if not hole.closing.may_end(hole.tokens):
            shaping[:, list(hole.closing.eos)] = float("-inf")
        drawn, sure = draw(shaping, hole.sampling, row.generator)
        confidence = torch.zeros(len(row.block))
        confidence[places] = sure.cpu()
        chosen = row.policy.choose(confidence, masked, row.steps)
        row.steps += 1
        picked = chosen[places]
        where = places[picked].tolist()
        self.work.tokens += len(where)
        row.commit(where, drawn.cpu()[picked].tolist(), confidence[where].tolist())

    def _carried(self, row: Row, ask: Ask, logits: Tensor) -> Tensor:
        """Shifted logits of a whole block: its first place is predicted by the last token kept, run once only."""
        if ask.kept:
            row.carry = logits[0].clone()
            return logits
        assert row.carry is not None
        return torch.cat((row.carry.unsqueeze(0), logits))

"""Engine: the batched denoising loop. `step()` is the one heartbeat.

Each step takes whatever rows are alive, wherever they stand, runs their pending tokens and open regions in one packed
forward, lets each row's policy commit tokens, retires finished rows and admits waiting ones. What stands for good is
run once, when it is pending, and its keys and values are kept; what all rows of a document have in common is run once
for all of them.

Work is counted in `forwards` and in token-`rows` forwarded.
"""

from collections import deque
from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from hierdiff.errors import BackendError, CanvasError
from hierdiff_torch.admission import Memory, available
from hierdiff_torch.ahead import keep
from hierdiff_torch.asking import CHUNK, Wanted, asks_of, opened, wanted_of
from hierdiff_torch.attention import Step
from hierdiff_torch.cache import Cache
from hierdiff_torch.choosing import Chooser, Plan
from hierdiff_torch.committing import begin, commit
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.pace import Pace, threads_of
from hierdiff_torch.packing import Ask, Packed, pack, pack_prefix
from hierdiff_torch.renoising import renoise, told
from hierdiff_torch.rows import Row, State
from hierdiff_torch.verifying import verify
from hierdiff_torch.work import Work


@final
class Engine:
    """Rows in, tokens out. Not thread-safe: one thread owns it.

    At most `most_rows` rows run at once, and no more than fit into `memory` bytes besides the weights (default: half of
    what the machine has free). `chooser` chooses the blocks of rows that leave that open.
    """

    def __init__(
        self, model: Loaded, *, most_rows: int = 16, memory: int | None = None, chooser: Chooser | None = None
    ) -> None:
        self.model = model
        self.chooser = chooser
        self.work = Work()
        self.most_rows = most_rows
        self.waiting: deque[Row] = deque()
        self.running: list[Row] = []
        self.pace = Pace(threads_of(model.device))
        self.cache = Cache(model.layers, dtype=model.dtype, device=model.device)
        self.memory = Memory(model, self.cache, available(model.device) // 2 if memory is None else memory)
        self._slots: list[Row] = []

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.waiting and not self.running

    def add(self, row: Row) -> None:
        """Queue a row. Raises CanvasError if it can never fit the model's positions or the memory, or has nothing to
        begin from."""
        needed = len(row.prefix) + row.room - row.beyond
        if needed > self.model.family.context:
            raise CanvasError(
                f"canvas '{row.id}' needs {needed} tokens with its context, "
                f"the model has {self.model.family.context} positions; give it a smaller budget or a shorter context",
                about=row.id,
            )
        if row.alone and not row.prefix and not row.text:
            raise CanvasError(f"canvas '{row.id}' has nothing before its first hole to begin from", about=row.id)
        self.memory.require(row)
        row.mask = self.model.family.mask or 0
        row.vocabulary = self.model.config.vocab_size
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
        self._slots.clear()
        self.cache.clear()

    @torch.inference_mode()
    def step(self) -> None:
        """One heartbeat: admit, run, commit, retire."""
        self.pace.begin()
        if torch.get_num_threads() != self.pace.threads and self.model.device.type == "cpu":
            torch.set_num_threads(self.pace.threads)
        self._admit()
        self._run_prefixes()
        for row in self.running:
            self._open(row)
        asks = [ask for row in self.running for ask in asks_of(row)]
        size = sum(ask.width for ask in asks)
        canvases = [ask for ask in asks if ask.anchor is not None]
        asks = [ask for ask in asks if ask.anchor is None]
        if asks:
            self._read(*self._run(asks))
        elif not canvases:
            for row in self.running:
                self._commit(row, [], None)
        if canvases:
            self._denoise(canvases)
        for row in [row for row in self.running if row.state is State.DONE]:
            self._retire(row)
        self.pace.end(size)
        if not self.running and not self.waiting:
            self.cache.clear()

    def _open(self, row: Row) -> None:
        """Open the row's next block, and take what is known of it already."""
        if self.chooser is not None and row.denoising.blocks and row.region is None and row.hole is not None:
            self._choose(row, self.chooser.plan(len(self.running)))
        opened(row, row.mask)
        if row.decided:
            with self.work.on(row):
                begin(row)
            opened(row, row.mask)

    @staticmethod
    def _choose(row: Row, plan: Plan) -> None:
        """Lay out the row's next block as planned; one that is drafted already keeps its size, or is given up."""
        drafted = row.foreseen is not None and plan.block > 1
        row.denoising = replace(row.denoising, block=row.denoising.block if drafted else plan.block, ahead=plan.ahead)
        row.foreseen = row.foreseen if drafted else None

    def _admit(self) -> None:
        while self.waiting and len(self.running) < self.most_rows:
            row = self.waiting[0]
            if self.running and not self.memory.fits([*self.running, row]):
                break
            self.waiting.popleft()
            row.slots = list(range(len(self._slots), len(self._slots) + row.streams))
            self._slots += [row] * row.streams
            ends = row.prefix_ends
            row.shared = self.cache.prefix(row.prefix, ends) if row.prefix else None
            self.running.append(row)
            if row.state is State.WAITING:
                row.state = State.RUNNING
            used = [one.shared for one in self.running if one.shared is not None]
            self.cache.trim(used, self.memory.limit - self.memory.bytes(self.running))
        if self.running:
            self.cache.reserve(len(self._slots), max(row.room for row in self.running))

    def _retire(self, row: Row) -> None:
        """Free the row's slots; those at the end move into them, so that slots stay together."""
        self.running.remove(row)
        for slot in sorted(row.slots, reverse=True):
            if row.error is not None:
                self.cache.wipe(slot)
            last, mover = len(self._slots) - 1, self._slots[-1]
            if slot != last:
                self.cache.move(last, slot, mover.kept)
                mover.slots[mover.slots.index(last)] = slot
                self._slots[slot] = mover
            self._slots.pop()
        row.slots, row.shared = [], None

    def _run_prefixes(self) -> None:
        """Run the shared prefixes that no row has had run before."""
        for row in self.running:
            prefix = row.shared
            while prefix is not None and not prefix.ready:
                packed = pack_prefix(prefix, CHUNK, self.model.device)
                self._forward(packed)
                prefix.length += len(packed.tokens)
                self.work.prefix_rows += len(packed.tokens)

    def _run(self, asks: list[Ask]) -> tuple[list[Ask], Tensor]:
        packed = pack(asks, self.model.device)
        return packed.asks, self._forward(packed)

    def _forward(self, packed: Packed) -> Tensor:
        ids = torch.tensor([packed.tokens], device=self.model.device)
        places = torch.tensor([packed.positions], device=self.model.device)
        self.work.forward(len(packed.tokens))
        noisy = packed.noisy(self.model.device) if self.model.adapter is not None else None
        return self.model.hidden(ids, places, Step(self.cache, packed.groups), noisy)

    def _denoise(self, asks: list[Ask]) -> None:
        """One forward over the canvases of rows under uniform noise."""
        model, decoder = self.model, self.model.gemma
        assert decoder is not None
        packed = pack(asks, model.device)
        rows = [(ask.row, ask.width) for ask in packed.asks]
        known = told(rows, model.config.hidden_size, model.dtype, model.device)
        ids = torch.tensor([packed.tokens], device=model.device)
        places = torch.tensor([packed.positions], device=model.device)
        self.work.forward(len(packed.tokens))
        logits = decoder.denoise(ids, places, known, Step(self.cache, packed.groups))[0]
        parts = dict(zip((id(row) for row, _ in rows), logits.split([width for _, width in rows]), strict=True))
        for row in [row for row in self.running if id(row) in parts]:
            part = parts[id(row)]
            if self._broken(row, part):
                continue
            with self.work.on(row):
                renoise(row, part, decoder)

    def _broken(self, row: Row, logits: Tensor) -> bool:
        """Whether logits are not numbers, which ends the row."""
        if not len(logits) or not bool(logits.amax().isnan()):  # a NaN is the greatest of all
            return False
        row.error = BackendError("the model's logits are not numbers (NaN); its weights are broken", about=row.id)
        row.state = State.DONE
        row.told(row)
        return True

    def _read(self, asks: list[Ask], hidden: Tensor) -> None:
        """Read logits where rows need them, keep what was pending, commit; rows in the order they came."""
        reads: dict[int, list[tuple[Ask, Wanted, Tensor]]] = {}
        queries: list[int] = []
        spans: list[tuple[Ask, Wanted, int]] = []
        at = 0
        for ask in asks:
            wanted = wanted_of(ask)
            spans.append((ask, wanted, len(queries)))
            queries += [at + query for query in wanted.queries]
            at += ask.width
        logits = self.model.logits(hidden[torch.tensor(queries, dtype=torch.int64, device=hidden.device)])
        for ask, wanted, start in spans:
            own = logits[start : start + len(wanted.queries)]
            reads.setdefault(id(ask.row), []).append((ask, wanted, own))
        for row in list(self.running):
            streams = sorted(reads.get(id(row), []), key=lambda read: read[0].stream)
            self._settle(row, streams)

    def _settle(self, row: Row, streams: list[tuple[Ask, Wanted, Tensor]]) -> None:
        if not streams:
            self._commit(row, [], None)
            return
        ask, wanted, logits = streams[0]
        if len(streams) > 1:
            bare = streams[1][2]
            logits = bare + (1.0 + row.denoising.guidance) * (logits - bare)
        if row.scored is not None:
            self._score(row, ask, wanted, logits)
            row.told(row)
            return
        row.length += ask.kept
        if self._broken(row, logits):
            return
        if row.region is not None and row.region.checking:
            self._verify(row, logits)
            return
        if wanted.carry:
            row.carry, logits = logits[0].clone(), logits[1:]
        self._commit(row, wanted.places, self._placed(row, wanted, logits))

    @staticmethod
    def _placed(row: Row, wanted: Wanted, logits: Tensor) -> Tensor:
        """Logits for every wanted place; one without a source of its own takes the carry."""
        if not wanted.places or wanted.sources[int(wanted.carry)] is not None:
            return logits
        assert row.carry is not None
        return torch.cat((row.carry.unsqueeze(0), logits))

    def _commit(self, row: Row, places: list[int], logits: Tensor | None) -> None:
        if logits is None and row.region is not None and row.apart and row.carry is not None:
            places, logits = [0], row.carry.unsqueeze(0)
        if logits is None or not places or row.region is None:
            return
        with self.work.on(row):
            commit(row, places, logits)

    def _verify(self, row: Row, logits: Tensor) -> None:
        """Keep what the causal stream accepts of a finished block."""
        assert row.region is not None
        judged = row.region.checking
        with self.work.on(row):
            checked, accepted = verify(row, logits[:judged])
        keep(row, logits[judged:], accepted + 1)
        self.work.verified(checked, accepted)
        if self.chooser is not None:
            self.chooser.seen(checked, accepted)

    def _score(self, row: Row, ask: Ask, wanted: Wanted, logits: Tensor) -> None:
        targets = [row.text[row.length + query + 1] for query in wanted.queries]
        index = torch.tensor(targets, dtype=torch.int64, device=logits.device)
        row.scores += logits.log_softmax(-1).gather(-1, index.unsqueeze(-1)).squeeze(-1).tolist()
        row.length += ask.kept
        if row.length == len(row.text):
            row.state = State.DONE

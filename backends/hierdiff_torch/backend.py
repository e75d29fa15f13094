"""TorchBackend: canvases in, canvases out; the engine runs in a thread of its own."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import final

from hierdiff.canvas import Canvas
from hierdiff.document import Cost
from hierdiff.errors import BackendError, CanvasError, MisuseError
from hierdiff.protocols import Capabilities, TokenScore, Way
from hierdiff.spans import Span
from hierdiff_torch.choosing import BLOCKS, Chooser
from hierdiff_torch.costs import costs_of
from hierdiff_torch.denoising import Denoising, Reuse, Verify
from hierdiff_torch.draws import Seeded
from hierdiff_torch.engine import Engine
from hierdiff_torch.machine import alone
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.parts import HolePart
from hierdiff_torch.policies import Policy
from hierdiff_torch.rows import Row, State
from hierdiff_torch.scoring import own_way, readings
from hierdiff_torch.script import HoleState, Infill, canvas_of, script_of
from hierdiff_torch.thread import EngineThread
from hierdiff_torch.vocabulary import Vocabulary
from hierdiff_torch.work import Work

_EVERY = 0.1


@dataclass(slots=True)
class _Watch:
    """What the engine's thread tells the event loop about one row: only the latest state counts."""

    canvas: Canvas
    loop: asyncio.AbstractEventLoop
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    states: list[HoleState] = field(default_factory=list[HoleState])
    done: bool = False
    error: Exception | None = None
    last: float = 0.0

    async def next(self) -> bool:
        """Wait for what is new; whether it is the last. Raises the row's error."""
        await self.fresh.wait()
        self.fresh.clear()
        if self.error is not None:
            raise self.error
        return self.done

    def due(self, row: Row) -> bool:
        """Whether the loop should hear of a row now: when it is over, and otherwise `_EVERY` seconds after the last
        time. Text in the making is for eyes; a loop that reads every token takes the interpreter from the engine."""
        now = time.monotonic()
        if row.state is not State.DONE and now - self.last < _EVERY:
            return False
        self.last = now
        return True

    def set(self, states: list[HoleState], done: bool, error: Exception | None) -> None:
        self.states, self.done, self.error = states, done, error
        self.fresh.set()


@final
class TorchBackend:
    """Fills canvases on a local model. One instance serves any number of canvases at once, from one event loop.

    `rows` is the most canvases in one step (the others wait), `greedy` takes the likeliest token instead of drawing.
    `policy` and `reuse` (the approximate caches of Fast-dLLM, for full attention) replace what the family does by
    itself. `infill` says how a model that does not see what follows a hole is told of it: `prompt`, which every model
    understands, or `window` and `reorder` for weights that were trained for them. `memory` is what the rows may take
    besides the weights, in bytes (default: half of what is free).

    For a model with an adapter, `verify` is what the base has to say to drafted tokens: `exact` (the text is the one
    that block 1 gives), `plausible` or `off`. `block` is how many tokens are denoised at a time. By default, and with
    `exact`, that is chosen for every block, from 1 to 16, as it is fastest for the canvases that are open; what a
    forward costs is measured once on a machine and remembered. Where a text would depend on the choice (any other
    `verify`, a `policy`, an `infill` that shows what follows), it is the smallest block that was trained. With a
    `block` that is verified, `ahead` drafts the next one in the same forward: more tokens a forward, and more work in
    each; otherwise that is part of the choice. Raises MisuseError for what the model cannot do.
    """

    def __init__(
        self,
        model: Loaded,
        *,
        rows: int = 16,
        policy: Policy | None = None,
        greedy: bool = False,
        infill: Infill | None = None,
        reuse: Reuse = "exact",
        memory: int | None = None,
        block: int | None = None,
        verify: Verify | None = None,
        ahead: bool = False,
    ) -> None:
        self._model = model
        self._vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
        alone(self._vocabulary.prepare)
        self._infill: Infill = _infill(model, infill)
        self._denoising = _denoising(model, policy, self._infill, reuse, block, verify, ahead)
        chooser = Chooser(alone(lambda: costs_of(model)), self._denoising.blocks) if self._denoising.blocks else None
        self._engine = Engine(model, most_rows=rows, memory=memory, chooser=chooser)
        self._thread = EngineThread(self._engine)
        self._greedy = greedy
        self._opened = 0
        self._since = time.monotonic()
        family = model.family
        self._capabilities = Capabilities(
            name=f"torch:{model.name}",
            rows=rows,
            comfortable=family.comfortable,
            context=family.context,
            tokens_per_word=round(self._vocabulary.tokens_per_word, 3),
            infill=self._infill,
            noise=family.noise,
            fingerprint=f"{model.fingerprint}:{self._denoising!r}:{'greedy' if greedy else 'sampled'}",
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    @property
    def work(self) -> Work:
        """The engine's own counters, live."""
        return self._engine.work

    @property
    def cost(self) -> Cost:
        """The work done since the backend was opened."""
        work = self._engine.work
        seconds = time.monotonic() - self._since
        return Cost(forwards=work.forwards, rows=work.rows, tokens=work.tokens, canvases=self._opened, seconds=seconds)

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The same canvas with ever fewer holes. Closing the iterator withdraws its row before the next step."""
        self._opened += 1
        script = script_of(canvas, self._vocabulary, self._model.family.chat, greedy=self._greedy, infill=self._infill)
        if not script.holes:
            yield canvas
            return
        watch = _Watch(canvas, asyncio.get_running_loop())

        def told(row: Row) -> None:
            if watch.due(row):
                _tell(watch, row, [_state(hole) for hole in script.holes])

        row = Row(
            canvas.id,
            script.prefix,
            script.parts,
            self._denoising,
            Seeded(canvas.seed),
            told,
            history=script.stood,
        )
        self._thread.add(row)
        try:
            done = False
            while not done:
                done = await watch.next()
                yield canvas_of(canvas, watch.states, self._vocabulary)
        finally:
            self._thread.withdraw(row)

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """Log-probability of every token of the canvas's text (that meets `within`); it must have no holes.

        `way` is `left` (given what stands before), `suffix` (with the text that follows in the prompt) or `stride`
        (given both sides, the token hidden); by default what the model does best. Raises MisuseError for a way that it
        does not have.
        """
        if canvas.holes:
            raise CanvasError(f"canvas '{canvas.id}' has holes; only whole text can be scored", about=canvas.section)
        offsets = self._vocabulary.offsets(canvas.text)
        if not offsets:
            return []
        family = self._model.family
        watches: list[_Watch] = []
        loop = asyncio.get_running_loop()

        def told(row: Row) -> None:
            if row.state is State.DONE:
                _tell(watches[order[id(row)]], row, [])

        found = readings(canvas, offsets, way or own_way(family), self._vocabulary, family, told, within)
        order = {id(reading.row): number for number, reading in enumerate(found)}
        watches += [_Watch(canvas, loop) for _ in found]
        try:
            for reading in found:
                self._thread.add(reading.row)
            for watch in watches:
                while not await watch.next():
                    pass
        finally:
            for reading in found:
                self._thread.withdraw(reading.row)
        known = {place: one for reading in found for place, one in zip(reading.places, reading.logprobs, strict=True)}
        if any(map(math.isnan, known.values())):
            raise BackendError(f"canvas '{canvas.id}': the model's logits are not numbers (NaN)", about=canvas.section)
        return [
            TokenScore(start=start, stop=stop, logprob=known[place])
            for place, (_, start, stop) in enumerate(offsets)
            if place in known and (within is None or (start < within.stop and stop > within.start))
        ]

    async def close(self) -> None:
        """Withdraw everything and end the engine's thread."""
        await asyncio.to_thread(self._thread.close)


def _state(hole: HolePart) -> HoleState:
    return HoleState(hole.standing, hole.ending, hole.confidence if hole.closed else [])


def _infill(model: Loaded, wanted: Infill | None) -> Infill:
    """How the text after a hole is known. Raises MisuseError for a way that the model does not have."""
    family = model.family
    own: Infill = "canvas" if family.attention == "full" else "prompt"
    can: tuple[Infill, ...] = ("prompt", "window", "reorder")
    if own == "canvas" or family.block == 1:
        can = (own,)
    elif family.noise == "uniform":
        can = ("prompt", "window")
    if wanted is not None and wanted not in can:
        raise MisuseError(f"{model.name}: infill '{wanted}' is not to be had; it can be {' or '.join(can)}")
    return wanted or own


def _denoising(
    model: Loaded,
    policy: Policy | None,
    infill: Infill,
    reuse: Reuse,
    block: int | None,
    verify: Verify | None,
    ahead: bool,
) -> Denoising:
    own = model.family.denoising
    if model.adapter is None and (block not in (None, own.block) or verify is not None):
        raise MisuseError(f"{model.name}: 'block' and 'verify' are for models with an adapter; this one has none")
    if ahead and (block is None or (verify or own.verify) == "off"):
        raise MisuseError(f"{model.name}: 'ahead' is for a given block that is verified; give 'block', or leave it out")
    if block is not None and block < 1:
        raise MisuseError(f"{model.name}: block must be at least 1, not {block}")
    if reuse != "exact" and model.family.attention != "full" and not (own.lead and own.sub and reuse == "dual"):
        raise MisuseError(f"{model.name}: the cache '{reuse}' is for full attention; this model's own cache is exact")
    verify = verify or own.verify
    free = block is None and policy is None and verify == "exact" and infill == "prompt"
    return replace(
        own,
        policy=policy or own.policy,
        block=block or own.block,
        verify=verify,
        ahead=ahead,
        blocks=BLOCKS if free and model.adapter is not None else (),
        reuse=reuse,
        around=infill if infill in ("window", "reorder") else "left",
    )


def _tell(watch: _Watch, row: Row, states: list[HoleState]) -> None:
    """From the engine's thread to the event loop; a loop that is gone has no use for it."""
    done, error = row.state is State.DONE, row.error
    if error is not None:
        error = _of_canvas(watch.canvas, error)
    try:
        watch.loop.call_soon_threadsafe(watch.set, states, done, error)
    except RuntimeError:
        row.state = State.DONE


def _of_canvas(canvas: Canvas, error: Exception) -> Exception:
    """An error of a row as this canvas's own: one error may end many rows, and each names what it happened to."""
    kind = CanvasError if isinstance(error, CanvasError) else BackendError
    name = f"canvas '{canvas.id}'"
    own = kind(str(error) if name in str(error) else f"{name}: {error}", about=canvas.section)
    own.__cause__ = error.__cause__ or error
    return own

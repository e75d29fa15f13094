"""TorchBackend: canvases in, canvases out; the engine runs in a thread of its own."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import final

from hierdiff.canvas import Canvas, Hole
from hierdiff.document import Cost
from hierdiff.errors import BackendError, CanvasError
from hierdiff.protocols import Capabilities, TokenScore
from hierdiff_torch.draws import Seeded
from hierdiff_torch.engine import Engine, Work
from hierdiff_torch.machine import alone
from hierdiff_torch.models.family import require_denoisable
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.policies import Policy
from hierdiff_torch.rows import HolePart, InkPart, Row, State
from hierdiff_torch.script import HoleState, canvas_of, script_of
from hierdiff_torch.thread import EngineThread
from hierdiff_torch.vocabulary import Vocabulary

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
    Raises NotYetError for a model of a family that the engine cannot denoise correctly yet.
    """

    def __init__(self, model: Loaded, *, rows: int = 16, policy: Policy | None = None, greedy: bool = False) -> None:
        require_denoisable(model.family, model.name)
        self._model = model
        self._vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
        alone(self._vocabulary.prepare)
        self._engine = Engine(model, most_rows=rows)
        self._thread = EngineThread(self._engine)
        self._denoising = replace(model.family.denoising, **({"policy": policy} if policy is not None else {}))
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
            infill="prompt",
            noise="absorbing",
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
        script = script_of(canvas, self._vocabulary, self._model.family.chat, greedy=self._greedy)
        if not script.holes:
            yield canvas
            return
        watch = _Watch(canvas, asyncio.get_running_loop())

        def told(row: Row) -> None:
            if watch.due(row):
                _tell(watch, row, [HoleState(hole.standing, hole.ending) for hole in script.holes])

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

    async def score(self, canvas: Canvas) -> Sequence[TokenScore]:
        """Log-probability of every token of the canvas's text given its context and the text before it, in one pass.

        The canvas must have no holes.
        """
        if canvas.holes:
            raise CanvasError(f"canvas '{canvas.id}' has holes; only whole text can be scored", about=canvas.section)
        offsets = self._vocabulary.offsets(canvas.text)
        if not offsets:
            return []
        before = canvas.changed(pieces=(Hole(width=1),))
        context = script_of(before, self._vocabulary, self._model.family.chat)
        tokens = [token for part in context.parts if isinstance(part, InkPart) for token in part.tokens]
        tokens += [token for token, _, _ in offsets]
        watch = _Watch(canvas, asyncio.get_running_loop())
        told = partial(_tell, watch, states=[])
        row = Row(canvas.id, context.prefix, _only(tokens), self._denoising, Seeded(0), told, scoring=True)
        self._thread.add(row)
        try:
            while not await watch.next():
                pass
        finally:
            self._thread.withdraw(row)
        known = row.scores[-len(offsets) :]
        if any(map(math.isnan, known)):
            raise BackendError(f"canvas '{canvas.id}': the model's logits are not numbers (NaN)", about=canvas.section)
        pairs = zip(offsets, known, strict=True)
        return [TokenScore(start=start, stop=stop, logprob=score) for (_, start, stop), score in pairs]

    async def close(self) -> None:
        """Withdraw everything and end the engine's thread."""
        await asyncio.to_thread(self._thread.close)


def _only(tokens: list[int]) -> deque[InkPart | HolePart]:
    return deque([InkPart(tokens)])


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

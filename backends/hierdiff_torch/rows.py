"""Row: one canvas in tokens, and where it stands.

A row's script is what its canvas says: tokens that stand, and holes. The engine runs `pending` tokens (they are kept in
the cache) and denoises the open `block`; when a block is finished its tokens become pending, and so on to the script's
end. Every row has its own generator, so that its tokens depend on nothing but itself.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import torch
from torch import Tensor

from hierdiff_torch.cache import Prefix
from hierdiff_torch.closing import Closing
from hierdiff_torch.policies import Policy
from hierdiff_torch.sampling import Sampling


class State(Enum):
    """A row waits for a place, runs, or is over."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()


@dataclass(slots=True)
class HolePart:
    """A hole of the script: how it closes, how it is sampled, and the tokens it holds so far.

    At its limit it may be cut back to `rest` tokens, its last sentence end.
    """

    closing: Closing
    sampling: Sampling
    tokens: list[int] = field(default_factory=list[int])
    confidence: list[float] = field(default_factory=list[float])
    closed: bool = False
    ending: str = ""
    rest: int = 0

    @property
    def standing(self) -> list[int]:
        """The tokens that will be there whatever comes: what may yet be cut back is not shown."""
        return self.tokens[: None if self.closed else self.closing.standing(self.tokens, self.rest)]

    def take(self, token: int, sure: float) -> str:
        """Add a token; why the hole is closed by it, or an empty text."""
        self.tokens.append(token)
        self.confidence.append(sure)
        if self.closing.rests(self.tokens):
            self.rest = len(self.tokens)
        return self.closing.closed(self.tokens)


@dataclass(slots=True)
class InkPart:
    """Tokens of the script that stand."""

    tokens: list[int]


@dataclass(slots=True, eq=False)
class Row:
    """One canvas in the engine. The first `whole` pending tokens are those of a finished block. `told` is called, in
    the engine's thread, after each step that changed the row. `text` is all that was run or is pending, in order: the
    first `length` of its tokens are in the cache."""

    id: str
    prefix: tuple[int, ...]
    script: deque[InkPart | HolePart]
    policy: Policy
    seed: int
    told: Callable[["Row"], None]
    block_size: int = 1
    scoring: bool = False
    state: State = State.WAITING
    error: Exception | None = None
    slot: int = -1
    shared: Prefix | None = None
    length: int = 0
    text: list[int] = field(default_factory=list[int])
    pending: list[int] = field(default_factory=list[int])
    whole: int = 0
    block: list[int] = field(default_factory=list[int])
    masked: list[bool] = field(default_factory=list[bool])
    steps: int = 0
    sure: list[float] = field(default_factory=list[float])
    hole: HolePart | None = None
    history: list[int] = field(default_factory=list[int])
    carry: Tensor | None = None
    scores: list[float] = field(default_factory=list[float])
    generator: torch.Generator = field(default_factory=torch.Generator)

    def __post_init__(self) -> None:
        self.generator.manual_seed(self.seed)
        self.advance()

    @property
    def room(self) -> int:
        """The most tokens, besides the shared prefix, that the row can come to hold."""
        parts = [*self.script, *([self.hole] if self.hole else [])]
        wanted = sum(len(part.tokens) if isinstance(part, InkPart) else part.closing.limit for part in parts)
        return self.length + len(self.pending) + wanted + 2 * self.block_size

    def advance(self) -> None:
        """Take the script on to its next open hole: tokens that stand become pending on the way.

        A hole needs a pending token before it, for what that token predicts: if there is none, the last is run again.
        """
        while self.script and self.hole is None:
            part = self.script.popleft()
            if isinstance(part, InkPart):
                self.pending.extend(part.tokens)
                self.text.extend(part.tokens)
            else:
                self.hole = part
        if self.hole is not None and not self.pending and self.length:
            self.length -= 1
            self.pending.append(self.text[self.length])
        if self.hole is None and not self.scoring:
            self.state = State.DONE

    def open_block(self, mask: int) -> None:
        """Masks where the next tokens will stand."""
        self.block = [mask] * self.block_size
        self.masked = [True] * self.block_size
        self.sure = [0.0] * self.block_size
        self.steps = 0

    def commit(self, places: Sequence[int], tokens: Sequence[int], confidence: Sequence[float]) -> None:
        """Put tokens at places of the open block; a block without masks is taken into the hole."""
        for place, token, sure in zip(places, tokens, confidence, strict=True):
            self.block[place], self.masked[place], self.sure[place] = token, False, sure
        if not any(self.masked):
            self._take_block()

    def _take_block(self) -> None:
        hole, block, sure = self.hole, self.block, self.sure
        assert hole is not None
        self.block, self.masked, self.sure = [], [], []
        self.whole = 0
        for token, one in zip(block, sure, strict=True):
            self.history.append(token)
            self.text.append(token)
            self.pending.append(token)
            self.whole += 1
            if ending := hole.take(token, one):
                self._close(hole, ending)
                return

    def _close(self, hole: HolePart, ending: str) -> None:
        keep = hole.closing.kept(hole.tokens, ending)
        lost = len(hole.tokens) - keep
        del hole.tokens[keep:], hole.confidence[keep:]
        if lost:
            self._forget(lost)
        hole.closed, hole.ending = True, ending
        self.hole = None
        self.advance()

    def _forget(self, lost: int) -> None:
        """Take back the last `lost` tokens: those not yet run leave pending, the others leave the cache's length."""
        del self.history[len(self.history) - lost :], self.text[len(self.text) - lost :]
        unrun = min(lost, len(self.pending))
        self.whole = max(0, self.whole - unrun)
        del self.pending[len(self.pending) - unrun :]
        self.length -= lost - unrun

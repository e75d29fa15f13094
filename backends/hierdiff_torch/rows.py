"""Row: one canvas in tokens, and where it stands.

A row's script is what its canvas says: tokens that stand, and holes. What stands for good becomes `text`; its first
`length` tokens are in the cache, those up to `ready` are pending and are run with the next step. The rest is the open
`region`: the places that are denoised now. With full attention everything is one region; otherwise a region is a block.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import takewhile

from torch import Tensor

from hierdiff_torch.cache import Prefix
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Draws
from hierdiff_torch.parts import HolePart, InkPart, Part
from hierdiff_torch.region import Region
from hierdiff_torch.uniform import Sketch

FARTHEST = 8
"""The largest block that is chosen together with drafting ahead, which takes the square of it."""


class State(Enum):
    """A row waits for a place, runs, or is over."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Trace:
    """What one forward did to a row: at `places` (counted from the row's first token), which `tokens` were written with
    which `confidence`, what stood there `before`, and where that was a mask. `logits` are those that were read for
    `read`, `(places, vocabulary)`, before anything was done to them. `sketch` is the window after it, under uniform
    noise."""

    step: int
    places: list[int]
    tokens: list[int]
    confidence: list[float]
    before: list[int]
    masked: list[bool]
    read: list[int]
    logits: Tensor
    sketch: Sketch | None = None


@dataclass(slots=True, eq=False)
class Row:
    """One canvas in the engine. With `scored`, nothing is denoised: the log-probability of every token of the text from
    there on, given those before it, goes to `scores`. `told` is called, in the engine's thread, after each step
    that changed the row. `history` is what its canvas says already. `trace` is filled, where there is one, with
    what every forward did; `committed` counts the masks that became tokens.
    """

    id: str
    prefix: tuple[int, ...]
    script: deque[Part]
    denoising: Denoising
    draws: Draws
    told: Callable[["Row"], None]
    scored: int | None = None
    mask: int = 0
    trace: list[Trace] | None = None
    history: list[int] = field(default_factory=list[int])
    state: State = State.WAITING
    error: Exception | None = None
    slots: list[int] = field(default_factory=list[int])
    shared: Prefix | None = None
    length: int = 0
    text: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])
    given: list[bool] = field(default_factory=list[bool])
    offset: int = 0
    region: Region | None = None
    hole: HolePart | None = None
    aside: list[int] = field(default_factory=list[int])
    aside_at: int = -1
    aside_position: int = 0
    carry: Tensor | None = None
    foreseen: Tensor | None = None
    believed: Tensor | None = None
    vocabulary: int = 0
    lost: int = 0
    scores: list[float] = field(default_factory=list[float])
    steps: int = 0
    committed: int = 0

    def __post_init__(self) -> None:
        if self.denoising.attention == "full" or self.streams > 1:
            self._own_prefix(0)
        elif not any(part.tokens for part in takewhile(lambda part: isinstance(part, InkPart), self.script)):
            self._own_prefix(len(self.prefix) - 1)
        self.advance()
        if self.denoising.attention == "block":
            self._set_offset()

    @property
    def streams(self) -> int:
        """Sequences that the row keeps in the cache: guidance needs a second one, without what was given."""
        return 2 if self.denoising.guidance else 1

    @property
    def ready(self) -> int:
        """How many tokens of the text may be run for good: whole blocks, where tokens see their block, and not those
        that an open region runs again."""
        kind, count, block = self.denoising.attention, len(self.text), self.denoising.block
        if kind == "full":
            return 0
        if kind == "causal":
            return count - (self.region.onset if self.region is not None else 0)
        return self.offset + (count - self.offset) // block * block if count >= self.offset else 0

    @property
    def pending(self) -> int:
        """How many tokens are to be run for the cache."""
        return max(0, self.ready - self.length)

    @property
    def alone(self) -> bool:
        """Whether the next token is read off the last one that stands, without running a mask: block 1, shifted."""
        how, region = self.denoising, self.region
        return how.shift and how.block == 1 and how.attention == "causal" and not (region is not None and region.onset)

    @property
    def apart(self) -> bool:
        """Whether the next token is read off the text before the region, and the region is not run for it."""
        return self.alone or (self.denoising.lead and self.carries)

    @property
    def decided(self) -> bool:
        """Whether the causal stream has given the open block's first token before anything of the block was run."""
        how, region, hole = self.denoising, self.region, self.hole
        if how.verify == "off" or self.apart or region is None or hole is None or hole.truth or region.step:
            return False
        return self.carries and self.carry is not None and not self.pending

    @property
    def kept(self) -> int:
        """Tokens of its slots that must move with it: those kept, and an open region's where they are used again."""
        aside = len(self.aside) if self.aside_at == self.ready else 0
        region = len(self.region.tokens) if self.region is not None and self.denoising.reuse != "exact" else 0
        return self.ready + aside + region if aside or region else self.length

    @property
    def prefix_ends(self) -> tuple[int, ...]:
        """How far each token of the shared prefix sees."""
        if self.denoising.attention != "block":
            return tuple(range(1, len(self.prefix) + 1))
        block, count = self.denoising.block, len(self.prefix)
        return tuple(_block_end(place, count % block, block) for place in range(count))

    @property
    def carries(self) -> bool:
        """Whether the open region's first place is predicted by the last token before it."""
        region = self.region
        first = region is not None and region.masked[0]
        return first and (self.denoising.shift or self.denoising.lead) and len(self.prefix) + self.ready > 0

    @property
    def room(self) -> int:
        """The most tokens, besides the shared prefix, that the row can come to hold. It never grows."""
        region = self.region
        if region is None:
            count = len(self.text) + (self.hole.left if self.hole is not None else 0)
        else:
            holes = {owner for owner in region.owners if owner is not None}
            standing = region.owners.count(None) if self.denoising.attention == "full" else len(self.text)
            count = standing + sum(hole.closing.limit - hole.base for hole in holes)
        count += sum(len(part.tokens) if isinstance(part, InkPart) else part.left for part in self.script)
        aside = self.denoising.reach if self.denoising.around == "reorder" else 0
        return count + aside + self.widest + 1 + self.beyond

    @property
    def beyond(self) -> int:
        """Slots of its room that hold drafts of one place several times over, behind all positions of its text."""
        how = self.denoising
        if how.blocks:
            return max((block for block in how.blocks if block <= FARTHEST), default=0) ** 2
        return how.block**2 if how.ahead else 0

    @property
    def widest(self) -> int:
        """The most tokens of one block."""
        return max((self.denoising.block, *self.denoising.blocks))

    def before(self, count: int) -> list[int]:
        """The last tokens that stand before the first mask."""
        if self.region is None:
            return self.text[-count:]
        tail = self.region.tokens[: self.region.first]
        return (self.text[: self.ready] + tail)[-count:] if len(tail) < count else tail[-count:]

    def advance(self) -> None:
        """Take the script on to its next open hole: tokens that stand become text on the way."""
        while self.script and self.hole is None:
            part = self.script.popleft()
            if isinstance(part, InkPart):
                self.stand(part.tokens, given=True)
            else:
                self.hole = part
        if self.hole is None and self.scored is None:
            self.state = State.DONE

    def stand(self, tokens: Sequence[int], *, given: bool, together: int = 0) -> None:
        """Add tokens to the text; with `together`, the last ones added see each other up to there."""
        for token in tokens:
            self.text.append(token)
            self.given.append(given)
            self.ends.append(together or self._end(len(self.text) - 1))

    def _end(self, place: int) -> int:
        """How far the token at a place of the text sees when it is run for the cache."""
        if self.denoising.attention != "block":
            return place + 1
        return _block_end(place, self.offset, self.denoising.block)

    def forget(self, lost: int) -> None:
        """Take back the last tokens of the text. What is in the cache and has seen them is run again."""
        if not lost:
            return
        keep = len(self.text) - lost
        del self.text[keep:], self.given[keep:], self.ends[keep:]
        self.carry = None
        if self.denoising.attention == "block":
            self.length = min(self.length, self.ready)
            return
        saw = next((place for place, end in enumerate(self.ends) if end > keep), keep)
        self.ends[saw:] = [min(end, keep) for end in self.ends[saw:]]
        self.length = min(self.length, saw)

    def again(self) -> None:
        """Run the last token that is in the cache once more, for what it predicts."""
        if self.carries and self.carry is None and not self.pending and self.length:
            self.length -= 1

    def _own_prefix(self, count: int) -> None:
        """Make the prefix from `count` on the row's own text. Its last token has to be, where none other stands before
        the first hole: what it predicts is read off a row's own tokens."""
        count = max(0, count)
        own, self.prefix = self.prefix[count:], self.prefix[:count]
        if own:
            self.script.appendleft(InkPart(list(own)))

    def _set_offset(self) -> None:
        """Where the row's blocks begin: at the first token of all, or so that one begins with the first hole. A shared
        prefix ends where a block does."""
        block = self.denoising.block
        standing = len(self.prefix) + len(self.text)
        offset = standing % block if self.denoising.origin == "canvas" else 0
        cut = offset + (len(self.prefix) - offset) // block * block if len(self.prefix) >= offset else 0
        own = self.prefix[cut:]
        self.prefix = self.prefix[:cut]
        self.text[:0], self.given[:0] = own, [True] * len(own)
        self.offset = 0 if cut else offset
        self.ends = [self._end(place) for place in range(len(self.text))]


def _block_end(place: int, offset: int, block: int) -> int:
    """Where the block of a place ends, when blocks of `block` are counted from `offset` in both directions."""
    return offset if place < offset else offset + ((place - offset) // block + 1) * block

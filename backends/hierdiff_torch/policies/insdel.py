"""Insertion and deletion: editing that may also change how many tokens a block holds.

Two more tokens can be predicted (LLaDA2.2): one removes its place, so that what follows moves up and a mask is added at
the end; one puts a mask before what stands there, so that what follows moves down and the last token is lost. Tokens
move about, so masks that were there at first are told from masks that were introduced, and a block that comes back to a
state it was in before is given another token. The rules are those by which SGLang runs the family; where it has a
prompt at the start of a block, any place may be pinned here.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from hierdiff_torch.policies.view import best


@final
@dataclass(frozen=True, slots=True)
class Block:
    """A block between two steps.

    `tokens` are what stands there, `pinned` what must never move or change, `original` which tokens descend from the
    masks of the beginning. `updates` counts the steps, `post` those that began with no such mask left. `met` are the
    states the block began a step in, `written` the pairs of place and token that were written. `over` says that no step
    is wanted any more.
    """

    tokens: tuple[int, ...]
    pinned: tuple[bool, ...]
    original: tuple[bool, ...]
    updates: int = 0
    post: int = 0
    met: frozenset[tuple[int, ...]] = frozenset()
    written: frozenset[tuple[int, int]] = frozenset()
    over: bool = False


@final
@dataclass(frozen=True, slots=True)
class InsertionDeletion:
    """Fills, edits, inserts and deletes until nothing changes or `most_post` steps had no mask of the beginning left.

    `mask`, `delete` and `split` are token ids. Masks above `threshold` are filled, at least one more than were
    introduced, and filled places changed above `edit_threshold`. The last step writes none of the three tokens.
    """

    mask: int
    delete: int
    split: int
    threshold: float = 0.5
    edit_threshold: float = 0.0
    most_post: int = 16

    def opened(self, tokens: tuple[int, ...], pinned: tuple[bool, ...]) -> Block:
        """A block before its first step."""
        original = tuple(token == self.mask and not fixed for token, fixed in zip(tokens, pinned, strict=True))
        return Block(tokens, pinned, original)

    def step(self, block: Block, logits: Tensor) -> Block:
        """The block after one step with these logits `(places, vocabulary)`; itself if it is over."""
        return block if block.over else _Step(self, block, logits).result()


@final
class _Step:
    """One step of one block: what is predicted, what is written, what the block becomes. All tensors `(places,)`."""

    def __init__(self, rules: InsertionDeletion, block: Block, logits: Tensor) -> None:
        self._rules, self._block, self._logits = rules, block, logits.float().cpu()
        self._chance = self._logits.softmax(-1)
        self._tokens = self._logits.argmax(-1)
        self._sure = self._chance.gather(-1, self._tokens.unsqueeze(-1)).squeeze(-1)
        self._now = torch.tensor(block.tokens)
        self._free = ~torch.tensor(block.pinned)
        self._masked = self._free & (self._now == rules.mask)
        self._waiting = self._masked & torch.tensor(block.original)
        self._updates = block.updates + 1
        self._post = block.post + (not self._waiting.any())

    def result(self) -> Block:
        """The block after the step."""
        last = self._last()
        if not last:
            self._without_mask(self._waiting)
        filled = self._filled(last)
        if self._rules.most_post == 0 and self._waiting.any() and not (self._waiting & ~filled).any():
            last, filled = True, self._masked
        changed = self._free & ~self._masked & (self._sure > self._rules.edit_threshold) & (self._tokens != self._now)
        written = filled | changed
        counted = replace(self._block, updates=self._updates, post=self._post)
        if not written.any():
            return replace(counted, over=True)
        if last:
            self._without_marks(written)
        elif self._block.tokens in self._block.met:
            self._diverge(written)
        return self._respaced(replace(counted, over=last), written)

    def _last(self) -> bool:
        """Whether this step has to leave the block without masks and marks."""
        most, waiting = self._rules.most_post, bool(self._waiting.any())
        spent = self._post >= most if most else not waiting
        return spent or self._updates > len(self._block.tokens) + most

    def _filled(self, last: bool) -> Tensor:
        """The masks to fill. More than were introduced, so that one of the beginning is always among them."""
        if last or not self._waiting.any():
            return self._masked
        wanted = 1 + int((self._masked & ~self._waiting).sum())
        high = self._masked & (self._sure > self._rules.threshold)
        return high if int(high.sum()) >= wanted else best(self._sure, self._masked, wanted)

    def _without_mask(self, places: Tensor) -> None:
        """Predict the next most likely token at places where a mask is predicted."""
        again = (places & (self._tokens == self._rules.mask)).nonzero().squeeze(-1)
        tokens = self._barred(again, [self._rules.mask]).argmax(-1)
        self._tokens[again] = tokens
        self._sure[again] = self._chance[again, tokens]

    def _without_marks(self, places: Tensor) -> None:
        """Predict a token that stands for itself at places where another one is predicted."""
        marks = [self._rules.mask, self._rules.delete, self._rules.split]
        again = (places & torch.isin(self._tokens, torch.tensor(marks))).nonzero().squeeze(-1)
        self._tokens[again] = self._barred(again, marks).argmax(-1)

    def _diverge(self, written: Tensor) -> None:
        """Predict what was not written before at the least sure of the places that change."""
        changing = (written & (self._tokens != self._now)).nonzero().squeeze(-1)
        if not len(changing):
            return
        place = changing[self._sure[changing].argmin()]
        barred = [token for at, token in self._block.written if at == int(place)]
        if self._waiting[place]:
            barred.append(self._rules.mask)
        self._tokens[place] = self._barred(place.unsqueeze(0), barred).argmax()

    def _barred(self, places: Tensor, tokens: list[int]) -> Tensor:
        """Logits of places without some tokens, `(places, vocabulary)`."""
        return self._logits[places].index_fill(-1, torch.tensor(tokens, dtype=torch.int64), float("-inf"))

    def _respaced(self, block: Block, written: Tensor) -> Block:
        """The block with the predictions written, deletions and insertions carried out between its pinned places."""
        size, tokens, original = len(block.tokens), list[int](), list[bool]()
        target = torch.where(written, self._tokens, self._now).tolist()
        for place in range(size + 1):
            if place == size or block.pinned[place]:
                short = max(0, place - len(tokens))
                tokens, original = (tokens + [self._rules.mask] * short)[:place], (original + [False] * short)[:place]
            if place == size:
                break
            marked = bool(written[place])
            if marked and target[place] == self._rules.split:
                tokens += [self._rules.mask, block.tokens[place]]
                original += [False, block.original[place]]
            elif not marked or target[place] != self._rules.delete:
                tokens.append(target[place])
                original.append(block.original[place])
        places = written.nonzero().squeeze(-1).tolist()
        return replace(
            block,
            tokens=tuple(tokens),
            original=tuple(original),
            met=block.met | {block.tokens},
            written=block.written | {(place, target[place]) for place in places},
        )

"""The plainest loop for any way of denoising: everything is run again in each forward, one canvas at a time.

It shares no code with the engine: native eager attention with an explicit mask, no cache, no batch, no prefix. Policies
and the data that say how to denoise are the engine's own; what is held against them is where they are applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Seeded
from hierdiff_torch.policies import View

Parts = Sequence[list[int] | int]
"""A canvas: tokens that stand, and holes as their numbers of tokens."""


@dataclass(slots=True)
class Before:
    """What a window sees besides itself: of each token its id, whether it was given, up to which token it sees, and
    its position. `last` is the place of the token right before the window, -1 if there is none."""

    ids: list[int] = field(default_factory=list[int])
    given: list[bool] = field(default_factory=list[bool])
    ends: list[int] = field(default_factory=list[int])
    positions: list[int] = field(default_factory=list[int])
    last: int = -1


@dataclass(slots=True)
class Open:
    """The places that see each other: ids, the hole of each (-1: it stands), whether it was given, first position."""

    ids: list[int]
    owners: list[int]
    given: list[bool]
    at: int


@dataclass(slots=True)
class Loop:
    """Greedy tokens, without those `forbidden`, of a model denoised in the way `how`. `forwards` counts."""

    model: LlamaForCausalLM
    how: Denoising
    mask: int
    forbidden: list[int]
    forwards: int = 0

    @torch.no_grad()
    def write(self, parts: Parts) -> list[list[int]]:
        """The tokens of each hole."""
        return self._whole(parts) if self.how.attention == "full" else self._in_blocks(parts)

    def _whole(self, parts: Parts) -> list[list[int]]:
        ids: list[int] = []
        owners: list[int] = []
        for number, part in enumerate(parts):
            here = [self.mask] * part if isinstance(part, int) else part
            ids += here
            owners += [number if isinstance(part, int) else -1] * len(here)
        one = Open(ids, owners, [owner < 0 for owner in owners], 0)
        self._fill(Before(), one, aligned=self.how.origin == "absolute")
        holes = [number for number, part in enumerate(parts) if isinstance(part, int)]
        return [[token for token, owner in zip(one.ids, owners, strict=True) if owner == hole] for hole in holes]

    def _in_blocks(self, parts: Parts) -> list[list[int]]:
        how, made = self.how, list[list[int]]()
        standing = next(number for number, part in enumerate(parts) if isinstance(part, int))
        first = sum(len(part) for part in parts[:standing] if not isinstance(part, int))
        offset = first % how.block if how.origin == "canvas" else 0
        text, given, together = list[int](), list[bool](), list[int]()
        for number, part in enumerate(parts):
            if not isinstance(part, int):
                text, given, together = text + part, given + [True] * len(part), together + [0] * len(part)
                continue
            start = len(text)
            after: list[int] = []
            for later in parts[number + 1 :]:
                if isinstance(later, int):
                    break
                after = after + later
            while (left := start + part - len(text)) > 0:
                count = len(text)
                ready = count - (count - offset) % how.block if how.attention == "block" else count
                ready = 0 if how.attention == "block" and count < offset else ready
                ink = self._ink(after, how.block - (count - ready) - left)
                aside = ink if how.around == "reorder" else []
                behind = [] if aside else ink
                laid = left if behind else min(left, how.block - (count - ready))
                before = Before(text[:ready], given[:ready], self._ends(ready, offset, together))
                before.positions, before.last = list(range(ready)), ready - 1
                for place in range(len(aside)):
                    before.ends.append(ready + (place + 1 if how.attention == "causal" else len(aside)))
                    before.positions.append(count + left + place)
                before.ids += aside
                before.given += [True] * len(aside)
                one = Open(
                    text[ready:] + [self.mask] * laid + behind,
                    [-1] * (count - ready) + [number] * laid + [-1] * len(behind),
                    given[ready:] + [False] * laid + [True] * len(behind),
                    ready,
                )
                self._fill(before, one, aligned=True)
                text += one.ids[count - ready : count - ready + laid]
                given += [False] * laid
                together += [len(text) if how.kept == "block" and how.attention == "causal" else 0] * laid
            made.append(text[start:])
        return made

    def _ink(self, after: list[int], room: int) -> list[int]:
        """What a hole sees of the ink behind it, if `room` places of its block are left for it."""
        if self.how.around == "left":
            return []
        return after[: max(0, room) if self.how.around == "block" else self.how.reach]

    def _ends(self, count: int, offset: int, together: list[int]) -> list[int]:
        if self.how.attention == "causal":
            return [together[place] or place + 1 for place in range(count)]
        block = self.how.block
        number = [(place - offset) // block for place in range(count)]
        return [sum(other <= one for other in number) for one in number]

    def _fill(self, before: Before, one: Open, *, aligned: bool) -> None:
        how, size = self.how, len(one.ids)
        masked = [owner >= 0 for owner in one.owners]
        if how.lead and masked[0] and before.last >= 0:
            nothing = Open([], [], [], 0)
            one.ids[0] = int(self._logits(before, nothing)[before.last].argmax())
            masked[0] = False
        while any(masked):
            first = masked.index(True)
            wide = how.sub or how.block or size
            if aligned:
                start = first // wide * wide
                stop = min(start + wide, size)
            else:
                start, stop = first, first
                while stop < size and one.owners[stop] == one.owners[first] and stop - start < wide:
                    stop += 1
            self._window(before, one, masked, start, stop)

    def _window(self, before: Before, one: Open, masked: list[bool], start: int, stop: int) -> None:
        policy, size = self.how.policy, len(one.ids)
        total, step, after, over = sum(masked[start:stop]), 0, 0, False
        quotas = policy.plan(total, self.how.block or size, Seeded(0))
        inside = torch.tensor([start <= place < stop for place in range(size)])
        while not over:
            logits = self._logits(before, one)
            count = len(before.ids)
            sources = [count + place - self.how.shift for place in range(size)]
            sources[0] = before.last if self.how.shift and before.last >= 0 else count
            sure, best = logits[sources].softmax(-1).max(-1)
            holes = torch.tensor([masked[place] and start <= place < stop for place in range(size)])
            after += not bool(holes.any())
            owned = torch.tensor([owner >= 0 for owner in one.owners])
            read = inside & owned if policy.edits else holes
            view = View(
                sure.masked_fill(~read, 0.0),
                best.masked_fill(~read, 0),
                torch.tensor(one.ids),
                holes,
                ~(inside & owned),
                step,
                after,
                total,
                quotas,
            )
            chosen = policy.choose(view)
            for place in chosen.nonzero().flatten().tolist():
                one.ids[place], masked[place] = int(best[place]), False
            step += 1
            over = policy.over(view, chosen)

    def _logits(self, before: Before, one: Open) -> Tensor:
        ids, given = before.ids + one.ids, before.given + one.given
        logits = self._run(before, one, ids)
        if self.how.guidance:
            bare = [
                self.mask if there and token not in self.how.plain else token
                for token, there in zip(ids, given, strict=True)
            ]
            without = self._run(before, one, bare)
            logits = without + (1 + self.how.guidance) * (logits - without)
        logits[:, self.forbidden] = float("-inf")
        return logits

    def _run(self, before: Before, one: Open, ids: list[int]) -> Tensor:
        self.forwards += 1
        size = len(ids)
        ends = torch.tensor(before.ends + [size] * len(one.ids))
        seen = torch.arange(size) < ends.unsqueeze(-1)
        mask = torch.zeros(1, 1, size, size).masked_fill(~seen, float("-inf"))
        positions = before.positions + list(range(one.at, one.at + len(one.ids)))
        run = {"input_ids": torch.tensor([ids]), "position_ids": torch.tensor([positions])}
        return self.model(**run, attention_mask=mask, use_cache=False).logits[0]

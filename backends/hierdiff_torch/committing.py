"""Committing: from the logits of a row's open window to tokens that stand there."""

from collections import defaultdict
from dataclasses import replace
from itertools import groupby

import torch
from torch import Tensor

from hierdiff_torch.parts import HolePart
from hierdiff_torch.policies import Policy, Scheduled, View
from hierdiff_torch.policies.editing import lowered
from hierdiff_torch.region import Region
from hierdiff_torch.rewriting import rewrite
from hierdiff_torch.rows import Row, Trace
from hierdiff_torch.sampling import candidates, shaped
from hierdiff_torch.settling import close_block, settle


def commit(row: Row, places: list[int], logits: Tensor) -> None:
    """Draw a candidate for every place from its `logits` `(places, vocabulary)`, write those that the policy chooses,
    and settle the window if that finishes it."""
    region, policy = row.region, row.denoising.policy
    assert region is not None
    read = logits.clone() if row.trace is not None else logits
    if row.denoising.lead and places == [0] and region.step == 0 and row.carries:
        _write(row, places, *_led(row, region, logits), read, places)
        if _ended(region):
            settle(row)
        region.close_window()
        return
    if row.denoising.rewriting is not None:
        if rewrite(row, logits):
            settle(row)
        return
    masked = torch.zeros(len(region.tokens), dtype=torch.bool)
    masked[region.start : region.stop] = torch.tensor(region.masked[region.start : region.stop])
    region.after += not bool(masked.any())
    if policy.blind:
        view, chosen = _chosen_blindly(row, region, policy, places, logits, masked)
    else:
        view = _viewed(region, masked, *_judged(row, region, policy, places, logits))
        if policy.noisy and not (isinstance(policy, Scheduled) and not policy.asked(view)):
            view = replace(view, noise=_noise(row, region))
        chosen = policy.choose(view)
    region.step += 1
    where = chosen.nonzero().flatten()
    written = where.tolist()
    _write(row, written, view.tokens[where], view.confidence[where], read, places)
    if policy.over(view, chosen) or (row.denoising.leave and not policy.edits and _ended(region)):
        close_block(row, region)


def begin(row: Row) -> None:
    """Write the first token of a block, which the causal stream has already given. Where the others are drafted already
    the block may be verified next. Otherwise that token becomes text by itself: the forward that drafts the tokens
    after it then also runs it as text, which gives the one after it."""
    region, foreseen, row.foreseen = row.region, row.foreseen, None
    assert region is not None and row.carry is not None
    _fill(row, [0], row.carry.unsqueeze(0).clone())
    if foreseen is not None and len(region.tokens) > 1 and not _ended(region):
        _fill(row, list(range(1, len(region.tokens))), foreseen[: len(region.tokens) - 1])
        close_block(row, region)
        return
    region.drop(range(1, len(region.tokens)))
    settle(row)


def _fill(row: Row, places: list[int], logits: Tensor) -> None:
    """Write a candidate at every one of these places, whatever the policy would say."""
    region = row.region
    assert region is not None
    tokens, sure = _judged(row, region, row.denoising.policy, places, logits)
    where = torch.tensor(places)
    _write(row, places, tokens[where], sure[where], logits, places)


def _led(row: Row, region: Region, logits: Tensor) -> tuple[Tensor, Tensor]:
    """The token of a block's first place that the text before it gives, and its probability."""
    hole = region.owners[0]
    if hole is not None and hole.truth:
        true = hole.truth[hole.base]
        return torch.tensor([true]), logits.log_softmax(-1)[:, true].cpu()
    made = _shaped(row, region, [0], logits)
    return made.argmax(-1).cpu(), made.softmax(-1).amax(-1).cpu()


def _ended(region: Region) -> bool:
    """Whether every mask of the window stands behind the end token of its hole, with no mask before that."""
    over: dict[HolePart, bool] = {}
    for place in region.window:
        hole = region.owners[place]
        if hole is None or over.get(hole, False):
            continue
        if region.masked[place]:
            return False
        over[hole] = region.tokens[place] in hole.closing.eos
    return True


def _chosen_blindly(
    row: Row, region: Region, policy: Policy, places: list[int], logits: Tensor, masked: Tensor
) -> tuple[View, Tensor]:
    """The same for a policy that chooses places by chance, before tokens are drawn for those only."""
    ranks = torch.zeros(len(masked))
    ranks[masked] = row.draws.ranks(int(masked.sum()))
    chosen = policy.choose(_viewed(region, masked, torch.zeros(len(masked), dtype=torch.int64), ranks))
    picked = [number for number, place in enumerate(places) if chosen[place]]
    if not picked:
        return _viewed(region, masked, torch.zeros(len(masked), dtype=torch.int64), ranks), chosen
    index = torch.tensor(picked, device=logits.device)
    found = _judged(row, region, policy, [places[number] for number in picked], logits[index])
    return _viewed(region, masked, *found), chosen


def _judged(row: Row, region: Region, policy: Policy, places: list[int], logits: Tensor) -> tuple[Tensor, Tensor]:
    """Candidates for the places that were read, and how sure they are: `(region,)` each, 0 where nothing was read."""
    tokens = torch.zeros(len(region.tokens), dtype=torch.int64)
    confidence = torch.zeros(len(region.tokens))
    if policy.penalty:
        previous = torch.tensor([_previous(row, region, place) for place in places], device=logits.device)
        logits = lowered(logits, previous, policy.penalty)
    score = "probability" if policy.blind else policy.score
    for hole, mine in _by_sampling(region, places).items():
        here = [place for place, _ in mine]
        index = torch.tensor(here)
        fresh = len(mine) == len(places) and hole.sampling.bias is not None  # shaping then makes logits of its own
        own = logits if fresh else logits[torch.tensor([number for _, number in mine], device=logits.device)]
        if hole.truth:
            true = torch.tensor([hole.truth[hole.base + region.places(hole).index(place)] for place in here])
            tokens[index] = true
            confidence[index] = own.log_softmax(-1).gather(-1, true.to(own.device).unsqueeze(-1)).squeeze(-1).cpu()
            continue
        made = _shaped(row, region, here, own)
        scope, at = (len(here), torch.arange(len(here))) if policy.blind else _scope(row, region, here)
        keys = [row.ready + place for place in here] if row.denoising.verify == "exact" else None
        found = candidates(made, hole.sampling, score, row.draws, at, scope, keys)
        tokens[index], confidence[index] = found.tokens.cpu(), found.confidence.cpu()
    return tokens, confidence


def _viewed(region: Region, masked: Tensor, tokens: Tensor, confidence: Tensor) -> View:
    """What the policy sees: all of the region, of which only the window may change. (References rank over the whole
    row, and which of equal places comes first depends on how many there are.)"""
    pinned = torch.ones(len(region.tokens), dtype=torch.bool)
    pinned[region.start : region.stop] = torch.tensor(region.pinned[region.start : region.stop])
    return View(
        confidence=confidence,
        tokens=tokens,
        current=torch.tensor(region.tokens),
        masked=masked,
        pinned=pinned,
        step=region.step,
        after=region.after,
        total=region.total,
        quotas=region.quotas,
    )


def _noise(row: Row, region: Region) -> Tensor:
    """Exponential noise for a policy that draws its places, `(region,)`."""
    places = list(range(len(region.tokens))) if row.denoising.scope == "block" else list(region.window)
    noise = torch.ones(len(region.tokens))
    noise[torch.tensor(places)] = row.draws.exponential(1, len(places))[0]
    return noise


def _previous(row: Row, region: Region, place: int) -> int:
    """The token at the place before; -1 where none stands."""
    if place:
        return -1 if region.masked[place - 1] else region.tokens[place - 1]
    return row.text[row.ready - 1] if row.ready else -1


def _by_sampling(region: Region, places: list[int]) -> dict[HolePart, list[tuple[int, int]]]:
    """Places, and their rows in the logits, by the hole whose sampling they follow; holes that sample alike are one."""
    found: dict[int, HolePart] = {}
    parts: dict[HolePart, list[tuple[int, int]]] = defaultdict(list)
    for number, place in enumerate(places):
        hole = region.owners[place]
        assert hole is not None
        hole = hole if hole.truth else found.setdefault(id(hole.sampling), hole)
        parts[hole].append((place, number))
    return parts


def _scope(row: Row, region: Region, places: list[int]) -> tuple[int, Tensor]:
    """For how many places noise is drawn, and which of them are these."""
    kind = row.denoising.scope
    if kind == "masked":
        return len(places), torch.arange(len(places))
    scopes = {"window": region.window, "run": region.run(row.denoising), "block": range(len(region.tokens))}
    scope = scopes[kind]
    return len(scope), torch.tensor([place - scope.start for place in places])


def _shaped(row: Row, region: Region, places: list[int], logits: Tensor) -> Tensor:
    """The logits of each place as its hole wants them."""
    parts: list[Tensor] = []
    for hole, group in groupby(enumerate(places), key=lambda pair: region.owners[pair[1]]):
        assert hole is not None
        mine = list(group)
        here = [place for _, place in mine]
        parts.append(_wanted(row, region, hole, here, logits[mine[0][0] : mine[-1][0] + 1]))
    return torch.cat(parts)


def _wanted(row: Row, region: Region, hole: HolePart, places: list[int], logits: Tensor) -> Tensor:
    """Logits as a hole wants them: no repeats, no end before its time, ends of sentences likelier when it is full."""
    first = region.places(hole)[0]
    counts = [hole.base + place - first for place in places]
    return wished(hole, counts, logits, row.history, hole.tokens, row.before(32))


def wished(
    hole: HolePart, counts: list[int], logits: Tensor, history: list[int], said: list[int], before: list[int]
) -> Tensor:
    """The same for the tokens number `counts` of a hole that has `said` some, with this history and text `before`."""
    made = shaped(logits, hole.sampling, history, said, before)
    closing = hole.closing
    if not closing.eos and not hole.sampling.stops:
        return made
    eos = list(closing.eos)
    for number, count in enumerate(counts):
        pressure = closing.pressure(count)
        if pressure and hole.sampling.stops:
            made[number, hole.sampling.stops] += pressure
        if eos and not closing.may_end(said, ahead=max(0, count - len(said))):
            made[number, eos] = float("-inf")
    return made


def _write(row: Row, places: list[int], tokens: Tensor, sure: Tensor, read: Tensor, read_places: list[int]) -> None:
    """Put tokens at places of the region, and note it where somebody asks."""
    region = row.region
    assert region is not None
    if row.trace is not None:
        first = len(row.prefix) + row.ready + row.lost
        row.trace.append(
            Trace(
                step=row.steps,
                places=[first + place for place in places],
                tokens=tokens.tolist(),
                confidence=sure.tolist(),
                before=[region.tokens[place] for place in places],
                masked=[region.masked[place] for place in places],
                read=[first + place for place in read_places],
                logits=read,
            )
        )
    row.steps += 1
    row.committed += sum(region.masked[place] for place in places)
    region.write(places, tokens.tolist(), sure.tolist())

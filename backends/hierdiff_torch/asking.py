"""Asking: what a row wants of the next step, and which logits it will read."""

from dataclasses import dataclass

from hierdiff_torch.denoising import Denoising
from hierdiff_torch.packing import Ask, whole
from hierdiff_torch.region import Region
from hierdiff_torch.rows import InkPart, Row

CHUNK = 256
"""The most pending tokens that a row runs in one step, if they do not see each other."""


@dataclass(slots=True)
class Wanted:
    """The logits that a row reads: those of query tokens `sources`, the first for the carry if `carry`, the others for
    `places` of the region. A place whose source is None takes the carry."""

    carry: bool
    places: list[int]
    sources: list[int | None]

    @property
    def queries(self) -> list[int]:
        """The query tokens, in order."""
        return [source for source in self.sources if source is not None]


def opened(row: Row, mask: int) -> None:
    """Open the row's next region and window, if it has a hole and none is open."""
    if row.hole is None:
        return
    if row.region is None:
        row.region = _laid(row, mask)
    region, how = row.region, row.denoising
    if not region.open:
        aligned = how.attention != "full" or how.origin == "absolute"
        if region.open_window(how.sub or how.block, aligned=aligned):
            region.quotas = how.policy.plan(region.total, how.block or len(region.tokens), row.draws)
    row.again()


def asks_of(row: Row) -> list[Ask]:
    """The row's share of the next step, one a stream; none if there is nothing to run."""
    start, ready = row.length, row.ready
    stop = whole(row.ends[:ready], start, CHUNK) if start < ready else start
    tokens, ends, low = row.text[start:stop], row.ends[start:stop], 0
    region = row.region
    if region is not None and stop >= ready and not row.alone and not (row.denoising.lead and row.carries):
        part = _run(region, row.denoising)
        low = part.start
        tokens = tokens + region.tokens[part.start : part.stop]
        ends = ends + [ready + len(region.tokens)] * len(part)
    if not tokens:
        return []
    kept = max(0, stop - start)
    first = start if kept else ready + low
    asks = [Ask(row, 0, first, kept, low, tokens, ends)]
    if row.streams > 1:
        asks.append(Ask(row, 1, first, kept, low, _bare(row, tokens, start, kept, low), ends))
    return asks


def wanted_of(ask: Ask) -> Wanted:
    """The logits that a row reads of this ask."""
    row, region = ask.row, ask.row.region
    if row.scoring:
        return Wanted(False, [], list(range(ask.kept)))
    if region is None or row.length + ask.kept < row.ready:
        return Wanted(False, [], [])
    how = row.denoising
    carry = bool(ask.kept) and row.carries
    sources: list[int | None] = [ask.kept - 1] if carry else []
    if ask.width == ask.kept:
        return Wanted(carry, [0], [*sources, None])
    places = [
        place
        for place in region.window
        if region.masked[place] or (how.policy.edits and region.owners[place] is not None)
    ]
    for place in places:
        at = place - 1 if how.shift else place
        if at >= ask.low:
            sources.append(ask.kept + at - ask.low)
        elif place == 0 and row.carries:
            sources.append(None)
        else:
            sources.append(ask.kept + place - ask.low)
    return Wanted(carry, places, sources)


def _laid(row: Row, mask: int) -> Region:
    """The places that are open next: of a row that sees everything all there are, of another the rest of a block."""
    hole, region, ready = row.hole, Region(), row.ready
    assert hole is not None
    region.pin(row.text[ready:], row.given[ready:])
    hole.base = len(hole.tokens)
    if row.denoising.attention != "full":
        region.lay(hole, max(1, min(row.denoising.block - len(region.tokens), hole.left)), mask)
        return region
    region.lay(hole, _width(hole.closing.width, hole.left), mask)
    while row.script:
        part = row.script.popleft()
        if isinstance(part, InkPart):
            region.pin(part.tokens, [True] * len(part.tokens))
        else:
            region.lay(part, _width(part.closing.width, part.left), mask)
    return region


def _width(width: int, left: int) -> int:
    return max(1, min(width, left))


def _run(region: Region, how: Denoising) -> range:
    """The places that are run: all of them, or with an approximate cache those whose keys and values are renewed."""
    everything = range(len(region.tokens))
    if how.reuse == "exact" or region.step == 0 or (how.lead and region.masked[region.start]):
        return everything
    low = max(0, region.start - 1) if how.shift and not how.lead else region.start
    return range(low, len(region.tokens) if how.reuse == "prefix" else region.stop)


def _bare(row: Row, tokens: list[int], start: int, kept: int, low: int) -> list[int]:
    """The tokens of the second stream: masks where something was given, but for the ids that are plain."""
    region, plain = row.region, row.denoising.plain
    given = row.given[start : start + kept] + (region.given[low:] if region is not None else [])
    mask = row.mask
    return [
        mask if there and token not in plain else token
        for token, there in zip(tokens, given[: len(tokens)], strict=True)
    ]

"""Asking: what a row wants of the next step, and which logits it will read."""

from dataclasses import dataclass
from itertools import chain, islice, takewhile

from hierdiff_torch.ahead import masks_of, queries_of
from hierdiff_torch.packing import Ask, whole
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.region import Region
from hierdiff_torch.renoising import begin
from hierdiff_torch.rows import Row

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
        if how.uniform is not None:
            begin(row, region)
    row.again()


def asks_of(row: Row) -> list[Ask]:
    """The row's share of the next step, one a stream; none if there is nothing to run."""
    start, ready = row.length, row.ready
    stop = whole(row.ends[:ready], start, CHUNK) if start < ready else start
    kept = max(0, stop - start)
    tokens, ends, given = row.text[start:stop], row.ends[start:stop], row.given[start:stop]
    positions = list(range(start, start + kept))
    region, aside, low, skips = row.region, 0, 0, list[tuple[int, int]]()
    how = row.denoising
    apart = row.apart or (how.uniform is not None and kept > 0)
    if region is not None and stop >= ready and not apart:
        beside = len(row.aside)
        if row.aside_at != ready:
            aside, row.aside_at = beside, ready
            tokens, given = tokens + row.aside, given + [True] * beside
            causal = how.attention == "causal"
            ends = ends + [ready + (number + 1 if causal else beside) for number in range(beside)]
            positions += range(row.aside_position, row.aside_position + beside)
        part = range(region.checking) if region.checking else region.run(how)
        low = part.start
        tokens, given = tokens + region.tokens[low : part.stop], given + region.given[low : part.stop]
        positions += range(ready + low, ready + part.stop)
        if region.checking:
            more = masks_of(row)
            ends = ends + [ready + place + 1 for place in part] + more.ends
            skips = [(0, 0)] * (kept + len(part)) + more.skips if more.skips else []
            tokens, given = tokens + [row.mask] * len(more.ends), given + [False] * len(more.ends)
            positions += more.positions
        else:
            ends = ends + [ready + beside + len(region.tokens)] * len(part)
    if not tokens:
        return []
    first = start if kept else ready + (0 if aside else len(row.aside) + low)
    positions = [len(row.prefix) + position for position in positions]
    anchor = ready if how.uniform is not None and not kept else None
    clean = kept + aside + (region.checking if region is not None else 0)
    asks = [Ask(row, 0, first, kept, aside, low, tokens, positions, ends, anchor, clean, skips)]
    if row.streams > 1:
        bare = [
            row.mask if there and token not in how.plain else token for token, there in zip(tokens, given, strict=True)
        ]
        asks.append(Ask(row, 1, first, kept, aside, low, bare, positions, ends, anchor, clean, skips))
    return asks


def wanted_of(ask: Ask) -> Wanted:
    """The logits that a row reads of this ask."""
    row, region = ask.row, ask.row.region
    if row.scored is not None:
        read = range(max(0, row.scored - 1 - row.length), min(ask.kept, len(row.text) - 1 - row.length))
        return Wanted(False, [], list(read))
    how = row.denoising
    if region is None or row.length + ask.kept < row.ready or (how.uniform is not None and ask.kept):
        return Wanted(False, [], [])
    if region.checking:
        return Wanted(False, [], [*range(region.checking), *queries_of(row)])
    carry = bool(ask.kept) and row.carries
    sources: list[int | None] = [ask.kept - 1] if carry else []
    first = ask.kept + ask.aside - ask.low
    if ask.width == first + ask.low:
        return Wanted(carry, [0], [*sources, None])
    pinned = region.pinned
    places = [
        place
        for place in region.window
        if region.masked[place] or how.rewriting or (how.policy.edits and not pinned[place])
    ]
    for place in places:
        at = place - 1 if how.shift else place
        if at >= ask.low:
            sources.append(first + at)
        else:
            sources.append(None if place == 0 and (carry or row.carry is not None) else first + place)
    return Wanted(carry, places, sources)


def _laid(row: Row, mask: int) -> Region:
    """The places that are open next: of a row that sees everything all there are, of another the rest of a block, or a
    window that takes in the whole hole and ink behind it."""
    hole, region, how = row.hole, Region(), row.denoising
    assert hole is not None
    after = takewhile(lambda part: isinstance(part, InkPart), row.script)
    behind = list(islice(chain.from_iterable(part.tokens for part in after), _reach(row, _width(hole))))
    if how.onset and how.attention == "causal" and behind and row.text:
        region.onset = 1
        row.length, row.carry = min(row.length, len(row.text) - 1), None
    ready = row.ready - region.onset
    region.pin(row.text[ready:], row.given[ready:])
    hole.base = len(hole.tokens)
    row.aside, row.aside_at = [], -1
    region.whole = how.attention == "full" or (bool(behind) and how.around != "reorder")
    if how.attention == "full":
        region.lay(hole, _width(hole), mask)
        while row.script:
            part = row.script.popleft()
            if isinstance(part, InkPart):
                region.pin(part.tokens, [True] * len(part.tokens))
            else:
                region.lay(part, _width(part), mask)
    elif region.whole:
        region.lay(hole, _width(hole), mask)
        region.pin(behind, [True] * len(behind))
    else:
        row.aside = behind
        row.aside_position = len(row.text) + _width(hole)
        left = how.block if how.uniform is not None else hole.left
        region.lay(hole, max(1, min(how.block - len(region.tokens), left)), mask)
    return region


def _reach(row: Row, width: int) -> int:
    """How many tokens of the ink behind a hole of this width it sees."""
    how = row.denoising
    if how.around == "block":
        return max(0, how.block - (len(row.text) - row.ready) - width)
    return 0 if how.around == "left" else how.reach


def _width(hole: HolePart) -> int:
    """How many places a hole that is laid whole begins with, or still lacks."""
    return max(1, min(hole.closing.width - len(hole.tokens), hole.left))

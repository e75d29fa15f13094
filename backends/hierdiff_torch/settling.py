"""Settling: what becomes of a window whose places are all decided: its tokens go to their holes and into the text."""

from hierdiff_torch.parts import HolePart
from hierdiff_torch.region import Region
from hierdiff_torch.rows import Row


def close_block(row: Row, region: Region) -> None:
    """Settle a finished window; where the causal stream has to agree, it is run there first. Its first place needs no
    check: the text before it has given it."""
    hole = row.hole
    if row.denoising.verify == "off" or region.whole or row.aside or hole is None or hole.truth or region.first < 2:
        settle(row)
        return
    region.checking = region.first


def settle(row: Row) -> None:
    """Take what the finished window has committed into its holes, and close those that are full."""
    region, how = row.region, row.denoising
    assert region is not None
    region.close_window()
    holes = list(dict.fromkeys(owner for owner in region.owners if owner is not None))
    for hole in holes:
        _take(row, region, hole)
    if any(region.masked):
        return
    if region.whole:
        for hole in holes:
            _finish(row, region, hole)
    if any(region.masked):
        return
    if how.attention != "full":
        _dissolve(row, region)
        return
    row.text, row.given = region.tokens, region.given
    row.region, row.hole = None, None
    row.advance()


def _take(row: Row, region: Region, hole: HolePart) -> None:
    """Give a hole the tokens that stand from its start on without a mask between them."""
    places = region.places(hole)
    for place in places[len(hole.tokens) - hole.base :]:
        if hole.closed or region.masked[place]:
            break
        row.history.append(region.tokens[place])
        ending = hole.take(region.tokens[place], region.sure[place])
        if ending:
            lost = hole.close(ending)
            del row.history[len(row.history) - lost :]
    if hole.closed and places:
        region.drop(places[max(0, len(hole.tokens) - hole.base) :])


def _finish(row: Row, region: Region, hole: HolePart) -> None:
    """What is to be done with a hole whose places are all filled: a span between ink is as wide as it is; prose that
    has not come to an end gets more places."""
    places = region.places(hole)
    if hole.closed or not places:
        return
    bounded = places[-1] + 1 < len(region.tokens)
    if bounded and hole.closing.kind != "sentence":
        hole.close("length")
    else:
        region.grow(hole, max(1, min(row.denoising.block or hole.closing.width, hole.left)), row.mask)


def _dissolve(row: Row, region: Region) -> None:
    """Make a finished block's tokens text, and go on."""
    hole = row.hole
    assert hole is not None
    made = [region.tokens[place] for place in region.places(hole)]
    row.region = None
    together = row.denoising.attention == "causal" and row.denoising.kept == "block"
    seen = [token for token in made if token not in row.denoising.dropped]
    row.stand(seen, given=False, together=len(row.text) + len(seen) if together or len(seen) < len(made) else 0)
    if len(seen) < len(made):
        row.lost += len(made) - len(seen)
        row.offset = len(row.text) % row.denoising.block
    row.forget(max(0, hole.base - len(hole.tokens)))
    if hole.closed:
        row.hole = None
        row.advance()

"""Denoising: how the masks of one row become tokens, as data.

A family has its own; a row may have another one than its neighbours in the same step.
"""

from dataclasses import dataclass, field
from typing import Literal

from hierdiff_torch.policies import Policy, Threshold
from hierdiff_torch.policies.insdel import InsertionDeletion
from hierdiff_torch.uniform import Uniform

Attention = Literal["causal", "block", "full"]
Origin = Literal["absolute", "canvas"]
Reuse = Literal["exact", "prefix", "dual"]
Scope = Literal["masked", "window", "run", "block"]
Around = Literal["left", "block", "window", "reorder"]
Verify = Literal["off", "exact", "plausible"]


@dataclass(frozen=True, slots=True)
class Denoising:
    """How a row is laid out, seen and denoised.

    A window of `block` places is denoised at a time (0: all places at once, with `full` attention only); `origin` says
    where windows are counted from: the first token of all (`absolute`) or the first hole (`canvas`). With `sub`, a
    window is filled in parts of so many places, from left to right.

    `attention` says what a token sees: what stands before it (`causal`), that and its own block (`block`), everything
    (`full`). `kept` says how a finished block is run for the cache of a causal row: `causal`, or `block` (its tokens
    see each other). With `shift` the logits at a position belong to the next one; with `lead` the last logits of what
    is kept give the first token of the next block, before its masks are denoised (Fast-dLLM v2).

    `reuse` is exact or one of the approximate caches of Fast-dLLM (arXiv 2505.22618) for full attention: `prefix` runs
    only from the window on, `dual` only the window, once the whole canvas was run at the window's first step. With
    `lead` and `sub`, `dual` is the block cache of Fast-dLLM v2.

    `guidance` is the scale of classifier-free guidance: logits `u + (1 + guidance) * (c - u)`, where `u` sees masks in
    place of every token that stood at first, but for the ids in `plain`.

    `around` says what a hole sees of the ink that follows it where attention alone shows none: nothing (`left`), what
    stands in its own block (`block`), up to `reach` tokens of it inside one bidirectional window with the whole hole
    (`window`: for weights that were trained with blocks as wide), or the same tokens run before the hole at their own
    positions (`reorder`: for weights that were trained so; others are outside what they know).

    With `uniform`, holes are made of random tokens and not of masks, and `policy` has no say: what is kept at each
    forward and what becomes new noise is that sampler's business.

    With `rewriting`, blocks are filled, edited, lengthened and shortened by those rules, and `policy` has no say.

    `dropped` are ids that a row does not see any more once their block is finished, as the reference of A2D and BD3-LM
    treats a padding token that it has generated itself.

    With `onset`, a region of a causal row that sees ink behind its hole begins with the last token before the hole: it
    is run again as a place of the region and gives the hole's first token, which so depends on both sides. The region
    does not see that token as text, so that it stands at its position once.

    `verify` is for weights whose causal stream is another, better model than the one that denoises: a finished block is
    run there once, and from its first token on that this model would not have drawn from the same noise (`exact`) or
    finds implausible (`plausible`), it is denoised again. With `exact` the text is the one that block 1 gives.
    Regions that see ink behind their hole are never verified: the causal stream knows nothing of it.

    With `blocks`, which only exact verification allows, `block` is chosen anew for every region, as it is fastest.

    With `ahead`, the forward that verifies a block also drafts the one after it, for every prefix that may stay.

    `scope` says for which places noise is drawn: the masked ones of the window (the fewest), all of the window or sub
    window, all that this forward runs, or all of the block (with full attention: of the row). `leave` ends a window
    as soon as every mask of it stands behind the end token of its hole: what stands before that is not changed by it.
    """

    policy: Policy = field(default_factory=Threshold)
    block: int = 1
    origin: Origin = "canvas"
    sub: int = 0
    attention: Attention = "causal"
    kept: Literal["causal", "block"] = "causal"
    shift: bool = True
    lead: bool = False
    reuse: Reuse = "exact"
    guidance: float = 0.0
    plain: frozenset[int] = frozenset()
    scope: Scope = "masked"
    leave: bool = True
    uniform: Uniform | None = None
    rewriting: InsertionDeletion | None = None
    dropped: frozenset[int] = frozenset()
    around: Around = "left"
    reach: int = 64
    onset: bool = False
    verify: Verify = "off"
    blocks: tuple[int, ...] = ()
    ahead: bool = False

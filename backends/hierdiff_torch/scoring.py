"""Scoring: how likely a text is to the model, token by token, in three ways.

`left`: given what stands before it, in one pass (a causal model only). `suffix`: the same with the text that follows
put into the prompt, window by window: what comes later speaks for or against what comes first. `stride`: given what
stands on both sides, with every `STRIDE`-th word hidden at a time (pseudo-likelihood, arXiv 1910.14659), so that no
token sees itself; it needs a mask token.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.errors import MisuseError
from hierdiff.protocols import Way
from hierdiff.spans import Span
from hierdiff_torch.closing import Closing
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Seeded
from hierdiff_torch.models.family import Family
from hierdiff_torch.parts import HolePart, InkPart, Part
from hierdiff_torch.policies import Scheduled
from hierdiff_torch.rows import Row
from hierdiff_torch.sampling import GREEDY
from hierdiff_torch.script import Script, script_of
from hierdiff_torch.vocabulary import Vocabulary

STRIDE = 8
WINDOW = 64
"""Tokens that are scored with one prompt in the way `suffix`."""

Token = tuple[int, int, int]
"""A token, and the characters of the text that it stands for."""


@dataclass(slots=True)
class Reading:
    """A row that scores the tokens of a text at `places`."""

    row: Row
    places: Sequence[int]
    holes: Sequence[HolePart] = ()

    @property
    def logprobs(self) -> list[float]:
        """The log-probability of each of them, once the row is done."""
        return [one for hole in self.holes for one in hole.confidence] if self.holes else self.row.scores


def own_way(family: Family) -> Way:
    """What a family's model can do best: both sides where it has a mask token and sees them."""
    return "left" if family.attention == "causal" else "stride"


def readings(
    canvas: Canvas,
    tokens: Sequence[Token],
    way: Way,
    vocabulary: Vocabulary,
    family: Family,
    told: Callable[[Row], None],
    within: Span | None = None,
) -> list[Reading]:
    """The rows that score a canvas's text, or at least the tokens `within` a span of it. Raises MisuseError for a way
    that the family does not have."""
    if (way == "stride") != (family.attention != "causal") and not (way == "stride" and family.mask is not None):
        can = "'stride'" if family.attention != "causal" else "'left' or 'suffix'"
        raise MisuseError(f"a model of the family '{family.name}' cannot score in the way '{way}'; it can {can}")
    how = family.denoising
    if way == "suffix":
        wanted = _within(tokens, within)
        parts = [range(start, min(start + WINDOW, wanted.stop)) for start in range(wanted.start, wanted.stop, WINDOW)]
        return [_suffix(canvas, tokens, part, vocabulary, family, told) for part in parts]
    before = canvas.changed(pieces=(Hole(width=1),))
    script = script_of(before, vocabulary, family.chat, infill="canvas" if family.attention == "full" else "prompt")
    context = _standing(script)
    if way == "left":
        return [_left(canvas.id, script, context, tokens, range(len(tokens)), how, told)]
    words = _words(canvas.text, tokens)
    return [
        _strided(canvas.id, script, context, tokens, words, phase, how, told)
        for phase in range(min(STRIDE, len(words)))
    ]


def _within(tokens: Sequence[Token], span: Span | None) -> range:
    """The tokens that meet a span."""
    if span is None:
        return range(len(tokens))
    met = [place for place, (_, start, stop) in enumerate(tokens) if start < span.stop and stop > span.start]
    return range(met[0], met[-1] + 1) if met else range(0)


def _left(
    id: str,
    script: Script,
    context: list[int],
    tokens: Sequence[Token],
    places: range,
    how: Denoising,
    told: Callable[[Row], None],
) -> Reading:
    text = InkPart([*context, *(tokens[place][0] for place in places)])
    return Reading(Row(id, script.prefix, deque([text]), how, Seeded(0), told, scored=len(context)), places)


def _suffix(
    canvas: Canvas,
    tokens: Sequence[Token],
    places: range,
    vocabulary: Vocabulary,
    family: Family,
    told: Callable[[Row], None],
) -> Reading:
    after = canvas.text[tokens[places[-1]][2] :]
    pieces = (Hole(width=len(places)), *([Ink(text=after)] if after else []))
    script = script_of(canvas.changed(pieces=pieces), vocabulary, family.chat)
    before = [token for token, _, _ in tokens[: places[0]]]
    return _left(canvas.id, script, _standing(script) + before, tokens, places, family.denoising, told)


def _strided(
    id: str,
    script: Script,
    context: list[int],
    tokens: Sequence[Token],
    words: list[range],
    phase: int,
    how: Denoising,
    told: Callable[[Row], None],
) -> Reading:
    """Every `STRIDE`-th word hidden, from the `phase`-th on."""
    parts: deque[Part] = deque([InkPart(context)])
    holes: list[HolePart] = []
    places: list[int] = []
    for number, word in enumerate(words):
        here = [tokens[place][0] for place in word]
        if number % STRIDE == phase:
            size = len(here)
            closing = Closing("exact", size, size, lambda tokens: "")
            holes.append(HolePart(closing, GREEDY, truth=tuple(here)))
            parts.append(holes[-1])
            places += word
        else:
            parts.append(InkPart(here))
    everything = how.attention == "full"
    how = replace(
        how,
        policy=Scheduled(1),
        block=0 if everything else how.block,
        origin="absolute" if everything else how.origin,
        sub=0,
        around="left" if everything else "block",
        reuse="exact",
        scope="masked",
        leave=False,
        rewriting=None,
    )
    return Reading(Row(id, script.prefix, parts, how, Seeded(0), told), places, holes)


def _standing(script: Script) -> list[int]:
    """The tokens before the first hole."""
    standing: list[int] = []
    for part in script.parts:
        if isinstance(part, HolePart):
            break
        standing += part.tokens
    return standing


def _words(text: str, tokens: Sequence[Token]) -> list[range]:
    """Tokens by words: a new one begins with white space or after it."""
    starts = [
        number
        for number, (_, start, _) in enumerate(tokens)
        if number == 0 or text[start : start + 1].isspace() or text[max(0, start - 1) : start].isspace()
    ]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True)]

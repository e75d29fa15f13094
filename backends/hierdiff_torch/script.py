"""Script: a canvas as tokens for a row, and a row's tokens as a canvas again."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal, cast

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.document import Ending
from hierdiff_torch.closing import Closing
from hierdiff_torch.code_end import indent_after
from hierdiff_torch.models.family import Chat
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.sampling import Sampling
from hierdiff_torch.vocabulary import Vocabulary

_AFTER = "Later: {}\n\n"
_AFTER_CHARACTERS = 600
"""The text that follows comes first in the context, before what is to be done: a small model takes what comes last as
its task, and then speaks about the text instead of writing it."""
Infill = Literal["canvas", "window", "reorder", "prompt"]
"""How a model knows the text after a hole: it sees the canvas, a window of it, that text moved before the hole, or it
is told in the prompt."""
_POINTS = ".,;:!?…"

PROSE = Sampling(temperature=0.5, top_k=40, top_p=0.9, penalty=1.15, ngram=5)
LINE = Sampling(temperature=0.5, top_k=30, top_p=0.9, penalty=1.2, ngram=4)
SPAN = Sampling(temperature=0.5, top_k=20, top_p=0.9, penalty=1.1, ngram=5)
BLOCK = Sampling(temperature=0.3, top_k=20, top_p=0.9, penalty=1.0, ngram=16)
"""Code says the same names again and again, so only long repeats are forbidden."""


@dataclass(slots=True)
class Script:
    """What a row is made of: the prefix it shares, its parts in order, its hole parts, and the tokens that stand."""

    prefix: tuple[int, ...]
    parts: deque[InkPart | HolePart]
    holes: list[HolePart]
    stood: list[int]


def script_of(
    canvas: Canvas, vocabulary: Vocabulary, chat: Chat, *, greedy: bool = False, infill: Infill = "prompt"
) -> Script:
    """Tokens of a canvas: context first, then its pieces. Ink after the last hole is part of them only where the model
    sees it there (every `infill` but `prompt`)."""
    prefix = _role(vocabulary, chat.system, canvas.shared) if canvas.shared else []
    parts: deque[InkPart | HolePart] = deque()
    holes: list[HolePart] = []
    stood: list[int] = []
    own = InkPart(_own(canvas, vocabulary, chat, following=infill == "prompt"))
    parts.append(own)
    if canvas.lead:
        parts.append(InkPart(vocabulary.encode(canvas.lead)))
    pieces = list(canvas.pieces)
    last = max((at for at, piece in enumerate(pieces) if isinstance(piece, Hole)), default=-1)
    for at, piece in enumerate(pieces):
        if isinstance(piece, Ink):
            hole = pieces[at + 1] if at + 1 < len(pieces) else None
            tokens = vocabulary.encode(_seam(piece.text, hole) if isinstance(hole, Hole) else piece.text)
            stood += tokens
            if at < last or infill != "prompt":
                parts.append(InkPart(tokens))
        else:
            after = pieces[at + 1] if at + 1 < len(pieces) else None
            before = pieces[at - 1] if at else None
            part = _hole(piece, _said(before), _said(after), vocabulary, greedy)
            parts.append(part)
            holes.append(part)
    if holes and not _begins(parts):
        own.tokens.append(prefix.pop() if prefix else vocabulary.start)
    return Script(tuple(prefix), parts, holes, stood)


def _begins(parts: Iterable[InkPart | HolePart]) -> bool:
    """Whether tokens stand before the first hole: a causal model needs one to go on from."""
    return any(part.tokens for part in takewhile(lambda part: isinstance(part, InkPart), parts))


def _own(canvas: Canvas, vocabulary: Vocabulary, chat: Chat, *, following: bool) -> list[int]:
    """The canvas's own context as a user's turn; with `following` also the text that follows its last hole, which a
    causal model cannot see on the canvas."""
    tail: list[str] = []
    for piece in reversed(canvas.pieces if following else ()):
        if isinstance(piece, Hole):
            break
        tail.append(piece.text)
    after = "".join(reversed(tail)).strip()[:_AFTER_CHARACTERS]
    own = (_AFTER.format(after) if after else "") + canvas.own
    return (_role(vocabulary, chat.user, own) if own else []) + vocabulary.markers(chat.assistant)


def _role(vocabulary: Vocabulary, around: tuple[str, str], text: str) -> list[int]:
    return vocabulary.markers(around[0]) + vocabulary.encode(text) + vocabulary.markers(around[1])


def _said(piece: Ink | Hole | None) -> str:
    """The text of ink; of a hole, and of nothing, none."""
    return piece.text if isinstance(piece, Ink) else ""


def _seam(text: str, hole: Hole) -> str:
    """Ink before a hole without its last space: words are tokens that begin with one. Of an indentation the rest
    stays."""
    return text.removesuffix(" ") if hole.close == "block" else text.rstrip(" ")


def _hole(hole: Hole, before: str, after: str, vocabulary: Vocabulary, greedy: bool) -> HolePart:
    base = {"sentence": PROSE, "line": LINE, "span": SPAN, "block": BLOCK}[hole.close]
    sampling = Sampling(
        temperature=0.0 if greedy else base.temperature,
        top_k=base.top_k,
        top_p=base.top_p,
        penalty=base.penalty,
        ngram=base.ngram,
        spared=vocabulary.common,
        opening=vocabulary.opening if hole.form == "prose" else None,
        breaks=vocabulary.breaks,
        stops=vocabulary.stops if hole.close == "sentence" else [],
        bias=vocabulary.prose if hole.form == "prose" else vocabulary.free,
        ban=[vocabulary.encode(space + text.strip()) for text in hole.ban if text.strip() for space in (" ", "")],
    )
    closing = Closing(hole.close, hole.width, hole.limit, vocabulary.decode, vocabulary.eos, after)
    closing.indent = indent_after(before) if hole.close == "block" else 0
    return HolePart(closing, sampling)


@dataclass(slots=True)
class HoleState:
    """A hole as it stands: its tokens, and why it is closed (empty: it is not)."""

    tokens: list[int]
    ending: str
    sure: list[float] = field(default_factory=list[float])


def canvas_of(canvas: Canvas, states: list[HoleState], vocabulary: Vocabulary) -> Canvas:
    """The canvas with its holes filled as far as they are."""
    pieces: list[Ink | Hole] = []
    waiting = iter(states)
    before = ""
    for piece, after in zip(canvas.pieces, [*canvas.pieces[1:], None], strict=True):
        if isinstance(piece, Ink):
            pieces.append(piece)
            before += piece.text
            continue
        state = next(waiting)
        text = _text(vocabulary.decode(state.tokens), before, piece, after.text if isinstance(after, Ink) else "")
        before += text
        if state.ending:
            ending = cast(Ending, state.ending)
            text += " " if _glued(text, piece, after) else ""
            sure = tuple(round(one, 4) for one in state.sure)
            pieces.append(Ink(text=text, by="model", tokens=len(state.tokens), ending=ending, sure=sure))
            continue
        if state.tokens:
            pieces.append(Ink(text=text, by="model", tokens=len(state.tokens), ending="cut"))
        left = max(1, piece.width - len(state.tokens))
        pieces.append(piece.changed(width=left, most=max(left, piece.limit - len(state.tokens))))
    return canvas.changed(pieces=tuple(pieces))


def _text(text: str, before: str, hole: Hole, after: str) -> str:
    """A hole's text as it joins what stands around it: no doubled space or full stop, no space at a line's start."""
    if not before or before[-1].isspace():
        text = text.lstrip()
    if hole.close == "line":
        text = " ".join(text.split()) if not text[:1].isspace() else " " + " ".join(text.split())
    if hole.close == "span" and after and after[0] in _POINTS:
        text = text.rstrip(_POINTS + " \n")
    return text.rstrip()


def _glued(text: str, hole: Hole, after: Ink | Hole | None) -> bool:
    """Whether a span's last word would run into the first one after it."""
    return hole.close == "span" and text[-1:] != "" and isinstance(after, Ink) and after.text[:1].isalnum()

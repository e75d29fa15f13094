"""ScriptedPlanner and ScriptedBackend: what a run needs, without a model."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from hierdiff.canvas import Canvas, Hole, Ink, Piece
from hierdiff.document import Cost, Ending
from hierdiff.errors import BackendError, FileError
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Capabilities, TokenScore, Way
from hierdiff.request import Request
from hierdiff.spans import Span
from hierdiff.testing.code import statements
from hierdiff.testing.prose import heading, phrase, prose
from hierdiff.yaml_text import Plain, read_yaml

_TOKEN = re.compile(r"\s*\S+|\s+\Z")
_CLOSED = re.compile(r"[.!?][\"'”’)\]]*\s*\Z")

Texts = Mapping[str, str | Sequence[str]]


@final
class ScriptedPlanner:
    """A planner that gives the same outline whatever is asked. `requests` are those it was asked with."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.requests: list[Request] = []

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline it was made with."""
        self.requests.append(request)
        return self._outline


@dataclass(slots=True)
class _Slot:
    """One piece of a canvas being filled: ink that stands, or a hole with the tokens that will come into it."""

    piece: Ink | Hole
    tokens: list[str] = field(default_factory=list[str])
    ending: Ending = "sentence"
    shown: int = 0
    closed: bool = False

    def pieces(self) -> list[Piece]:
        """The slot as it stands now."""
        if isinstance(self.piece, Ink):
            return [self.piece]
        ink = Ink(text="".join(self.tokens[: self.shown]), by="model", tokens=self.shown, ending=self.ending)
        if self.closed:
            return [ink]
        left, most = max(1, self.piece.width - self.shown), max(1, self.piece.limit - self.shown)
        hole = self.piece.changed(width=left, most=max(left, most))
        return [ink, hole] if self.shown else [hole]


@final
class ScriptedBackend:
    """Fills canvases from a script and remembers what it was asked; words stand for tokens.

    `texts` maps a canvas id or a section id to its text: a string for every hole, or a list for its holes one after
    the other, over all its canvases, the last one standing for any that follow. Text without a script is made up from
    section and seed, about as wide as the hole, never one of its `ban`. A scripted text is cut at the hole's limit
    and, for a line, at its first line break; else it comes as it is.

    Every canvas is yielded again after each `tokens_per_step` words, `step_seconds` apart. `fail` names sections that
    end in a BackendError half-way: always, or, as a mapping, as often as it says. To look at afterwards: `canvases`
    (asked for), `withdrawn` (ids of those closed early), `open_now`, `most_open`. `logprobs` may be given words that
    `score` finds more or less likely than the others (-1 nat each).
    """

    def __init__(
        self,
        texts: Texts | None = None,
        *,
        step_seconds: float = 0.0,
        tokens_per_step: int = 8,
        capabilities: Capabilities | None = None,
        fail: str | Collection[str] | Mapping[str, int] | None = None,
    ) -> None:
        self._texts = {key: (text if isinstance(text, str) else tuple(text)) for key, text in (texts or {}).items()}
        self._step_seconds, self._tokens_per_step = step_seconds, max(1, tokens_per_step)
        self._capabilities = capabilities or _capabilities(self._texts)
        self._fail = _failures(fail)
        self._used: Counter[str] = Counter()
        self._closed = False
        self._cost = Cost()
        self.canvases: list[Canvas] = []
        self.withdrawn: list[str] = []
        self.open_now = 0
        self.most_open = 0
        self.logprobs: dict[str, float] = {}

    @property
    def capabilities(self) -> Capabilities:
        """What it was made with; by default eight rows, one token a word, and infill on the canvas."""
        return self._capabilities

    @property
    def cost(self) -> Cost:
        """A forward a step, a row an open token, and the seconds that were slept."""
        return self._cost

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The canvas with ever smaller and fewer holes. Raises BackendError after `close`, and where told to fail."""
        if self._closed:
            raise BackendError("the scripted backend is closed", about=canvas.section)
        self._enter(canvas)
        over = False
        try:
            slots = self._slots(canvas)
            while not over:
                await self._step(canvas, slots)
                now = canvas.changed(pieces=tuple(piece for slot in slots for piece in slot.pieces()))
                over = not now.holes
                yield now
        except BackendError:
            over = True
            raise
        finally:
            self.open_now -= 1
            if not over:
                self.withdrawn.append(canvas.id)

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """-1 nat for each word of the canvas's text, or what `logprobs` says for it, whatever the way."""
        await asyncio.sleep(0)
        stop = len(canvas.text) if within is None else within.stop
        words = (one for one in _TOKEN.finditer(canvas.text) if one.start() < stop)
        words = (one for one in words if within is None or one.end() > within.start)
        return [
            TokenScore(start=word.start(), stop=word.end(), logprob=self.logprobs.get(word[0].strip(), -1.0))
            for word in words
        ]

    async def close(self) -> None:
        """Fail whatever is still open at its next step, and refuse everything after."""
        self._closed = True

    def _enter(self, canvas: Canvas) -> None:
        self.canvases.append(canvas)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        self._cost = self._cost.changed(canvases=self._cost.canvases + 1)

    async def _step(self, canvas: Canvas, slots: list[_Slot]) -> None:
        """Reveal the next words, hole after hole; a hole closes when its last word stands."""
        await asyncio.sleep(self._step_seconds)
        started = any(slot.shown for slot in slots)
        if self._closed:
            raise BackendError("the scripted backend was closed", about=canvas.section)
        if self._fail[canvas.section] > 0 and (started or not self._is_long(slots)):
            self._fail[canvas.section] -= 1
            raise BackendError(f"section '{canvas.section}' fails, as the script says", about=canvas.section)
        left = self._tokens_per_step
        for slot in slots:
            if isinstance(slot.piece, Hole) and not slot.closed:
                shown = min(left, len(slot.tokens) - slot.shown)
                slot.shown, left = slot.shown + shown, left - shown
                slot.closed = slot.shown == len(slot.tokens)
        self._count(canvas, self._tokens_per_step - left)

    def _is_long(self, slots: list[_Slot]) -> bool:
        return sum(len(slot.tokens) for slot in slots) > self._tokens_per_step

    def _count(self, canvas: Canvas, tokens: int) -> None:
        cost = self._cost
        self._cost = cost.changed(
            forwards=cost.forwards + 1,
            rows=cost.rows + canvas.width,
            tokens=cost.tokens + tokens,
            seconds=cost.seconds + self._step_seconds,
        )

    def _slots(self, canvas: Canvas) -> list[_Slot]:
        slots: list[_Slot] = []
        before = ""
        for number, piece in enumerate(canvas.pieces):
            if isinstance(piece, Ink):
                slots.append(_Slot(piece))
                before = piece.text
            else:
                slots.append(_slot(piece, self._text(canvas, piece, number, before)))
        return slots

    def _text(self, canvas: Canvas, hole: Hole, number: int, before: str) -> str:
        """What will stand in the hole: the script's next text for it, else something made up."""
        key = next((key for key in (canvas.id, canvas.section) if key in self._texts), None)
        if key is None:
            gap = " " if before and not before[-1].isspace() else ""
            return gap + _made_up(canvas, hole, number)
        texts = self._texts[key]
        if isinstance(texts, str):
            return texts
        turn = min(self._used[key], len(texts) - 1)
        self._used[key] += 1
        return texts[turn] if texts else ""


def _slot(hole: Hole, text: str) -> _Slot:
    """A hole with its text cut to what it may take."""
    if hole.close == "line":
        text = (text.strip("\r\n").splitlines() or [""])[0]
    tokens = _TOKEN.findall(text)
    if len(tokens) > hole.limit:
        return _Slot(hole, tokens[: hole.limit], "length")
    ending: Ending = "line" if hole.close == "line" else "sentence" if _CLOSED.search(text) else "eos"
    return _Slot(hole, tokens, ending)


def _made_up(canvas: Canvas, hole: Hole, number: int) -> str:
    """Text for a hole without a script; another one where it would be banned."""
    banned = {text.strip() for text in hole.ban}
    write = {"sentence": prose, "line": heading, "span": phrase, "block": statements}[hole.close]
    for attempt in range(len(banned) + 1):
        text = write(canvas.section, canvas.seed + 1009 * number + 1_000_003 * attempt, hole.width)
        if text.strip() not in banned:
            return text
    return ""


def _capabilities(texts: Texts) -> Capabilities:
    digest = hashlib.sha256(repr(sorted(texts.items())).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Capabilities(
        name="scripted", context=100_000, tokens_per_word=1.0, infill="canvas", fingerprint=f"scripted-{digest}"
    )


def _failures(fail: str | Collection[str] | Mapping[str, int] | None) -> Counter[str]:
    always = 1_000_000_000
    if isinstance(fail, Mapping):
        return Counter(dict(fail))
    return Counter({section: always for section in ([fail] if isinstance(fail, str) else fail or ())})


def open_backend(target: str) -> ScriptedBackend:
    """The backend of `scripted:FILE`, a YAML or JSON mapping of section ids to a text or a list of texts.

    `scripted:` alone makes everything up. Raises FileError when the file cannot be read or holds something else.
    """
    if not target.strip():
        return ScriptedBackend()
    script = read_yaml(Path(target).expanduser())
    if not isinstance(script, dict):
        raise FileError(f"{target} must map section ids to texts: 'causes: The coast ...'", about=target)
    return ScriptedBackend({section: _texts(section, value, target) for section, value in script.items()})


def _texts(section: str, value: Plain, target: str) -> str | list[str]:
    if value is None or isinstance(value, str):
        return value or ""
    texts = [text for text in value if isinstance(text, str)]
    if isinstance(value, dict) or not texts or len(texts) < len(value):
        raise FileError(f"{target}: '{section}' must be a text or a list of texts", about=target)
    return texts

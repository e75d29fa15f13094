"""The seams: Planner, Backend, Detector and Retriever, one main method each.

Whatever has these methods fits: nothing has to be subclassed or registered, and the doubles in `hierdiff.testing` are
made the same way.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from pydantic import Field

from hierdiff.canvas import Canvas
from hierdiff.document import Cost, Document, Draft
from hierdiff.evidence import Passage
from hierdiff.findings import Finding
from hierdiff.outline import Outline, Section
from hierdiff.request import Request
from hierdiff.spans import Span
from hierdiff.values import Value


class Capabilities(Value):
    """What a backend can do, as far as the run has to know.

    `rows` canvases at once pay off; `comfortable` tokens are the largest canvas it writes well; `context` tokens is the
    most that context and canvas may take together. `tokens_per_word` is measured on its own tokenizer. `infill` says
    how text after a hole is known to it: on the canvas itself, in a window of it, moved before the hole, through the
    prompt, or not at all. `fingerprint`
    changes whenever the same canvas might be filled differently. `resident` tokens of canvases may be open at once,
    however many canvases that are; None is `rows` canvases of a comfortable size.
    """

    name: str
    rows: int = Field(default=8, ge=1)
    comfortable: int = Field(default=512, ge=1)
    context: int = Field(default=2048, ge=1)
    tokens_per_word: float = Field(default=1.35, gt=0)
    infill: Literal["canvas", "window", "reorder", "prompt", "fim", "edit", "none"] = "prompt"
    noise: Literal["absorbing", "uniform", "none"] = "absorbing"
    scores: bool = True
    fingerprint: str = ""
    resident: int | None = Field(default=None, ge=1)


Way = Literal["left", "suffix", "stride"]
"""What a scored token is given: the text before it, that and the text that follows (in the prompt), or both sides with
the token itself hidden."""


class TokenScore(Value):
    """One token of a scored text: its characters `start..stop` and the natural logarithm of its probability."""

    start: int
    stop: int
    logprob: float


@runtime_checkable
class Backend(Protocol):
    """Fills canvases. Closing a `fill` iterator early withdraws its canvas: the backend stops working on it at once."""

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        ...

    @property
    def cost(self) -> Cost:
        """The work done since the backend was opened."""
        ...

    def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        """The same canvas again and again, with ever fewer holes; the last one has none. Raises BackendError."""
        ...

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        """How likely each token of the canvas's text is, given its context. `way` says what else it is given; None is
        what the backend does best. `within` limits the answer to the tokens that meet a span of the text."""
        ...

    async def close(self) -> None:
        """Withdraw everything and let go of threads, memory and connections. May be called twice."""
        ...


@runtime_checkable
class Planner(Protocol):
    """Makes the outline. May use the backend: an outline can be a canvas, too."""

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The plan. Raises PlannerError when none can be had, OutlineError when a given one is wrong."""
        ...


@runtime_checkable
class Amends(Protocol):
    """What a planner may have besides `plan`: it changes the plan when drafts bring something new."""

    async def amend(self, outline: Outline, drafts: Mapping[str, Draft]) -> Outline | None:
        """The plan with sections that are not begun added, dropped or re-aimed; None leaves it as it is."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Finds what is wrong with a document, and where. Never changes anything."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        ...


@runtime_checkable
class Judge(Protocol):
    """Weighs findings where rules do not decide, by asking a model. Never changes a document."""

    async def weigh(self, document: Document, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings again, with votes for those that the judge agrees with and a lean to one side where it has one;
        and what it has found itself, soft. Raises BackendError where the model cannot be asked."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Finds what a section may be written from, and cite. Asked for several sections at the same time."""

    async def find(self, section: Section, k: int) -> list[Passage]:
        """At most `k` passages that fit the section, the most relevant first; none is a good answer, too."""
        ...

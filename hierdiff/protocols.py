"""The seams: Planner, Backend, Detector and Retriever, one main method each.

Whatever has these methods fits: nothing has to be subclassed or registered, and the doubles in `hierdiff.testing` are
made the same way.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Literal, Protocol, runtime_checkable

from pydantic import Field

from hierdiff.canvas import Canvas
from hierdiff.document import Cost, Document
from hierdiff.evidence import Passage
from hierdiff.findings import Finding
from hierdiff.outline import Outline, Section
from hierdiff.request import Request
from hierdiff.values import Value


class Capabilities(Value):
    """What a backend can do, as far as the run has to know.

    `rows` canvases at once pay off; `comfortable` tokens are the largest canvas it writes well; `context` tokens is the
    most that context and canvas may take together. `tokens_per_word` is measured on its own tokenizer. `infill` says
    how text after a hole is known to it: on the canvas itself, in a window of it, moved before the hole, through the
    prompt, or not at all. `fingerprint`
    changes whenever the same canvas might be filled differently.
    """

    name: str
    rows: int = Field(default=8, ge=1)
    comfortable: int = Field(default=512, ge=1)
    context: int = Field(default=2048, ge=1)
    tokens_per_word: float = Field(default=1.35, gt=0)
    infill: Literal["canvas", "window", "reorder", "prompt", "none"] = "prompt"
    noise: Literal["absorbing", "uniform", "none"] = "absorbing"
    fingerprint: str = ""


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

    async def score(self, canvas: Canvas) -> Sequence[TokenScore]:
        """How likely each token of the canvas's text is, given its context and what stands before it."""
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
class Detector(Protocol):
    """Finds what is wrong with a document, and where. Never changes anything."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Finds what a section may be written from, and cite. Asked for several sections at the same time."""

    async def find(self, section: Section, k: int) -> list[Passage]:
        """At most `k` passages that fit the section, the most relevant first; none is a good answer, too."""
        ...

"""Events: what happens in a run, as one tagged union.

A run is a stream of these and nothing else; the terminal, the store, the report and a server read the same stream.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from hierdiff.document import Cost, Document, Draft
from hierdiff.evidence import Evidence
from hierdiff.findings import Finding, Revision
from hierdiff.outline import Outline
from hierdiff.protocols import Capabilities
from hierdiff.request import Request
from hierdiff.values import Value


class Planned(Value):
    """The outline stands: what will be written, in which order, how long, and from which passages."""

    type: Literal["planned"] = "planned"
    run: str
    request: Request
    outline: Outline
    backend: Capabilities
    evidence: Evidence = Field(default_factory=Evidence)


class Quoted(Value):
    """What the plan will take, said before it starts: tokens to generate, and the steps that no batching can save."""

    type: Literal["quoted"] = "quoted"
    tokens: int
    canvases: int
    critical_tokens: int


class Opened(Value):
    """A canvas was opened. `width` is the number of tokens wanted."""

    type: Literal["opened"] = "opened"
    canvas: str
    section: str
    width: int


class Stepped(Value):
    """A canvas has fewer holes than before: `text` is all of it that stands now, `tokens` the number filled in."""

    type: Literal["stepped"] = "stepped"
    canvas: str
    section: str
    tokens: int
    width: int
    text: str


class Drafted(Value):
    """A section's draft is finished."""

    type: Literal["drafted"] = "drafted"
    draft: Draft
    seconds: float


class Found(Value):
    """A detector found something wrong. `round` counts passes of detection from 1."""

    type: Literal["found"] = "found"
    finding: Finding
    round: int


class Renoised(Value):
    """Spans were opened again: candidates for them are being denoised."""

    type: Literal["renoised"] = "renoised"
    section: str
    start: int
    stop: int
    before: str
    candidates: int


class Accepted(Value):
    """A revision passed the gate and stands in the document."""

    type: Literal["accepted"] = "accepted"
    revision: Revision


class RolledBack(Value):
    """A revision did not pass the gate; the document is as it was before it."""

    type: Literal["rolled_back"] = "rolled_back"
    revision: Revision


class Finished(Value):
    """The run is over and this is its document. `stopped` is true when it was cut short and sections may be missing."""

    type: Literal["finished"] = "finished"
    document: Document
    cost: Cost
    stopped: bool = False


class Failed(Value):
    """The run failed. `error` is the class of the error, `about` what it happened to."""

    type: Literal["failed"] = "failed"
    error: str
    message: str
    about: str | None = None


Event = Annotated[
    Planned | Quoted | Opened | Stepped | Drafted | Found | Renoised | Accepted | RolledBack | Finished | Failed,
    Field(discriminator="type"),
]

events: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes any event: `events.validate_json(line)`, `events.dump_json(event)`."""

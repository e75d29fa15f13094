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
    """What the plan will take, said before it starts: tokens to generate, and the steps that no batching can save.

    `forwards` is the most that it takes at one token a canvas and forward, `resident_tokens` the most that are open at
    once, `critical` the sections on the longest way. `seconds` is a range, or None where nothing is known to rest it
    on; `basis` says what it rests on.
    """

    type: Literal["quoted"] = "quoted"
    tokens: int
    canvases: int
    critical_tokens: int
    critical: tuple[str, ...] = ()
    forwards: int = 0
    resident_tokens: int = 0
    seconds: tuple[float, float] | None = None
    basis: str = ""


class Opened(Value):
    """A canvas was opened. `width` is the number of tokens wanted; `fused` are the other sections on the same canvas,
    `guesses` the sections whose text it did not wait for."""

    type: Literal["opened"] = "opened"
    canvas: str
    section: str
    width: int
    fused: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()


class Retried(Value):
    """A canvas failed, or its text is no good (`why`), and is written again: `way` is `again` (same seed), `seed` (a
    new one) or `halves`; `attempt` counts from 1."""

    type: Literal["retried"] = "retried"
    section: str
    why: str
    way: Literal["again", "seed", "halves"]
    attempt: int


class Kept(Value):
    """None of `tries` texts is good; the best of them stands. `why` says what is wrong with it."""

    type: Literal["kept"] = "kept"
    section: str
    why: str
    tries: int


class Lost(Value):
    """A section could not be written; the others are. `error` is the class of the error."""

    type: Literal["lost"] = "lost"
    section: str
    error: str
    message: str


class Moved(Value):
    """Sections came out shorter or longer than planned by `words` together; `budgets` are the new ones of those that
    are not begun."""

    type: Literal["moved"] = "moved"
    words: int
    budgets: dict[str, int]


class Realised(Value):
    """What an item is was read in the draft of its owner; `told` is what was expected of it, if anything was."""

    type: Literal["realised"] = "realised"
    item: str
    section: str
    value: str
    told: str | None = None


class Amended(Value):
    """The planner has changed the plan, or tried to: without an `outline` it was refused, and `reason` says why."""

    type: Literal["amended"] = "amended"
    reason: str
    outline: Outline | None = None


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


class Corrected(Value):
    """A draft was begun on a guess that came out otherwise: only the spans that cite `item` were written again.
    `revisions` count characters in the draft as it stood before each; `draft` is what stands now."""

    type: Literal["corrected"] = "corrected"
    section: str
    item: str
    told: str
    value: str
    revisions: tuple[Revision, ...]
    draft: Draft


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
    """The run is over and this is its document. `stopped` is true when it was cut short and sections may be missing.
    `quoted` is what was said before it began, to be held against `cost`."""

    type: Literal["finished"] = "finished"
    document: Document
    cost: Cost
    stopped: bool = False
    quoted: Quoted | None = None


class Failed(Value):
    """The run failed. `error` is the class of the error, `about` what it happened to."""

    type: Literal["failed"] = "failed"
    error: str
    message: str
    about: str | None = None


Event = Annotated[
    Planned
    | Quoted
    | Opened
    | Retried
    | Kept
    | Lost
    | Moved
    | Realised
    | Amended
    | Stepped
    | Drafted
    | Corrected
    | Found
    | Renoised
    | Accepted
    | RolledBack
    | Finished
    | Failed,
    Field(discriminator="type"),
]

events: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes any event: `events.validate_json(line)`, `events.dump_json(event)`."""

"""Finding and Revision: what is wrong with a document, and what was done about it."""

from typing import Literal

from pydantic import Field

from hierdiff.spans import Quote, Span
from hierdiff.values import Value

Method = Literal["renoise", "splice", "fim", "edit", "rewrite"]


class Finding(Value):
    """Spans that contradict each other, the ledger or the document's form.

    `spans` are the characters that ought to change, `against` those that they contradict and that stand; `expected`
    is the text that ought to stand in each span (also "" for: nothing), or None where only a model can know it.
    `instead` is what would have to stand in `against` if that side were the wrong one; it is given only where nothing
    but the order in the text decided. A `hard` finding acts alone; a soft one is a hint that needs a second vote:
    `votes` says who agreed. `lean` is how much more likely, in nats, a model holds it that `spans` are wrong than that
    `against` are.
    """

    detector: str
    kind: str
    section: str
    spans: tuple[Quote, ...] = Field(min_length=1)
    reason: str
    expected: str | None = None
    against: tuple[Quote, ...] = ()
    instead: str | None = None
    hard: bool = True
    votes: tuple[str, ...] = ()
    lean: float = 0.0


class Revision(Value):
    """One span rewritten, or not: before, after, why, how, and the figures that decided it.

    `start..stop` is the span in the text as it stood before this revision; `section` the section it lies in.
    """

    start: int = Field(ge=0)
    stop: int = Field(ge=0)
    section: str
    before: str
    after: str
    reason: str
    method: Method
    accepted: bool
    verdict: str = ""
    figures: dict[str, float] = Field(default_factory=dict)

    @property
    def span(self) -> Span:
        """Where the revision was made."""
        return Span(start=self.start, stop=self.stop)

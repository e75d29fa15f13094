"""Request: what the user wants, before anything is planned."""

from typing import Literal

from pydantic import Field, field_validator

from hierdiff.errors import RequestError
from hierdiff.ledger import Ledger
from hierdiff.spans import printable
from hierdiff.values import Value

Kind = Literal["report", "code"]
Mode = Literal["dag", "sequential", "flat", "blind"]

LEAST_WORDS, MOST_WORDS = 50, 200_000


class Request(Value):
    """Goal, kind, length in words, audience, style, facts and seed of one document.

    `mode` is how the sections are written: `dag` (whatever is ready, at once), `sequential` (one after another in
    reading order), `flat` (the whole document on one canvas), `blind` (at once, none knowing of the others).
    """

    goal: str
    kind: Kind = "report"
    words: int = 1200
    audience: str = ""
    style: str = ""
    facts: Ledger = Field(default_factory=Ledger)
    seed: int = Field(default=0, ge=0)
    mode: Mode = "dag"

    @field_validator("goal")
    @classmethod
    def _some_goal(cls, goal: str) -> str:
        goal = printable(goal)
        if not goal:
            raise RequestError("the goal is empty; say in a sentence what the document is to be about")
        if len(goal) > 4000:
            raise RequestError(f"the goal has {len(goal)} characters; keep it under 4000 and put detail in an outline")
        return goal

    @field_validator("words")
    @classmethod
    def _possible_length(cls, words: int) -> int:
        if not LEAST_WORDS <= words <= MOST_WORDS:
            raise RequestError(f"words must be between {LEAST_WORDS} and {MOST_WORDS:,}, not {words:,}")
        return words

"""Parts: what a row's script is made of, tokens that stand and holes."""

from dataclasses import dataclass, field

from hierdiff_torch.closing import Closing
from hierdiff_torch.sampling import Sampling


@dataclass(slots=True, eq=False)
class HolePart:
    """A hole of the script: how it closes, how it is sampled, and the tokens it holds so far.

    At its limit it may be cut back to `rest` tokens, its last sentence end. Its first `base` tokens are not in the open
    region any more. With `truth`, nothing is drawn: those tokens are put there, and the log-probability that the model
    gives each of them is what `confidence` holds.
    """

    closing: Closing
    sampling: Sampling
    tokens: list[int] = field(default_factory=list[int])
    confidence: list[float] = field(default_factory=list[float])
    closed: bool = False
    ending: str = ""
    rest: int = 0
    base: int = 0
    truth: tuple[int, ...] = ()

    @property
    def standing(self) -> list[int]:
        """The tokens that will be there whatever comes: what may yet be cut back is not shown."""
        return self.tokens[: None if self.closed else self.closing.standing(self.tokens, self.rest)]

    @property
    def left(self) -> int:
        """How many tokens it may still take."""
        return max(0, self.closing.limit - len(self.tokens))

    def take(self, token: int, sure: float) -> str:
        """Add a token; why the hole is closed by it, or an empty text."""
        self.tokens.append(token)
        self.confidence.append(sure)
        if self.closing.rests(self.tokens):
            self.rest = len(self.tokens)
        return self.closing.closed(self.tokens)

    def close(self, ending: str) -> int:
        """Close it and cut it back as its closing asks; how many tokens were cut off."""
        keep = self.closing.kept(self.tokens, ending)
        lost = len(self.tokens) - keep
        del self.tokens[keep:], self.confidence[keep:]
        self.closed, self.ending = True, ending
        return lost


@dataclass(slots=True, eq=False)
class InkPart:
    """Tokens of the script that stand."""

    tokens: list[int]


Part = InkPart | HolePart

"""Family: what the engine has to know of a model, as data."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Chat:
    """How a family writes a conversation: what stands before and after each role's text. Markers may be special tokens;
    what stands between them is always plain text."""

    system: tuple[str, str] = ("", "\n\n")
    user: tuple[str, str] = ("", "\n\n")
    assistant: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of models.

    `block` tokens are denoised at a time. With `shift` the logits at a position belong to the next one (as in an
    autoregressive model); block 1 with shift is the autoregressive limit of block diffusion and needs no `mask` token.
    `kept` says how a finished block is run for the cache: `causal` (each token sees those before it) or `block` (the
    tokens of a block see each other).
    """

    name: str
    block: int = 1
    shift: bool = True
    mask: int | None = None
    kept: Literal["causal", "block"] = "causal"
    eos: tuple[int, ...] = ()
    chat: Chat = field(default_factory=Chat)
    context: int = 2048
    comfortable: int = 512

    def __post_init__(self) -> None:
        if self.block < 1:
            raise ValueError(f"block must be at least 1, not {self.block}")
        if self.mask is None and not (self.block == 1 and self.shift):
            raise ValueError(f"family '{self.name}' has no mask token: only block 1 with shifted logits can do without")

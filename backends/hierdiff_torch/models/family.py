"""Family: what the engine has to know of a model, as data."""

from dataclasses import dataclass, field
from typing import Literal

from hierdiff_torch.denoising import Attention, Denoising, Origin, Verify
from hierdiff_torch.policies import Policy, Threshold
from hierdiff_torch.policies.insdel import InsertionDeletion
from hierdiff_torch.uniform import Uniform

Noise = Literal["absorbing", "uniform"]


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

    `block` tokens are denoised at a time; 0, with `full` attention only, says that the model knows no blocks. With
    `shift` the logits at a position belong to the next one (as in an autoregressive model); block 1 with shift is the
    autoregressive limit of block diffusion and needs no `mask` token. `kept` says how a finished block is run for the
    cache: `causal` (each token sees those before it) or `block` (the tokens of a block see each other).

    `attention` says what a token sees of the text, the prompt included: what stands before it (`causal`), that and all
    of its own block (`block`), or everything (`full`). `origin` says where blocks are counted from: the first token of
    all (`absolute`) or the first one after the prompt (`canvas`). `noise` is what holes are made of: a mask token
    (`absorbing`) or random tokens (`uniform`).

    With `sub` a block is filled in parts of so many tokens, and with `lead` the last logits of a finished block give
    the first token of the next one (both are Fast-dLLM v2's). `policy` is the family's own way to choose what is
    committed; `verify` says whether the causal stream, if it is another model (an adapter's base), has to agree,
    and `onset` that a hole which sees what follows it was trained together with the place before it.
    `uniform` and `rewriting` stand in its stead for random tokens and for blocks whose tokens may move.
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
    noise: Noise = "absorbing"
    attention: Attention = "causal"
    origin: Origin = "canvas"
    sub: int = 0
    lead: bool = False
    policy: Policy = field(default_factory=Threshold)
    uniform: Uniform | None = None
    rewriting: InsertionDeletion | None = None
    verify: Verify = "off"
    onset: bool = False

    def __post_init__(self) -> None:
        if self.block < 1 and (self.block, self.attention) != (0, "full"):
            raise ValueError(f"block must be at least 1, not {self.block}")
        if self.uniform is not None and self.shift:
            raise ValueError(f"family '{self.name}': random tokens are denoised where they stand, not shifted")
        if self.mask is None and self.uniform is None and not (self.block == 1 and self.shift):
            raise ValueError(f"family '{self.name}' has no mask token: only block 1 with shifted logits can do without")

    @property
    def denoising(self) -> Denoising:
        """How the family is denoised if nobody says otherwise."""
        return Denoising(
            policy=self.policy,
            block=self.block,
            origin=self.origin,
            sub=self.sub,
            attention=self.attention,
            kept=self.kept,
            shift=self.shift,
            lead=self.lead,
            uniform=self.uniform,
            rewriting=self.rewriting,
            verify=self.verify,
            onset=self.onset,
        )

"""Adapter: what makes a diffusion model of an autoregressive one whose weights stay as they are.

Two streams run through one network. Text that stands is the clean stream: it runs through the base alone, so its keys,
values and likelihoods are exactly the base's. Places that are denoised are the noisy stream: there every linear layer
adds a product of low rank (LoRA, arXiv 2106.09685), and a mask is a learned embedding. Weights that are gated by stream
are I-DLM's; a clean cache that a canvas reads is the shape of DiffusionGemma.
"""

import threading
from dataclasses import dataclass, field
from typing import cast, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MASK_NAME = "mask"


@final
class Noisy(threading.local):
    """Which tokens of the forward that runs now belong to the noisy stream: those at `index` of the packed sequence (a
    slice where they lie together, which is cheaper), or `all` of them. Each thread has its own answer, so that several
    engines may run one model."""

    all: bool = False
    index: Tensor | slice | None = None


@final
class LowRank(nn.Module):
    """A linear layer, and for noisy tokens what the adapter adds to it: `up (out, rank) @ down (rank, in)`."""

    def __init__(self, base: nn.Linear, down: Tensor, up: Tensor, noisy: Noisy) -> None:
        super().__init__()
        self.base, self.noisy = base, noisy
        self.down, self.up = nn.Parameter(down), nn.Parameter(up)

    def forward(self, hidden: Tensor) -> Tensor:
        """`(..., in)` to `(..., out)`."""
        out = self.base(hidden)
        if self.noisy.all:
            return out + self._added(hidden)
        index = self.noisy.index
        if isinstance(index, slice):
            out[0, index] += self._added(hidden[0, index])
        elif index is not None:
            out[0].index_add_(0, index, self._added(hidden[0].index_select(0, index)))
        return out

    def _added(self, hidden: Tensor) -> Tensor:
        return F.linear(F.linear(hidden, self.down.to(hidden.dtype)), self.up.to(hidden.dtype))


@final
class Masks(nn.Module):
    """The embedding with one token more, the mask: the first id that the vocabulary does not have."""

    def __init__(self, base: nn.Embedding, mask: Tensor) -> None:
        super().__init__()
        self.base, self.mask = base, nn.Parameter(mask)

    @property
    def weight(self) -> Tensor:
        """The embedding of the vocabulary itself."""
        return self.base.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """`(...)` to `(..., width)`."""
        last = self.base.num_embeddings - 1
        known = self.base(tokens.clamp(max=last))
        return torch.where((tokens > last).unsqueeze(-1), self.mask.to(known.dtype), known)


@dataclass(slots=True)
class Adapter:
    """The adapter of one loaded model: its parameters by name, and the switch that says where it is active."""

    rank: int
    noisy: Noisy
    parameters: dict[str, nn.Parameter] = field(default_factory=dict[str, nn.Parameter])

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What a file of it holds."""
        return {name: parameter.detach() for name, parameter in self.parameters.items()}


def linears(body: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers of a body, by name."""
    return {name: module for name, module in body.named_modules() if isinstance(module, nn.Linear)}


def blank(body: nn.Module, rank: int, seed: int) -> dict[str, Tensor]:
    """The tensors of an adapter that changes nothing yet, in float32. A mask begins as the mean of all embeddings."""
    draws = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for name, layer in linears(body).items():
        bound = layer.in_features**-0.5
        tensors[f"{name}.down"] = (torch.rand(rank, layer.in_features, generator=draws) * 2 - 1) * bound
        tensors[f"{name}.up"] = torch.zeros(layer.out_features, rank)
    embedding = cast(nn.Embedding, body.get_submodule("embed_tokens"))
    tensors[MASK_NAME] = embedding.weight.detach().float().mean(0).cpu()
    return tensors


def attach(body: nn.Module, tensors: dict[str, Tensor]) -> Adapter:
    """Put an adapter into a body in place. Raises KeyError or ValueError if it was made for another one."""
    layers = linears(body)
    wanted = {f"{name}.{part}" for name in layers for part in ("down", "up")} | {MASK_NAME}
    if wanted != set(tensors):
        raise KeyError(", ".join(sorted(wanted ^ set(tensors))[:3]))
    noisy = Noisy()
    adapter = Adapter(tensors[f"{next(iter(layers))}.down"].shape[0], noisy)
    for name, layer in layers.items():
        down, up = tensors[f"{name}.down"], tensors[f"{name}.up"]
        shapes = (adapter.rank, layer.in_features), (layer.out_features, adapter.rank)
        if (tuple(down.shape), tuple(up.shape)) != shapes:
            raise ValueError(
                f"{name}: {tuple(down.shape)} and {tuple(up.shape)} instead of {shapes[0]} and {shapes[1]}"
            )
        added = LowRank(layer, down, up, noisy)
        _put(body, name, added)
        adapter.parameters |= {f"{name}.down": added.down, f"{name}.up": added.up}
    embedding = cast(nn.Embedding, body.get_submodule("embed_tokens"))
    if tuple(tensors[MASK_NAME].shape) != (embedding.embedding_dim,):
        raise ValueError(f"mask: {tuple(tensors[MASK_NAME].shape)} instead of ({embedding.embedding_dim},)")
    masks = Masks(embedding, tensors[MASK_NAME])
    _put(body, "embed_tokens", masks)
    adapter.parameters[MASK_NAME] = masks.mask
    return adapter


def _put(body: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(body.get_submodule(parent), leaf, module)

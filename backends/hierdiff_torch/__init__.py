"""The torch backend of hierdiff: block diffusion on a local model, many canvases in one batch."""

from collections.abc import Callable

from hierdiff_torch.backend import TorchBackend as TorchBackend
from hierdiff_torch.loading import DEFAULT as DEFAULT
from hierdiff_torch.loading import load as load


def open_backend(target: str = DEFAULT, *, told: Callable[[str, int, int], None] | None = None) -> TorchBackend:
    """The backend of `torch:TARGET`: `smol`, `tiny`, the path of a checkpoint, or its id on the Hugging Face hub. What
    is not there yet is fetched.

    `told` hears how far a download is; without it, its beginning and end are said on standard error.
    """
    return TorchBackend(load(target or DEFAULT, told=told))

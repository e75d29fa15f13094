"""The torch backend of hierdiff: block diffusion on a local model, many canvases in one batch."""

from collections.abc import Callable

from hierdiff_torch.backend import TorchBackend as TorchBackend
from hierdiff_torch.loading import DEFAULT as DEFAULT
from hierdiff_torch.loading import load as load


def open_backend(target: str = DEFAULT, *, told: Callable[[str, int, int], None] | None = None) -> TorchBackend:
    """The backend of `torch:TARGET`: `smol` (fetched if it is not there yet), `tiny`, or the path of a checkpoint.

    `told` hears how far a download is; without it, its beginning and end are said on standard error.
    """
    return TorchBackend(load(target or DEFAULT, told=told))

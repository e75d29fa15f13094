"""From the tensors in a checkpoint's files to those of the class: every one there, of the right shape, and none left.

Only headers are looked at. A mapping that forgets a tensor fails here, before anything large is read.
"""

from collections.abc import Mapping
from pathlib import Path

from hierdiff.errors import ModelError
from hierdiff_torch.models.families.recipe import Recipe
from hierdiff_torch.models.files import FORMATS, Source, Stored
from hierdiff_torch.models.native import Native, tied_head


def matched(model: Native, headers: Mapping[str, Stored], recipe: Recipe, folder: Path) -> dict[str, Source]:
    """What each tensor of the class is made of. Raises ModelError naming the tensor and, if there is one, the file."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    left = dict(headers)
    tied = tied_head(model)
    if tied is not None:
        del wanted[tied]
        left.pop(recipe.stored(tied), None)
    found: dict[str, Source] = {}
    for name, shape in wanted.items():
        parts = recipe.parts(name, shape[0]) if shape and name not in left else ()
        each = _shape_of_parts(shape, len(parts)) if parts else shape
        stored = tuple(fitting(_taken(left, theirs, folder), each) for theirs in parts or (recipe.stored(name),))
        found[name] = Source(stored, shape, exact=name.endswith(recipe.exact) if recipe.exact else False)
    unknown = sorted(name for name in left if not name.endswith(recipe.unneeded))
    if unknown:
        said = ", ".join(f"'{name}'" for name in unknown[:3]) + (f" and {len(unknown) - 3} more" * (len(unknown) > 3))
        file = left[unknown[0]].file
        raise ModelError(f"{file} has tensors that a '{recipe.name}' does not have: {said}", about=str(file))
    return found


def _shape_of_parts(shape: tuple[int, ...], parts: int) -> tuple[int, ...]:
    """The shape of one of the parts that, laid one below the other, make up a tensor `(experts, rows, columns)`."""
    return (shape[0] * shape[1] // parts, *shape[2:])


def _taken(left: dict[str, Stored], name: str, folder: Path) -> Stored:
    if name not in left:
        raise ModelError(f"{folder}: the tensor '{name}' is missing", about=str(folder))
    return left.pop(name)


def fitting(stored: Stored, shape: tuple[int, ...]) -> Stored:
    """The stored tensor, which must have this shape and a format that is read. Raises ModelError."""
    where = str(stored.file)
    if stored.shape != shape:
        raise ModelError(
            f"{where}: '{stored.name}' has shape {stored.shape}, config.json asks for {shape}", about=where
        )
    if stored.format not in FORMATS:
        raise ModelError(
            f"{where}: '{stored.name}' is stored as {stored.format}; read are {', '.join(FORMATS)}", about=where
        )
    return stored

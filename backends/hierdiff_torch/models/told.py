"""What is said of a checkpoint that its own files do not say: by a caller, or in `hierdiff.json` beside them.

    {"family": "stable-diffcoder", "mask": 5, "block": 4}

All fields are optional. `family` names one that looks like another (`stable-diffcoder` is configured as a Llama,
`llada2.1` as LLaDA2.0); `mask` is a token id; `block` a number of tokens, which makes of a family with full attention
one of blocks, as A2D's bd3lm are; `eos` a list of token ids that end a text, instead of those that the checkpoint's
files name; `threshold` and `edit` confidences between 0 and 1, of committing a token and of replacing a committed one;
`delete` and `split` the ids by which LLaDA2.2 deletes a place and opens one.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from tokenizers import Tokenizer

from hierdiff.errors import ModelError
from hierdiff_torch.models.files import TOLD, read_json


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller says of a checkpoint instead of its files: for those that do not say it themselves.

    A `block` makes a family of full attention one of blocks that are counted from the canvas, as A2D's bd3lm is.
    """

    tokenizer: Tokenizer | None = None
    mask: int | None = None
    block: int | None = None
    family: str | None = None
    edit: float | None = None
    threshold: float | None = None
    eos: tuple[int, ...] | None = None
    delete: int | None = None
    split: int | None = None


def told(folder: Path, given: Given | None) -> Given:
    """What the caller and `hierdiff.json` say together; the caller is believed first. Raises ModelError naming a field
    of the file that is not known or cannot be."""
    given = given or Given()
    path = folder / TOLD
    if not path.is_file():
        return given
    said = read_json(path)
    known = [one.name for one in fields(Given) if one.name != "tokenizer"]
    for name, value in said.items():
        if name not in known:
            raise ModelError(f"{path}: the field '{name}' is not known; known are {', '.join(known)}", about=str(path))
        if not _fits(name, value):
            raise ModelError(f"{path}: {name} {value!r} cannot be", about=str(path))
    if "eos" in said:
        said["eos"] = tuple(said["eos"])
    return replace(given, **{name: value for name, value in said.items() if getattr(given, name) is None})


def _fits(name: str, value: Any) -> bool:
    if name == "family":
        return isinstance(value, str)
    if name == "eos":
        return isinstance(value, list) and all(_whole(one) for one in cast(list[object], value))
    if name in ("edit", "threshold"):
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return _whole(value) and value >= (1 if name == "block" else 0)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

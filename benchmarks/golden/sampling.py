"""Sampling: the only place that knows how the engine is told to draw candidates."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Literal

from benchmarks.golden.case import Broken
from hierdiff_torch.sampling import Sampling

Noise = Literal["gumbel", "multinomial"]
Filters = Literal["top_k", "top_p"]

_NAMES = {one.name for one in fields(Sampling)}


def sampling(
    temperature: float,
    *,
    noise: Noise = "gumbel",
    top_k: int = 0,
    top_p: float = 1.0,
    first: Filters = "top_k",
    filtered: bool = False,
    suppressed: Iterable[int] = (),
    unsure: Iterable[int] = (),
) -> Sampling:
    """How candidates are drawn: with which noise, from how many (the filter `first` comes first), and whether their
    probability is that of the filtered distribution. `suppressed` ids are never drawn, `unsure` ones are worth
    nothing."""
    wanted: dict[str, Any] = {"temperature": float(temperature), "top_k": top_k, "top_p": top_p}
    wanted |= {"penalty": 1.0, "ngram": 0}
    others: dict[str, Any] = {
        "noise": noise,
        "filtered": filtered,
        "filters": ("top_p", "top_k") if first == "top_p" else ("top_k", "top_p"),
        "suppressed": tuple(sorted(suppressed)),
        "unsure": tuple(sorted(unsure)),
    }
    plain = {"noise": "gumbel", "filtered": False, "filters": ("top_k", "top_p")}
    for name, value in others.items():
        if name in _NAMES:
            wanted[name] = value
        elif value != plain.get(name, ()) and (temperature > 0 or name in ("suppressed", "unsure")):
            raise Broken(f"the engine's sampling has no {name}")
    return Sampling(**wanted)

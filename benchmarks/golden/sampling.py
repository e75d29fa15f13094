"""Sampling: how the reference samplers draw candidates, in the words of the engine."""

from collections.abc import Iterable

from hierdiff_torch.filters import Filter
from hierdiff_torch.sampling import Noise, Sampling


def sampling(
    temperature: float,
    *,
    noise: Noise = "gumbel",
    top_k: int = 0,
    top_p: float = 1.0,
    first: Filter = "top_k",
    filtered: bool = False,
    suppressed: Iterable[int] = (),
    unsure: Iterable[int] = (),
) -> Sampling:
    """How candidates are drawn: with which noise, from how many (the filter `first` comes first), and whether their
    probability is that of the filtered distribution. `suppressed` ids are never drawn, `unsure` ones are worth
    nothing. What is said already lowers nothing."""
    return Sampling(
        temperature=float(temperature),
        top_k=top_k,
        top_p=top_p,
        penalty=1.0,
        ngram=0,
        noise=noise,
        filters=("top_p", "top_k") if first == "top_p" else ("top_k", "top_p"),
        filtered=filtered,
        suppressed=tuple(sorted(suppressed)),
        unsure=tuple(sorted(unsure)),
    )

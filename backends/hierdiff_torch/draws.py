"""Draws: where a row's chance comes from.

Every row has draws of its own, so that its tokens depend on nothing but itself. Shapes, number formats and the order of
calls are those of the families' reference samplers, so that one seed gives what theirs gives.
"""

from collections.abc import Sequence
from typing import Protocol, final

import torch
from torch import Tensor


class Draws(Protocol):
    """Random numbers on the CPU, in the order they are asked for."""

    def uniform(self, places: int, vocabulary: int) -> Tensor:
        """Uniform in [0, 1), float64 `(places, vocabulary)`: the noise of Gumbel sampling."""
        ...

    def uniform32(self, places: int, width: int) -> Tensor:
        """Uniform in [0, 1), float32 `(places, width)`: the noise of nucleus sampling."""
        ...

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """Exponential with rate 1, float32 `(places, vocabulary)`: what `torch.multinomial` divides by."""
        ...

    def ranks(self, places: int) -> Tensor:
        """Uniform in [0, 1), float32 `(places,)`: a random order of places."""
        ...

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """Uniform token ids, int64 `(places,)`: uniform noise."""
        ...

    def successes(self, count: int, chance: float) -> int:
        """Of `count` trials with this chance, how many succeed."""
        ...


@final
class Seeded:
    """Draws from one generator."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._generator = torch.Generator().manual_seed(seed)
        self._apart = torch.Generator()

    def uniform(self, places: int, vocabulary: int) -> Tensor:
        """Uniform in [0, 1), float64."""
        return torch.rand((places, vocabulary), dtype=torch.float64, generator=self._generator)

    def uniform32(self, places: int, width: int) -> Tensor:
        """Uniform in [0, 1), float32."""
        return torch.rand((places, width), generator=self._generator)

    def keyed(self, key: int, vocabulary: int) -> Tensor:
        """Uniform in [0, 1), float32 `(vocabulary,)`, always the same for a key, whatever was drawn before."""
        self._apart.manual_seed((self._seed * 1_000_003 + key * 7_919 + 1) % 2**63)
        return torch.rand(vocabulary, generator=self._apart)

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """Exponential with rate 1, float32."""
        return torch.empty(places, vocabulary).exponential_(1, generator=self._generator)

    def ranks(self, places: int) -> Tensor:
        """Uniform in [0, 1), float32."""
        return torch.rand(places, generator=self._generator)

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """Uniform token ids."""
        return torch.randint(0, vocabulary, (places,), generator=self._generator)

    def successes(self, count: int, chance: float) -> int:
        """Successes of a binomial draw."""
        trials = torch.tensor((float(count), chance), dtype=torch.float64)
        drawn = torch.binomial(trials[0], trials[1], generator=self._generator)
        return int(drawn)


def keyed(draws: Draws, keys: Sequence[int], vocabulary: int) -> Tensor:
    """The noise that belongs to each key and token, `(keys, vocabulary)`. Raises TypeError for draws that replay those
    of a reference: they come in one order."""
    if not isinstance(draws, Seeded):
        raise TypeError(f"{type(draws).__name__} has no noise by key; verify blocks with draws that are Seeded")
    return torch.stack([draws.keyed(key, vocabulary) for key in keys])

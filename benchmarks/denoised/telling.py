"""What one way of writing gave: its cells in the table, and its figures by name."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from benchmarks.common import spread
from benchmarks.denoised.measures import length_score, repeated
from benchmarks.denoised.writing import Wrote


@dataclass(slots=True)
class Told:
    """The sections of one way, beside the same ones written from left to right (`own`), their perplexity under the base
    and the words that each was asked to have."""

    header: ClassVar = (
        "tokens/forward",
        "kept/forward",
        "seconds / block 1's",
        "accepted",
        "perplexity",
        "/ block 1's",
        "4-grams again",
        "S_l",
        "tokens",
    )

    wrote: Sequence[Wrote]
    own: Sequence[Wrote]
    perplexity: float
    words: int

    @property
    def tokens(self) -> int:
        """Tokens that were committed."""
        return sum(one.tokens for one in self.wrote)

    @property
    def forwards(self) -> int:
        """Forwards, without those of shared prompts."""
        return max(1, sum(one.forwards for one in self.wrote))

    @property
    def kept(self) -> int:
        """Tokens that stand in the texts."""
        return sum(one.kept for one in self.wrote)

    @property
    def accepted(self) -> float | None:
        """Share of the drafted tokens that the base let stand; None where it checked none."""
        checked = sum(one.checked for one in self.wrote)
        return sum(one.accepted for one in self.wrote) / checked if checked else None

    @property
    def times(self) -> list[float]:
        """Seconds a kept token over those of the same section from left to right."""
        return [
            (one.seconds / max(1, one.kept)) / (own.seconds / max(1, own.kept))
            for one, own in zip(self.wrote, self.own, strict=True)
        ]

    @property
    def repeated(self) -> float:
        """Share of 4-grams that stand earlier in their text."""
        return repeated([one.text for one in self.wrote])

    @property
    def length(self) -> float:
        """Mean S_l of the sections."""
        return statistics.mean(length_score(self.words, one.text) for one in self.wrote)

    def cells(self, own: "Told") -> list[str]:
        """The row under `header`."""
        return [
            f"{self.tokens / self.forwards:.2f}",
            f"{self.kept / self.forwards:.2f}",
            spread(self.times),
            "" if self.accepted is None else f"{self.accepted:.3f}",
            f"{self.perplexity:.2f}",
            f"{self.perplexity / own.perplexity:.3f}",
            f"{self.repeated:.4f}",
            f"{self.length:.1f}",
            f"{self.tokens:,}",
        ]

    def figures(self, end: str) -> dict[str, Any]:
        """The figures, each named with `end`."""
        found = {
            "tokens_per_forward": round(self.tokens / self.forwards, 3),
            "kept_per_forward": round(self.kept / self.forwards, 3),
            "seconds_per_token_ratio": round(statistics.median(self.times), 3),
            "ppl": round(self.perplexity, 3),
            "repeated4": round(self.repeated, 4),
            "length_score": round(self.length, 2),
        }
        if self.accepted is not None:
            found["verifier_acceptance"] = round(self.accepted, 4)
        return {f"{name}_{end}": value for name, value in found.items()}

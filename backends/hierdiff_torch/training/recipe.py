"""Recipe: everything that decides a training run, as data."""

from typing import Self

from pydantic import Field, model_validator

from hierdiff.values import Value


class Recipe(Value):
    """One conversion. A step takes `sequences` texts of at most `length` tokens. Each is noised `copies` times beside
    one clean forward, and where only a part is masked, twice with complementary masks.

    `blocks` and `weights` say which block sizes are drawn and how often; in the first third of the run only those up to
    `early`. `infill` is the share of texts whose holes see what follows them, half of them in one window with it, half
    with that text moved before the hole at its own positions. `whole` is the share of forwards with every place masked;
    the others mask a part between `least` and `most` of the places. `teacher` is the weight of the base's own
    distribution in the target, where a hole sees nothing of what follows. `padding` is the most end tokens after a
    section that has an end; `paired` the share of texts that come with a prompt, where there are both kinds.
    """

    rank: int = Field(default=32, ge=1, le=256)
    rate: float = Field(default=1e-3, gt=0, allow_inf_nan=False)
    warm: int = Field(default=20, ge=0)
    floor: float = Field(default=0.1, ge=0, le=1)
    steps: int = Field(default=320, ge=1)
    sequences: int = Field(default=4, ge=1)
    length: int = Field(default=224, ge=32)
    copies: int = Field(default=2, ge=1)
    blocks: tuple[int, ...] = (4, 8, 16, 32, 64)
    weights: tuple[float, ...] = (0.25, 0.4, 0.2, 0.1, 0.05)
    early: int = 8
    infill: float = Field(default=0.3, ge=0, le=1)
    reach: int = Field(default=16, ge=2)
    whole: float = Field(default=0.35, ge=0, le=1)
    least: float = 0.3
    most: float = 0.9
    teacher: float = Field(default=0.5, ge=0, le=1)
    padding: int = Field(default=10, ge=0)
    paired: float = Field(default=0.75, ge=0, le=1)
    seed: int = 0
    every: int = Field(default=40, ge=1)
    """Steps between two measurements on held-out texts, and between two saved states."""

    @model_validator(mode="after")
    def _paired_up(self) -> Self:
        if len(self.blocks) != len(self.weights) or not self.blocks or min(self.blocks) < 2:
            raise ValueError("every block size needs a weight, and is at least 2")
        return self

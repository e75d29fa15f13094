"""What a family says of a model, and the data by which it is denoised."""

from typing import Any

import pytest

from hierdiff_torch.models.family import Family
from hierdiff_torch.uniform import Uniform


def test_only_full_attention_knows_no_blocks() -> None:
    assert Family("any", block=0, mask=1, attention="full").block == 0
    with pytest.raises(ValueError, match="at least 1"):
        Family("any", block=0, mask=1, attention="block")


@pytest.mark.parametrize("fields", [{"block": 4}, {"block": 1, "shift": False}])
def test_what_has_no_mask_and_needs_one_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no mask token"):
        Family("any", **fields)
    own: dict[str, Any] = {**fields, "shift": False}
    assert Family("any", **own, uniform=Uniform(), noise="uniform").denoising.uniform == Uniform()


def test_random_tokens_are_not_shifted() -> None:
    with pytest.raises(ValueError, match="not shifted"):
        Family("any", block=4, shift=True, uniform=Uniform(), noise="uniform")


def test_a_family_is_denoised_as_it_says() -> None:
    how = Family(
        "any", block=8, mask=1, attention="block", origin="absolute", kept="block", shift=True, sub=4, lead=True
    )
    found = how.denoising
    assert (found.block, found.attention, found.origin, found.kept) == (8, "block", "absolute", "block")
    assert (found.shift, found.sub, found.lead, found.reuse, found.guidance) == (True, 4, True, "exact", 0.0)

"""What a family says of a model, and which families the engine must not be given yet."""

from typing import Any

import pytest
from torch_helpers.rows_of import as_family

from hierdiff.errors import NotYetError
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.models.family import Family


@pytest.mark.parametrize(
    ("fields", "beyond"),
    [
        ({}, ""),
        ({"kept": "block"}, ""),
        ({"attention": "full"}, "full attention"),
        ({"attention": "block"}, "block-causal prompts"),
        ({"origin": "absolute"}, "blocks counted from position 0"),
        ({"noise": "uniform"}, "uniform noise"),
    ],
)
def test_what_the_engine_cannot_do_is_said(fields: dict[str, Any], beyond: str) -> None:
    assert Family("any", block=4, mask=1, **fields).beyond == beyond


def test_only_full_attention_knows_no_blocks() -> None:
    assert Family("any", block=0, mask=1, attention="full").block == 0
    with pytest.raises(ValueError, match="at least 1"):
        Family("any", block=0, mask=1, attention="block")


def test_a_backend_refuses_what_its_engine_would_do_wrongly() -> None:
    model = as_family(block=4, shift=False, attention="full")
    with pytest.raises(
        NotYetError, match=r"'llama' are read and described.*\(full attention\) comes with a later"
    ) as raised:
        TorchBackend(model)
    assert raised.value.about == "tiny"

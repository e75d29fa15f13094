"""Torch tests: skipped as a whole where torch is not installed; one thread, which is faster for models this small."""

from collections.abc import Iterator

import pytest

from hierdiff.testing import no_network

torch = pytest.importorskip("torch")
torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="module")
def stay_here() -> Iterator[None]:
    """No test of this folder reaches beyond this machine (pip, which fetches the real model, is no part of it)."""
    with no_network() as refused:
        yield
    assert refused == []

"""Torch tests: skipped as a whole where torch is not installed; one thread, which is faster for models this small."""

import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

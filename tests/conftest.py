"""For all tests: nothing is read from or written to the home of whoever runs them; torch, where a test uses it, takes
one thread (models this small are slower with more, and much slower while something else runs beside them); and no test
fails for being slow on a busy machine."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_CACHE"] = f"{os.devnull}/hub"  # nothing can be read from there or made there
os.environ["HF_TOKEN_PATH"] = os.devnull
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # otherwise the hub's library asks it how to name whoever calls
os.environ.pop("HF_TOKEN", None)
settings.register_profile("hierdiff", deadline=None)
settings.load_profile("hierdiff")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for models and run logs, one for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HIERDIFF_HOME", str(folder))
    return folder

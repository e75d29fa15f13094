"""For all tests: nothing is read from or written to the home of whoever runs them."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for models and run logs, one for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HIERDIFF_HOME", str(folder))
    return folder

"""What documents and examples are run with: the default model is replaced, everything else is what it says.

`torch:smol` would have to be fetched and would take minutes. Where a document or an example opens it, by name or by
default, it is given a scripted double instead; other URIs, `torch:tiny` among them, are what they are.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hierdiff import plugins
from hierdiff.protocols import Backend
from hierdiff.testing import ScriptedBackend


@pytest.fixture
def no_default_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work in an empty folder, with a home of its own and a double for the default model; gives the folder."""
    really = plugins.load

    def load(group: str, name: str) -> Callable[..., Any]:
        if (group, name) != ("backends", "torch"):
            return really(group, name)

        def open_torch(target: str) -> Backend:
            return ScriptedBackend() if target in ("", "smol") else _one_thread(really(group, name))(target)

        return open_torch

    monkeypatch.setattr(plugins, "load", load)
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _one_thread(factory: Callable[..., Any]) -> Callable[..., Any]:
    """The torch backend on one thread, which is faster for a model of a few thousand weights."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return factory

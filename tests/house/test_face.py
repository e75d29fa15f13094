"""The names that users write, pinned: whoever changes one changes it here too, and in the changelog."""

import subprocess
import sys
import time
from typing import get_args

import hierdiff
import hierdiff.testing
from hierdiff import events, plugins

NAMES = [
    "Backend", "Canvas", "Capabilities", "Cost", "Detector", "Document", "Draft", "Edge", "Finding",
    "FolderRetriever", "HierdiffError", "Hole", "Ink", "Item", "Ledger", "MisuseError", "Outline", "Passage",
    "Planner", "Quote", "Request", "Retriever", "Revision", "RunError",
    "Section", "Settings", "Span", "Writer", "open_backend", "open_planner", "parse", "stream", "write", "write_sync",
]  # fmt: skip

EVENTS = [
    "planned", "quoted", "opened", "retried", "kept", "lost", "moved", "realised", "amended", "stepped", "drafted",
    "corrected", "found", "renoised", "accepted", "rolled_back", "finished", "failed",
]  # fmt: skip

DOUBLES = ["NetworkUsedError", "ScriptedBackend", "ScriptedPlanner", "check_backend", "no_network", "open_backend"]

MODULE = type(sys)


def public(module: object) -> list[str]:
    """The names of a module that users may take from it: what it means to give, and no submodule."""
    names = (name for name in vars(module) if not name.startswith("_"))
    return sorted(name for name in names if not isinstance(getattr(module, name), MODULE))


def test_the_public_names() -> None:
    assert public(hierdiff) == sorted(NAMES)


def test_every_public_name_says_what_it_is() -> None:
    assert [name for name in NAMES if not (getattr(hierdiff, name).__doc__ or "").strip()] == []


def test_the_names_of_the_events() -> None:
    union, _ = get_args(events.Event)
    assert [kind.model_fields["type"].default for kind in get_args(union)] == EVENTS


def test_the_public_doubles() -> None:
    assert sorted(hierdiff.testing.__all__) == DOUBLES


def test_the_installed_plugins() -> None:
    assert set(plugins.names("backends")) >= {"torch", "scripted"}
    assert set(plugins.names("planners")) >= {"manual", "scaffold"}
    assert set(plugins.names("commands")) >= {"models"}


def test_the_defaults() -> None:
    assert (plugins.DEFAULT_BACKEND, plugins.DEFAULT_PLANNER) == ("torch:smol", "scaffold")


def test_importing_it_is_quick_and_brings_no_model_library() -> None:
    """Measured inside a fresh interpreter; the best of three, because other work on the machine is not ours."""
    code = (
        "import sys, time; began = time.perf_counter(); import hierdiff; print(time.perf_counter() - began);"
        "print([name for name in ('torch', 'transformers', 'hierdiff_torch') if name in sys.modules])"
    )
    seconds: list[float] = []
    for _ in range(3):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        took, heavy = run.stdout.splitlines()
        assert heavy == "[]"
        seconds.append(float(took))
        if seconds[-1] < 1.5:
            break
        time.sleep(0.5)
    assert min(seconds) < 1.5

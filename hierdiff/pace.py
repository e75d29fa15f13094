"""Pace: how fast a backend is, from the logs of earlier runs, or from one short canvas filled for nothing else."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

from hierdiff.canvas import Canvas
from hierdiff.errors import BackendError, HierdiffError
from hierdiff.events import Event, Finished, Planned
from hierdiff.protocols import Backend, Capabilities
from hierdiff.quote import Pace
from hierdiff.store import Store, default_path

MOST_LOGS = 8
"""Logs that are looked at, the newest first."""
MEASURED = 24
"""Tokens of the canvas that is filled to measure."""


def past_pace(capabilities: Capabilities, folder: Path | None = None) -> Pace | None:
    """The pace of earlier runs on the same backend, by its fingerprint; None where no log tells of one. A log that
    cannot be read tells nothing."""
    folder = default_path("any").parent if folder is None else folder
    paces: list[float] = []
    for path in _newest(folder):
        try:
            with Store(path, make=False) as store:
                for run in store.runs()[-MOST_LOGS:]:
                    if (pace := _pace_of(store.events(run.id), capabilities)) is not None:
                        paces.append(pace)
        except HierdiffError:
            continue
    if not paces:
        return None
    runs = "1 earlier run" if len(paces) == 1 else f"{len(paces)} earlier runs"
    return Pace(basis=f"{runs} on {capabilities.name}", tokens_a_second=(min(paces), max(paces)))


async def measured_pace(backend: Backend) -> Pace:
    """The pace of one canvas of a few tokens, alone. Raises BackendError if it comes back empty."""
    canvas = Canvas.open("measure", width=MEASURED, shared="You write plain prose.", own="Explain how tides work.")
    last, started = canvas, time.perf_counter()
    async with aclosing(cast(AsyncGenerator[Canvas], backend.fill(canvas))) as states:
        async for state in states:
            last = state
    seconds = time.perf_counter() - started
    if not last.tokens:
        raise BackendError("the backend wrote nothing when its pace was measured", about="measure")
    basis = f"one canvas of {last.tokens} tokens, measured now: {seconds:.2f} s"
    return Pace(basis=basis, seconds_a_token=seconds / last.tokens)


def _newest(folder: Path) -> list[Path]:
    try:
        paths = [(path.stat().st_mtime, path) for path in folder.glob("*.db")]
    except OSError:
        return []
    return [path for _, path in sorted(paths, reverse=True)[:MOST_LOGS]]


def _pace_of(events: Sequence[Event], capabilities: Capabilities) -> float | None:
    """Tokens a second of a run that was finished on the same backend."""
    planned = next((event for event in events if isinstance(event, Planned)), None)
    last = events[-1] if events else None
    if planned is None or not isinstance(last, Finished) or last.stopped:
        return None
    one, other = planned.backend, capabilities
    same = (one.name, one.fingerprint, one.rows) == (other.name, other.fingerprint, other.rows)
    cost = last.cost
    return cost.tokens / cost.seconds if same and cost.tokens and cost.seconds > 0 else None

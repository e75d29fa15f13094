"""Recorder: puts a run's events into its log, and lets the run go on when that fails."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import final

from hierdiff.errors import StoreError
from hierdiff.events import Event, Planned
from hierdiff.store import Store, default_path


@final
class Recorder:
    """The log of one run: the file that was asked for, else one of its own under the user's home for runs.

    What is wrong with the file is raised when it is made. What goes wrong later is only said (`warn`): by then there is
    a document on its way, which is worth more than its log.
    """

    def __init__(self, path: Path | None, *, out: Path, warn: Callable[[str], None]) -> None:
        self._out, self._warn = out, warn
        self._store = None if path is None else Store(path)
        self._run = ""
        self._lost = False
        if path is None:
            _check_home()

    @property
    def path(self) -> Path | None:
        """The log's file; None while there is none, or when it could not be kept."""
        return None if self._lost or not self._run or self._store is None else self._store.path

    @property
    def run(self) -> str:
        """The run's id, empty before its outline stands."""
        return self._run

    def told(self, event: Event) -> None:
        """Log an event. What comes before the plan belongs to no run yet."""
        if self._lost or not (self._run or isinstance(event, Planned)):
            return
        try:
            if isinstance(event, Planned) and not self._run:
                self._begin(event)
            if self._store is not None:
                self._store.append(self._run, event)
        except StoreError as error:
            self._lost = True
            self._warn(f"{error} (the run goes on without a log)")

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()

    def _begin(self, event: Planned) -> None:
        self._run = event.run
        if self._store is None:
            self._store = Store(default_path(event.run))
        self._store.begin(event.run, event.request, out=self._out)


def _check_home() -> None:
    """Raise StoreError unless a log can be made where logs are kept."""
    folder = default_path("any").parent
    remedy = "give a file with --run, or set HIERDIFF_HOME to another folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise StoreError(f"no run can be logged under {folder}: {why}; {remedy}", about=str(folder)) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"no run can be logged under {folder}: it may only be read; {remedy}", about=str(folder))

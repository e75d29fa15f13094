"""Stopping: a signal ends a run between two moments at which its state is whole, never within one."""

import signal
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, Self, final

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@final
class Stopping(AbstractContextManager["Stopping"]):
    """While it is open SIGINT and SIGTERM raise KeyboardInterrupt, in `whole()` only at its end. Outside of the main
    thread, which alone is told of signals, it does nothing."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._depth, self._asked = 0, False

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            try:
                self._before[number] = signal.signal(number, self._hear)
            except ValueError:  # not the main thread
                break
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            if before is not None:  # else it was set by no Python, and cannot be given back
                signal.signal(number, before)

    @contextmanager
    def whole(self) -> Generator[None]:
        """What is done in it is done to its end."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._asked and not self._depth:
            self._asked = False
            raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self._depth:
            raise KeyboardInterrupt
        self._asked = True

"""EngineThread: the one thread that owns an engine."""

import threading
from collections import deque
from collections.abc import Callable
from typing import final

from hierdiff.errors import BackendError, HierdiffError
from hierdiff_torch.engine import Engine
from hierdiff_torch.rows import Row, State


@final
class EngineThread:
    """Steps the engine while it has rows and sleeps when it has none. Every method may be called from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._orders: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def add(self, row: Row) -> None:
        """Queue a row; if it cannot be taken, the row carries the error and is told so."""
        if not self._order(lambda: self._take(row)):
            _refuse(row, BackendError("the backend is closed"))

    def withdraw(self, row: Row) -> None:
        """Stop working on a row, before the next step."""
        self._order(lambda: self._engine.withdraw(row))

    def close(self) -> None:
        """End the thread after the step it is in."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _order(self, order: Callable[[], None]) -> bool:
        """Whether the order was taken: after the end, none is."""
        with self._changed:
            if self._closing:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="hierdiff-engine", daemon=True)
                self._thread.start()
            self._orders.append(order)
            self._changed.notify()
            return True

    def _take(self, row: Row) -> None:
        try:
            self._engine.add(row)
        except HierdiffError as error:
            _refuse(row, error)

    def _loop(self) -> None:
        closing = False
        while not closing:
            with self._changed:
                while not self._orders and self._engine.idle and not self._closing:
                    self._changed.wait()
                closing = self._closing
                orders = list(self._orders)
                self._orders.clear()
            for order in orders:
                self._guarded(order)
            if not closing and not self._engine.idle:
                self._guarded(self._engine.step)
        self._engine.fail(BackendError("the backend was closed while canvases were open"))

    def _guarded(self, work: Callable[[], None]) -> None:
        """Whatever goes wrong in an order or a heartbeat ends the rows that were there, never the thread."""
        try:
            work()
        except Exception as error:  # torch raises of every kind, and the thread must outlive it
            known = error if isinstance(error, HierdiffError) else BackendError(f"the engine failed: {error!r}")
            known.__cause__ = None if known is error else error
            self._engine.fail(known)


def _refuse(row: Row, error: HierdiffError) -> None:
    row.error, row.state = error, State.DONE
    row.told(row)

"""Pace: how many threads a step on the CPU takes.

All cores are fastest while nothing else wants them. As soon as something does, threads wait for each other at hundreds
of barriers a step, and a step takes several times as long as on one thread alone. So the engine tries now and then what
the other way takes, at once when its steps have become slow, and keeps to the faster one.
"""

from collections import deque
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import final

import torch

WINDOW = 4
"""Steps by which a way is judged."""
FIRST, LAST = 12, 384
"""Steps until the first trial of the other way; each trial that changes nothing doubles it, up to the last."""
SLOW = 1.6
"""So many times its own calm step, and a way is doubted."""
MARGIN = 0.9
"""The other way must take less than this share of a step to be taken."""


@final
class Pace:
    """Counts and times the steps of one engine, and says on how many threads the next one runs: `most`, or one."""

    def __init__(self, most: int, *, clock: Callable[[], float] = perf_counter) -> None:
        self._most, self._clock = most, clock
        self.threads = most
        self._started = 0.0
        self._size = -1
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._calm: dict[int, float] = {}
        self._before_trial: float | None = None
        self._wait, self._since = FIRST, 0

    def begin(self) -> None:
        """A step begins."""
        self._started = self._clock()

    def end(self, size: int) -> None:
        """A step has ended that ran `size` tokens; only steps of one size are compared."""
        took = self._clock() - self._started
        if self._most == 1 or size == 0:
            return
        if size != self._size:
            self._size, self._calm = size, {}
            self._recent.clear()
            if self._before_trial is not None:
                self._before_trial = None
                self._turn()
            return
        self._recent.append(took)
        self._since += 1
        if len(self._recent) == WINDOW:
            self._judge(median(self._recent))

    def _judge(self, now: float) -> None:
        if self._before_trial is not None:
            self._end_trial(now)
            return
        calm = self._calm[self.threads] = min(now, self._calm.get(self.threads, now))
        if self._since >= self._wait or now > SLOW * calm:
            self._before_trial = now
            self._turn()

    def _end_trial(self, now: float) -> None:
        before, self._before_trial = self._before_trial, None
        assert before is not None
        if now < MARGIN * before:
            self._wait, self._calm = FIRST, {}
        else:
            self._wait, self._calm[self._other] = min(LAST, 2 * self._wait), before
            self._turn()

    @property
    def _other(self) -> int:
        return 1 if self.threads == self._most else self._most

    def _turn(self) -> None:
        self.threads = self._other
        self._recent.clear()
        self._since = 0


def threads_of(device: torch.device) -> int:
    """The threads that torch uses on a device's steps: its own number on a CPU, one elsewhere."""
    return torch.get_num_threads() if device.type == "cpu" else 1

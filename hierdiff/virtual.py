"""Virtual: a plan carried out on the frontier without a backend, in steps instead of seconds.

A canvas of so many tokens is taken to need so many steps, all open ones taking each step together: what a run comes to
when every forward pass fills in one token of each canvas.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from hierdiff.frontier import Frontier
from hierdiff.limits import Limits

Steps = Callable[[str, int], float]
"""How many steps a canvas takes, by its section and its width in tokens."""


@final
@dataclass(slots=True)
class Virtual:
    """How a plan went: `steps` from begin to end, the most tokens that were open at once, when each canvas opened and
    closed, by its section."""

    steps: float = 0.0
    resident: int = 0
    times: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])


def carried_out(frontier: Frontier, limits: Limits, width: Callable[[int], int], steps: Steps) -> Virtual:
    """The frontier emptied under these limits. `width` gives the tokens of so many words."""
    found = Virtual()
    closing: list[tuple[float, str]] = []
    widths: dict[str, int] = {}
    per_word = max(width(1_000_000) / 1_000_000, 1e-9)
    while frontier.left:
        while frontier.ready:
            room = limits.room(widths.values())
            section = None if room == 0 else frontier.take(None if room is None else int(room / per_word))
            if section is None:
                break
            widths[section.id] = width(frontier.words(section.id))
            took = steps(section.id, widths[section.id])
            found.times[section.id] = (found.steps, found.steps + took)
            heapq.heappush(closing, (found.steps + took, section.id))
        found.resident = max(found.resident, sum(widths.values()))
        found.steps, name = heapq.heappop(closing)
        del widths[name]
        frontier.done(name)
    return found

"""Quote: what a plan will take, said before anything is drawn.

Tokens and canvases are the plan's own; forwards and resident tokens come from carrying the plan out on the frontier in
virtual time; seconds only where a pace of this backend is known, from earlier runs or from a short measurement.
"""

from typing import final

import networkx as nx

from hierdiff.events import Quoted
from hierdiff.frontier import Frontier
from hierdiff.limits import limits_of
from hierdiff.outline import Outline
from hierdiff.outline_waits import Node
from hierdiff.protocols import Capabilities
from hierdiff.request import Mode
from hierdiff.settings import Settings
from hierdiff.values import Value
from hierdiff.virtual import carried_out

NO_BASIS = "no time is quoted: nothing is known of the pace of this backend"


@final
class Pace(Value):
    """How fast a backend has been: the tokens a second of whole runs, slowest and fastest, or the seconds of one
    token on one canvas alone; `basis` says in words how that is known."""

    basis: str
    tokens_a_second: tuple[float, float] | None = None
    seconds_a_token: float | None = None


def quoted(
    outline: Outline, capabilities: Capabilities, settings: Settings, mode: Mode = "dag", pace: Pace | None = None
) -> Quoted:
    """What the outline will take on a backend of these capabilities."""
    per_word = capabilities.tokens_per_word

    def width(words: int) -> int:
        return max(1, round(words * per_word))

    frontier = Frontier(outline)
    widths = {node[0]: width(frontier.words(node[0])) for node in outline.waits if node[1] == "leaf"}
    critical = _critical(outline, widths)
    run = carried_out(frontier, limits_of(capabilities, settings, mode), width, lambda _, tokens: tokens)
    tokens = sum(widths.values())
    return Quoted(
        tokens=tokens,
        canvases=len(widths),
        critical_tokens=sum(widths[one] for one in critical),
        critical=tuple(critical),
        forwards=round(run.steps),
        resident_tokens=run.resident,
        seconds=_seconds(pace, tokens, run.steps),
        basis=pace.basis if pace is not None else NO_BASIS,
    )


def _critical(outline: Outline, widths: dict[str, int]) -> list[str]:
    """The canvases on the chain that takes the most tokens one after the other, first to last."""
    longest: dict[Node, int] = {}
    before: dict[Node, Node | None] = {}
    for node in nx.topological_sort(outline.waits):
        last = max(outline.waits.predecessors(node), key=lambda one: longest[one], default=None)
        before[node] = last
        behind = 0 if last is None else longest[last]
        longest[node] = behind + (widths[node[0]] if node[1] == "leaf" else 0)
    chain: list[str] = []
    at: Node | None = max(longest, key=lambda node: longest[node])
    while at is not None:
        chain += [at[0]] if at[1] == "leaf" else []
        at = before[at]
    return chain[::-1]


def _seconds(pace: Pace | None, tokens: int, steps: float) -> tuple[float, float] | None:
    """From every open canvas taking a step at once for nothing, to each taking its own, one after the other; by whole
    runs, a quarter around the slowest and the fastest."""
    if pace is None:
        return None
    if pace.tokens_a_second is not None:
        slow, fast = pace.tokens_a_second
        return round(0.8 * tokens / fast, 2), round(1.25 * tokens / slow, 2)
    if pace.seconds_a_token is not None:
        return round(0.8 * steps * pace.seconds_a_token, 2), round(1.25 * tokens * pace.seconds_a_token, 2)
    return None

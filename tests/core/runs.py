"""What the tests of runs share: small plans, a run as its events, a pace that costs no time."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hierdiff.document import Document
from hierdiff.events import Event, Finished, Opened
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section, edges_of
from hierdiff.protocols import Backend, Capabilities, Planner
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.testing import ScriptedPlanner
from hierdiff.writer import Writer

T = TypeVar("T")
CAPABILITIES = Capabilities(name="scripted", context=100_000, tokens_per_word=1.0, infill="canvas", fingerprint="f")


def plan(
    budgets: Mapping[str, int],
    *waits: tuple[str, str],
    fused: tuple[tuple[str, ...], ...] = (),
    items: Sequence[Item] = (),
    needs: Mapping[str, Sequence[str]] | None = None,
) -> Outline:
    """An outline of sections with budgets; `waits` are pairs (who waits, for whom), `needs` what they require."""
    wanted = needs or {}
    owned = {name: tuple(item.id for item in items if item.owner == name) for name in budgets}
    sections = tuple(
        Section(
            id=name,
            title=f"Part {name}",
            order=number,
            budget=words,
            provides=owned[name],
            requires=tuple(wanted.get(name, ())),
        )
        for number, (name, words) in enumerate(budgets.items())
    )
    ledger = Ledger(items=tuple(items))
    edges = [Edge(kind="depends_on", source=source, target=target) for source, target in waits]
    return Outline(
        title="Plan", sections=sections, edges=(*edges_of(sections, ledger), *edges), ledger=ledger, fused=fused
    )


async def run(
    outline: Outline | Planner,
    backend: Backend,
    *,
    request: Request | None = None,
    caught: list[Exception] | None = None,
    told: Callable[[Event], None] | None = None,
    **settings: object,
) -> list[Event]:
    """The events of a run without detectors; an error of the run goes to `caught`, if that is given."""
    planner = ScriptedPlanner(outline) if isinstance(outline, Outline) else outline
    chosen = Settings.model_validate({"retry_wait": 0, **settings})
    found: list[Event] = []
    try:
        async for event in Writer(planner, backend, detectors=(), judges=(), settings=chosen).stream(
            request or Request(goal="Tides")
        ):
            found.append(event)
            if told is not None:
                told(event)
    except Exception as error:
        if caught is None:
            raise
        caught.append(error)
    return found


def of(events: Sequence[Event], kind: type[T]) -> list[T]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def document(events: Sequence[Event]) -> Document:
    """What the run handed over."""
    (finished,) = of(events, Finished)
    return finished.document


def body(events: Sequence[Event], section: str) -> str:
    """The text of a section in the document."""
    whole = document(events)
    return whole.part(section).body.of(whole.text).strip()


def opened(events: Sequence[Event]) -> list[str]:
    """The canvases in the order in which they were opened."""
    return [event.canvas for event in of(events, Opened)]


def words(count: int, name: str = "word") -> str:
    """A sentence of so many words, no two alike."""
    return " ".join(f"{name}{number}" for number in range(count)) + "."

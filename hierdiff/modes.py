"""Modes: the same outline written another way, so that the worth of the hierarchy can be measured."""

from hierdiff.budget import budgeted
from hierdiff.outline import Outline, Section, chained
from hierdiff.request import Request
from hierdiff.tree_plan import planned_for


def sized(outline: Outline, request: Request) -> Outline:
    """A planner's outline with its budgets, for code checked as a code plan: it has the words that the caller said,
    else those that it asks for itself. Raises OutlineError or RequestError where that cannot be."""
    outline = planned_for(request, outline)
    planned = sum(leaf.budget for leaf in outline.leaves)
    return budgeted(outline, request.words if "words" in request.model_fields_set or not planned else planned)


def shaped(outline: Outline, request: Request) -> Outline:
    """The outline as the request's mode wants it: `dag` as it is, `sequential` one after another, `blind` without
    anything waiting, `flat` as a single section that has the whole budget."""
    match request.mode:
        case "dag":
            return outline
        case "sequential":
            return chained(outline)
        case "blind":
            blocking = set(outline.blocking)
            return outline.changed(edges=tuple(edge for edge in outline.edges if edge not in blocking), fused=())
        case "flat":
            return _flat(outline)


def _flat(outline: Outline) -> Outline:
    topics = "; ".join(f"{leaf.title}{f' ({leaf.topic})' if leaf.topic else ''}" for leaf in outline.leaves)
    items = tuple(item.changed(owner="document" if item.owner else None) for item in outline.ledger.items)
    whole = Section(
        id="document",
        title=outline.title,
        brief=f"Cover in this order: {topics}.",
        budget=sum(leaf.budget for leaf in outline.leaves),
        provides=tuple(item.id for item in items if item.owner),
    )
    return Outline(title=outline.title, sections=(whole,), ledger=outline.ledger.changed(items=items))

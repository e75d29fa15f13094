"""Reading: what a model answered, mended into the outline that it must mean, or refused with the rule it breaks."""

from collections.abc import Mapping
from typing import cast

from hierdiff.budget import budgeted
from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.loose_json import Json
from hierdiff.mending import Mended, mended
from hierdiff.outline import Outline

TAKEN = ("sections", "outline", "plan", "document", "children", "subsections", "items", "facts", "edges")
"""Top keys of an answer that say something of the plan: its sections, by whatever name, its facts and its edges. Title
and length are the request's, and who shares a canvas is not the model's to say."""


def outline_of(raw: Json, *, title: str, words: int, facts: Ledger, comfortable: int | None = None) -> Mended:
    """The outline that the data of an answer holds, budgets summing to `words`, and what was mended in it.

    Sections in a circle share one canvas if it takes them: `comfortable` is how many words one takes; None for a plan
    of chapters, which none takes. Raises OutlineError, naming section or item and rule, so that it can be asked again.
    """
    if isinstance(raw, list):
        raw = {"sections": raw}
    if not isinstance(raw, dict):
        raise OutlineError("there is no JSON object in the answer", rule="format")
    found = mended(
        _sections_only({key: value for key, value in raw.items() if key.strip().lower() in TAKEN}),
        title=title,
        words=words,
        facts=facts,
        comfortable=comfortable,
        tokens_per_word=1,
    )
    return found.changed(outline=_settled(found.outline, title, words, comfortable))


def _settled(outline: Outline, title: str, words: int, most: int | None) -> Outline:
    """The outline as a report has it: prose under the title that was asked for, budgets that sum, and canvases that
    still take what shares them."""
    sections = tuple(one if one.kind == "prose" else one.changed(kind="prose") for one in outline.sections)
    outline = budgeted(outline.changed(title=title, sections=sections), words)
    fitting = tuple(
        group
        for group in outline.fused
        if most is not None and sum(outline.section(one).budget for one in group) <= most
    )
    return outline if fitting == outline.fused else outline.changed(fused=fitting)


def _sections_only(plan: Mapping[str, Json]) -> dict[str, Json]:
    """The plan without top sections that are no mappings: remarks of the model between its sections."""
    kept = dict(plan)
    for key, value in kept.items():
        if key.strip().lower() == "sections" and isinstance(value, list):
            kept[key] = cast(Json, [one for one in value if isinstance(one, dict)])
    return kept

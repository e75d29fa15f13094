"""Reading: what a model answered, as the outline that it stands for."""

import math

from hierdiff.budget import budgeted
from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.loose_json import Json
from hierdiff.outline import Outline
from hierdiff.yaml_text import Plain
from hierdiff_planners.yaml_outline import outline_from


def outline_of(raw: Json, *, title: str, words: int, facts: Ledger) -> Outline:
    """The outline that the data of an answer holds, budgets summing to `words`. Raises OutlineError, naming what is
    wrong, so that it can be asked for again."""
    if isinstance(raw, list):
        raw = {"sections": raw}
    if not isinstance(raw, dict):
        raise OutlineError("there is no JSON object in the answer", rule="format")
    whole: dict[str, Json] = {
        "title": title,
        **{key: value for key, value in raw.items() if key in ("sections", "facts")},
    }
    if isinstance(sections := whole.get("sections"), list):
        whole["sections"] = [one for one in sections if isinstance(one, dict)]
    plain = _plain(_with_facts(whole, {item.id: item.value for item in facts.items}))
    outline, _ = outline_from(plain, facts, file="the plan")
    return budgeted(outline, words)


def _with_facts(value: Json, values: dict[str, str | None]) -> Json:
    """The data, with the value that a fact has wherever an item of its id is given with another one."""
    if isinstance(value, list):
        return [_with_facts(one, values) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _with_facts(one, values) for key, one in value.items()}
    name = found.get("id")
    if "value" in found and isinstance(name, str) and values.get(name) is not None:
        found["value"] = values[name]
    return found


def _plain(value: Json) -> Plain:
    """The data as an outline file would hold it: every number as its text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return value if isinstance(value, str) or value is None else str(value)

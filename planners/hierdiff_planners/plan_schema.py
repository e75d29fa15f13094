"""The shape of a plan as a JSON schema: one level of sections, every field there, none beside them.

This is the strict kind of schema that servers can hold a model to. Deeper levels are planned by calls of their own.
"""

from typing import Any, get_args

from hierdiff.ledger import ItemKind

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ITEM = _object(
    {
        "id": _TEXT,
        "kind": {"type": "string", "enum": list(get_args(ItemKind))},
        "value": {"type": ["string", "null"]},
        "about": _TEXT,
    }
)
"""An item that a section owns."""

SECTION = _object(
    {
        "id": _TEXT,
        "title": _TEXT,
        "topic": _TEXT,
        "brief": _TEXT,
        "words": {"type": "integer"},
        "provides": {"type": "array", "items": ITEM},
        "requires": _TEXTS,
        "after": _TEXTS,
        "refers_to": _TEXTS,
    }
)
"""A section as it stands in an outline file."""

PLAN = _object({"sections": {"type": "array", "items": SECTION}})
"""What a planner's model is asked for."""

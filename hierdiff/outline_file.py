"""The outline file: its keys, what may stand behind them, and the JSON Schema that says so to editors and models.

Readers, writers and mending go by the same tables, so that a key which one of them knows is known to all.
"""

from collections.abc import Mapping
from typing import get_args

from hierdiff.ledger import ItemKind
from hierdiff.outline import TOPIC_WORDS, EdgeKind
from hierdiff.request import LEAST_WORDS, MOST_WORDS

Json = Mapping[str, "Json"] | list["Json"] | list[str] | str | int | bool

LINKS: dict[str, EdgeKind] = {
    "after": "depends_on",
    "refers_to": "refers_to",
    "summarises": "summarises",
    "excludes": "excludes",
    "mirrors": "mirrors",
    "imports": "imports",
}
"""The keys of a section that list other sections, and the edges that they stand for."""

FILE_KEYS = ("title", "words", "sections", "facts", "edges", "fused")
SECTION_KEYS = (
    "id", "title", "topic", "brief", "words", "min", "max", "elastic", "kind", "order", "must_cover", "must_not_cover",
    "provides", "requires", *LINKS, "sections",
)  # fmt: skip
ITEM_KEYS = ("id", "kind", "value", "unit", "signature", "about", "aliases", "source", "owner")
EDGE_KEYS = ("kind", "source", "target", "item")

_SAYS = {
    "id": "Its name in the file: other sections and items refer to it. Made from the title where it is missing.",
    "title": "The heading.",
    "topic": f"What it is about, in {TOPIC_WORDS} words at most.",
    "brief": "What is to be said there, as free text.",
    "kind": "What it is: prose, or a kind that the planner knows.",
    "must_cover": "Points that have to be covered here.",
    "must_not_cover": "Points that belong elsewhere.",
    "requires": "Items that are used here; the section that provides them owns them.",
    "after": "Sections whose text this one needs: it waits for them.",
    "refers_to": "Sections that it points to. It does not wait for them.",
    "summarises": "Sections that it sums up: it waits for them.",
    "excludes": "Sections that own what it may only point to. It does not wait for them.",
    "mirrors": "Sections whose form it follows. It does not wait for them.",
    "imports": "Sections (files) whose interface it uses. It does not wait for them.",
}  # fmt: skip


def schema() -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of an outline file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hierdiff outline",
        **_mapping(_file(), "title", "sections"),
        "$defs": {
            "section": _mapping(_section(), "title"),
            "item": _mapping(_item(), "id"),
            "edge": _mapping(_edge(), "kind", "source", "target"),
        },
    }


def _file() -> dict[str, Json]:
    return {
        "title": _text("The title of the document."),
        "words": _whole("How long it is to be, in words.", LEAST_WORDS, MOST_WORDS),
        "sections": {**_list(_ref("section")), "minItems": 1},
        "facts": _list(_ref("item")),
        "edges": {**_list(_ref("edge")), "description": "All edges, instead of those that follow from the sections."},
        "fused": {
            **_list({**_list({"type": "string"}), "minItems": 2}),
            "description": "Groups of sections without children that share one canvas.",
        },
    }


def _section() -> dict[str, Json]:
    names: dict[str, Json] = {
        key: {**_names(), "description": _SAYS[key]} for key in ("must_cover", "must_not_cover", "requires", *LINKS)
    }
    return {
        **{key: _text(_SAYS[key]) for key in ("id", "title", "topic", "brief", "kind")},
        "words": _whole("How long it is to be, in words; a weight where the whole is to have another length.", 0),
        "min": _whole("Words that it has at least.", 0),
        "max": _whole("Words that it has at most.", 1),
        "elastic": {"type": "boolean", "description": "Whether it makes up for others that end short or long."},
        "order": {"type": "integer", "description": "Its place among its siblings, instead of the one in the file."},
        **names,
        "provides": {
            **_list({"anyOf": [{"type": "string"}, _ref("item")]}),
            "description": "Items that this section owns: it states them, others use them.",
        },
        "sections": _list(_ref("section")),
    }


def _item() -> dict[str, Json]:
    return {
        "id": _text("Its name in the file."),
        "kind": {"enum": list(get_args(ItemKind))},
        "value": _value("What is stated, as the text states it. Without one it is decided where it is provided."),
        "unit": _text("The unit behind the number."),
        "signature": _text("How a symbol is called and what it returns."),
        "about": _text("What it is, in a few words."),
        "aliases": {**_names(), "description": "Other spellings that mean the same."},
        "source": _text("Where a citation is to be found."),
        "owner": {"type": ["string", "null"], "description": "The section that states it."},
    }


def _edge() -> dict[str, Json]:
    return {
        "kind": {"enum": list(get_args(EdgeKind))},
        "source": _text("The section that has the edge."),
        "target": _text("The section that it leads to."),
        "item": _text("What a 'uses' edge uses."),
    }


def _mapping(properties: dict[str, Json], *needed: str) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _list(items: Json) -> dict[str, Json]:
    return {"type": "array", "items": items}


def _names() -> dict[str, Json]:
    return {"anyOf": [{"type": "string"}, _list({"type": "string"})]}


def _text(says: str) -> dict[str, Json]:
    return {"type": "string", "description": says}


def _value(says: str) -> dict[str, Json]:
    return {"type": ["string", "number", "null"], "description": says}


def _whole(says: str, least: int, most: int | None = None) -> dict[str, Json]:
    ends: dict[str, Json] = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", "description": says, **ends}


def _ref(name: str) -> dict[str, Json]:
    return {"$ref": f"#/$defs/{name}"}

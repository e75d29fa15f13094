"""Facts: a YAML file of what a document must say, read into a Ledger.

    facts:
      - {id: wall, kind: quantity, value: 4.2 km, about: length of the sea wall, aliases: [the wall], owner: defences}

`id`, `kind` and `value` are needed, the rest is optional; `owner` is the id or the title of a section. Numbers and
dates are kept as they are written (`1.20` stays `1.20`).
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hierdiff.errors import FileError
from hierdiff.ledger import Item, ItemKind, Ledger
from hierdiff.yaml_text import Plain, read_yaml

KINDS: tuple[ItemKind, ...] = (
    "quantity", "count", "money", "percent", "year", "date", "person", "entity", "term", "acronym", "version", "claim",
)  # fmt: skip
FIELDS = ("id", "kind", "value", "about", "aliases", "owner")
LONGEST_ID = 200
_NUMBERS: frozenset[ItemKind] = frozenset({"quantity", "count", "money", "percent", "year", "date"})
_DIGITS = re.compile(r"[0-9][0-9.,]*")


def load_facts(path: str | Path) -> Ledger:
    """The facts of a file. Raises FileError, naming the file, the fact and the field, if anything is wrong with it."""
    path = Path(path)
    whole = read_yaml(path)
    if not isinstance(whole, dict) or "facts" not in whole:
        raise _error(path, "has no list 'facts'; write: facts: [{id: ..., kind: ..., value: ...}]")
    if unknown := next((key for key in whole if key != "facts"), None):
        raise _error(path, f"has the unknown field '{unknown}'; a facts file holds nothing but 'facts'")
    given = whole["facts"]
    if not isinstance(given, list):
        raise _error(path, "'facts' is not a list; begin each fact with a dash")
    items = tuple(_item(path, number, fact) for number, fact in enumerate(given, start=1))
    _check_ids(path, items)
    _check_values(path, items)
    return Ledger(items=items)


def _item(path: Path, number: int, fact: Plain) -> Item:
    """One fact, checked field by field so that the message can say which one is wrong."""
    if not isinstance(fact, dict):
        raise _error(path, f"fact {number} is not a mapping; write: {{id: ..., kind: ..., value: ...}}")
    name = fact.get("id")
    where = f"fact {number}" + (f" ('{name[:60]}')" if isinstance(name, str) and name.strip() else "")
    if unknown := next((key for key in fact if key not in FIELDS), None):
        raise _error(path, f"{where} has the unknown field '{unknown}'; known are {', '.join(FIELDS)}")
    ident = _text(path, where, fact, "id", needed=True)
    if len(ident) > LONGEST_ID:
        raise _error(path, f"{where}: 'id' has {len(ident)} characters; keep it under {LONGEST_ID}")
    return Item(
        id=ident,
        kind=_kind(path, where, _text(path, where, fact, "kind", needed=True)),
        value=_text(path, where, fact, "value", needed=True),
        about=_text(path, where, fact, "about"),
        aliases=_aliases(path, where, fact.get("aliases")),
        owner=_text(path, where, fact, "owner") or None,
    )


def _text(path: Path, where: str, fact: Mapping[str, Plain], field: str, *, needed: bool = False) -> str:
    """A field's text on one line; "" for an optional one that is not given."""
    value = fact.get(field)
    if value is None and not needed:
        return ""
    if value is None:
        raise _error(path, f"{where} has no '{field}'")
    if not isinstance(value, str):
        raise _error(path, f"{where}: '{field}' must be text, not a {'list' if isinstance(value, list) else 'mapping'}")
    value = " ".join(value.split())
    if needed and not value:
        raise _error(path, f"{where}: '{field}' is blank")
    return value


def _kind(path: Path, where: str, given: str) -> ItemKind:
    for kind in KINDS:
        if kind == given:
            return kind
    raise _error(path, f"{where}: unknown kind '{given[:60]}'; known are {', '.join(KINDS)}")


def _aliases(path: Path, where: str, given: Plain) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise _error(path, f"{where}: 'aliases' must be a list, such as [sea wall, sea-wall]")
    found: list[str] = []
    for alias in given:
        if not isinstance(alias, str) or not alias.strip():
            raise _error(path, f"{where}: 'aliases' must hold text only")
        found.append(" ".join(alias.split()))
    return tuple(found)


def _check_ids(path: Path, items: Iterable[Item]) -> None:
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        if item.id in seen:
            raise _error(path, f"fact {number}: 'id' '{item.id}' is given twice; give each fact once")
        seen.add(item.id)


def _error(path: Path, problem: str) -> FileError:
    return FileError(f"{path}: {problem}", about=str(path))


def _check_values(path: Path, items: Iterable[Item]) -> None:
    """No two facts of one kind may give one subject two numbers in one unit: no text could agree with both."""
    seen: dict[tuple[ItemKind, str, str], Item] = {}
    for item in items:
        subject, value = " ".join(item.about.lower().split()), item.value or ""
        if not subject or item.kind not in _NUMBERS:
            continue
        first = seen.setdefault((item.kind, subject, _DIGITS.sub("", value)), item)
        if _digits(first.value or "") != _digits(value):
            one, two = f"'{first.id}' ({first.value})", f"'{item.id}' ({item.value})"
            raise _error(path, f"the facts {one} and {two} contradict each other about '{item.about}'; keep one")


def _digits(value: str) -> list[str]:
    return [digits.replace(",", "") for digits in _DIGITS.findall(value)]

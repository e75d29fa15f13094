"""Putting an outline's items and the facts of a request together, without a contradiction."""

from collections.abc import Iterable

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, Ledger


def merged(items: Iterable[Item], facts: Ledger, *, file: str = "the outline") -> Ledger:
    """One ledger of both. An item that both have keeps its owner and takes the value that one of them knows.

    Raises OutlineError if the two give one id different values.
    """
    given = {fact.id: fact for fact in facts.items}
    both = [_one(item, given.pop(item.id), file) if item.id in given else item for item in items]
    return Ledger(items=(*both, *given.values()))


def _one(item: Item, fact: Item, file: str) -> Item:
    if item.value is not None and fact.value is not None and item.value.split() != fact.value.split():
        raise OutlineError(
            f"item '{item.id}' is '{item.value}' in {file} but '{fact.value}' in the facts; "
            "make them agree, or take one of them out",
            about=item.id,
            rule="one provider",
        )
    return item.changed(
        kind=fact.kind if item.kind == "claim" else item.kind,
        value=fact.value if item.value is None else item.value,
        about=item.about or fact.about,
        aliases=tuple(dict.fromkeys((*item.aliases, *fact.aliases))),
        owner=item.owner or fact.owner,
    )

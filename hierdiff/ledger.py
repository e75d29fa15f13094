"""Item and Ledger: the facts of a document, each with at most one owning section."""

from functools import cached_property
from typing import Any, Literal, Self, cast

from pydantic import Field, model_validator

from hierdiff.errors import OutlineError
from hierdiff.values import Value

ItemKind = Literal[
    "quantity", "count", "money", "percent", "year", "date", "person", "entity", "term", "acronym", "version",
    "claim", "symbol", "citation",
]  # fmt: skip

NUMBER_KINDS: frozenset[str] = frozenset({"quantity", "count", "money", "percent", "year", "version"})
NAME_KINDS: frozenset[str] = frozenset({"person", "entity", "term", "acronym"})


class Item(Value):
    """One thing a document says: its kind, its value (None: still undecided), what it is about, other spellings.

    A value is written as the text states it: with its `unit`, which is put behind a number that is given without, and
    for a symbol with its `signature`, if nothing else is said. `source` is where a citation is to be found.
    """

    id: str = Field(min_length=1, max_length=200)
    kind: ItemKind = "claim"
    value: str | None = None
    about: str = ""
    aliases: tuple[str, ...] = ()
    owner: str | None = None
    unit: str = ""
    signature: str = ""
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _whole_value(cls, given: Any) -> Any:
        fields = cast(dict[str, Any], given) if isinstance(given, dict) else {}
        value, unit, signature = fields.get("value"), fields.get("unit"), fields.get("signature")
        if isinstance(value, str) and isinstance(unit, str) and value.strip() and value != signature:
            return given if value.endswith(unit) else {**fields, "value": f"{value} {unit}"}
        if value is None and isinstance(signature, str) and signature:
            return {**fields, "value": signature}
        return given

    def line(self) -> str:
        """The item as one line of a prompt."""
        what = self.about or self.id.replace("_", " ").replace("-", " ")
        if self.value is None:
            return what
        says = self.signature if self.value in self.signature else f"{self.value} {self.signature}".rstrip()
        return f"{what}: {says}{f' ({self.source})' if self.source else ''}"


class Ledger(Value):
    """All items of a document. Two items of one id are refused: the ledger never contradicts itself."""

    items: tuple[Item, ...] = ()

    @model_validator(mode="after")
    def _one_provider(self) -> Self:
        seen: dict[str, Item] = {}
        for item in self.items:
            if item.id in seen:
                who = " and ".join(sorted({str(seen[item.id].owner or "facts"), str(item.owner or "facts")}))
                raise OutlineError(
                    f"item '{item.id}' is given twice (by {who}); give it once and let the others require it",
                    about=item.id,
                    rule="one provider",
                )
            seen[item.id] = item
        return self

    def get(self, item: str) -> Item | None:
        """The item of that id, or None."""
        return self._by_id.get(item)

    def owned_by(self, section: str) -> tuple[Item, ...]:
        """The items that this section must state."""
        return self._by_owner.get(section, ())

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _by_owner(self) -> dict[str, tuple[Item, ...]]:
        owned: dict[str, list[Item]] = {}
        for item in self.items:
            if item.owner is not None:
                owned.setdefault(item.owner, []).append(item)
        return {owner: tuple(items) for owner, items in owned.items()}

"""Item and Ledger: the facts of a document, each with at most one owning section."""

from typing import Literal, Self

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
    """One thing a document says: its kind, its value (None: still undecided), what it is about, other spellings."""

    id: str = Field(min_length=1, max_length=200)
    kind: ItemKind = "claim"
    value: str | None = None
    about: str = ""
    aliases: tuple[str, ...] = ()
    owner: str | None = None

    def line(self) -> str:
        """The item as one line of a prompt."""
        what = self.about or self.id.replace("_", " ").replace("-", " ")
        return f"{what}: {self.value}" if self.value is not None else what


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
        return next((one for one in self.items if one.id == item), None)

    def owned_by(self, section: str) -> tuple[Item, ...]:
        """The items that this section must state."""
        return tuple(item for item in self.items if item.owner == section)

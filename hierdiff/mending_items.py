"""Items of a mended plan: one provider each, and nothing required that nobody provides."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast, final, get_args

from hierdiff.errors import OutlineError
from hierdiff.ledger import Item, ItemKind, Ledger
from hierdiff.mending_plain import Notes, entries_of, mapping, name_of, text_of
from hierdiff.mending_sections import Draft
from hierdiff.names import slug_of

MEANT: dict[str, ItemKind] = {
    "fact": "claim", "number": "quantity", "statistic": "quantity", "amount": "quantity", "percentage": "percent",
    "function": "symbol", "class": "symbol", "method": "symbol", "reference": "citation", "definition": "term",
    "organisation": "entity", "organization": "entity", "place": "entity", "name": "entity",
}  # fmt: skip
"""Other words for kinds of items, and the kind that is meant."""

KINDS = frozenset(get_args(ItemKind))


def ledger_of(drafts: Sequence[Draft], raw: object, facts: Ledger, notes: Notes, *, most: int) -> Ledger:
    """The ledger of all that is provided and all facts, `raw` those of the plan itself; the drafts' `provides` and
    `requires` are put right."""
    register = _Register(drafts, facts, notes, most)
    for draft in drafts:
        for value in entries_of(draft.given.get("provides")):
            register.provide(draft, value)
    for value in entries_of(raw):
        register.know(value)
    register.add_facts()
    for draft in drafts:
        register.require(draft)
    register.own_what_is_missing()
    return register.ledger()


@final
class _Register:
    """All items in the order in which they came, with the sections that own them."""

    def __init__(self, drafts: Sequence[Draft], facts: Ledger, notes: Notes, most: int) -> None:
        self._drafts, self._facts, self._notes, self._most = drafts, facts, notes, most
        self._items: dict[str, Item] = {}
        self._owners: dict[str, Draft] = {}
        self._by_id = {draft.id: draft for draft in drafts}
        self._by_name = {slug_of(name): draft for draft in reversed(drafts) for name in (draft.title, draft.id)}
        self._other_names: dict[str, str] = {}
        self._missing: dict[str, list[tuple[Draft, str]]] = defaultdict(list)

    def provide(self, draft: Draft, value: object) -> None:
        """Take an item that a section provides, by its name or written out."""
        item = self._item(value, draft.id)
        if item is None:
            return
        owner = self._section(item.owner) if item.owner is not None else None
        item = item.changed(owner=None)
        fact = self._facts.get(item.id)
        if fact is not None and fact.owner is not None and owner is None:
            owner = self._section(fact.owner)
        first = self._owners.get(item.id)
        if first is None and (owner is None or owner is draft):
            self._owners[item.id] = draft
            draft.provides.append(item.id)
        elif first is not draft:
            self._notes.add("one provider", item.id, f"'{draft.id}' requires it now: {self._told(item)}")
            draft.requires.append(item.id)
            if first is None and owner is not None:
                self._owners[item.id] = owner
                owner.provides.append(item.id)
        self._keep(item)

    def know(self, value: object) -> None:
        """Take a fact of the plan, which may name its owner."""
        item = self._item(value, "a fact")
        if item is not None:
            self._own(item)
            self._keep(item.changed(owner=None))

    def add_facts(self) -> None:
        """Take the facts that were given beside the plan. What they say counts."""
        for fact in self._facts.items:
            self._own(fact)
            self._keep(fact.changed(owner=None), sure=True)

    def _own(self, item: Item) -> None:
        if item.owner is None:
            return
        owner = self._section(item.owner)
        if owner is None:
            self._notes.add("owner", item.id, f"its owner '{item.owner}' is no section; it belongs to nobody")
        elif item.id not in self._owners:
            self._owners[item.id] = owner
            owner.provides.append(item.id)

    def _section(self, name: str) -> Draft | None:
        return self._by_id.get(name) or (self._by_name.get(slug_of(name)) if slug_of(name) else None)

    def _keep(self, item: Item, *, sure: bool = False) -> None:
        old = self._items.get(item.id)
        if old is None:
            if len(self._items) >= self._most:
                why = f"the plan has more than {self._most:,} items ('{item.id}' is one too many); plan fewer"
                raise OutlineError(why, about=item.id, rule="items")
            self._items[item.id] = item
            return
        first, other = (item, old) if sure else (old, item)
        both = None not in (first.value, other.value)
        if both and text_of(first.value).split() != text_of(other.value).split():
            self._notes.add("one value", item.id, f"it is '{first.value}', and not '{other.value}'")
        self._items[item.id] = _joined(first, other)

    def _told(self, item: Item) -> str:
        return f"another section provides it{'' if item.value is None else f', which here was {item.value!r}'}"

    def _item(self, value: object, about: str) -> Item | None:
        """The item that a value is: a name alone, or a mapping with its fields."""
        fields = mapping(value)
        if fields is None:
            name = name_of(value)
            return Item(id=name) if name else None
        said = {text_of(key).strip().lower(): text_of(one) for key, one in fields.items() if one is not None}
        name = next((found for key in ("id", "name", "about", "value") if (found := name_of(said.get(key)))), "")
        if not name:
            self._notes.add("items", about, f"an item without a name was left out: {text_of(fields)[:300]}")
            return None
        return self._whole(name, said, fields)

    def _whole(self, name: str, said: dict[str, str], fields: Mapping[object, object]) -> Item:
        kind = said.get("kind", said.get("type", "")).strip().lower()
        meant = cast(ItemKind, kind) if kind in KINDS else MEANT.get(kind, "claim")
        if kind and meant != kind:
            self._notes.add("kinds", name, f"there is no kind '{kind[:60]}'; it is a {meant}")
        return Item(
            id=name,
            kind=meant,
            value=said.get("value") or None,
            about=said.get("about", said.get("definition", "")),
            aliases=tuple(dict.fromkeys(text for one in entries_of(fields.get("aliases")) if (text := text_of(one)))),
            owner=name_of(said.get("owner")) or None,
            unit=said.get("unit", ""),
            signature=said.get("signature", ""),
            source=said.get("source", ""),
        )

    def require(self, draft: Draft) -> None:
        """Settle what a section requires: items by any of their names, sections as what it comes after."""
        names = [*draft.requires, *(name for one in entries_of(draft.given.get("requires")) if (name := _named(one)))]
        draft.requires = []
        for name in names:
            known = self._known(name)
            if known is not None and known != name:
                self._notes.add("provided", draft.id, f"what it requires as '{name}' is the item '{known}'")
            if known is not None:
                if known not in (*draft.provides, *draft.requires):
                    draft.requires.append(known)
            elif (section := self._section(name)) is not None and section is not draft:
                self._notes.add("provided", draft.id, f"'{name}' is no item but a section; it comes after it")
                draft.links.setdefault("after", []).append(section.id)
            else:
                self._missing[slug_of(name) or name].append((draft, name))

    def _known(self, name: str) -> str | None:
        if name in self._items:
            return name
        return self._others().get(slug_of(name)) if slug_of(name) else None

    def _others(self) -> Mapping[str, str]:
        """The ids of the items by all that they may be called, made when all are known."""
        if not self._other_names:
            for item in self._items.values():
                for name in (item.id, *item.aliases, item.about):
                    self._other_names.setdefault(slug_of(name), item.id)
        return self._other_names

    def own_what_is_missing(self) -> None:
        """An item that several require and nobody provides is provided by the first of them; one that a single
        section requires is a point to be covered there."""
        for several in self._missing.values():
            (first, name), others = several[0], [draft for draft, _ in several[1:] if draft is not several[0][0]]
            if not others:
                first.must_cover += [] if name in first.must_cover else [name]
                self._notes.add("provided", first.id, f"nobody provides '{name}'; it covers it itself")
                continue
            self._keep(Item(id=name))
            self._owners[name] = first
            first.provides.append(name)
            for draft in others:
                draft.requires += [] if name in draft.requires else [name]
            self._notes.add("provided", name, f"nobody provided it; '{first.id}', the first to need it, does")

    def ledger(self) -> Ledger:
        """What sections provide in reading order, then the others."""
        provided = [name for draft in self._drafts for name in draft.provides]
        rest = (name for name in self._items if name not in self._owners)
        owners = {name: draft.id for name, draft in self._owners.items()}
        return Ledger(items=tuple(self._items[name].changed(owner=owners.get(name)) for name in (*provided, *rest)))


def _joined(first: Item, other: Item) -> Item:
    """The item with what only the other says of it."""
    value = other.value if first.value is None else first.value
    return first.changed(
        kind=other.kind if first.kind == "claim" else first.kind,
        value=value,
        about=first.about or other.about,
        aliases=tuple(dict.fromkeys((*first.aliases, *other.aliases))),
        unit=first.unit or (other.unit if first.value is None else ""),
        signature=first.signature or other.signature,
        source=first.source or other.source,
    )


def _named(value: object) -> str:
    """The name of an item that is required; of a mapping, its id."""
    pairs = mapping(value)
    return name_of(value if pairs is None else pairs.get("id") or pairs.get("name"))

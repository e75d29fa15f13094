"""Owners: an item that nobody owns is given to the section whose words it shares."""

from collections.abc import Sequence

from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Section
from hierdiff_planners.titles import keys


def owner_of(item: Item, sections: Sequence[Section]) -> str | None:
    """The section whose title, topic and brief share most words with an item; the first of equals, None if none does.

    A word of the title counts three times, one of the topic twice; words that many of the sections have tell little
    and count less.
    """
    words = keys(f"{item.about} {item.id.replace('_', ' ').replace('-', ' ')} {' '.join(item.aliases)}")
    texts = [(keys(one.title), keys(one.topic), keys(one.brief)) for one in sections]
    rare = {word: 1 / max(1, sum(any(word in text for text in three) for three in texts)) for word in words}
    scores = [
        sum(rare[word] * (3 * (word in title) + 2 * (word in topic) + (word in brief)) for word in words)
        for title, topic, brief in texts
    ]
    best = max(range(len(scores)), key=lambda place: scores[place], default=None)
    return sections[best].id if best is not None and scores[best] > 0 else None


def given_owners(
    sections: Sequence[Section], ledger: Ledger, *, among: Sequence[Section] | None = None
) -> tuple[tuple[Section, ...], Ledger]:
    """Sections and ledger, every decided item with an owner `among` the sections (None: any) that shares words with it.

    An owner that is said by its title is found; one that is no section is as good as none. What is undecided is left
    as it is: who requires it would have to wait.
    """
    among = sections if among is None else among
    by_name = {one.title: one.id for one in sections} | {one.id: one.id for one in sections}
    items: list[Item] = []
    for item in ledger.items:
        said = by_name.get(item.owner) if item.owner is not None else None
        free = said is None and item.value is not None
        items.append(item.changed(owner=owner_of(item, among) if free else said))
    owned: dict[str | None, list[str]] = {}
    for item in items:
        owned.setdefault(item.owner, []).append(item.id)
    provided = tuple(
        one.changed(provides=tuple(dict.fromkeys((*one.provides, *owned.get(one.id, ()))))) for one in sections
    )
    return provided, Ledger(items=tuple(items))

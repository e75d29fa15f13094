"""Detectors: recall, precision and exact repair by kind, on short documents with one mistake each, and on clean ones.

    python benchmarks/detectors.py [--docs 40] [--json]

Every document is put together from sentences that agree with each other; a mistake is a pair of sentences, a right one
and a wrong one, in different sections. Seeds are fixed. `benchmarks/revise.py` has longer documents with several
mistakes each, `benchmarks/false_alarms.py` measures on documents that nobody here wrote.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hierdiff.detectors import standard
from hierdiff.document import count_words, parse
from hierdiff.ledger import Item, Ledger
from hierdiff.revise.gate import find

WORDS_PER_TOKEN = 0.75
TITLES = ("The harbour", "What it costs", "Who decides", "The works", "Looking ahead")
OPENINGS = (
    "Gulls", "Boats", "Children", "Visitors", "Old sailors", "Shopkeepers", "Teachers", "Bakers", "Painters",
    "Gardeners", "Cyclists",
)  # fmt: skip
DOINGS = (
    "come and go with the tide", "sit on the benches by the quay", "tell stories of calmer winters",
    "wait for the ferry in the rain", "know the smell of tar and rope", "leave before the evening wind",
    "share bread with whoever stays", "watch the lamps along the pier", "like the silence after a gale",
    "count ships as others count sheep", "bring lanterns to the small chapel", "forget the hour on bright mornings",
)  # fmt: skip
THINGS = ("sea wall", "outer mole", "tidal basin", "fish market", "lighthouse road")
PEOPLE = ("Marta Okafor", "Helen Brandt", "Ines Moreau", "Tomas Keller", "Leila Haddad")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A right sentence, a wrong one, its wrong words, what ought to stand there, and the facts that know it."""

    right: str
    wrong: str
    words: str
    expected: str | None
    facts: tuple[Item, ...] = ()


def _quantity(random: Random) -> Mistake:
    thing, one = random.choice(THINGS), random.randrange(21, 60) / 10
    other = f"{one + random.choice((0.4, 0.6, 1.1)):.1f}"
    return Mistake(
        f"The length of the {thing} is {one} km.",
        f"Walkers know the {thing}, with a length of {other} km.",
        other,
        f"{one}",
    )


def _unit(random: Random) -> Mistake:
    thing, one = random.choice(THINGS), random.randrange(210, 600) / 100
    return Mistake(f"The {thing} is {one} km long.", f"People walk all {one} miles of the {thing}.", "miles", "km")


def _fact(random: Random) -> Mistake:
    thing, metres = random.choice(THINGS), random.randrange(21, 60) * 100
    item = Item(id="length", kind="quantity", value=f"{metres / 1000} km", about=f"length of the {thing}")
    wrong = metres + random.choice((300, 700, 1100))
    return Mistake(
        "Nothing else is measured.", f"The {thing} is {wrong} metres long.", f"{wrong}", f"{metres}", (item,)
    )


def _comma(random: Random) -> Mistake:
    thing, tenths = random.choice(THINGS), random.randrange(21, 49)
    item = Item(id="length", kind="quantity", value=f"{tenths / 10} km", about=f"length of the {thing}")
    wrong, right = (f"{value / 10}".replace(".", ",") for value in (tenths + 7, tenths))
    return Mistake("Nothing else is measured.", f"The {thing} is {wrong} km long.", wrong, right, (item,))


def _percent(random: Random) -> Mistake:
    one, other = random.sample(range(21, 80), 2)
    return Mistake(
        f"Of all households, {one}% hold flood insurance.", f"Flood insurance is held by {other}% of households.",
        f"{other}", f"{one}",
    )  # fmt: skip


def _year(random: Random) -> Mistake:
    one = random.randrange(1860, 1940)
    other = one + random.choice((9, 12, 18))
    return Mistake(
        f"The rescue station was founded in {one} by monks.", f"Founded in {other}, the rescue station is old.",
        f"{other}", f"{one}",
    )  # fmt: skip


def _weekday(random: Random) -> Mistake:
    day = random.randrange(3, 9)
    names = ("Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    right = names[(day - 1) % 6] if day < 7 else ("Monday", "Tuesday")[day - 7]
    wrong = random.choice([name for name in names if name != right])
    return Mistake("Doors open early.", f"The hall opened on {wrong}, {day} January 2019.", wrong, right)


def _order(random: Random) -> Mistake:
    one = random.randrange(1900, 1980)
    return Mistake("Doors open early.", f"Repairs went on from {one + 9} to {one}.", f"{one}", None)


def _name(random: Random) -> Mistake:
    name = random.choice(PEOPLE)
    first, last = name.split()
    slip = last[:2] + last[3] + last[2] + last[4:] if last[2] != last[3] else last[:3] + last[2:]
    return Mistake(
        f"Praise is due to {name}. The town thanks {name}.", f"All of this was drawn by {first} {slip}.", slip, last
    )


def _role(random: Random) -> Mistake:
    right, wrong = random.sample(PEOPLE, 2)
    item = Item(id="engineer", kind="person", value=right, about="chief engineer")
    return Mistake("Praise is due.", f"The chief engineer, {wrong}, signs every plan.", wrong, right, (item,))


def _term(random: Random) -> Mistake:
    left, right = random.choice([thing.split() for thing in THINGS])
    return Mistake(
        f"Here the {left} {right} ends. Along the {left} {right} we go. Nobody guards the {left} {right}.",
        f"Beyond lies the {left}{right}.", f"{left}{right}", f"{left} {right}",
    )  # fmt: skip


def _alias(random: Random) -> Mistake:
    thing = random.choice(THINGS)
    item = Item(id="thing", kind="term", value=thing, aliases=("grey rampart",))
    return Mistake(f"Here the {thing} ends.", "Beyond lies the grey rampart.", "grey rampart", thing, (item,))


def _acronym(random: Random) -> Mistake:
    one, other = random.sample(("Risk", "Relief", "Response", "Rescue"), 2)
    return Mistake(
        f"Advice comes from the Flood {one} Board (FRB).",
        f"Minutes of the Flood {other} Board (FRB) are kept.",
        other,
        one,
    )


def _late(random: Random) -> Mistake:
    letters, words = random.choice(
        (("MSL", "Mean Sea Level"), ("HWM", "High Water Mark"), ("TGO", "Tide Gauge Office"))
    )
    return Mistake(
        f"WRONG The {letters} is read daily.", f"Here stands the {words} ({letters}).", letters, f"{words} ({letters})"
    )


def _section(random: Random) -> Mistake:
    number = str(random.randrange(8, 30))
    return Mistake("Doors open early.", f"More on this follows in section {number}.", number, None)


def _title(random: Random) -> Mistake:
    title = random.choice([one for one in TITLES if len(one) > 12])
    slip = title[:-1] + "er"
    return Mistake("Doors open early.", f'The reasons are given in the section "{slip}".', slip, title)


def _link(random: Random) -> Mistake:
    slug = random.choice(TITLES).lower().replace(" ", "-")
    wrong = slug[:-1]
    return Mistake("Doors open early.", f"It was [told](#{wrong}) before.", wrong, slug)


SAID = (
    "The council of the harbour raised the ancient wall by a metre after winter storms had flooded the cellars.",
    "Money for repairs has always come late, since the county pays only when damage has been counted by inspectors.",
    "Fishermen mended torn nets beside warm stoves while apprentices carried coal from the cellar of the old chapel.",
)


def _repeat(random: Random) -> Mistake:
    said = random.choice(SAID)
    return Mistake(said, said, said, "")


def _reworded(random: Random) -> Mistake:
    said = random.choice(SAID)
    again = said.replace("The council of the harbour raised", "The harbour council has raised").replace(
        "has always come late", "always comes late"
    )
    again = again.replace("Fishermen mended", "The fishermen were mending")
    return Mistake(said, again, again, "")


def _loop(random: Random) -> Mistake:
    phrase = random.choice(("and so it goes on", "the tide comes in", "the lamps go out"))
    words = f" {phrase}" * 4
    return Mistake("Doors open early.", f"At night {phrase}{words}.", words, "")


def _table(random: Random) -> Mistake:
    row = f"| {random.randrange(99)} |"
    return Mistake("Doors open early.", f"\n\n| a | b |\n|---|---|\n| 1 | 2 |\n{row}\n\n", row, None)


KINDS: dict[str, Callable[[Random], Mistake]] = {
    "terms: spelling": _term, "terms: other name": _alias, "acronyms: two expansions": _acronym,
    "acronyms: used before defined": _late, "names: slip": _name, "names: other name in a role": _role,
    "numbers: quantity": _quantity, "numbers: unit": _unit, "numbers: fact, in the place's unit": _fact,
    "numbers: decimal comma": _comma, "numbers: percent": _percent, "numbers: year": _year,
    "dates: weekday": _weekday, "dates: order": _order, "references: section": _section,
    "references: title": _title, "references: link": _link, "repeats: sentence": _repeat,
    "repeats: reworded": _reworded, "repeats: loop": _loop, "structure: table row": _table,
}  # fmt: skip


def page(random: Random, mistake: Mistake | None) -> str:
    """Five sections of filler, no sentence twice; the right sentence in one of the first, the wrong one in a later."""
    pairs = [f"{who} {what}." for who in OPENINGS for what in DOINGS]
    said = random.sample(pairs, 25)
    sections = [said[at : at + 5] for at in range(0, 25, 5)]
    if mistake is not None:
        early = mistake.right.removeprefix("WRONG ")
        sections[random.randrange(2)].insert(random.randrange(5), early)
        sections[random.randrange(2, 5)].insert(random.randrange(1, 5), mistake.wrong)
    bodies = (f"## {title}\n\n{' '.join(body)}\n" for title, body in zip(TITLES, sections, strict=True))
    return "# By the sea\n\n" + "\n".join(bodies)


def measured(kind: str, docs: int) -> tuple[int, int, int, int]:
    """Mistakes planted, found, exactly known, and findings that hit none."""
    found = exact = wrong = 0
    for seed in range(docs):
        random = Random(f"{kind} {seed}")
        mistake = KINDS[kind](random)
        text = page(random, mistake)
        place = text.rindex(mistake.words) if not mistake.right.startswith("WRONG") else text.index(mistake.words)
        stop = place + len(mistake.words)
        hit = False
        for one in find(standard(), parse(text, ledger=Ledger(items=mistake.facts))):
            inside = any(span.start < stop and place < span.stop for span in one.spans)
            wrong += not inside
            exact += inside and not hit and one.expected == mistake.expected
            hit = hit or inside
        found += hit
    return docs, found, exact, wrong


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="ten documents a kind")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    docs = 10 if options.quick else options.docs
    figures: dict[str, dict[str, float]] = {}
    print("| kind | planted | recall | precision | expected exact |\n|---|---|---|---|---|")
    for kind in KINDS:
        planted, found, exact, wrong = measured(kind, docs)
        share = found / max(1, found + wrong)
        figures[kind] = {"recall": found / planted, "precision": share, "exact": exact / planted}
        print(f"| {kind} | {planted} | {found / planted:.2f} | {share:.2f} | {exact / planted:.2f} |")
    clean = [page(Random(f"clean {seed}"), None) for seed in range(docs)]
    alarms = sum(len(find(standard(), parse(text))) for text in clean)
    tokens = sum(map(count_words, clean)) / WORDS_PER_TOKEN
    figures["clean"] = {"false_alarms_per_1k": 1000 * alarms / tokens}
    print(f"\nclean: {alarms} findings in {tokens:.0f} tokens")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()

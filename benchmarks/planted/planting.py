"""Planting: mistakes put into a page, each with the text that stood there, so that it can be taken out again.

At most one mistake a sentence, and one a fact as long as there are facts left. What is planted is plausible: a value of
the same type, a passage of the same page, a clause about one of its facts. Kinds and places follow the protocol of
controlled corruptions: first, middle and last mention, in the section that owns the fact and in others.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, get_args

from benchmarks.planted.pages import Mention, Page, Sentence
from benchmarks.planted.subjects import subjects
from hierdiff.values import Value

Kind = Literal[
    "number", "unit", "percent", "money", "date", "name", "term", "acronym", "negation", "order", "repeat",
    "paraphrase", "reference", "truncated", "clause",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
_STATED = {"quantity", "count", "percent", "money", "year"}
_LEAST = 8


class Planted(Value):
    """One mistake: characters `start..stop` of the text with mistakes, `text` there, and `right` where they were.

    `clean_start..clean_stop` is the place of `right` in the page; `same` are other texts that would be as right.
    """

    kind: str
    flavour: str
    fact: str
    place: str
    owner: bool
    style: str
    start: int
    stop: int
    text: str
    clean_start: int
    clean_stop: int
    right: str
    same: tuple[str, ...] = ()


class Copy(Value):
    """A page with mistakes in it, in order of place."""

    page: Page
    text: str
    planted: tuple[Planted, ...]

    def mended(self) -> str:
        """The text with every mistake taken out again: the page, byte for byte."""
        text = self.text
        for one in reversed(self.planted):
            text = text[: one.start] + one.right + text[one.stop :]
        return text


def copy(page: Page, kinds: Sequence[Kind], seed: int) -> Copy:
    """A page with a mistake of each of these kinds, where it has a place for one."""
    random = Random(f"copy {page.number} {seed}")
    taken: list[Planted] = []
    for kind in kinds:
        found = [one for one in _candidates(page, kind, random) if _free(page, one, taken)]
        facts = {one.fact for one in taken}
        fresh = [one for one in found if one.fact not in facts] or found
        if fresh:
            place = random.choice(sorted({one.place for one in fresh}))
            taken.append(random.choice([one for one in fresh if one.place == place]))
    return _planted(page, sorted(taken, key=lambda one: one.clean_start))


def _planted(page: Page, ordered: Sequence[Planted]) -> Copy:
    text, at, placed = "", 0, list[Planted]()
    for one in ordered:
        text += page.text[at : one.clean_start]
        placed.append(one.changed(start=len(text), stop=len(text) + len(one.text)))
        text, at = text + one.text, one.clean_stop
    return Copy(page=page, text=text + page.text[at:], planted=tuple(placed))


def _free(page: Page, one: Planted, taken: Sequence[Planted]) -> bool:
    """Whether a mistake shares no sentence with another."""
    start, stop = around(page, one.clean_start, one.clean_stop)
    return all(other.clean_stop < start or stop < other.clean_start for other in taken)


def around(page: Page, start: int, stop: int) -> tuple[int, int]:
    """The sentence or line of a page around a place in it."""
    for sentence in page.sentences:
        if sentence.start <= start and stop <= sentence.stop:
            return sentence.start, sentence.stop
    end = page.text.find("\n", stop)
    return page.text.rfind("\n", 0, start) + 1, end if end >= 0 else len(page.text)


def _candidates(page: Page, kind: Kind, random: Random) -> Iterator[Planted]:
    if kind == "repeat":
        yield from _repeats(page, random)
    elif kind == "paraphrase":
        yield from _paraphrases(page, random)
    elif kind == "truncated":
        yield from _truncated(page)
    elif kind == "clause":
        yield from _clauses(page, random)
    else:
        for mention in page.mentions:
            yield from _swapped(mention, kind)


def _swapped(mention: Mention, kind: Kind) -> Iterator[Planted]:
    """Another value where a fact is stated."""
    for wrong in mention.saying.wrongs:
        if wrong.kind == kind:
            yield Planted(
                kind=kind, flavour=wrong.flavour, fact=mention.fact or f"reference at {mention.start}",
                place=mention.place, owner=mention.owner, style=mention.style, start=0, stop=0, text=wrong.text,
                clean_start=mention.start, clean_stop=mention.stop, right=mention.saying.text, same=mention.saying.same,
            )  # fmt: skip


def _repeats(page: Page, random: Random) -> Iterator[Planted]:
    """A sentence or two once more in a later section, in the same words."""
    for number, sentence in enumerate(page.sentences):
        text = page.text[sentence.start : sentence.stop]
        after = page.sentences[number + 1] if number + 1 < len(page.sentences) else None
        if after is not None and random.random() < 0.3 and page.text[sentence.stop : after.start] == " ":
            text = page.text[sentence.start : after.stop]
        if sentence.plain and len(text.split()) >= _LEAST + 2:
            yield from _again(page, sentence, text, "repeat", "passage" if "." in text[:-1] else "sentence", random)


def _paraphrases(page: Page, random: Random) -> Iterator[Planted]:
    """A passage once more in a later section, in other words."""
    passages = next(one for one in subjects() if one.name == page.subject).passages
    for sentence in page.sentences:
        if sentence.passage >= 0:
            yield from _again(page, sentence, passages[sentence.passage].again, "paraphrase", "paraphrase", random)


def _again(
    page: Page, first: Sentence, text: str, kind: Kind, flavour: str, random: Random
) -> Iterator[Planted]:  # fmt: skip
    later = [one for one in page.sentences if one.start > first.stop and one.section != first.section]
    if later:
        behind = random.choice(later)
        yield _inserted(kind, flavour, f"{kind} of {first.start}", behind.stop, f" {text}")


def _inserted(kind: Kind, flavour: str, fact: str, at: int, text: str, same: Sequence[str] = ()) -> Planted:
    return Planted(
        kind=kind, flavour=flavour, fact=fact, place="last", owner=False, style="prose", start=0, stop=0, text=text,
        clean_start=at, clean_stop=at, right="", same=tuple(same),
    )  # fmt: skip


def _truncated(page: Page) -> Iterator[Planted]:
    """The last sentence of a section without its end."""
    last = {one.section: one for one in page.sentences}
    for sentence in last.values():
        text = page.text[sentence.start : sentence.stop]
        words = text.split()
        if sentence.plain and len(words) >= _LEAST:
            cut = " ".join(words[: round(0.6 * len(words))]).rstrip(",;:")
            yield Planted(
                kind="truncated", flavour="section end", fact=f"end of {sentence.section}", place="last", owner=True,
                style="prose", start=0, stop=0, text=cut, clean_start=sentence.start, clean_stop=sentence.stop,
                right=text,
            )  # fmt: skip


def _clauses(page: Page, random: Random) -> Iterator[Planted]:
    """A clause behind another sentence that states a fact otherwise."""
    free = [one for one in page.sentences if one.plain and one.passage < 0]
    for choice in page.choices:
        fact = choice.fact
        if fact.kind not in _STATED or not fact.about or not free:
            continue
        sentence, saying = random.choice(free), choice.saying(0)
        text = f", although the {fact.about} is {saying.wrongs[0].text}"
        same = [f", although the {fact.about} is {right}" for right in saying.same]
        yield _inserted("clause", fact.kind, fact.id, sentence.stop - 1, text, same)

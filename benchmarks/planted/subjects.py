"""Subjects: what the documents are about, read from the word lists beside this file.

A subject has sections, facts with several values to choose from and several sentences to state them in, sentences on
other things with figures of their own, passages in two wordings, a quotation, and people who do things.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

from hierdiff.values import Value

HERE = Path(__file__).parent
_PARTS = 5


class Fact(Value):
    """Something that documents say more than once: `values` to choose from, as their kind writes them."""

    id: str
    kind: str
    section: str
    about: str = ""
    values: str = ""
    sentences: tuple[str, ...] = ()


class Passage(Value):
    """A passage of a section, and the same said in other words."""

    section: str
    text: str
    again: str


class Subject(Value):
    """What one kind of document is made from."""

    name: str
    title: str
    sections: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    others: tuple[str, ...]
    quotes: tuple[str, ...]
    passages: tuple[Passage, ...]
    agents: tuple[str, ...]


class Clauses(Value):
    """Parts of sentences that say nothing in particular, and sentences for facts of each kind."""

    opens: tuple[str, ...]
    does: tuple[str, ...]
    tails: tuple[str, ...]
    frames: dict[str, tuple[str, ...]]


@cache
def subjects() -> tuple[Subject, ...]:
    """All subjects, by the names of their files."""
    return tuple(subject(path.stem, path.read_text("utf-8")) for path in sorted((HERE / "subjects").glob("*.txt")))


@cache
def clauses() -> Clauses:
    """The clauses of every subject."""
    lines: dict[str, list[str]] = defaultdict(list)
    for line in (HERE / "clauses.txt").read_text("utf-8").splitlines():
        key, _, text = line.partition(": ")
        lines[key].append(text)
    opens, does, tails = (tuple(lines.pop(key)) for key in ("open", "does", "tail"))
    return Clauses(opens=opens, does=does, tails=tails, frames={key: tuple(texts) for key, texts in lines.items()})


def subject(name: str, text: str) -> Subject:
    """A subject read from its word list: a line each, `= ` for the sentences of the fact above."""
    lines: dict[str, list[str]] = defaultdict(list)
    facts: list[Fact] = []
    for line in text.splitlines():
        key, _, rest = line.partition(" " if line.startswith("= ") else ": ")
        if key == "fact":
            ident, kind, section, about, values = [*(part.strip() for part in rest.split("|", 4)), "", ""][:_PARTS]
            facts.append(Fact(id=ident, kind=kind, section=section, about=about, values=values))
        elif key == "=":
            facts[-1] = facts[-1].changed(sentences=(*facts[-1].sentences, rest))
        else:
            lines[key].append(rest)
    return Subject(
        name=name,
        title=lines["title"][0],
        sections=tuple(_pair(line, "|") for line in lines["section"]),
        facts=tuple(facts),
        others=tuple(lines["other"]),
        quotes=tuple(lines["quote"]),
        passages=tuple(_passage(line) for line in lines["passage"]),
        agents=tuple(agent.strip() for line in lines["agents"] for agent in line.split(";")),
    )


def _passage(line: str) -> Passage:
    section, texts = _pair(line, "|")
    text, again = _pair(texts, "||")
    return Passage(section=section, text=text, again=again)


def _pair(line: str, mark: str) -> tuple[str, str]:
    left, _, right = line.partition(mark)
    return left.strip(), right.strip()

"""Pages: documents written from a subject, with every mention of every fact on record.

The same number gives the same document, byte for byte. Pages differ in subject, values, length, numbered headings or
plain ones, lists, tables, quotations and code; each states its facts several times, in different styles and sections.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import cycle
from random import Random

from benchmarks.planted.lines import Filler, Line, Mark, bullet, filled, row
from benchmarks.planted.sayings import Choice, Saying, Wrong, chosen
from benchmarks.planted.subjects import Subject, clauses, subjects
from hierdiff.document import Document, count_words, parse
from hierdiff.ledger import Ledger
from hierdiff.values import Value

LENGTHS = (500, 1500, 4000)
"""Tokens of a page, about."""
TOKENS_PER_WORD = 1.35
_TOWNS = [
    "Alderney",
    "Brookhaven",
    "Calder",
    "Dunmore",
    "Easby",
    "Fenwick",
    "Garrow",
    "Holm",
    "Inver",
    "Kelsey",
    "Larkfield",
    "Merrow",
]
_SPARE = {500: 6, 1500: 1, 4000: 0}
"""Facts that are left out of a page, by its length."""
_OFTEN = {500: (2, 3), 1500: (3, 4), 4000: (4, 7)}
"""How often a fact is mentioned, by the page's length."""
_LISTED = ("quantity", "count", "percent", "money", "year", "date")
_CODE = "```\nheight = 3.4  # km\nrows = 250\nlimit = heights[7] * 0.12\n```\n"


class Mention(Value):
    """One place where a page states a fact: characters `start..stop`, in what section and style, first or last."""

    fact: str
    start: int
    stop: int
    section: str
    owner: bool
    style: str
    place: str
    saying: Saying


class Sentence(Value):
    """A sentence of prose: where it stands, and whether it states a fact."""

    start: int
    stop: int
    section: str
    plain: bool
    passage: int = -1


class Page(Value):
    """A document without a mistake in it, and all that is known about it."""

    number: int
    subject: str
    length: int
    text: str
    ledger: Ledger
    choices: tuple[Choice, ...]
    mentions: tuple[Mention, ...]
    sentences: tuple[Sentence, ...]

    @property
    def tokens(self) -> float:
        """How long it is, as a tokenizer would count it."""
        return count_words(self.text) * TOKENS_PER_WORD

    def document(self, text: str | None = None, *, facts: bool = True) -> Document:
        """The page, or a text made from it, as a reader of its file gets it."""
        return parse(self.text if text is None else text, ledger=self.ledger if facts else Ledger())


def page(number: int) -> Page:
    """The page of that number."""
    random = Random(f"page {number}")
    all = subjects()
    length = LENGTHS[number % len(LENGTHS)]
    return _Writing(number, all[number // len(LENGTHS) % len(all)], length, random).page()


class _Writing:
    """One page being written."""

    def __init__(self, number: int, subject: Subject, length: int, random: Random) -> None:
        self.number, self.subject, self.length, self.random = number, subject, length, random
        self.numbered = number % 2 == 0
        self.layout = ("plain", "list", "table")[number // 2 % 3]
        self.filler = Filler(subject.agents, clauses(), random)
        left_out = set(random.sample(range(len(subject.facts)), _SPARE[length]))
        facts = [fact for at, fact in enumerate(subject.facts) if at not in left_out]
        self.choices = [chosen(fact, random) for fact in facts]
        self.sections = list(subject.sections if length > LENGTHS[0] else subject.sections[:4])
        self.titles = dict(self.sections)

    def page(self) -> Page:
        """The page, written."""
        lines = self._lines()
        text = f"# {self.subject.title.format(town=self.random.choice(_TOWNS))}\n"
        mentions: list[Mention] = []
        sentences: list[Sentence] = []
        for at, (key, title) in enumerate(self.sections, start=1):
            text += f"\n## {at}. {title}\n" if self.numbered else f"\n## {title}\n"
            for block in self._blocks(key, lines[key]):
                text += "\n"
                for line in block:
                    start = len(text)
                    text += line.text
                    mentions += [self._mention(mark, start, key, line.style) for mark in line.marks]
                    if line.style == "prose":
                        passage = line.passage
                        stop, plain = len(text), not line.marks
                        sentences.append(Sentence(start=start, stop=stop, section=key, plain=plain, passage=passage))
                    text += " " if line.style == "prose" and line is not block[-1] else "\n"
        return Page(
            number=self.number,
            subject=self.subject.name,
            length=self.length,
            text=text,
            ledger=Ledger(items=tuple(one.item(self._owner(one.fact.section)) for one in self.choices)),
            choices=tuple(self.choices),
            mentions=tuple(placed(mentions)),
            sentences=tuple(sentences),
        )

    def _owner(self, section: str) -> str:
        return self.titles.get(section, self.sections[-1][1])

    def _mention(self, mark: Mark, start: int, section: str, style: str) -> Mention:
        choice = next((one for one in self.choices if one.fact.id == mark.fact), None)
        owner = choice is not None and self._owner(choice.fact.section) == self.titles[section]
        place = (start + mark.start, start + mark.stop)
        return Mention(
            fact=mark.fact, start=place[0], stop=place[1], section=section, owner=owner, style=style, place="middle",
            saying=mark.saying,
        )  # fmt: skip

    def _lines(self) -> dict[str, list[Line]]:
        """The sentences of each section, those that state facts spread over them, in a mixed order."""
        lines: dict[str, list[Line]] = defaultdict(list)
        for choice in self.choices:
            self._state(choice, lines)
        keys = [key for key, _ in self.sections]
        for text in self.random.sample(self.subject.others, 2 if self.length == LENGTHS[0] else 5):
            lines[self.random.choice(keys)].append(Line(text=text))
        for number, passage in enumerate(self.subject.passages):
            if passage.section in keys and (number == 0 or self.length > LENGTHS[0]):
                lines[passage.section].append(Line(text=passage.text, passage=number))
        pointing: dict[str, Line] = {}
        for key in keys:
            for line in self._references(key):
                if pointing.setdefault(line.text, line) is line:
                    lines[key].append(line)
        wanted = self.length / TOKENS_PER_WORD - 10 * len(keys)
        words = sum(count_words(line.text) for all in lines.values() for line in all)
        for key in cycle(keys):
            if words >= wanted:
                break
            lines[key].append(line := self.filler.line())
            words += count_words(line.text)
        for key in keys:
            self.random.shuffle(lines[key])
        return lines

    def _state(self, choice: Choice, lines: dict[str, list[Line]]) -> None:
        """One fact, stated as often as the page is long, in its own section and in others."""
        fact, random = choice.fact, self.random
        frames = clauses().frames.get(fact.kind, ())
        framed = [text for text in frames if "{about}" not in text or fact.about]
        own = {text.replace(fact.about, "{about}") if fact.about else text for text in fact.sentences}
        framed = [text for text in framed if text not in own]
        sentences = [*random.sample(fact.sentences, len(fact.sentences)), *random.sample(framed, len(framed))]
        often = min(random.randint(*_OFTEN[self.length]), len(sentences))
        keys = [key for key, _ in self.sections]
        home = fact.section if fact.section in keys else keys[-1]
        others = random.sample([key for key in keys if key != home], len(keys) - 1)
        for sentence, key, style in zip(sentences[:often], cycle([home, *others]), cycle((0, 1, 2, 3)), strict=False):
            lines[key].append(filled(sentence, choice, style))

    def _references(self, key: str) -> list[Line]:
        """A sentence that points to another section, by number or by title, as the headings are."""
        if self.random.random() < 0.4:
            return []
        at = self.random.choice([at for at, (other, _) in enumerate(self.sections) if other != key])
        title = self.sections[at][1]
        beyond, lost = str(len(self.sections) + 1 + at), f"{title.split()[0]} in numbers"
        if not self.numbered:
            return [_pointing("The reasons are given in the section ", f'"{title}"', f'"{lost}"', ".", "title")]
        if self.random.random() < 0.5:
            return [_pointing("More on this follows in section ", str(at + 1), beyond, ".", "number")]
        return [_pointing("For details see section ", str(at + 1), beyond, f' ("{title}").', "number and title")]

    def _blocks(self, key: str, lines: Sequence[Line]) -> list[list[Line]]:
        """Paragraphs, and what stands between them."""
        blocks: list[list[Line]] = []
        at = 0
        while at < len(lines):
            size = self.random.randint(3, 5)
            blocks.append(list(lines[at : at + size]))
            at += size
        if key == self.sections[1][0] and self.layout != "plain":
            blocks.append(self._summary())
        if key == self.sections[2][0]:
            blocks.insert(1, [Line(text=f"> {self.subject.quotes[0]}", style="quote")])
        if key == self.sections[-1][0] and self.number % 4 == 1:
            blocks.insert(1, [Line(text=_CODE.rstrip(), style="code")])
        return blocks

    def _summary(self) -> list[Line]:
        """Some facts once more, as a list or a table."""
        listed = [choice for choice in self.choices if choice.fact.kind in _LISTED and choice.fact.about][:4]
        if self.layout == "list":
            return [bullet(choice) for choice in listed]
        head = [Line(text="| what | figure |", style="table"), Line(text="|---|---|", style="table")]
        return [*head, *(row(choice) for choice in listed)]


def _pointing(before: str, right: str, wrong: str, after: str, flavour: str) -> Line:
    mistake = Wrong(kind="reference", flavour=flavour, text=wrong)
    mark = Mark(fact="", start=len(before), stop=len(before + right), saying=Saying(text=right, wrongs=(mistake,)))
    return Line(text=before + right + after, marks=(mark,))


def placed(mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with which is the first and which the last of its fact."""
    by_fact: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_fact[mention.fact].append(mention)
    ends = {id(group[0]): "first" for group in by_fact.values()} | {id(group[-1]): "last" for group in by_fact.values()}
    return [mention.changed(place=ends.get(id(mention), "middle")) for mention in mentions]

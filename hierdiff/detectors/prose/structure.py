"""Structure: headings that skip a level, empty sections, ragged tables, text cut off, open fences, chat markers."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import final

from hierdiff.detectors.prose.tables import tables
from hierdiff.detectors.reading.entries import is_entry
from hierdiff.detectors.reading.masks import BLOT
from hierdiff.detectors.reading.prose import Block, Heading
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import folded, word_set, words
from hierdiff.document import Document
from hierdiff.findings import Finding

_LEAK = re.compile(
    r"<\|[A-Za-z_][A-Za-z0-9_ ]{0,40}\|>|<｜[^｜<>\n]{1,40}｜>|\[/?INST\](?!\()|<</?SYS>>"
    r"|</?(?:start_of_turn|end_of_turn)>|<(?:eos|bos|pad|unk|mask|sep|cls)>|\[(?:MASK|PAD|CLS|SEP|UNK)\](?![(\[])"
    r"|(?<=[.!?\w])</s>"
)
_TALK = re.compile(
    r"(?<![\"'“‘«])\b(?:[Aa]s an? (?:AI|artificial intelligence)(?: language)? (?:model|assistant)\b"
    r"|I(?:['’]m| am) sorry, but I (?:cannot|can['’]t)\b"
    r"|(?:Sure|Certainly|Of course)[!,] (?:[Hh]ere(?: is|['’]s)|I can|I will|I['’]ll)\b)"
)
_NUMBERING = re.compile(r"(?:[0-9]+(?:\.[0-9]+)*\.?|[A-Z]\.|[IVXLC]+\.)\s+")
_OPEN_END = re.compile(r"[A-Za-zÀ-ɏ0-9,;(–—-]$")
_LEAST_WORDS = 12
_STYLE = 4
_BESIDE = 3
"""So many headings at a level, and none below it, make that the level of one that jumps."""
_LISTED = 2
"""More than so many empty sections within as many headings on either side are a list."""
_NEAT = 3
"""From so many sections on, nearly all of them closed, a text is neat."""
_STRICT = 10
_FEW = 5
"""From so many paragraphs on, all but a few closed, so few words without an end are a sentence broken off."""
_GAP = re.compile(r"\S(?: {2,}|\t+)\S")
_FORMULA = re.compile(r"\s[=+*/<>]{1,2}\s")
_DANGLING = word_set(
    "a an the and or but of to in on at by for with from as that which who is are was were be has have its their"
)


@final
class Structure:
    """Finds what is wrong with a document's form. Spans are the marks, titles or words that ought to change."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "structure")
        found = [*_jumps(reading), *_twins(reading), *_echoes(reading), *_empty(reading)]
        return in_order([*found, *_fences(reading), *tables(reading), *_cut_off(reading), *_leaks(reading)])


def _jumps(reading: Reading) -> Iterator[Finding]:
    """Headings more than one level below the one that holds them; siblings are moved alike.

    One that jumps ought to stand one level below, or, where no other heading of the text stands there, beside the one
    before it. Where many headings of a text jump, it is the text's style and nothing is said.
    """
    levels = Counter(heading.level for heading in reading.prose.headings)
    above: list[tuple[int, int]] = []
    wrong: list[tuple[Heading, Place, int]] = []
    for heading in reading.prose.headings:
        while above and above[-1][0] >= heading.level:
            above.pop()
        right = above[-1][1] + 1 if above else heading.level
        if right < heading.level and not levels[right] and levels[right - 1] >= _BESIDE:
            right -= 1
        above.append((heading.level, right))
        if right < heading.level and heading.marks is not None:
            wrong.append((heading, heading.marks, right))
    if len(wrong) >= _STYLE and 4 * len(wrong) > len(reading.prose.headings):
        return
    for heading, marks, right in wrong:
        reason = f"The heading '{short(heading.title)}' is at level {heading.level}, but should be at level {right}."
        yield reading.finding("heading level", [marks], reason, expected="#" * right)


def _twins(reading: Reading) -> Iterator[Finding]:
    """Headings of one title under one parent."""
    path: list[tuple[int, int]] = []
    seen: dict[tuple[int, str], Heading] = {}
    for number, heading in enumerate(reading.prose.headings):
        while path and path[-1][0] >= heading.level:
            path.pop()
        name = heading.title if "`" in heading.title else heading.title.lower()
        key = (path[-1][1] if path else -1, " ".join(name.split()))
        path.append((heading.level, number))
        first = seen.setdefault(key, heading)
        if (
            first is not heading
            and first.level == heading.level
            and heading.title.lower() not in ("", "yes", "no")
            and not _holds_nothing(reading, number)
        ):
            reason = f"Two sections side by side are both called '{short(heading.title)}'."
            yield reading.finding("duplicate heading", [_title(heading)], reason, against=[_title(first)])


def _holds_nothing(reading: Reading, number: int) -> bool:
    """Whether a heading has neither text of its own nor a heading below it."""
    headings = reading.prose.headings
    heading = headings[number]
    after = headings[number + 1] if number + 1 < len(headings) else None
    body = reading.text[heading.stop : after.start if after else len(reading.text)]
    underline = body.strip(" \t\r\n=-") if heading.marks is None else body.strip()
    return not underline and (after is None or after.level <= heading.level)


def _empty(reading: Reading) -> Iterator[Finding]:
    """Headings with nothing below them: none of the names of a catalogue, nor of a list that is made of headings."""
    headings = reading.prose.headings
    empty = [_holds_nothing(reading, number) for number in range(len(headings))]
    for number, heading in enumerate(headings):
        cover = number == 0 and heading.level == 1 and len(headings) > 1
        listed = sum(empty[max(0, number - _LISTED) : number + _LISTED + 1]) > _LISTED
        if heading.title and not cover and empty[number] and not listed and not is_entry(heading.title):
            reason = f"The section '{short(heading.title)}' has a heading but no text."
            yield reading.finding("empty section", [_title(heading)], reason)


def _echoes(reading: Reading) -> Iterator[Finding]:
    """A section whose body begins with its own title again, as a heading or as a bold line."""
    headings, blocks = reading.prose.headings, reading.prose.blocks
    starts = [block.start for block in blocks]
    for number, heading in enumerate(headings):
        name = _bare(heading.title)
        after = headings[number + 1] if number + 1 < len(headings) else None
        place: Place | None = None
        if after and after.level > heading.level and not reading.text[heading.stop : after.start].strip():
            place = (after.start, after.stop) if _bare(after.title) == name else None
        else:
            place = _echo_line(reading, blocks, bisect_right(starts, heading.stop), name, after)
        if name and place is not None:
            reason = f"The section '{short(heading.title)}' repeats its own title at its beginning."
            yield reading.finding("repeated title", [place], reason, expected="", against=[_title(heading)])


def _echo_line(reading: Reading, blocks: Sequence[Block], at: int, name: str, after: Heading | None) -> Place | None:
    """The first paragraph of a body, if it is nothing but the title and more text follows it in the section."""
    if at + 1 >= len(blocks) or blocks[at].kind != "prose" or _bare(blocks[at].plain) != name:
        return None
    goes_on = after is None or blocks[at + 1].start < after.start
    before = after is None or blocks[at].start < after.start
    return (blocks[at].start, blocks[at].stop) if goes_on and before else None


def _bare(title: str) -> str:
    return folded(_NUMBERING.sub("", title.strip(), count=1))


def _title(heading: Heading) -> Place:
    return heading.title_start, heading.title_stop


def _fences(reading: Reading) -> Iterator[Finding]:
    for fence in reading.prose.open_fences:
        reason = f"The code block that begins with {fence.mark} is never closed."
        yield reading.finding("open fence", [(fence.start, fence.stop)], reason)


def _cut_off(reading: Reading) -> Iterator[Finding]:
    """The last paragraph of a section, if it is long enough to be prose and stops in the middle of a sentence."""
    blocks = reading.prose.blocks
    starts = [block.start for block in blocks]
    ends = [heading.start for heading in reading.prose.headings] + [len(reading.text)]
    lasts = {at: None for end in ends if (at := _last_block(reading, starts, end)) is not None}
    closed = sum(blocks[at].plain.rstrip()[-1:] in (".", "!", "?") for at in lasts)
    neat = closed >= _NEAT and 5 * closed >= 4 * len(lasts)
    strict = _all_closed(blocks)
    inner = [at for at in range(len(blocks) - 1) if strict and _goes_on(reading, blocks[at], blocks[at + 1])]
    for at in sorted({*lasts, *inner}):
        if not ((at in lasts and _unfinished(blocks[at], neat=neat)) or (strict and _broken_off(blocks[at]))):
            continue
        last = _last_sentence(reading, at)
        if last is not None:
            reason = f"The text stops in the middle of a sentence: '…{short(reading.text[last[0] : last[1]][-50:])}'."
            yield reading.finding("cut off", [last], reason)


def _all_closed(blocks: Sequence[Block]) -> bool:
    """Whether a text ends its paragraphs so regularly that one without an end stands out."""
    ends = [block.plain.rstrip()[-1:] for block in blocks if block.kind == "prose"]
    open_ends = sum(bool(_OPEN_END.search(end)) for end in ends)
    return len(ends) >= _STRICT and 20 * open_ends <= len(ends) + 20


def _goes_on(reading: Reading, one: Block, two: Block) -> bool:
    """Whether a paragraph, a list or a table follows another paragraph, and no code that the first might lead to."""
    gap = reading.text[one.stop : two.start].strip()
    return gap.startswith("|") if gap else two.kind in ("prose", "list")


def _broken_off(block: Block) -> bool:
    """Whether a paragraph is a few words of a sentence, with small words among them, and no end."""
    plain = block.plain.rstrip()
    found = [match.group() for match in words(plain)]
    small = sum(word.islower() for word in found)
    bare = block.kind == "prose" and bool(_OPEN_END.search(plain[-1:])) and BLOT not in plain[-3:]
    return bare and plain[:1].isupper() and len(found) >= _FEW and 4 * small >= 3 * len(found) and "\n" not in plain


def _last_block(reading: Reading, starts: list[int], end: int) -> int | None:
    """The block that nothing but white space parts from `end`."""
    at = bisect_right(starts, end - 1) - 1
    return None if at < 0 or reading.text[reading.prose.blocks[at].stop : end].strip() else at


def _unfinished(block: Block, *, neat: bool) -> bool:
    plain = block.plain.rstrip()
    if block.kind != "prose" or not _OPEN_END.search(plain[-1:]):
        return False
    lines = plain.splitlines()
    if (len(lines) > 2 and sum(map(len, lines)) < 40 * len(lines)) or _in_columns(lines):
        return False
    return plain[-1] in ",;(–—" or _ends_on(plain) in _DANGLING or _is_prose(plain, neat=neat)


def _in_columns(lines: Sequence[str]) -> bool:
    """Whether most lines have gaps in them, as columns and drawings do."""
    return len(lines) > 1 and 2 * sum(bool(_GAP.search(line.strip())) for line in lines) > len(lines)


def _ends_on(plain: str) -> str:
    return plain.rsplit(maxsplit=1)[-1].lower() if plain.split() else ""


def _is_prose(plain: str, *, neat: bool) -> bool:
    """Whether a paragraph without an end reads like running text: sentences before, or many small words; fewer are
    enough in a `neat` text, whose sections all end with a full stop."""
    found = [match.group() for match in words(plain)]
    small = sum(word.islower() for word in found)
    sentences = len(re.findall(r"[.!?](?:\s)", plain))
    return (
        len(found) >= _LEAST_WORDS
        and small >= 0.6 * len(found)
        and (neat or sentences > 0 or len(found) >= 2 * _LEAST_WORDS)
    )


def _last_sentence(reading: Reading, block: int) -> Place | None:
    sentences = reading.prose.sentences
    at = bisect_right(sentences, block, key=lambda sentence: sentence.block) - 1
    last = sentences[at]
    known = last.block == block and len(list(words(last.plain))) >= 3 and not _FORMULA.search(last.plain)
    return (last.start, last.stop) if known else None


def _leaks(reading: Reading) -> Iterator[Finding]:
    """Markers of a chat template, and phrases in which a model speaks of itself."""
    for match in _LEAK.finditer(reading.text):
        if reading.prose.in_language(match.start(), quotes=False):
            reason = f"The marker {match.group()} belongs to a model's chat format, not to the text."
            yield reading.finding("leaked marker", [match.span()], reason, expected="")
    for sentence in reading.prose.sentences:
        if _TALK.search(sentence.plain):
            reason = f"A model speaks of itself here: '{short(sentence.plain)}'."
            yield reading.finding("leaked talk", [(sentence.start, sentence.stop)], reason)

"""Fitting: sections of a size that canvases take well, and budgets that sum to the target to the word.

A leaf too small to be worth a canvas joins a neighbour; one too large becomes several parts under its heading. Nothing
that was planned for it gets lost: points, briefs, items and edges go with it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hierdiff.budget import budgeted
from hierdiff.joining import joined
from hierdiff.names import Slugs
from hierdiff.outline import Edge, Outline, Section


def fitted(
    outline: Outline, words: int, *, tokens_per_word: float, comfortable: int, floor_tokens: int = 64
) -> Outline:
    """The outline with leaf budgets that sum to `words`, none above `comfortable` tokens or below `floor_tokens`.

    Leaves that share a canvas, and those that are not prose (a file, a table), stay as they are; a small leaf stays
    where nobody can take it in (see `joined`). Raises OutlineError as `budgeted` does.
    """
    most = max(1, int(comfortable / tokens_per_word))
    least = min((most + 1) // 2, -int(-floor_tokens // tokens_per_word))
    return split(joined(budgeted(outline, words), least), most)


def split(outline: Outline, most: int) -> Outline:
    """The outline without prose leaves of more than `most` words: each such leaf holds as many parts as it takes.

    The parts of "Causes" are "Causes (1)", "Causes (2)" and so on, none much longer than another. Points to cover are
    dealt out in order, and what one covers the others must not; items stay with the first part, which states them. The
    edges of the leaf hold for all its parts, which do not wait for each other.
    """
    slugs = Slugs(section.id for section in outline.sections)
    parts = {
        leaf.id: _parts(leaf, -(-leaf.budget // most), slugs)
        for leaf in outline.leaves
        if leaf.budget > most and leaf.kind == "prose" and len(outline.group(leaf.id)) == 1
    }
    if not parts:
        return outline
    sections = tuple(one for section in outline.sections for one in _holding(section, parts.get(section.id, ())))
    ledger = outline.ledger
    firsts = {whole: several[0].id for whole, several in parts.items()}
    items = tuple(item if item.owner not in firsts else item.changed(owner=firsts[item.owner]) for item in ledger.items)
    edges = tuple(one for edge in outline.edges for one in _edges(edge, parts))
    inside = (Edge(kind="contains", source=whole, target=one.id) for whole, several in parts.items() for one in several)
    return outline.changed(sections=sections, edges=(*edges, *inside), ledger=ledger.changed(items=items))


def _parts(leaf: Section, count: int, slugs: Slugs) -> tuple[Section, ...]:
    """The parts of a leaf, the longer ones first."""
    budgets, points = _dealt(leaf.budget, count), _slices(leaf.must_cover, count)
    return tuple(
        Section(
            id=slugs.take(f"{leaf.id[:180]}-{number + 1}"),
            title=f"{leaf.title[:490]} ({number + 1})",
            topic=leaf.topic,
            brief=f"Part {number + 1} of {count} of '{leaf.title}'. {leaf.brief}".rstrip(),
            kind=leaf.kind,
            parent=leaf.id,
            order=number,
            budget=budgets[number],
            least=_dealt(leaf.least, count)[number],
            most=None if leaf.most is None else max(budgets[number], _dealt(leaf.most, count)[number]),
            elastic=leaf.elastic,
            provides=leaf.provides if number == 0 else (),
            requires=leaf.requires,
            must_cover=points[number],
            must_not_cover=tuple(
                dict.fromkeys([*leaf.must_not_cover, *(one for one in leaf.must_cover if one not in points[number])])
            ),
        )
        for number in range(count)
    )


def _holding(section: Section, parts: Sequence[Section]) -> Iterator[Section]:
    """A section, or one that holds its parts, and they."""
    empty = {"budget": 0, "least": 0, "most": None, "provides": (), "requires": (), "must_cover": ()}
    yield section.changed(**empty) if parts else section
    yield from parts


def _edges(edge: Edge, parts: dict[str, tuple[Section, ...]]) -> Iterator[Edge]:
    """An edge as it is, but for one of items: every part uses them, of the first part."""
    if edge.kind != "uses" or not (edge.source in parts or edge.target in parts):
        yield edge
        return
    target = parts[edge.target][0].id if edge.target in parts else edge.target
    for one in parts.get(edge.source, ()):
        yield edge.changed(source=one.id, target=target)
    if edge.source not in parts:
        yield edge.changed(target=target)


def _dealt(words: int, count: int) -> list[int]:
    """Whole numbers that sum to `words` and differ by one at most."""
    return [words // count + (number < words % count) for number in range(count)]


def _slices(points: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """The points in order, dealt out to parts."""
    ends = [len(points) * number // count for number in range(count + 1)]
    return [tuple(points[start:stop]) for start, stop in pairwise(ends)]

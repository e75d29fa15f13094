"""Strategies for outlines, shared by the tests of this folder."""

from hypothesis import strategies as st

from hierdiff.outline import Edge, Outline, Section

BLOCKING = ("depends_on", "summarises")
KINDS = ("contains", "depends_on", "uses", "refers_to", "summarises", "excludes", "mirrors", "imports")


@st.composite
def outlines(draw: st.DrawFn, most: int = 14) -> Outline:
    """Valid outlines: a forest of sections, blocking edges only from later leaves to earlier ones."""
    count = draw(st.integers(1, most))
    parents = [draw(st.integers(-1, number - 1)) for number in range(count)]
    sections = tuple(
        Section(
            id=f"s{number}",
            title=f"Title {number}",
            parent=f"s{parent}" if parent >= 0 else None,
            order=draw(st.integers(0, 3)),
            budget=draw(st.integers(0, 400)),
        )
        for number, parent in enumerate(parents)
    )
    leaves = Outline(title="Plan", sections=sections).leaves
    edges: list[Edge] = []
    for number in range(1, len(leaves)):
        for before in draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)):
            kind = draw(st.sampled_from(BLOCKING))
            edges.append(Edge(kind=kind, source=leaves[number].id, target=leaves[before].id))
    return Outline(title="Plan", sections=sections, edges=tuple(edges))

"""ManualPlanner: outline files in YAML and Markdown, what they may hold, and how they are refused."""

from pathlib import Path

import pytest

from hierdiff.errors import FileError, OutlineError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import EdgeKind
from hierdiff.protocols import Planner
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff_planners import open_manual, read_outline

SEA = """\
title: Living with the sea
words: 1000
sections:
  - {id: causes, title: Causes, topic: why the coast retreats, brief: Start here., words: 150,
     must_cover: [storm surge], must_not_cover: [fishing],
     provides: [{id: retreat, kind: quantity, value: 1.2 m a year, about: mean retreat of the cliff}]}
  - id: policy
    title: Policy
    after: [causes]
    requires: [retreat]
    refers_to: [causes]
    sections:
      - {title: Walls, topic: one two three four five six seven eight nine, brief: Be short.}
      - {title: Walls, mirrors: walls, must_cover: cost}
"""


@pytest.fixture
def sea(tmp_path: Path) -> Path:
    """The outline file above."""
    return written(tmp_path, SEA)


def written(folder: Path, text: str, name: str = "sea.yaml") -> Path:
    """A file of that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_yaml_is_read_whole(sea: Path) -> None:
    outline, words = read_outline(sea)
    assert (outline.title, words) == ("Living with the sea", 1000)
    causes, policy, walls, again = outline.sections
    assert causes.must_cover == ("storm surge",) and causes.must_not_cover == ("fishing",)
    assert (causes.topic, causes.brief, causes.budget) == ("why the coast retreats", "Start here.", 150)
    assert outline.ledger.owned_by("causes") == (
        Item(
            id="retreat",
            kind="quantity",
            value="1.2 m a year",
            about="mean retreat of the cliff",
            owner="causes",
        ),
    )
    assert policy.requires == ("retreat",)
    assert (walls.id, again.id, again.parent) == ("walls", "walls-2", "policy")
    assert walls.topic == "one two three four five six seven eight"
    assert walls.brief == "one two three four five six seven eight nine. Be short."
    assert again.must_cover == ("cost",)
    kinds: set[tuple[EdgeKind, str, str]] = {(edge.kind, edge.source, edge.target) for edge in outline.edges}
    assert kinds == {
        ("contains", "policy", "walls"),
        ("contains", "policy", "walls-2"),
        ("uses", "policy", "causes"),
        ("depends_on", "policy", "causes"),
        ("refers_to", "policy", "causes"),
        ("mirrors", "walls-2", "walls"),
    }
    assert outline.sources("walls") == ("causes",)


async def test_the_plan_has_budgets_and_the_facts(sea: Path) -> None:
    planner = open_manual(str(sea))
    assert isinstance(planner, Planner)
    facts = Ledger(items=(Item(id="height", kind="quantity", value="3 m", owner="policy"),))
    outline = await planner.plan(Request(goal="the sea", words=600, facts=facts), ScriptedBackend())
    assert sum(leaf.budget for leaf in outline.leaves) == 600
    assert [item.id for item in outline.ledger.items] == ["retreat", "height"]


async def test_the_file_says_how_long_unless_the_request_does(sea: Path, tmp_path: Path) -> None:
    async def words(path: Path, request: Request) -> int:
        outline = await open_manual(str(path)).plan(request, ScriptedBackend())
        return sum(leaf.budget for leaf in outline.leaves)

    bare = written(tmp_path, "title: T\nsections: [{title: A}]", "bare.yaml")
    summed = written(tmp_path, "title: T\nsections: [{title: A, words: 70}, {title: B, words: 20}]", "summed.yaml")
    assert await words(sea, Request(goal="x")) == 1000
    assert await words(sea, Request(goal="x", words=1200)) == 1200
    assert await words(bare, Request(goal="x")) == 1200
    assert await words(summed, Request(goal="x")) == 90


async def test_facts_decide_what_the_file_leaves_open_and_may_not_contradict_it(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "title: T\nsections:\n- {id: a, title: A, provides: [{id: x, about: height}, {id: y, value: 2 m}]}\n"
        "- {id: b, title: B, requires: [x, z]}\n",
    )
    fact = Item(id="x", kind="quantity", value="3 m", aliases=("three metres",))
    facts = Ledger(items=(fact, Item(id="y", kind="quantity", value="2  m"), Item(id="z", value="1")))
    outline = await open_manual(str(path)).plan(Request(goal="g", facts=facts), ScriptedBackend())
    assert outline.ledger.get("x") == fact.changed(about="height", owner="a")
    assert outline.ledger.get("y") == Item(id="y", kind="quantity", value="2 m", owner="a")
    wrong = Request(goal="g", facts=Ledger(items=(Item(id="y", value="4 m"), Item(id="z", value="1"))))
    with pytest.raises(OutlineError, match=r"'y' is '2 m' in .*sea.yaml but '4 m' in the facts"):
        await open_manual(str(path)).plan(wrong, ScriptedBackend())


def test_facts_of_the_file_belong_to_whoever_provides_them(tmp_path: Path) -> None:
    text = (
        "title: T\nfacts: [{id: x, value: '1'}, {id: y, value: '2'}, {id: z, value: '3', owner: b}]\n"
        "sections: [{id: a, title: A, provides: [x]}, {id: b, title: B}]"
    )
    outline, _ = read_outline(written(tmp_path, text))
    assert [item.owner for item in outline.ledger.items] == ["a", None, "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "title: T\nsections: [{title: A, wrods: 3}]",
            r"section 'A' has the unknown key 'wrods' \(did you mean 'words'",
        ),
        ("title: T\nsection: []", r"the file has the unknown key 'section' .*allowed are title, words, sections"),
        ("title: T\nsections: []", "has no sections"),
        ("title: T", "has no sections"),
        ("sections: [{title: A}]", "has no title"),
        ("title: T\nsections: [{id: a}]", "section 'a' has no title"),
        ("title: T\nsections: [A]", "section 1 is the text 'A', but must be a mapping"),
        ("title: T\nsections: {a: b}", "a mapping under 'sections', but must have a list"),
        ("title: [T]\nsections: [{title: A}]", "a list under 'title', but must have text"),
        ("just text", "the file is the text 'just text'"),
        ("title: T\nwords: 10\nsections: [{title: A}]", "words: 10; they must be between 50"),
        ("title: T\nwords: many\nsections: [{title: A}]", "'many' under 'words', but must have a whole number"),
        ("title: T\nsections: [{title: A, words: -1}]", "section 'A' budget: "),
        ("title: T\nsections: [{title: A, after: [b]}]", "'a' depends_on 'b', but no section has the id 'b'"),
        ("title: T\nsections: [{title: A, after: [[b]]}]", "must have a list of texts under 'after'"),
        ("title: T\nsections: [{title: A, requires: [x]}]", "needs the item 'x', which nobody provides"),
        ("title: T\nsections: [{title: A, provides: [{value: 1}]}]", "an item that section 'A' provides id: "),
        (
            "title: T\nsections: [{title: A, provides: [{id: x, kind: size}]}]",
            "has the kind 'size'; there are quantity",
        ),
        ("title: T\nsections: [{id: a, title: A}, {id: a, title: B}]", "two sections have the id 'a'"),
        ("title: T\nsections: [{title: A, after: b}, {title: B, after: a}]", "circle: "),
        ("title: T\nsections: [{title: A, after: a}]", "waits for 'a', which"),
        (
            "title: T\nsections: [{title: A, provides: [{id: x}]}, {title: B, provides: [{id: x}]}]",
            r"item 'x' is given twice \(by a and b\)",
        ),
        (
            "title: T\nedges: [{kind: near, source: a, target: a}]\nsections: [{title: A}]",
            "an edge has the kind 'near'",
        ),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(OutlineError, match=message) as caught:
        read_outline(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: T\nsections: [", r"sea.yaml, line 2, column \d+: "),
        ("a: &a [x]\nb: [*a, *a]", "anchors"),
        ("", "is empty"),
        ("!!python/object/apply:os.system ['touch pwned']", "tags"),
    ],
)
def test_files_that_are_no_plain_yaml_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_outline(written(tmp_path, text))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"name must end in \.yaml, \.yml, \.json, \.md"):
        open_manual(str(tmp_path / "plan.docx"))
    with pytest.raises(FileError, match="needs an outline file"):
        open_manual(" ")
    with pytest.raises(FileError, match="No such file"):
        read_outline(tmp_path / "none.yaml")


def test_json_is_yaml(tmp_path: Path) -> None:
    outline, _ = read_outline(written(tmp_path, '{"title": "T", "sections": [{"title": "A", "words": 60}]}', "p.json"))
    assert outline.leaves[0].budget == 60


MARKDOWN = """\
# Living with the *sea*

Left out.

## Causes

Why the coast
retreats.

- storm surge
- `rising` sea
  1. slowly

> A quotation.

### Waves
## Policy
"""


def test_markdown_headings_nest_and_lists_must_be_covered(tmp_path: Path) -> None:
    outline, words = read_outline(written(tmp_path, MARKDOWN, "sea.md"))
    assert (outline.title, words) == ("Living with the sea", None)
    causes, waves, policy = outline.reading_order
    assert causes.brief == "Why the coast\nretreats.\n\n> A quotation."
    assert causes.must_cover == ("storm surge", "rising sea", "slowly")
    assert (waves.parent, policy.parent, policy.brief) == ("causes", None, "")


def test_markdown_with_several_tops_takes_its_title_from_the_file(tmp_path: Path) -> None:
    outline, _ = read_outline(written(tmp_path, "# One\n# Two\n### Deep\n", "sea.md"))
    assert outline.title == "sea"
    assert [(section.id, section.parent) for section in outline.sections] == [
        ("one", None),
        ("two", None),
        ("deep", "two"),
    ]


@pytest.mark.parametrize("text", ["only prose\n", "# Title\n\nprose\n", "    # code\n"])
def test_markdown_without_sections_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(OutlineError, match="has no section headings"):
        read_outline(written(tmp_path, text, "sea.md"))


def test_a_markdown_heading_without_a_title_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(OutlineError, match=r"sea.md, line 3: title: "):
        read_outline(written(tmp_path, "# T\n\n##\n", "sea.md"))

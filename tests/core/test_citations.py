"""Citations from end to end: passages become items, are told, cited, checked and listed."""

import asyncio
from pathlib import Path

import pytest
from cli.conftest import OUTLINE
from click.testing import CliRunner

import hierdiff
from hierdiff.cli import main
from hierdiff.detectors.citations import Citations
from hierdiff.document import Document, Draft, join, parse
from hierdiff.errors import RunError
from hierdiff.events import Finished, Planned
from hierdiff.evidence import Evidence, Passage
from hierdiff.findings import Finding
from hierdiff.gathering import gathered
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Edge, Outline, Section
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.sources import cited, with_sources
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.writer import Writer

PLAN = Outline(
    title="Rivers",
    sections=(Section(id="walls", title="Walls", budget=60), Section(id="pumps", title="Pumps", budget=60)),
)
WALL = Passage(source="a.md", locator="lines 1-2", text="The town wall is 4.2 km long, and was built in 1911.")
PUMP = Passage(source="b.md", locator="line 9", text="Pumps lift thirty cubic metres a second.")
EVIDENCE = Evidence(passages={"src1": WALL, "src2": PUMP}, given={"walls": ("src1",), "pumps": ("src2",)})


def written(walls: str, pumps: str = "Pumps run at night.", plan: Outline = PLAN) -> Document:
    drafts = {name: Draft(section=name, text=text) for name, text in (("walls", walls), ("pumps", pumps))}
    return join(plan, drafts).changed(evidence=EVIDENCE)


def found(document: Document) -> list[tuple[str, str, str | None]]:
    findings: list[Finding] = list(Citations().find(document))
    for finding in findings:
        assert all(quote.of(document.text) == quote.text for quote in finding.spans)
    return [(finding.kind, finding.spans[0].text, finding.expected) for finding in findings]


class Given:
    """A retriever for tests: the passages of each section by its id."""

    def __init__(self, **passages: list[Passage]) -> None:
        self.passages = passages

    async def find(self, section: Section, k: int) -> list[Passage]:
        await asyncio.sleep(0)
        return self.passages.get(section.id, [])


async def test_what_a_draft_cites_resolves_and_is_listed_and_what_it_made_up_is_found() -> None:
    texts = {
        "walls": "The wall is 4.2 km long [src1]. It is older than the bridge [src9].",
        "pumps": "Pumps run all night in spring, without a pause.",
    }
    backend = ScriptedBackend(texts)
    writer = Writer(ScriptedPlanner(PLAN), backend, retriever=Given(walls=[WALL], pumps=[PUMP]))
    events = [event async for event in writer.stream(Request(goal="Rivers"))]
    (planned,) = [event for event in events if isinstance(event, Planned)]
    assert planned.evidence == EVIDENCE
    items = [item for item in planned.outline.ledger.items if item.kind == "citation"]
    assert [(item.id, item.value) for item in items] == [("src1", "a.md, lines 1-2"), ("src2", "b.md, line 9")]
    (asked,) = [canvas for canvas in backend.canvases if canvas.id == "walls"]
    assert "- [src1] The town wall is 4.2 km long, and was built in 1911." in asked.own and "src2" not in asked.own
    assert "a.md" not in asked.shared
    document = next(event.document for event in events if isinstance(event, Finished))
    (revision,) = document.revisions
    assert revision.before.strip() == "[src9]" and revision.accepted
    assert document.body("walls") == "The wall is 4.2 km long [src1]. It is older than the bridge.\n"
    assert document.text.endswith("\n\n## Sources\n\n- [src1] `a.md`, lines 1-2\n")
    assert document.sections[-1].id == "sources" and document.findings == ()
    assert found(document) == []
    assert Document.model_validate_json(document.model_dump_json()) == document


async def test_without_citations_or_without_a_retriever_all_is_as_it_was() -> None:
    texts = {"walls": "Walls are high and old.", "pumps": "Pumps run all night in spring."}
    documents = [
        await Writer(ScriptedPlanner(PLAN), ScriptedBackend(texts), retriever=one).write(Request(goal="Rivers"))
        for one in (None, Given(), Given(walls=[WALL]))
    ]
    assert len({document.text for document in documents}) == 1
    assert [part.id for part in documents[2].sections] == ["walls", "pumps"]


async def test_a_retriever_that_fails_says_so() -> None:
    class Failing:
        async def find(self, section: Section, k: int) -> list[Passage]:
            raise OSError("no network")

    writer = Writer(ScriptedPlanner(PLAN), ScriptedBackend(), retriever=Failing())
    with pytest.raises(RunError, match="the retriever failed: OSError: no network"):
        await writer.write(Request(goal="Rivers"))


async def test_ids_go_in_reading_order_are_shared_and_leave_the_ledgers_alone() -> None:
    plan = PLAN.changed(ledger=Ledger(items=(Item(id="src1", value="mine"),)))
    retriever = Given(walls=[WALL, WALL], pumps=[WALL, PUMP])
    outline, evidence = await gathered(plan, retriever, asyncio.Event())
    assert evidence.given == {"walls": ("src2",), "pumps": ("src2", "src3")}
    assert [item.id for item in outline.ledger.items] == ["src1", "src2", "src3"]


@pytest.mark.parametrize(
    ("walls", "findings"),
    [
        ("It is long [src1].", []),
        ("It is long [src9].", [("unknown", " [src9]", "")]),
        ("It is long [src9] and old.", [("unknown", "[src9]", "")]),
        ("It is long [src1, src9].", [("unknown", ", src9", "")]),
        ("It is long [src9, src1].", [("unknown", "src9, ", "")]),
        ("It is long [src1][src9].", [("unknown", "[src9]", "")]),
        ("They lift much [src2].", [("not given", " [src2]", "")]),
        ('He says "the town wall is 4.2 km long" [src1].', []),
        ("He says “The town wall is 4.2 km long … built in 1911” [src1].", []),
        (
            'He says "the town wall is 4.1 km long" [src1].',
            [("quote", "the town wall is 4.1 km long", "The town wall is 4.2 km long")],
        ),
        ('He says "bricks were sold to the abbey" [src1].', [("quote", "bricks were sold to the abbey", None)]),
        ('As [src1] says, "bricks were sold to the abbey".', [("quote", "bricks were sold to the abbey", None)]),
        ('The "old wall" is long [src1].', []),
        ("`[src9]` is code, and [src9](x.md) is a link, [note] is none.", []),
        ("```\na[src9]\n```", []),
    ],
)
def test_what_is_found(walls: str, findings: list[tuple[str, str, str | None]]) -> None:
    assert found(written(walls)) == findings


def test_a_section_may_cite_what_the_sections_it_waited_for_were_given() -> None:
    plan = PLAN.changed(edges=(Edge(kind="depends_on", source="pumps", target="walls"),))
    assert found(written("Long.", "As long as the wall [src1].", plan)) == []
    assert found(written("Long.", "As long as the wall [src1].")) == [("not given", " [src1]", "")]


def test_of_a_file_the_list_of_sources_is_known() -> None:
    text = with_sources(written("It is long [src1].")).text
    assert found(parse(text)) == []
    assert found(parse(text.replace("long [src1]", "long [src3]"))) == [("unknown", " [src3]", "")]
    assert found(parse("# A\n\nAs he said [src3].\n")) == []


def test_the_list_names_each_source_once_and_shows_hostile_names_as_they_are() -> None:
    names = ["x](http://evil.example) <b>`y`", "https://example.org/a", "{{ 7*7 }}"]
    passages = {f"src{number}": Passage(source=name, text="t") for number, name in enumerate(names, start=1)}
    document = written("A [src2]. B [src1]. C [src2, src3].").changed(evidence=Evidence(passages=passages))
    assert cited(document) == ("src2", "src1", "src3")
    listed = with_sources(document)
    assert listed.body("sources").splitlines() == [
        "- [src2] <https://example.org/a>",
        "- [src1] `x](http://evil.example) <b>'y'`",
        "- [src3] `{{ 7*7 }}`",
    ]
    assert listed.text.startswith(document.text)


async def test_the_short_way_in_takes_a_folder_of_sources_and_one_of_templates(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.md").write_text("Walls are made of brick.\n")
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "shared.j2").write_text("In my own words: {{ goal }}")
    backend = ScriptedBackend({"walls": "They are of brick [src1].", "pumps": "Pumps run all night."})
    document = await hierdiff.write(
        "Rivers {{ 7*7 }}",
        planner=ScriptedPlanner(PLAN),
        backend=backend,
        sources=tmp_path / "s",
        templates=tmp_path / "t",
        settings=Settings(rounds=0),
    )
    assert document.text.endswith("- [src1] `a.md`, line 1\n")
    assert {canvas.shared for canvas in backend.canvases} == {"In my own words: Rivers {{ 7*7 }}"}


def test_the_command_line_takes_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("o.yaml").write_text(OUTLINE)
    Path("s.yaml").write_text("walls: The walls are of brick [src1].\n")
    Path("notes").mkdir()
    Path("notes/a.md").write_text("Walls are made of brick.\n")
    base = ("write", "--outline", "o.yaml", "--backend", "scripted:s.yaml", "--out", "x.md")
    done = CliRunner().invoke(main, [*base, "--sources", "notes"])
    assert done.exit_code == 0, done.output
    assert Path("x.md").read_text().endswith("## Sources\n\n- [src1] `a.md`, line 1\n")
    for option in ("--sources", "--templates"):
        refused = CliRunner().invoke(main, [*base, option, "none"])
        assert (
            refused.exit_code == 2 and len(refused.stderr.splitlines()) == 1 and "none is no folder" in refused.stderr
        )

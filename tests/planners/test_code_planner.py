"""CodePlanner: the frame stands, only subjects and names are the model's, and whatever it writes the plan is valid."""

import ast
import keyword
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.errors import RequestError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Planner
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff.tree import files
from hierdiff.tree_names import safe_path
from hierdiff.tree_plan import as_code, files_of, required_by, symbols_of
from hierdiff.writer import Writer
from hierdiff_planners import CodePlanner, dump_outline, open_code, read_outline
from hierdiff_planners.code import ROUNDS, functions_of, modules_of
from hierdiff_planners.code_names import arguments_in, module_in, name_in, package_of

GOAL = "Write a program about tide tables"
HOSTILE = (
    "../../etc/passwd", "/etc/passwd", "C:\\Windows", "x(): import os; os.system('rm -rf /') #", "__import__('os')",
    "", "   ", "class", "print", "main", "test_all", "функция", "日本語", "\x1b[31m\u202e\x00", "{{ goal }}",
    "a" * 5000, '"""', "def def def", "con", "\ud83d", "self", "1", "_", "𝐩𝐫𝐢𝐧𝐭",
)  # fmt: skip


async def planned(backend: ScriptedBackend, target: str = "2", **more: object) -> Outline:
    """The plan that a code planner of so many modules makes of GOAL."""
    request = Request.model_validate({"goal": GOAL, "kind": "code", "words": 500, **more})
    return await open_code(target).plan(request, backend)


def check(outline: Outline, words: int = 500) -> None:
    """What holds of every plan: checked, safe, parsed, every name once, budgets to the word."""
    assert as_code(outline) == outline
    assert sum(leaf.budget for leaf in outline.leaves) == words
    paths = [file.title for file in files_of(outline)]
    assert [safe_path(path) for path in paths] == paths and len({path.casefold() for path in paths}) == len(paths)
    names = [signature.name for leaf in outline.leaves for _, signature in symbols_of(outline, leaf.id)]
    assert len(set(names)) == len(names) == len(outline.leaves)
    assert not any(keyword.iskeyword(name) or not name.isascii() for name in names)
    for item in outline.ledger.items:
        if item.kind == "symbol" and item.owner is not None:
            (one,) = ast.parse(f"{item.value}: pass").body
            assert isinstance(one, ast.FunctionDef) and not one.args.defaults


async def test_good_answers_make_the_package() -> None:
    backend = ScriptedBackend(
        {
            "outline~modules.1": ["reading tables of tides.", "finding the next high water"],
            "outline~reading_tables_tides.1": ["load_table", "path: str, limit=3"],
            "outline~finding_next_high.1": ["`next_high_water(table, now)`", "table, now"],
        }
    )
    outline = await planned(backend)
    check(outline)
    assert isinstance(open_code(""), Planner)
    assert [file.title for file in files_of(outline)] == [
        "tide_tables/reading_tables_tides.py",
        "tide_tables/finding_next_high.py",
        "main.py",
        "tests/test_reading_tables_tides.py",
        "tests/test_finding_next_high.py",
    ]
    assert [item.value for item in outline.ledger.items] == [
        "def load_table(path, limit)",
        "def next_high_water(table, now)",
        "def main() -> None",
        "def test_reading_tables_tides() -> None",
        "def test_finding_next_high() -> None",
    ]
    assert [leaf.kind for leaf in outline.leaves] == ["function", "function", "main", "tests", "tests"]
    main, test = files_of(outline)[2:4]
    assert [item.id for item in required_by(outline, main.id)] == ["load_table", "next_high_water"]
    assert [item.id for item in required_by(outline, test.id)] == ["load_table"]
    assert backend.canvases[0].id == "outline~modules.1" and len(backend.canvases) == 3
    assert all(hole.close == "line" for canvas in backend.canvases for hole in canvas.holes)
    assert GOAL in backend.canvases[0].own


async def test_bad_names_alone_are_opened_again_and_banned() -> None:
    backend = ScriptedBackend(
        {
            "outline~modules.1": ["tables", "tables"],
            "outline~modules.2": ["harbours"],
            "outline~tables.1": ["class", "path"],
            "outline~tables.2": ["read_rows"],
            "outline~harbours.1": ["nearest_harbour", "lat, lon"],
        }
    )
    outline = await planned(backend)
    check(outline)
    asked = {canvas.id: canvas for canvas in backend.canvases}
    assert [hole.ban for hole in asked["outline~modules.2"].holes] == [("tables",)]
    assert [hole.ban for hole in asked["outline~tables.2"].holes] == [("class",)]
    assert "read_rows" in {item.id for item in outline.ledger.items}


async def test_a_name_said_twice_is_kept_by_the_first_and_falls_back_at_last() -> None:
    backend = ScriptedBackend({"outline~modules.1": ["tables", "harbours"], "outline": ["go"]})
    outline = await planned(backend)
    check(outline)
    values = [item.value for item in outline.ledger.items]
    assert values[:2] == ["def go()", "def tide_tables_1(go)"]
    turns = [canvas.id for canvas in backend.canvases if canvas.id.startswith("outline~harbours")]
    assert len(turns) == ROUNDS + 1


async def test_a_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    facts = Ledger(items=(Item(id="high", kind="quantity", value="4 m"),))
    outline = await planned(ScriptedBackend(), facts=facts)
    (tmp_path / "plan.yaml").write_text(dump_outline(outline), encoding="utf-8")
    assert "order:" not in dump_outline(outline)
    again = as_code(read_outline(tmp_path / "plan.yaml")[0])
    check(again)
    assert [(one.title, one.kind, one.budget, one.requires) for one in again.reading_order] == [
        (one.title, one.kind, one.budget, one.requires) for one in outline.reading_order
    ]
    assert set(again.ledger.items) == set(outline.ledger.items)


@pytest.mark.parametrize("words", [50, 1200])
async def test_the_plan_is_written_to_files_that_parse_and_import_each_other(words: int) -> None:
    request = Request(goal=GOAL, kind="code", words=words)
    document = await Writer(CodePlanner(), ScriptedBackend()).write(request)
    assert document.findings == ()
    texts = files(document)
    modules = [path for path in texts if path.startswith("tide_tables/")]
    assert len(texts) == 2 * len(modules) + 1
    for text in texts.values():
        ast.parse(text)
    for name in (path.removeprefix("tide_tables/").removesuffix(".py") for path in modules):
        for user in ("main.py", f"tests/test_{name}.py"):
            assert f"from tide_tables.{name} import " in texts[user]


@pytest.mark.parametrize("answer", HOSTILE)
async def test_hostile_answers_make_a_valid_plan(answer: str) -> None:
    outline = await planned(ScriptedBackend({"outline": answer}), words=1500, target="3")
    check(outline, 1500)
    assert len(files_of(outline)) == 7


@given(
    answers=st.lists(st.text(max_size=60) | st.sampled_from(HOSTILE), min_size=1, max_size=8),
    words=st.integers(50, 3000),
)
@settings(max_examples=25, deadline=None)
async def test_any_answers_make_a_valid_plan(answers: list[str], words: int) -> None:
    check(await planned(ScriptedBackend({"outline": answers}), "", words=words), words)


@given(goal=st.text(min_size=1, max_size=80).filter(lambda text: any(one.isalnum() for one in text)))
@settings(max_examples=25, deadline=None)
async def test_any_goal_gives_a_package_and_names(goal: str) -> None:
    check(await planned(ScriptedBackend({"outline": ""}), goal=goal))
    assert package_of(goal).isidentifier()


async def test_facts_keep_their_ids_and_belong_to_nobody() -> None:
    facts = Ledger(
        items=(Item(id="main", value="4 m", owner="gone"), Item(id="load", kind="symbol", value="def load()"))
    )
    outline = await planned(ScriptedBackend(), facts=facts)
    check(outline)
    assert outline.ledger.items[0] == Item(id="main", value="4 m")
    assert outline.ledger.get("main.2") is not None


async def test_reports_and_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(RequestError, match="--kind code"):
        await CodePlanner().plan(Request(goal=GOAL), ScriptedBackend())
    for target in ("1", "6", "x", "9" * 50, "²"):
        with pytest.raises(RequestError, match="code"):
            open_code(target)


def test_size_follows_the_words() -> None:
    assert [modules_of(words) for words in (50, 1200, 200_000)] == [2, 3, 5]
    assert [functions_of(words, modules_of(words)) for words in (50, 1200, 200_000)] == [1, 3, 12]


def test_names_are_read_out_of_what_models_write() -> None:
    assert [name_in(raw) for raw in ("def load(x):", "- Load Table", "2. `café_au`", "print", "test_x")] == [
        "load", "load_table", "cafe_au", "", "",
    ]  # fmt: skip
    assert arguments_in("(path: str, limit: int = 3) -> None") == ("path", "limit")
    assert arguments_in("none") == () and arguments_in("class, def") is None
    assert (module_in("the reading of tables"), module_in("con"), module_in("..")) == ("reading_tables", "", "")
    assert (package_of("Write a tool about json"), package_of("日本")) == ("json_package", "package")

"""ScaffoldPlanner: only the holes are the model's, bad ones alone are opened again, too few are an error."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hierdiff.canvas import Canvas
from hierdiff.errors import BackendError, NotYetError, PlannerError, RequestError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import TOPIC_WORDS, Outline
from hierdiff.protocols import Capabilities, Planner
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff_planners import open_scaffold
from hierdiff_planners.scaffold import CLOSER, ROUNDS, count_of, prompt
from hierdiff_planners.titles import cleaned, is_frame, is_usable, same, title_of

GOAL = "Write a report about how a small town can cut flood damage"


async def planned(backend: ScriptedBackend, target: str = "5", **more: object) -> Outline:
    """The outline that a scaffold of so many sections makes of GOAL."""
    request = Request.model_validate({"goal": GOAL, "words": 1000, **more})
    return await open_scaffold(target).plan(request, backend)


def scripted(*titles: str, more: Sequence[Sequence[str]] = (), topics: dict[int, str] | None = None) -> ScriptedBackend:
    """A backend that fills the first form with these titles, then with `more` of them, and topics by section number."""
    texts: dict[str, str | list[str]] = {"outline~1.1": list(titles)}
    texts |= {f"outline~1.{number + 2}": list(again) for number, again in enumerate(more)}
    texts |= {f"outline~1.topic{number}": topic for number, topic in (topics or {}).items()}
    return ScriptedBackend(texts)


@pytest.fixture
def one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one form is filled, so that what is scripted decides."""
    monkeypatch.setattr("hierdiff_planners.scaffold.FORMS", 1)


def inks(canvas: Canvas) -> Sequence[str]:
    """The canvas's pieces as text, holes as their hints in brackets."""
    return [piece.text if piece.type == "ink" else f"[{piece.hint}]" for piece in canvas.pieces]


@pytest.mark.usefixtures("one_form")
async def test_the_form_is_ink_and_only_titles_and_topics_are_holes() -> None:
    topics = {2: " what sea walls cost, and why.", 3: " where rain gardens go.", 4: " that."}
    backend = scripted(" Sea Walls", " Rain Gardens", " Warnings", topics=topics)
    outline = await planned(backend)
    assert isinstance(open_scaffold(""), Planner)
    assert outline.title == "How a small town can cut flood damage"
    assert [(one.id, one.title, one.topic) for one in outline.sections] == [
        ("introduction", "Introduction", "how a small town can cut flood damage"),
        ("sea-walls", "Sea Walls", "what sea walls cost"),
        ("rain-gardens", "Rain Gardens", "where rain gardens go"),
        ("warnings", "Warnings", "Warnings"),
        ("conclusion", *CLOSER[:2]),
    ]
    assert sum(leaf.budget for leaf in outline.leaves) == 1000
    assert outline.sources("conclusion") == ("sea-walls", "rain-gardens", "warnings")
    titles, *lines = backend.canvases
    assert inks(titles) == ["1. Introduction", "\n2. ", "[title]", "\n3. ", "[title]", "\n4. ", "[title]"]
    assert inks(lines[0]) == ['"Sea Walls" explains ', "[topic of section 2]"]
    assert all(hole.close == "line" for canvas in backend.canvases for hole in canvas.holes)
    assert GOAL in titles.own


@pytest.mark.usefixtures("one_form")
async def test_bad_titles_alone_are_opened_again() -> None:
    backend = scripted('"1. **Sea Walls**."', "The sea wall", "Rain Gardens", more=[["Warnings"]])
    outline = await planned(backend, seed=7)
    assert [section.title for section in outline.sections[1:-1]] == ["Sea Walls", "Warnings", "Rain Gardens"]
    first, second = backend.canvases[:2]
    assert (first.id, second.id) == ("outline~1.1", "outline~1.2")
    assert first.own == second.own and first.seed != second.seed
    assert inks(second) == ["1. Introduction", "\n2. Sea Walls", "\n3. ", "[title]"]
    assert {"The sea wall", "Sea Walls", "Rain Gardens"} <= set(second.holes[0].ban)


@pytest.mark.usefixtures("one_form")
async def test_what_stays_bad_is_dropped() -> None:
    backend = scripted(
        "Sea Walls", "Rain Gardens", "Warnings", "Overview", more=[["!"], ["The report"], ["."], ["Summary"]]
    )
    outline = await planned(backend, "6")
    titles = [section.title for section in outline.sections]
    assert titles == ["Introduction", "Sea Walls", "Rain Gardens", "Warnings", "Conclusion"]


@pytest.mark.usefixtures("one_form")
async def test_too_few_sections_are_an_error_with_a_remedy() -> None:
    backend = ScriptedBackend({"outline": "Sea Walls"})
    with pytest.raises(PlannerError, match=r"only 3 different section titles where 8 were wanted.*--outline"):
        await planned(backend, "8")
    assert len(backend.canvases) == 1 + ROUNDS


@pytest.mark.usefixtures("one_form")
@pytest.mark.parametrize(
    "topic", ["how the council of a town pays for walls", "walls and", "nothing of the kind.", GOAL[:30] + ".", "."]
)
async def test_a_topic_that_is_no_whole_clause_on_the_title_is_left_to_the_title(topic: str) -> None:
    outline = await planned(scripted("The Walls", "Gardens", "Warnings", topics={2: topic}))
    assert outline.section("the-walls").topic == "the Walls"


async def test_of_several_forms_the_one_that_keeps_to_the_goal_is_taken() -> None:
    texts: dict[str, str | list[str]] = {f"outline~{form}.1": ["Tea", "Cats", "Chess"] for form in range(1, 7)}
    texts["outline~4.1"] = ["Flood Walls", "Town Gardens", "Damage and Repair"]
    outline = await planned(ScriptedBackend(texts))
    assert [section.title for section in outline.sections[1:-1]] == ["Flood Walls", "Town Gardens", "Damage and Repair"]


async def test_long_forms_are_filled_in_parts() -> None:
    backend = ScriptedBackend(capabilities=Capabilities(name="small", comfortable=320, tokens_per_word=1.0))
    outline = await planned(backend, "", words=3000)
    assert len(outline.sections) == 25
    mine = [canvas for canvas in backend.canvases if canvas.id.startswith("outline~1.") and "topic" not in canvas.id]
    assert [len(canvas.holes) for canvas in mine[:2]] == [16, 7]
    assert not any("Conclusion" in canvas.text for canvas in backend.canvases)
    assert len({canvas.id for canvas in backend.canvases}) == len(backend.canvases)


async def test_a_small_context_gets_fewer_sections() -> None:
    backend = ScriptedBackend(capabilities=Capabilities(name="small", context=630))
    assert len((await planned(backend, "", words=3000)).sections) == 10


@pytest.mark.parametrize(("words", "count"), [(50, 3), (400, 3), (600, 5), (799, 7), (800, 8), (1200, 10), (90000, 40)])
def test_the_words_decide_the_number_of_sections(words: int, count: int) -> None:
    assert count_of(words) == count


async def test_facts_go_into_prompt_and_ledger() -> None:
    facts = Ledger(items=(Item(id="height", value="3 m", owner="elsewhere"),))
    backend = ScriptedBackend()
    outline = await planned(backend, facts=facts, audience="the\ncouncil", style="plain")
    assert outline.ledger.items == (Item(id="height", value="3 m"),)
    assert "- height: 3 m\n" in backend.canvases[0].own
    assert "for the council." in backend.canvases[0].own


def test_what_the_user_writes_is_never_a_template() -> None:
    goal = "{{ 7 * 7 }} {% for x in y %} {{ self.__class__ }} {# no #}"
    assert goal in prompt(Request(goal=goal, style=goal), 5)


async def test_the_same_seed_gives_the_same_outline() -> None:
    assert await planned(ScriptedBackend(), "") == await planned(ScriptedBackend(), "")
    assert await planned(ScriptedBackend(), "") != await planned(ScriptedBackend(), "", seed=1)


async def test_code_comes_later_and_failures_pass_through() -> None:
    with pytest.raises(NotYetError, match="code planner"):
        await planned(ScriptedBackend(), kind="code")
    with pytest.raises(BackendError):
        await planned(ScriptedBackend(fail="outline"))


@pytest.mark.parametrize("target", ["2", "41", "ten", "-3", "3.5"])
def test_impossible_numbers_of_sections_are_refused(target: str) -> None:
    with pytest.raises(RequestError, match="scaffold:10"):
        open_scaffold(target)


fields = st.lists(st.text(max_size=60), min_size=1, max_size=40)


@given(fields)
async def test_whatever_is_written_the_outline_stands_or_the_planner_says_why(fields: list[str]) -> None:
    try:
        outline = await planned(scripted(*fields), "6")
    except PlannerError:
        return
    middle = outline.sections[1:-1]
    assert all(section.title and section.topic for section in middle)
    assert all(len(section.topic.split()) <= TOPIC_WORDS for section in middle)
    assert not any(same(one.title, other.title) for one, other in combinations(outline.sections, 2))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (' "Sea Walls." ', "Sea Walls"),
        ("**2. Sea Walls**", "Sea Walls"),
        ("## 2.1. Sea Walls:", "Sea Walls"),
        ("Title: the _sea_ walls", "The sea walls"),
        ("Section 3: Sea Walls Topic: their cost", "Sea Walls"),
        ("An Introduction to Sea Walls", "Sea Walls"),
        ("Overview of the Costs", "The Costs"),
        ("Introduction", "Introduction"),
        ("This section discusses the cost of walls.", "The cost of walls"),
        ("iv) Sea Walls", "Sea Walls"),
        ("I. Sea Walls", "Sea Walls"),
        ("- “Sea Walls”", "Sea Walls"),
        ("Who pays?", "Who pays?"),
        ("snake_case names", "Snake_case names"),
        ("Sea Walls\nand more", "Sea Walls"),
        ("\n", ""),
        ("1.", ""),
        ("3D printing", "3D printing"),
        ("2024 in review", "2024 in review"),
    ],
)
def test_titles_are_cleaned(raw: str, text: str) -> None:
    assert cleaned(raw) == text


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    assert cleaned(cleaned(raw)) == cleaned(raw)


def test_what_can_be_a_title() -> None:
    assert is_usable("防洪") and is_usable("Sea walls and rain gardens")
    assert not is_usable("") and not is_usable("3.5") and not is_usable("a " * 13)
    assert not is_usable("wall wall wall wall")
    assert is_frame("Final Remarks") and is_frame("The conclusion") and not is_frame("Conclusion of peace")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Sea Walls", "The sea wall", True),
        ("Walls by the Sea", "sea: walls", True),
        ("Protecting homes", "Protecting home", True),
        ("Flood insurance", "Flood insurence", True),
        ("Sea Walls", "Sea Gates", False),
        ("Costs", "Benefits", False),
        ("Costs of walls", "Costs of gardens", False),
    ],
)
def test_titles_that_say_the_same(one: str, other: str, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike


@pytest.mark.parametrize(
    ("goal", "title"),
    [
        (GOAL, "How a small town can cut flood damage"),
        ("please write me a short, friendly guide on tides.", "Tides"),
        ("Tides", "Tides"),
        ("!!!", "!!!"),
        ("one two three four five six seven eight nine ten eleven of the sea", "One two three four five six seven "
         "eight nine ten eleven"),
    ],
)  # fmt: skip
def test_the_title_comes_from_the_goal(goal: str, title: str) -> None:
    assert title_of(goal) == title


@pytest.mark.parametrize("comfortable", [200, 512, 4000])
@pytest.mark.parametrize("words", [500, 5_000, 50_000])
async def test_every_leaf_of_a_long_report_fits_a_canvas_and_they_sum_to_the_word(words: int, comfortable: int) -> None:
    backend = ScriptedBackend(capabilities=Capabilities(name="b", comfortable=comfortable))
    outline = await planned(backend, "", words=words)
    most = comfortable / backend.capabilities.tokens_per_word
    assert sum(leaf.budget for leaf in outline.leaves) == words
    assert all(0 < leaf.budget <= most for leaf in outline.leaves)
    assert all(canvas.width <= comfortable + 40 for canvas in backend.canvases)
    titles = [section.title for section in outline.sections]
    assert len(set(titles)) == len(titles)
    if words > 4_800:
        assert all(outline.children(one.id) for one in outline.children(None)[1:-1])
        assert len(outline.leaves) > len(outline.children(None))


async def test_a_thousand_words_are_eight_sections() -> None:
    backend = ScriptedBackend()
    outline = await planned(backend, "")
    assert [one.budget for one in outline.sections] == [95, 135, 135, 135, 135, 135, 135, 95]
    assert outline.leaves == outline.sections
    assert not any("~100" in canvas.id for canvas in backend.canvases)


async def test_the_closing_section_waits_for_all_chapters_and_nothing_else_waits() -> None:
    outline = await planned(ScriptedBackend(), "", words=5_000)
    middle = [leaf.id for leaf in outline.leaves if leaf.parent is not None]
    assert outline.sources("conclusion") == tuple(middle)
    assert {edge.source for edge in outline.blocking} == {"conclusion"}


@pytest.mark.usefixtures("one_form")
async def test_a_chapter_without_titles_of_its_own_is_split_into_numbered_parts() -> None:
    texts: dict[str, str | list[str]] = {
        "outline~1.1": ["Sea Walls", "Rain Gardens", "Warnings"],
        "outline~100.1": ["The Height of Walls", "Who Builds Walls", "Mending Walls"],
        "outline~101.1": ["Sea walls", "Warnings", "Rain gardens"],
        "outline~102.1": ["The height of walls", "Sirens", "Text Messages"],
    }
    texts |= {f"outline~{form}.{turn}": "!" for form in (101, 102) for turn in range(2, 7)}
    outline = await planned(ScriptedBackend(texts), words=3_000)
    parts = {one.title: [part.title for part in outline.children(one.id)] for one in outline.children(None)[1:-1]}
    assert parts == {
        "Sea Walls": ["The Height of Walls", "Who Builds Walls", "Mending Walls"],
        "Rain Gardens": ["Rain Gardens (1)", "Rain Gardens (2)"],
        "Warnings": ["Sirens", "Text Messages"],
    }
    assert sum(leaf.budget for leaf in outline.leaves) == 3_000


@pytest.mark.usefixtures("one_form")
@pytest.mark.parametrize("words", [1_000, 2_400])
async def test_a_fact_belongs_to_the_section_that_shares_its_words(words: int) -> None:
    facts = Ledger(
        items=(
            Item(id="wall", kind="quantity", value="4.2 km", about="length of the sea wall"),
            Item(id="tea", kind="term", value="tea"),
        )
    )
    outline = await planned(scripted("Warnings", "Sea Walls", "Rain Gardens"), words=words, facts=facts)
    owner, nobody = (item.owner for item in outline.ledger.items)
    assert owner is not None and outline.path(owner)[0].id == "sea-walls" and nobody is None
    assert owner in {leaf.id for leaf in outline.leaves} and outline.section(owner).provides == ("wall",)


@pytest.mark.usefixtures("one_form")
async def test_a_title_that_says_what_the_document_is_called_is_refused() -> None:
    backend = scripted("How small towns can cut flood damage", "Rain Gardens", "Warnings", more=[["Sea Walls"]])
    outline = await planned(backend)
    assert [section.title for section in outline.sections[1:-1]] == ["Sea Walls", "Rain Gardens", "Warnings"]

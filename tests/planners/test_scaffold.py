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
from hierdiff_planners.scaffold import CLOSER, OPENER, ROUNDS, count_of, prompt
from hierdiff_planners.titles import cleaned, is_frame, is_usable, same, title_of

GOAL = "Write a report about how a small town can cut flood damage"


async def planned(backend: ScriptedBackend, target: str = "5", **more: object) -> Outline:
    """The outline that a scaffold of so many sections makes of GOAL."""
    request = Request.model_validate({"goal": GOAL, "words": 1000, **more})
    return await open_scaffold(target).plan(request, backend)


def scripted(*fields: str) -> ScriptedBackend:
    """A backend that fills the outline's holes with these texts, one after the other."""
    return ScriptedBackend({"outline": list(fields)})


def inks(canvas: Canvas) -> Sequence[str]:
    """The canvas's pieces as text, holes as their hints in brackets."""
    return [piece.text if piece.type == "ink" else f"[{piece.hint}]" for piece in canvas.pieces]


async def test_the_form_is_ink_and_only_titles_and_topics_are_holes() -> None:
    backend = scripted(
        " Sea Walls", " what they cost", " Rain Gardens", " where water may stay", " Warnings", " sirens"
    )
    outline = await planned(backend)
    assert isinstance(open_scaffold(""), Planner)
    assert outline.title == "How a small town can cut flood damage"
    assert [(one.id, one.title, one.topic) for one in outline.sections] == [
        ("overview", *OPENER),
        ("sea-walls", "Sea Walls", "What they cost"),
        ("rain-gardens", "Rain Gardens", "Where water may stay"),
        ("warnings", "Warnings", "Sirens"),
        ("conclusion", *CLOSER),
    ]
    assert sum(leaf.budget for leaf in outline.leaves) == 1000
    assert outline.sources("conclusion") == ("sea-walls", "rain-gardens", "warnings")
    (canvas,) = backend.canvases
    assert inks(canvas)[:5] == [
        f"1. Title: {OPENER[0]}\n   Topic: {OPENER[1]}\n2. Title:",
        "[title of section 2]",
        "\n   Topic:",
        "[topic of section 2]",
        "\n3. Title:",
    ]
    assert all(hole.close == "line" for hole in canvas.holes)
    assert GOAL in canvas.shared


async def test_bad_lines_alone_are_opened_again() -> None:
    backend = scripted(
        '"1. **Sea Walls**."', "what they cost", "The sea wall", "x", "Rain Gardens", "",
        "Warnings", "who is told", "where water may stay",
    )  # fmt: skip
    outline = await planned(backend, seed=7)
    assert [section.title for section in outline.sections[1:-1]] == ["Sea Walls", "Warnings", "Rain Gardens"]
    first, second = backend.canvases
    assert (first.id, second.id) == ("outline", "outline~2")
    assert (first.seed, second.seed) == (7, 8)
    assert first.shared == second.shared
    assert [hole.hint for hole in second.holes] == [
        "title of section 3",
        "topic of section 3",
        "topic of section 4",
    ]
    assert "2. Title: Sea Walls\n   Topic: What they cost\n3. Title:" in second.text
    assert {"The sea wall", "Sea Walls", "Rain Gardens"} <= set(second.holes[0].ban)
    assert second.holes[1].ban == ("x", "X")


async def test_what_stays_bad_is_dropped_and_a_topic_is_made_up_for() -> None:
    same_again = ["!", "Overview", "."] * ROUNDS
    backend = scripted("Sea Walls", "!", "Rain Gardens", "rain", "Warnings", "sirens", "Overview", ".", *same_again)
    outline = await planned(backend, "6")
    assert [section.title for section in outline.sections] == [
        "Overview",
        "Sea Walls",
        "Rain Gardens",
        "Warnings",
        "Conclusion",
    ]
    assert outline.section("sea-walls").topic == "Sea Walls"
    assert len(backend.canvases) == 1 + ROUNDS


async def test_too_few_sections_are_an_error_with_a_remedy() -> None:
    backend = ScriptedBackend({"outline": "Sea Walls"})
    with pytest.raises(PlannerError, match=r"only 3 different section titles where 8 were wanted.*--outline"):
        await planned(backend, "8")
    assert len(backend.canvases) == 1 + ROUNDS


async def test_a_long_topic_is_cut_and_kept_in_the_brief() -> None:
    long = "how the council of a town pays for the walls it builds"
    outline = await planned(scripted("Walls", long, "Gardens", "rain", "Warnings", "sirens"))
    assert outline.section("walls").topic == "How the council of a town pays"
    assert outline.section("walls").brief == f"How{long[3:]}."


async def test_long_forms_are_filled_in_parts() -> None:
    backend = ScriptedBackend(capabilities=Capabilities(name="small", comfortable=320, tokens_per_word=1.0))
    outline = await planned(backend, "", words=3000)
    assert len(outline.sections) == 25
    assert [canvas.text.count("Title:") for canvas in backend.canvases[:3]] == [10, 20, 25]
    assert "Conclusion" not in backend.canvases[0].text
    assert len({canvas.id for canvas in backend.canvases}) == len(backend.canvases)


async def test_a_small_context_gets_fewer_sections() -> None:
    backend = ScriptedBackend(capabilities=Capabilities(name="small", context=800))
    assert len((await planned(backend, "", words=3000)).sections) == 10


@pytest.mark.parametrize(("words", "count"), [(50, 3), (400, 3), (600, 5), (799, 7), (800, 8), (1200, 10), (90000, 40)])
def test_the_words_decide_the_number_of_sections(words: int, count: int) -> None:
    assert count_of(words) == count


async def test_facts_go_into_prompt_and_ledger() -> None:
    facts = Ledger(items=(Item(id="height", value="3 m", owner="elsewhere"),))
    backend = ScriptedBackend()
    outline = await planned(backend, facts=facts, audience="the\ncouncil", style="plain")
    assert outline.ledger.items == (Item(id="height", value="3 m"),)
    assert "- height: 3 m\n" in backend.canvases[0].shared
    assert "for the council.\n" in backend.canvases[0].shared


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

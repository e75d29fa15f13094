"""What a planner's model answers wrongly is mended by a rule, or refused with the section and the rule named."""

import pytest

from hierdiff.errors import PlannerError
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Capabilities
from hierdiff.request import Request
from hierdiff.testing import ScriptedBackend
from hierdiff_planners import PromptedPlanner
from hierdiff_planners.grafting import grafted
from hierdiff_planners.sizes import comfortable_words

GOAL = "How a small town can cut flood damage"


def section(name: str, words: object = 100, **more: object) -> dict[str, object]:
    return {"id": name, "title": name.title(), "words": words, **more}


async def planned(*answers: object, words: int = 1000, comfortable: int = 1000) -> tuple[Outline, PromptedPlanner]:
    """The outline that comes of these answers, given one after the other, and its planner."""
    left = list(answers)
    planner = PromptedPlanner(lambda prompt: left.pop(0), rounds=len(answers))
    backend = ScriptedBackend(capabilities=Capabilities(name="b", comfortable=comfortable))
    return await planner.plan(Request(goal=GOAL, words=words), backend), planner


def rules(planner: PromptedPlanner) -> set[str]:
    return {mend.rule for mend in planner.mends}


async def test_sections_in_a_circle_share_a_canvas_that_takes_them() -> None:
    circle = [section("a", 90, after=["b"]), section("b", 90, after=["a"]), section("c", 700), section("d", 120)]
    outline, planner = await planned({"sections": circle})
    assert outline.fused == (("a", "b"),) and rules(planner) == {"acyclic"}
    assert planner.mends[0].about == "a"


async def test_a_circle_that_no_canvas_takes_is_asked_for_again_and_then_refused_by_name() -> None:
    circle = {"sections": [section("a", after=["b"]), section("b", after=["a"])]}
    with pytest.raises(PlannerError, match=r"in 2 rounds.*wait for each other in a circle: a -> b -> a"):
        await planned(circle, circle)
    outline, planner = await planned(circle, {"sections": [section("a"), section("b")]})
    assert not outline.fused and planner.mends == ()


async def test_a_circle_of_chapters_is_never_put_on_one_canvas() -> None:
    circle = {"sections": [section("a", 1, after=["b"]), section("b", 1, after=["a"]), section("c", 30_000)]}
    with pytest.raises(PlannerError, match="a -> b -> a, with no canvas to put them on"):
        await planned(circle, words=30_000)


async def test_links_to_nothing_are_left_out_and_what_nobody_provides_is_covered() -> None:
    outline, planner = await planned({"sections": [section("a", after=["ghost"], requires=["cost"]), section("b")]})
    assert outline.section("a").must_cover == ("cost",) and not outline.sources("a")
    assert rules(planner) == {"known ends", "provided"}


async def test_the_second_of_two_equal_ids_is_renamed_and_one_item_has_one_owner() -> None:
    item = {"id": "cost", "kind": "money", "value": "9 M"}
    outline, planner = await planned({"sections": [section("a", provides=[item]), section("a", provides=[item])]})
    first, second = outline.sections
    assert first.id == "a" and second.id != "a" and (first.provides, second.requires) == (("cost",), ("cost",))
    assert rules(planner) == {"unique ids", "one provider"}


async def test_wrong_types_are_read_as_what_they_must_mean() -> None:
    said = ["a remark", section("a", "about 400"), section("b", "600 words", brief=["x", 5], after="a")]
    outline, planner = await planned({"Sections": said})
    assert [one.id for one in outline.sections] == ["a", "b"]
    assert outline.section("b").brief == "x; 5" and outline.sources("b") == ("a",)
    assert "types" in rules(planner)
    assert sum(leaf.budget for leaf in outline.leaves) == 1000


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"sections": []}, "no sections"),
        ({}, "no sections"),
        ("I would rather not.", "no JSON object"),
        ({"sections": [section(f"s{number}") for number in range(401)]}, r"more than 400 sections \('S400'"),
        ({"sections": [section("a", brief="x" * 300_000)]}, "more than about 60,000 tokens"),
        ({"sections": [section("a", min=900), section("b", min=900)]}, "lower the 'min' of 'a'"),
    ],
)
async def test_what_no_rule_mends_is_refused_with_the_reason(answer: object, problem: str) -> None:
    with pytest.raises(PlannerError, match=problem):
        await planned(answer)


async def test_what_the_model_leaves_too_large_or_too_small_is_split_and_joined() -> None:
    sizes = {"a": 900, "b": 10, "c": 90}
    stubborn = {"sections": [section(name, words) for name, words in sizes.items()]}
    outline, _ = await planned(stubborn, *[{"sections": [section("same", 900)]}] * 3, comfortable=512)
    most = comfortable_words(Capabilities(name="b"))
    assert sum(leaf.budget for leaf in outline.leaves) == 1000
    assert all(40 <= leaf.budget <= most for leaf in outline.leaves)


def test_what_shares_a_canvas_still_does_under_another_name_when_it_is_grafted() -> None:
    part = Outline.model_validate(
        {
            "title": "Part",
            "sections": [{"id": one, "title": one, "budget": 50} for one in ("a", "b")],
            "fused": [["a", "b"]],
        }
    )
    items = Ledger(items=(Item(id="cost", value="9 M"),))
    whole = Outline.model_validate(
        {
            "title": "Whole",
            "sections": [{"id": one, "title": one, "budget": 100} for one in ("a", "c", "d", "e")],
            "fused": [["a", "c", "d"]],
            "ledger": items.model_dump(),
        }
    )
    outline = grafted(whole, {"a": part})
    assert outline.fused == (("c", "d"), tuple(one.id for one in outline.children("a")))

"""The mistakes that benchmarks/revise.py plants in trees of Python files: they go out again, and are judged rightly."""

import ast

import pytest

from benchmarks.planted.breaking import KINDS, Broken, Kind, broken
from benchmarks.planted.telling import exact_repair, precision, recall
from benchmarks.planted.tree_judging import judge_tree
from benchmarks.planted.trees import tree
from benchmarks.planted.ways import NoModel, revised_tree
from hierdiff.detectors.suited import suited
from hierdiff.revise.gate import find


@pytest.mark.parametrize("number", range(9))
def test_a_tree_is_sound_and_its_mistakes_go_out_again(number: int) -> None:
    made = tree(number)
    assert len(made.texts) == 6 and all(ast.parse(text) for text in made.texts.values())
    document = made.document()
    assert not [one for one in find(suited(document), document) if one.hard]
    for seed in range(3):
        one = broken(made, KINDS, seed)
        text = one.text
        for bad in reversed(one.planted):
            assert text[bad.start : bad.stop] == bad.text
            text = text[: bad.start] + bad.right + text[bad.stop :]
        assert text == made.text and one == broken(made, KINDS, seed)


def planted(kind: Kind) -> Broken:
    return broken(tree(3), [kind], 1)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_found_and_what_is_known_is_put_right(kind: Kind) -> None:
    result = await revised_tree(planted(kind), NoModel(), contract=True)
    assert (recall([result]), precision([result])) == (1, 1)
    assert result.bytes_changed_outside == 0
    if kind in ("contract", "cycle"):
        assert exact_repair([result]) == 1


def test_one_that_repairs_everything_scores_one_and_one_that_does_nothing_does_not() -> None:
    made = planted("undefined")
    document = made.page.document(made.texts)
    found = find(suited(document), document)
    whole = judge_tree(made, found, made.page.document(), [])
    assert exact_repair([whole]) == 1 and whole.regressions == 0
    assert exact_repair([judge_tree(made, [], document, [])]) == 0

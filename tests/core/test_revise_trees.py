"""Revision of trees of code: known text is put in its place, else the logical line is opened, and no file is lost."""

from hierdiff.document import Document
from hierdiff.outline import Outline, Section
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.tree import files, tree_of
from hierdiff.writer import Writer

PLAN = ScriptedPlanner(Outline(title="x", sections=(Section(id="a", title="A"),)))


async def revised(texts: dict[str, str], answer: str = "") -> Document:
    """The tree revised by a backend that always gives one answer."""
    backend = ScriptedBackend({path: answer for path in texts})
    return await Writer(PLAN, backend).revise(tree_of(texts, title="tree"))


async def test_a_missing_import_is_put_in_without_a_model() -> None:
    texts = {"model.py": "class Order:\n    pass\n", "main.py": '"""Main."""\n\nprint(Order())\n'}
    after = await revised(texts)
    assert files(after)["main.py"] == '"""Main."""\n\nfrom model import Order\n\nprint(Order())\n'
    assert [one.method for one in after.revisions] == ["edit"] and after.findings == ()


async def test_the_logical_line_is_opened_and_keeps_its_indentation() -> None:
    text = "def g(a):\n    return a\n\n\ndef f(items):\n    if items:\n"
    text += "        return g(\n            items,\n            2,\n        )\n"
    after = await revised({"a.py": text}, "return g(items)")
    assert files(after)["a.py"] == text.replace("g(\n            items,\n            2,\n        )", "g(items)")
    assert [one.accepted for one in after.revisions] == [True]


async def test_the_head_of_a_block_is_opened_without_its_colon() -> None:
    after = await revised(
        {"a.py": "def f(items):\n    for one in itms:\n        print(one, items)\n"}, "for one in items"
    )
    assert files(after)["a.py"] == "def f(items):\n    for one in items:\n        print(one, items)\n"


async def test_what_does_not_parse_is_rolled_back() -> None:
    text = "def f(items):\n    return itms\n"
    after = await revised({"a.py": text}, "return items)")
    assert files(after)["a.py"] == text
    assert after.revisions and not any(one.accepted for one in after.revisions)
    assert [one.detector for one in after.findings] == ["names"]


async def test_a_syntax_error_is_mended_though_another_fault_comes_to_light() -> None:
    text = "def f(items:\n    return items\n\n\ndef g():\n    return totl\n"
    after = await revised({"a.py": text}, "def f(items):")
    assert files(after)["a.py"] == text.replace("def f(items:", "def f(items):")
    assert [one.detector for one in after.findings] == ["names"]


async def test_a_circle_whose_import_serves_nothing_is_opened_by_taking_it_out() -> None:
    texts = {"a.py": "from b import f\n\nx = f\n", "b.py": "from a import x\n\n\ndef f():\n    pass\n"}
    after = await revised(texts)
    assert files(after)["b.py"] == "def f():\n    pass\n"

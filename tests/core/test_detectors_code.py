"""The detectors for trees of Python files: what each finds, what it leaves alone, and that nothing makes one fail."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierdiff.detectors.code.calls import Calls
from hierdiff.detectors.code.contract import Contract
from hierdiff.detectors.code.cycles import Cycles
from hierdiff.detectors.code.imports import Imports
from hierdiff.detectors.code.names import Names
from hierdiff.detectors.code.surroundings import Surroundings, surroundings_of
from hierdiff.detectors.code.symbols import Symbols
from hierdiff.detectors.suited import for_code
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.ledger import Item, Ledger
from hierdiff.protocols import Detector
from hierdiff.tree import read_tree, tree_of

ROOT = Path(__file__).resolve().parents[2]


def found(detector: Detector, **files: str) -> list[Finding]:
    texts = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    return list(detector.find(tree_of(texts, title="tree")))


def said(detector: Detector, **files: str) -> list[tuple[str, str | None]]:
    return [(one.spans[0].text, one.expected) for one in found(detector, **files)]


def whole(document: Document) -> list[Finding]:
    return [one for detector in for_code() for one in detector.find(document)]


def test_an_undefined_name_is_found_and_an_unused_import_is_not() -> None:
    assert said(Names(), a="import os\ndef f(x):\n    return x + totl\n") == [("totl", None)]


def test_a_name_in_a_quoted_annotation_is_found_inside_it() -> None:
    assert said(Names(), a="def f(x: 'list[Nothing]'):\n    return x\n") == [("Nothing", None)]


def test_a_name_bound_further_down_in_a_loop_is_left_alone() -> None:
    text = "def f(xs):\n    last = 0\n    for x in xs:\n        if last:\n            x(size)\n        last = size = x"
    assert said(Names(), a=text) == []


def test_a_name_that_one_file_defines_is_a_missing_import_with_the_line() -> None:
    files = {"app__model": "class Order:\n    pass\n", "app__main": '"""Main."""\n\nprint(Order())\n'}
    assert said(Imports(), **files) == [('"""Main."""', '"""Main."""\n\nfrom app.model import Order')]
    assert said(Names(), **files) == []


def test_a_missing_name_joins_the_import_from_its_module() -> None:
    model = "class A:\n    pass\n\n\nclass B:\n    pass\n"
    main = "from model import A\nprint(A, B)\n"
    assert said(Imports(), model=model, main=main) == [("from model import A", "from model import A, B")]


def test_a_module_that_is_not_there_is_found_and_the_close_one_said() -> None:
    assert said(Imports(), app____init__="", app__store="x = 1\n", app__main="from app.stor import x\n") == [
        ("app.stor", "app.store")
    ]
    assert said(Imports(), app____init__="", app__main="from .gone import x\n") == [(".gone", None)]
    assert said(Imports(), app____init__="", app__main="from ...above import x\n") == []
    assert said(Imports(), a="try:\n    import b.c\nexcept ImportError:\n    c = None\n", b="x = 1\n") == []


def test_third_party_imports_are_hints_unless_something_is_declared() -> None:
    text = "import zz_nothing_of_this_name\n"
    assert [one.hard for one in found(Imports(), a=text)] == [False]
    assert [one.hard for one in found(Imports(Surroundings(declared=frozenset({"httpx"}))), a=text)] == [True]
    assert found(Imports(Surroundings(declared=frozenset({"pyyaml", "pillow"}))), a="import yaml, PIL\n") == []
    close = found(Imports(Surroundings(declared=frozenset({"httpx"}))), a="from httpxx import get\n")
    assert [one.expected for one in close] == ["httpx"]


def test_declarations_are_read_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["HTTPX[http2]>=0.1"]\n')
    (tmp_path / "requirements-dev.txt").write_text("# tools\n-r other.txt\npytest==8\n")
    (tmp_path / "setup.cfg").write_text("[options\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "app" / "_fast.cpython-311.so").write_bytes(b"")
    around = surroundings_of(tmp_path)
    assert around.declared == {"httpx", "pytest"} and around.beside == {"app/_fast"}
    inside = surroundings_of(tmp_path / "app")
    assert inside.declared == {"httpx", "pytest"} and "tools" in inside.near
    assert found(Imports(inside), a="import tools.make\n") == []


def test_a_name_that_a_module_has_not_is_found_with_the_one_that_was_meant() -> None:
    store = "def load_items():\n    return []\n"
    assert said(Symbols(), store=store, a="from store import load_itms\nload_itms()\n") == [("load_itms", "load_items")]
    (one,) = found(Symbols(), store=store, a="from store import load_itms\nload_itms()\n")
    assert [span.text for span in one.spans] == ["load_itms", "load_itms"]
    assert said(Symbols(), store=store, a="import store\nstore.load_itms()\n") == [("load_itms", "load_items")]


def test_a_name_that_another_module_has_is_taken_from_there() -> None:
    files = {"one": "x = 1\n", "two": "def work():\n    pass\n", "a": "from one import work\nwork()\n"}
    assert said(Symbols(), **files) == [("one", "two")]


@pytest.mark.parametrize(
    "store",
    ["from os.path import *\n", "def __getattr__(name):\n    return name\n", "globals().update(x=1)\n",
     "if True:\n    x = 1\nelse:\n    from os import sep as x\n", "from other import *\n"],
)  # fmt: skip
def test_what_a_module_may_have_is_left_alone(store: str) -> None:
    assert said(Symbols(), store=store, other="x = 2\n", a="from store import x\nprint(x)\n") == []


CALLED = """
from dataclasses import dataclass, field
from typing import NamedTuple
from pydantic import BaseModel
import functools

def f(a, b=1, /, *, c, d=2): ...
def g(a, *more, key=None, **rest): ...
@unknown
def h(a): ...
@functools.cache
def k(total): ...

class Base:
    def __init__(self, name): ...
    def run(self, times, *, fast=False): ...
    @classmethod
    def make(cls, a): ...
    @staticmethod
    def free(a): ...
    @property
    def size(self): ...
class Child(Base):
    def again(self):
        self.run(1)
        self.run()

@dataclass
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list)
@dataclass
class Deep(Point):
    z: int = 1
class Pair(NamedTuple):
    left: int
    right: int = 0
class Model(BaseModel):
    name: str
    size: int = 1
class Odd(Unknown):
    def __init__(self, a): ...
"""


@pytest.mark.parametrize(
    ("call", "wrong"),
    [("f(1, c=1)", 0), ("f(1)", 1), ("f(1, 2, 3, c=1)", 1), ("f(a=1, c=1)", 1), ("g(1, 2, 3, x=4)", 0), ("g()", 1),
     ("h()", 0), ("k(1)", 0), ("k(1, 2)", 1), ("Base('n')", 0), ("Base()", 1), ("Child()", 1), ("Child('n')", 0),
     ("Point(1)", 0), ("Point()", 1), ("Point(1, 2, [], 3)", 1), ("Deep(1, 2, [], 3)", 0), ("Deep(w=1, x=2)", 1),
     ("Pair(1, 2)", 0), ("Pair()", 1), ("Model(name='a')", 0), ("Model()", 1), ("Model('a')", 1), ("Odd()", 0),
     ("f(*xs)", 0), ("f(**xs)", 0), ("Point(*xs)", 0), ("f(1, *xs, c=1, e=2)", 1), ("g(1, a=2)", 1)],
)  # fmt: skip
def test_calls_are_held_against_what_is_taken(call: str, wrong: int) -> None:
    one = found(Calls(), lib=CALLED, a=f"from lib import *\nimport lib\nxs = []\nlib.{call}\n")
    assert len([finding for finding in one if finding.section == "a.py"]) == wrong
    assert [finding.spans[0].text for finding in one if finding.section == "lib.py"] == ["self.run()"]


def test_methods_of_objects_that_are_made_here_are_checked() -> None:
    lib = "class Box:\n    def put(self, what): ...\n"
    text = (
        "from lib import Box\ndef f(given: Box):\n    box = Box()\n    box.put()\n    given.put(1, 2)\n    box.put(1)\n"
    )
    assert [text for text, _ in said(Calls(), lib=lib, a=text)] == ["box.put()", "given.put(1, 2)"]
    fine = lib + "class Wide(Box):\n    def put(self, what, more): ...\n"
    assert said(Calls(), lib=fine, a=text) == []


def test_a_renamed_keyword_is_put_right() -> None:
    assert said(Calls(), a="def f(total, rate=1): ...\nf(amount=2)\n") == [("amount", "total")]
    assert said(Calls(), a="def f(a, rate=1): ...\nf(1, rte=2)\n") == [("rte", "rate")]


def planned(value: str, text: str) -> list[tuple[str, str | None]]:
    ledger = Ledger(items=(Item(id="s", kind="symbol", value=value, owner="a.py"),))
    return [
        (one.spans[0].text, one.expected) for one in Contract().find(tree_of({"a.py": text}).changed(ledger=ledger))
    ]


def test_a_signature_off_the_plan_is_found_and_only_its_span_is_to_change() -> None:
    plan = "def load(path: str, most: int = 10) -> list[str]"
    good = 'def load(\n    path: "str",\n    most: int = 10,\n) -> list[str]:\n    return []\n'
    assert planned(plan, good) == []
    assert planned(plan, "def load(path: str) -> list[str]:\n    return []\n") == [
        ("def load(path: str) -> list[str]", plan)
    ]
    assert planned(plan, "async def load(path: str, most: int = 10) -> list[str]:\n    return []\n")[0][1] == plan
    assert planned(plan, "def lod(path):\n    return []\n") == [("def lod(path)", plan)]
    assert planned(plan, "x = 1\n") == [("", None)]
    assert planned(plan, "from b import load\n") == []
    assert planned("MOST = 10", "MOST = 11\n") == [("MOST = 11", "MOST = 10")]


def test_a_circle_is_reported_once_where_it_closes() -> None:
    one = found(Cycles(), a="from b import f\ndef g(): f()\n", b="from a import g\ndef f(): g()\n")
    assert [(finding.spans[0].text, finding.hard) for finding in one] == [("from a import g", True)]
    assert found(Cycles(), a="from b import f\n", b="def f():\n    from a import g\n") == []
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import g\ndef f(): ...\n"
    assert found(Cycles(), a="from b import f\ndef g(): f()\n", b=lazy) == []
    soft = found(Cycles(), a="import b\ndef g(): b.f()\n", b="import a\ndef f(): a.g()\n")
    assert [finding.hard for finding in soft] == [False]
    idle = found(Cycles(), a="from b import f\nx = f\n", b="import a\ndef f(): ...\n")
    assert [(finding.spans[0].text, finding.expected) for finding in idle] == [("import a", "")]


def test_a_file_that_does_not_parse_is_left_to_syntax() -> None:
    tree = tree_of({"a.py": "def f(:\n    totl\n", "b.py": "from a import f, gone\nf(1, 2)\n"})
    assert [one.detector for one in whole(tree)] == ["syntax"]


def test_what_is_nested_too_deeply_is_said() -> None:
    deep = "x = " + "+".join(["1"] * 900) + "\n"
    assert [one.kind for one in found(Names(), a=deep)] in ([], ["not read"])
    assert whole(tree_of({"a.py": "x = " + "(" * 150 + ")" * 150 + "\n"})) is not None


ODD = st.text(st.sampled_from("é漢🙂\t\u0301 'xß"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(ODD, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_offsets_quote_what_they_say(before: list[str], end: str, bom: str, feed: bool) -> None:
    lines = [f"# {one}" for one in before] + [f"y = {one!r}" for one in before]
    lines += [
        "\f" if feed else "",
        f"z = {''.join(before)!r}, nämé🙂"[:-1] + ", totl",
        "import gone.x",
        "f = lambda a: a",
    ]
    text = bom + end.join([*lines, f"s = {''.join(before)!r} + f(b=totl)", ""])
    tree = tree_of({"a.py": "x = 1\n", "b.py": text, "gone.py": "q = 1\n", "c.py": "from b import nothing_here\n"})
    findings = whole(tree)
    names = [one.spans[0].text for one in findings if one.detector == "names"]
    assert names == ["nämé", "totl", "totl"]
    for one in findings:
        for quote in (*one.spans, *one.against):
            assert tree.text[quote.start : quote.stop] == quote.text


PIECES = st.sampled_from(
    ["import a", "from . import b", "from a import *", "x: int = f(1, *y, k=2, **z)", "class C(B, metaclass=M): x: int",
     "def f(a, /, b=1, *c, d, **e): return a.b.c(d=1)", "async def g():\n    await f()\n    yield",
     "try:\n    import q\nexcept* ImportError as e:\n    pass", "match x:\n    case {'a': y, **rest}:\n        pass",
     "with suppress(E) as (a, b): pass", "del x", "global x", "lambda: (yield)", "[x := 1 for y in z if y]",
     "@d(1)\nclass D: \n    @property\n    def p(self): return self.q()", "__all__ = ['nope', x]",
     "if __name__ == 'x': pass",
     "for i, *j in k: pass\nelse: pass", "print(f'{x!r:{y}}')", "from b import (c as d,\n  e)",
     "raise NotImplementedError"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=6), min_size=1, max_size=4))
def test_no_detector_fails_on_anything_that_parses(several: list[list[str]]) -> None:
    names = ["a.py", "b.py", "p/__init__.py", "p/c.py"]
    tree = tree_of({name: "\n".join(lines) + "\n" for name, lines in zip(names, several, strict=False)}, title="p")
    for one in whole(tree):
        assert all(tree.text[quote.start : quote.stop] == quote.text for quote in one.spans)


def test_this_project_has_nothing_to_be_found() -> None:
    tree = read_tree(ROOT / "hierdiff" / "detectors")
    assert [one for one in whole(tree) if one.detector != "imports"] == []

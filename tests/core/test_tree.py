"""Trees of files: which paths may be written, that files come back byte for byte, and that what is settled parses."""

import ast
import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hierdiff.canvas import Hole, Ink
from hierdiff.document import Draft
from hierdiff.errors import CanvasError, FileError, OutlineError
from hierdiff.ledger import Item, Ledger
from hierdiff.opening import opening_of
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request
from hierdiff.tree import check_writable, files, is_tree, joined, read_tree, tree_of, write_tree
from hierdiff.tree_names import apart_from_each_other, safe_path
from hierdiff.tree_plan import as_code

REFUSED = (
    "", " ", ".", "..", "../a.py", "a/../b.py", "a/./b.py", "a//b.py", "/a.py", "~/a.py", "~root/a.py", "a/", "./a.py",
    "C:a.py", "C:\\a.py", "\\\\host\\a.py", "a\\..\\b.py", "con.py", "CON", "a/nul.tar.py", "COM1.py", "lpt¹.py",
    "aux .py", "a.", "a./b.py", "a /b.py", " a.py", ".git/config", "a/.env", "a\x00.py", "a\n.py", "a\x1b.py",
    "a\u202e.py", "a\u200b.py", "a?.py", "a*.py", 'a".py', "a|b.py", "a:stream", "sitecustomize.py",
    "pkg/usercustomize.py", "SiteCustomize.py", "a" * 121, "/".join("a" * 13), "a/" * 120 + "b.py", "é" * 61,
    "\ud800.py", )  # fmt: skip
PARTS = st.sampled_from(["..", ".", "", "a", "A", "con", "é", "e\u0301", "x.py", "b ", "~", "C:", "\\", "\u2028", ".x"])
PATHS = st.lists(PARTS | st.text(max_size=8), max_size=6).map("/".join) | st.text(max_size=40)
TEXTS = {
    "a.py": "x = 1\r\ny = 2\r\n",
    "b.py": "\ufeffx = 1\n",
    "c.py": "no_end = 1",
    "d/e.py": "face = '😀👩‍👩‍👧'\n",
    "d/empty.py": "",
    "d/f.py": "\r\r\n\n\x0c\x85\u2028\t \n",
    "zé.py": "e\u0301 = 1\n",
}


@pytest.mark.parametrize("path", REFUSED)
def test_paths_that_may_not_be_written(path: str) -> None:
    with pytest.raises(OutlineError) as error:
        safe_path(path)
    assert error.value.rule == "path" and str(error.value).isprintable()


@pytest.mark.parametrize("path", ["a.py", "pkg/names.py", "données/é.py", "with blank/a b.py", "console.py", "a..b.py"])
def test_paths_that_may(path: str) -> None:
    assert safe_path(path) == path


@given(PATHS)
@example("a/e\u0301.py")
def test_a_path_that_is_let_through_stays_inside_on_every_system(path: str) -> None:
    try:
        safe = safe_path(path)
    except OutlineError:
        return
    assert safe_path(safe) == safe and safe.isprintable()
    for pure in (PurePosixPath(safe), PureWindowsPath(safe)):
        assert not pure.is_absolute() and not pure.drive and not pure.root
        assert ".." not in pure.parts and "/".join(pure.parts) == safe
    root = Path("/folder/of")
    assert root in Path(os.path.normpath(root / safe)).parents


@pytest.mark.parametrize(
    "paths",
    [("a.py", "A.py"), ("é.py", "e\u0301.py"), ("straße.py", "STRASSE.py"), ("a", "a/b.py"), ("A/b/c.py", "a/B")],
)
def test_paths_that_are_one_file_somewhere_are_refused(paths: tuple[str, str]) -> None:
    for pair in (paths, paths[::-1]):
        with pytest.raises(OutlineError) as error:
            apart_from_each_other(pair)
        assert error.value.rule == "path"
    apart_from_each_other(["a.py", "b/a.py", "ab.py"])


def test_a_tree_comes_back_byte_for_byte(tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    for path, text in TEXTS.items():
        (there / path).parent.mkdir(parents=True, exist_ok=True)
        (there / path).write_bytes(text.encode("utf-8"))
    (there / "notes.txt").write_text("left out")
    (there / ".hidden.py").write_text("left out")
    (there / "venv").mkdir()
    (there / "venv/x.py").write_text("left out")
    document = read_tree(there)
    assert files(document) == TEXTS and is_tree(document) and document.title == "there"
    assert set(write_tree(document, back)) == TEXTS.keys()
    assert {path: (back / path).read_bytes() for path in TEXTS} == {p: t.encode("utf-8") for p, t in TEXTS.items()}
    assert write_tree(document, back) == ()
    assert not list(back.rglob("*.part"))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30), max_size=4))
@settings(max_examples=25, deadline=None)
def test_any_text_comes_back(texts: list[str]) -> None:
    given = {f"f{number}.py": text for number, text in enumerate(texts)}
    with TemporaryDirectory() as folder:
        write_tree(tree_of(given), Path(folder))
        assert files(read_tree(Path(folder))) == given


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\x00b", b"\xed\xa0\x80"])
def test_what_is_no_text_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.py").write_bytes(data)
    with pytest.raises(FileError, match=r"a\.py"):
        read_tree(tmp_path)


def test_caps_and_folders_that_are_none(tmp_path: Path) -> None:
    write_tree(tree_of({"a.py": "12345", "b.py": "1"}), tmp_path)
    assert files(read_tree(tmp_path, most_bytes=6, most_files=2)) == {"a.py": "12345", "b.py": "1"}
    for size, count in ((5, 2), (6, 1)):
        with pytest.raises(FileError, match="more than"):
            read_tree(tmp_path, most_bytes=size, most_files=count)
    with pytest.raises(FileError, match="no folder"):
        read_tree(tmp_path / "a.py")


def test_a_link_out_of_the_folder_is_neither_read_nor_written(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.py").write_text("SECRET = 1\n")
    (folder / "d").symlink_to(outside)
    (folder / "s.py").symlink_to(outside / "secret.py")
    (folder / "new.py").symlink_to(outside / "new.py")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    assert files(read_tree(folder)) == {}
    for path in ("d/a.py", "d/secret.py", "s.py", "new.py", "loop.py"):
        for force in (False, True):
            with pytest.raises(FileError):
                write_tree(tree_of({"ok.py": "1", path: "x = 1\n"}), folder, force=force)
    assert not (folder / "ok.py").exists()
    assert {one.name: one.read_text() for one in outside.iterdir()} == {"secret.py": "SECRET = 1\n"}


def test_a_foreign_file_is_kept_without_force(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("mine\n")
    document = tree_of({"a.py": "1\n", "b.py": "2\n"})
    with pytest.raises(FileError, match="--force"):
        write_tree(document, tmp_path)
    with pytest.raises(FileError, match="--force"):
        check_writable(["b.py"], tmp_path)
    with pytest.raises(FileError, match="--force"):
        write_tree(document, tmp_path, was={"b.py": "something else\n"})
    assert not (tmp_path / "a.py").exists() and (tmp_path / "b.py").read_text() == "mine\n"
    (tmp_path / "b.py").chmod(0o750)
    assert write_tree(document, tmp_path, force=True) == ("a.py", "b.py")
    assert (tmp_path / "b.py").read_text() == "2\n" and (tmp_path / "b.py").stat().st_mode & 0o777 == 0o750


def test_what_was_read_may_be_overwritten_and_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    was = {"a.py": "1\n", "b.py": "2\n"}
    write_tree(tree_of(was), tmp_path)
    assert write_tree(tree_of({**was, "b.py": "3\n"}), tmp_path, was=was) == ("b.py",)
    assert write_tree(tree_of({**was, "b.py": "3\n"}), tmp_path / "new", was=was) == ("b.py",)
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == ["b.py"]


@pytest.mark.parametrize("path", ["../a.py", "/a.py", ".git/hooks", "con.py"])
def test_an_unsafe_path_writes_nothing_at_all(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "in"
    with pytest.raises(OutlineError):
        write_tree(tree_of({"ok.py": "1", path: "2"}), folder)
    assert list(tmp_path.rglob("*")) == []


def test_a_file_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("file")
    (tmp_path / "b.py").mkdir()
    for path in ("a/b.py", "b.py"):
        with pytest.raises(FileError):
            write_tree(tree_of({path: "1"}), tmp_path, force=True)
    with pytest.raises(FileError, match="is a file"):
        write_tree(tree_of({"x.py": "1"}), tmp_path / "a")


def test_text_in_no_file_is_no_tree() -> None:
    document = tree_of({"a.py": "1\n"})
    with pytest.raises(CanvasError):
        files(document.changed(text=document.text + "more"))


LEAVES = (
    ("f", "function", "def f(a: int, b: str = ')') -> int"),
    ("C", "class", "class C:\n    items: list[int]\n    def push(self, item: int) -> None\n    def pop(self) -> int"),
    ("K", "region", "K = {'a': 1}"),
    ("D", "class", "@staticmethod\nclass D(dict)"),
    ("g", "function", "async def g()"),
    ("r", "region", ""),
    ("main", "main", "def main() -> int"),
)
BITS = st.sampled_from(
    ["return", "x", "=", "(", ")", "[", "\n", "\n    ", "\n\t", "def f(", "):", "class X:", '"""', "'", "#", "\\", ";",
     "if x:", "else:", "yield", "await", "async", "```", "```python\n", "pass", "1", "\r\n", "\x0c", "\x00",
    "é", "\ud800",
     "from __future__ import annotations", "import os", "lambda", "match x:", "case _:", "@", "...", "nonlocal a",
     "global f", "break", "continue", "return 1", "del f", "*", "raise", "f'{", "except:", "try:", "    ", "        "]
)  # fmt: skip
ANSWERS = st.lists(BITS | st.text(max_size=6), max_size=24).map("".join)


def code_plan() -> Outline:
    """A plan of one file with a leaf of every kind."""
    sections = [Section(id="file", title="a.py", kind="file")]
    items: list[Item] = []
    for order, (name, kind, value) in enumerate(LEAVES):
        own = (name,) if value else ()
        brief = 'Says """ and \\ and \' once.'
        sections.append(Section(id=f"s-{name}", title=name, kind=kind, parent="file", order=order, provides=own,
                                brief=brief, budget=40))  # fmt: skip
        items += [Item(id=name, kind="symbol", value=value, owner=f"s-{name}")] if value else []
    return as_code(Outline(title="Plan", sections=tuple(sections), ledger=Ledger(items=tuple(items))))


PLAN = code_plan()
OPENING = opening_of(Request(goal="Count", kind="code"), PLAN, Templates(), 1.0)


def settled(leaf: str, answers: list[str], *, cut: bool) -> Draft:
    """The draft of a leaf whose holes were filled with these answers, in turn."""
    assert OPENING is not None
    canvas = OPENING.canvas(PLAN.section(leaf))
    turns = iter(answers * 8)
    pieces = [Ink(text=next(turns), by="model") if isinstance(piece, Hole) else piece for piece in canvas.pieces]
    return OPENING.settled(canvas.changed(pieces=tuple(pieces)), cut=cut)


@given(st.lists(ANSWERS, min_size=1, max_size=3), st.booleans())
@example(["global f"], False)
@example(["if x:\n    global f"], False)
@example(["return 1\n" + "(" * 500], False)
@example(["x = 1\n" + "-" * 5000 + "1"], False)
@example(["pass\nfrom __future__ import annotations"], False)
@example(["```python\ndef f(a, b):\n    return a\n```"], True)
@settings(max_examples=60, deadline=None)
def test_whatever_the_model_writes_every_leaf_and_the_file_parse(answers: list[str], cut: bool) -> None:
    drafts = {leaf.id: settled(leaf.id, answers, cut=cut) for leaf in PLAN.leaves}
    for draft in drafts.values():
        ast.parse(draft.text)
    ((path, text),) = files(joined(PLAN, drafts, "code")).items()
    assert path == "a.py"
    compile(text, "a.py", "exec", dont_inherit=True)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {node.name for node in ast.parse(text).body if isinstance(node, kinds)}
    assert {"f", "C", "D", "g", "main"} <= defined

"""FolderRetriever on real folders: what it finds and where, what it leaves alone, and how it follows changes."""

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hierdiff.errors import FileError
from hierdiff.evidence import Passage
from hierdiff.outline import Section
from hierdiff.plugins import open_retriever
from hierdiff.protocols import Retriever
from hierdiff.retriever.cutting import cut
from hierdiff.retriever.folder import FolderRetriever

NOTES = """# Floods

Heavy rain fills the river within hours.

## Walls

The town wall is 4.2 km long and was built in 1911.
It is made of brick.

## Pumps

Pumps lift water over the wall, at 30 cubic metres a second.
"""
PAGE = """<html><head><title>no</title><script>var willows = 1;</script></head><body>
<h1>Willows</h1>
<p>Willows hold the <b>bank</b> &amp; slow the water.</p>
</body></html>
"""
CODE = '''"""Reads gauges."""


def read_gauge(name):
    """The level at a gauge in metres."""
    return LEVELS[name]
'''


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "floods.md").write_text(NOTES)
    (folder / "sub" / "willows.html").write_text(PAGE)
    (folder / "gauges.py").write_text(CODE)
    return folder


async def ask(retriever: FolderRetriever, title: str, k: int = 5) -> list[Passage]:
    return await retriever.find(Section(id="a", title=title), k)


async def test_it_finds_passages_with_their_lines(notes: Path) -> None:
    retriever = FolderRetriever(notes)
    assert isinstance(retriever, Retriever)
    (wall, *_) = await ask(retriever, "The length of the town wall")
    assert (wall.source, wall.locator) == ("floods.md", "lines 7-8")
    assert wall.text == "The town wall is 4.2 km long and was built in 1911.\nIt is made of brick."
    assert wall.score > 0
    (willow,) = await ask(retriever, "Willows")
    assert (willow.source, willow.locator) == ("sub/willows.html", "line 3")
    assert "bank" in willow.text and "&amp;" not in willow.text and "var" not in willow.text
    gauges = await ask(retriever, "read_gauge")
    assert ("gauges.py", "lines 4-6") in [(one.source, one.locator) for one in gauges]
    assert await ask(retriever, "Zebras") == []
    assert len(await ask(retriever, "Wall water river", k=1)) == 1
    retriever.close()


@pytest.mark.parametrize(
    "title",
    [
        'wall" OR "',
        "wall NEAR(",
        "AND OR NOT",
        "wall*",
        "text:wall",
        "^wall",
        "-",
        '"',
        "{wall}: x",
        "'; DROP TABLE words",
    ],
)
async def test_query_syntax_in_a_title_is_text(notes: Path, title: str) -> None:
    retriever = FolderRetriever(notes)
    found = await ask(retriever, title)
    assert bool(found) == ("wall" in title)
    assert await ask(retriever, "wall")
    retriever.close()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(min_size=1, max_size=80))
def test_any_words_may_be_asked_for(notes: Path, title: str) -> None:
    retriever = FolderRetriever(notes)
    assert len(retriever.search(title.split(), 3)) <= 3
    retriever.close()


async def test_it_follows_what_changes(notes: Path) -> None:
    retriever = FolderRetriever(notes)
    assert retriever.refresh() == 3
    assert retriever.refresh() == 0
    os.utime(notes / "floods.md", ns=(1, 1))
    assert retriever.refresh() == 0
    (notes / "floods.md").write_text("Dykes are made of clay.\n")
    (notes / "gauges.py").unlink()
    (notes / "copy.md").write_text("Dykes are made of clay.\n")
    assert retriever.refresh() == 1
    assert await ask(retriever, "Pumps") == await ask(retriever, "read_gauge") == []
    (dyke,) = await ask(retriever, "Dykes")
    assert dyke.source == "copy.md"
    (notes / "copy.md").unlink()
    retriever.refresh()
    (dyke,) = await ask(retriever, "Dykes")
    assert dyke.source == "floods.md"
    retriever.close()
    again = FolderRetriever(notes)
    assert again.refresh() == 0
    again.close()


async def test_hostile_files_are_left_alone(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("The secret is zanzibar.")
    (tmp_path / "beyond").mkdir()
    (tmp_path / "beyond" / "more.md").write_text("Another zanzibar.")
    (notes / "link.md").symlink_to(tmp_path / "secret.md")
    (notes / "folder").symlink_to(tmp_path / "beyond", target_is_directory=True)
    (notes / "loop").symlink_to(notes, target_is_directory=True)
    (notes / "broken.md").symlink_to(notes / "none.md")
    (notes / "binary.md").write_bytes(b"zanzibar\0\1\2")
    (notes / "latin.txt").write_bytes(b"zanzibar " + bytes(range(128, 256)))
    (notes / "big.md").write_bytes(b"zanzibar " * 600_000)
    (notes / ".hidden.md").write_text("zanzibar")
    os.mkfifo(notes / "pipe.md")
    (notes / "nearly.txt").write_bytes(
        b"Quokkas live here, in the caf\xe9, and nowhere else. " + b"They eat leaves. " * 9
    )
    (notes / "deep.html").write_text("<div>" * 20_000 + "okapi")
    (notes / "line.txt").write_text("numbat " * 100_000)
    retriever = FolderRetriever(notes)
    assert await ask(retriever, "zanzibar") == []
    assert len(await ask(retriever, "Quokkas")) == len(await ask(retriever, "okapi")) == 1
    assert all(len(one.text) <= 8000 for one in await ask(retriever, "numbat"))
    retriever.close()


async def test_a_broken_index_is_made_anew_and_one_that_cannot_be_kept_says_so(notes: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = FolderRetriever(notes, home=kept)
    assert await ask(first, "wall")
    first.close()
    (file,) = (kept / "sources").glob("*.db")
    file.write_bytes(b"this is no database at all" * 100)
    second = FolderRetriever(notes, home=kept)
    assert await ask(second, "wall")
    second.close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    third = FolderRetriever(notes, home=kept)
    assert await ask(third, "wall")
    third.close()
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FileError, match="HIERDIFF_HOME"):
        await ask(FolderRetriever(notes, home=tmp_path / "taken"), "wall")


def test_there_must_be_such_a_folder(tmp_path: Path) -> None:
    for where in ("none", "nobody:none"):
        with pytest.raises(FileError, match="no folder"):
            open_retriever(str(tmp_path / where))


@given(st.text(max_size=400), st.sampled_from([".md", ".html", ".py", ".txt"]))
def test_any_text_is_cut_into_passages_in_order(text: str, suffix: str) -> None:
    pieces = list(cut(text, suffix))
    assert all(piece.first <= piece.last and piece.text.strip() for piece in pieces)
    assert [piece.first for piece in pieces] == sorted(piece.first for piece in pieces)


def test_long_paragraphs_are_cut_between_sentences() -> None:
    text = "# A\n\n" + " ".join(f"Sentence number {number} ends here." for number in range(200)) + "\n"
    pieces = list(cut(text, ".md"))
    assert len(pieces) > 3 and all(piece.text.endswith("here.") and piece.locator == "line 3" for piece in pieces)
    assert all(piece.heading == "A" and len(piece.text.split()) <= 250 for piece in pieces)

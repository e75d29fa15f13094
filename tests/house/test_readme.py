"""The README and the pages in docs: what they show is run."""

import shlex
from pathlib import Path

import click
import pytest

import hierdiff
from hierdiff.cli import main
from hierdiff_planners import read_outline
from house.blocks import DOCUMENTS, Block, blocks


@pytest.mark.usefixtures("no_default_model")
@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_runs(block: Block) -> None:
    """Alone, in an empty folder, as a reader would who copies it."""
    code = "\n" * (block.line - 1) + block.code
    exec(compile(code, block.file, "exec"), {"__name__": "__main__"})


COMMANDS = [
    pytest.param(shlex.split(line, comments=True)[1:], id=f"{block.file}: {line}")
    for block in blocks("sh")
    for line in block.code.splitlines()
    if line.startswith("hierdiff ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_is_understood(command: list[str]) -> None:
    """Name, arguments and options are read as in a real call; nothing is run."""
    name, *arguments = command
    group = click.Context(main, info_name="hierdiff")
    found = main.get_command(group, name)
    assert found is not None
    found.make_context(name, arguments, parent=group)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_an_outline_is_one(block: Block, no_default_model: Path) -> None:
    """It is read, and a document is written by it."""
    file = no_default_model / "outline.yaml"
    file.write_text(block.code, encoding="utf-8")
    outline, words = read_outline(file)
    document = hierdiff.write_sync(outline.title, words=words, planner=f"manual:{file}")
    assert [part.id for part in document.sections] == [section.id for section in outline.reading_order]


def test_there_is_something_to_run() -> None:
    assert COMMANDS
    assert {block.file for block in blocks("python")} == set(DOCUMENTS)

"""The page of families: every family has its row, and what is named there exists and is as it says."""

from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hierdiff_torch import policies
from hierdiff_torch.denoising import Around, Denoising
from hierdiff_torch.models.described import policy_of
from hierdiff_torch.models.families import FAMILIES
from hierdiff_torch.models.told import Given
from hierdiff_torch.scoring import Way
from hierdiff_torch.script import Infill
from hierdiff_torch.uniform import Uniform

PAGE = Path(__file__).resolve().parents[2] / "docs" / "families.md"
ABOUT_FAMILIES = ("What is read", "How it is run", "What was verified")
HELPERS = {"Policy", "Score", "View"}
"""What the policies' package names besides policies."""

Row = dict[str, str]


def tables() -> Mapping[str, list[Row]]:
    """The table under each heading, row by row, a cell by the name of its column. Code is what it says, unquoted."""
    found: dict[str, list[Row]] = {}
    heading, names, cells = "", list[str](), list[str]()
    tokens = MarkdownIt("commonmark").enable("table").parse(PAGE.read_text("utf-8"))
    for before, token in pairwise(tokens):
        if token.type == "inline":
            if before.type == "heading_open":
                heading = plain(token)
            elif before.type in ("th_open", "td_open"):
                cells.append(plain(token))
        elif token.type == "tr_close":
            if names:
                found.setdefault(heading, []).append(dict(zip(names, cells, strict=True)))
            else:
                names = cells
            cells = []
        elif token.type == "table_close":
            names = []
    return found


def plain(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


TABLES = tables()


@pytest.mark.parametrize("heading", ABOUT_FAMILIES)
def test_every_family_has_a_row(heading: str) -> None:
    assert sorted(row["family"] for row in TABLES[heading]) == sorted(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_says_what_the_family_is(name: str) -> None:
    recipe = FAMILIES[name]
    read, run = (next(row for row in TABLES[heading] if row["family"] == name) for heading in ABOUT_FAMILIES[:2])
    assert (read["model_type"].split(", "), read["class"]) == (list(recipe.types or (name,)), recipe.native)
    sized = [f"({recipe.sized})"] if recipe.sized else []
    size = [str(recipe.block)] if recipe.block or recipe.attention == "full" else []
    mask = recipe.masked if recipe.mask and recipe.masked is not None else "none"
    said: Row = {
        "attention": recipe.attention,
        "block": " ".join(size + sized),
        "origin": recipe.origin,
        "shift": "yes" if recipe.shift else "no",
        "mask": str(mask),
        "infill": "canvas" if recipe.attention == "full" else "prompt",
    }
    assert {column: run[column] for column in said} == said
    if name not in ("llama", "diffusion_gemma", "llada2.2"):
        policy: Any = policy_of(recipe)
        assert run["policy"] == f"{type(policy).__name__} {policy.threshold}"


def test_the_policies_are_those_there_are() -> None:
    assert sorted(row["policy"] for row in TABLES["Policies"]) == sorted(set(policies.__all__) - HELPERS)


def test_the_fields_of_denoising_are_those_there_are() -> None:
    assert [row["field"] for row in TABLES["How a row is denoised"]] == [field.name for field in fields(Denoising)]


def test_the_ways_are_those_there_are() -> None:
    infill = [row["way"] for row in TABLES["Infill: what a hole knows of the text behind it"]]
    assert set(infill) == {*get_args(Infill), *get_args(Around)} - {"left"}
    assert {row["way"] for row in TABLES["Scoring and confidence"]} == set(get_args(Way))


def test_what_can_be_told_is_said() -> None:
    known = {field.name for field in fields(Given)} - {"tokenizer"}
    assert {row["field"] for row in TABLES["What a checkpoint must be told"]} == known


def test_the_settings_of_uniform_noise_are_named() -> None:
    text = PAGE.read_text("utf-8").partition("## DiffusionGemma in short")[2]
    assert [field.name for field in fields(Uniform) if f"`{field.name}`" not in text] == []


def test_no_row_has_more_cells_than_columns() -> None:
    """Markdown drops what is too much and fills what is missing, without a word."""
    lines = PAGE.read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert rows
    columns = 0
    for before, line in pairwise(["", *lines]):
        if line.startswith("|"):
            count = line.replace("\\|", "").count("|")
            columns = columns if before.startswith("|") else count
            assert count == columns, line

"""Outlines written back into a file that somebody keeps: comments and order stay."""

from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.yaml_text import parse_yaml
from hierdiff_planners.yaml_comments import updated
from hierdiff_planners.yaml_outline import outline_from

TEXT = """\
# our handbook
title: Living with the sea
words: 90
sections:
  - id: causes  # the science
    title: Causes
    words: 60   # half of it
    # what the council asked for
    must_cover: [storm surge]
  - {id: policy, words: 30, title: Policy}  # short
"""


def read(text: str) -> Outline:
    """The outline of a text."""
    return outline_from(parse_yaml(text), Ledger(), file="sea.yaml")[0]


def test_nothing_changes_where_nothing_changed() -> None:
    assert read(updated(TEXT, read(TEXT))) == read(TEXT)
    assert updated(TEXT, read(TEXT)).count("#") == TEXT.count("#")


def test_comments_stay_where_sections_do() -> None:
    outline = read(TEXT)
    changed = outline.changed(
        sections=tuple(one.changed(title="Reasons") if one.id == "causes" else one for one in outline.sections)
    )
    text = updated(TEXT, changed)
    assert "title: Reasons" in text
    for comment in ("# our handbook", "# the science", "# half of it", "# what the council asked for", "# short"):
        assert comment in text
    assert text.index("words: 30") < text.index("title: Policy")
    assert read(text) == changed

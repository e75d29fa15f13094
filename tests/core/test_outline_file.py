"""The outline file: its schema is current, knows every key, and the page about it shows files that can be read."""

import json
import re
from pathlib import Path

from hierdiff.ledger import Ledger
from hierdiff.outline_file import FILE_KEYS, ITEM_KEYS, SECTION_KEYS, schema
from hierdiff.yaml_text import parse_yaml
from hierdiff_planners.yaml_outline import outline_from

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_schema_is_current() -> None:
    """`python scripts/outline_schema.py` writes it."""
    assert json.loads((DOCS / "outline.schema.json").read_text("utf-8")) == schema()


def test_the_schema_knows_every_key() -> None:
    said = json.loads(json.dumps(schema()))
    assert set(said["properties"]) == set(FILE_KEYS)
    assert set(said["$defs"]["section"]["properties"]) == set(SECTION_KEYS)
    assert set(said["$defs"]["item"]["properties"]) == set(ITEM_KEYS)


def test_the_page_shows_files_that_can_be_read() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "outlines.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        outline, words = outline_from(parse_yaml(block), Ledger(), file="outlines.md")
        assert words == 1000
        item = outline.ledger.get("retreat")
        assert item is not None and item.value == "1.2 m a year"
        assert outline.section("walls").most == 300

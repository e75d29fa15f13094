"""Write docs/outline.schema.json, the JSON Schema of outline files, from the tables that readers and writers go by."""

import json
from pathlib import Path

from hierdiff.outline_file import schema

if __name__ == "__main__":
    page = Path(__file__).resolve().parents[1] / "docs" / "outline.schema.json"
    page.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

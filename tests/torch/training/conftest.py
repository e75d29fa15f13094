"""For the tests of training: texts of a few thousand bytes, and a recipe of a few steps."""

import json
import random
from pathlib import Path

import pytest

from hierdiff_torch.training.recipe import Recipe

WORDS = ["tide", "wall", "sand", "storm", "coast", "water", "level", "harbour", "cliff", "wave", "moon", "year"]


@pytest.fixture
def recipe() -> Recipe:
    """Six steps, measured and saved at each third."""
    return Recipe(
        rank=2, rate=1e-2, warm=1, steps=6, sequences=1, length=40, blocks=(4, 8), weights=(0.5, 0.5), every=3
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of a plain text and of pairs."""
    folder, draws = tmp_path / "texts", random.Random(1)
    folder.mkdir()
    (folder / "a.md").write_text(" ".join(draws.choices(WORDS, k=600)), encoding="utf-8")
    pairs = [{"prompt": f"Of {word}:", "text": " ".join(draws.choices(WORDS, k=5))} for word in WORDS * 4]
    (folder / "b.jsonl").write_text("\n".join(json.dumps(pair) for pair in pairs), encoding="utf-8")
    return folder

"""Made-up statements for scripted backends: Python that parses in any block, the same on every machine."""

from itertools import pairwise
from random import Random

NAMES = ("amount", "count", "depth", "height", "length", "limit", "margin", "offset", "share", "total", "weight")
TOKENS_A_LINE, MOST_LINES = 8, 8


def statements(name: str, seed: int, width: int) -> str:
    """Some lines that count and, as the last, give back what was counted, decided by the name and the seed."""
    random = Random(f"{name} {seed} code")
    names = random.sample(NAMES, max(1, min(MOST_LINES, width // TOKENS_A_LINE)))
    lines = [f"{names[0]} = {random.randint(2, 99)}"]
    for before, one in pairwise(names):
        lines.append(f"{one} = {before} {random.choice('+-*')} {random.randint(2, 9)}")
    return "\n".join([*lines, f"return {names[-1]}"])

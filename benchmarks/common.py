"""What every benchmark needs: the machine's name, figures with their spread, and the two ways of printing them."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

WIDTH = 168
"""Columns that a table needs; a narrower terminal wraps whole lines, which is easier to read than wrapped cells."""


def machine() -> str:
    """Processor, cores, system and torch in one line."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    bf16 = ", AVX512-BF16" if "avx512_bf16" in flags else ""
    cores = os.cpu_count() or 1
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, torch {version('torch')}"
    return f"{names[0] if names else platform.processor()} ({cores} cores{bf16}), {system}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median with the smallest and the largest: `5.61 (5.40 to 5.82)`."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for people."""
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(header):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=max(console.width, WIDTH)).print(table)


def finish(figures: Mapping[str, object], *, as_json: bool) -> None:
    """The figures by name: as the last line, one JSON object, with `--json`."""
    if as_json:
        print(json.dumps(dict(figures)))

"""Which number format is used: what the user says, else what was measured once and is remembered."""

import json
import threading
from pathlib import Path

import pytest
import torch

from hierdiff.settings import home
from hierdiff_torch import machine
from hierdiff_torch.machine import best_dtype, device

CPU = torch.device("cpu")
FASTER = {torch.float32: 1.0, torch.bfloat16: 0.5}
SLOWER = {torch.float32: 1.0, torch.bfloat16: 0.95}


class Stopwatch:
    """Stands for the measurement; counts how often it was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[torch.dtype, float]) -> None:
        self.seconds, self.times = seconds, 0
        monkeypatch.setattr(machine, "_seconds", self)

    def __call__(self, dtype: torch.dtype) -> float:
        self.times += 1
        return self.seconds[dtype]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own, and nothing said about the format."""
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HIERDIFF_DTYPE", raising=False)


@pytest.mark.parametrize(("name", "dtype"), [("float32", torch.float32), (" bfloat16 ", torch.bfloat16)])
def test_the_environment_decides_without_measuring(
    monkeypatch: pytest.MonkeyPatch, name: str, dtype: torch.dtype
) -> None:
    watch = Stopwatch(monkeypatch, FASTER)
    monkeypatch.setenv("HIERDIFF_DTYPE", name)
    assert best_dtype(CPU) is dtype
    assert watch.times == 0 and not home().exists()


@pytest.mark.parametrize(("seconds", "dtype"), [(FASTER, torch.bfloat16), (SLOWER, torch.float32)])
def test_the_faster_format_is_taken_if_it_is_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[torch.dtype, float], dtype: torch.dtype
) -> None:
    Stopwatch(monkeypatch, seconds)
    assert best_dtype(CPU) is dtype


def test_the_choice_is_measured_once_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch, FASTER)
    assert best_dtype(CPU) is torch.bfloat16
    assert list(json.loads((home() / "machine.json").read_text(encoding="utf-8")).values()) == ["bfloat16"]
    watch.seconds, measured = SLOWER, watch.times
    assert best_dtype(CPU) is torch.bfloat16
    assert watch.times == measured


def test_another_machine_or_number_of_threads_is_measured_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    Stopwatch(monkeypatch, FASTER)
    best_dtype(CPU)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    Stopwatch(monkeypatch, SLOWER)
    assert best_dtype(CPU) is torch.float32
    known = json.loads((home() / "machine.json").read_text(encoding="utf-8"))
    assert sorted(known.values()) == ["bfloat16", "float32"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"other": 3}'])
def test_a_broken_memory_is_survived_and_mended(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    Stopwatch(monkeypatch, FASTER)
    home().mkdir()
    (home() / "machine.json").write_bytes(content)
    assert best_dtype(CPU) is torch.bfloat16
    assert "bfloat16" in json.loads((home() / "machine.json").read_text(encoding="utf-8")).values()


def test_a_memory_that_cannot_be_read_or_written_costs_a_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch, FASTER)
    (home() / "machine.json").mkdir(parents=True)
    assert best_dtype(CPU) is torch.bfloat16
    assert best_dtype(CPU) is torch.bfloat16
    assert watch.times == 4


def test_a_home_that_cannot_be_made_is_survived(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Stopwatch(monkeypatch, SLOWER)
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("HIERDIFF_HOME", str(tmp_path / "file" / "home"))
    assert best_dtype(CPU) is torch.float32


def test_two_at_once_do_not_break_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    Stopwatch(monkeypatch, FASTER)
    threads = [threading.Thread(target=best_dtype, args=(CPU,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads((home() / "machine.json").read_text(encoding="utf-8"))


def test_it_really_measures() -> None:
    assert best_dtype(CPU) in (torch.float32, torch.bfloat16)
    assert (home() / "machine.json").is_file()
    assert device().type in ("cpu", "cuda")

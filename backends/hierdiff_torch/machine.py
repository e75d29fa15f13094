"""Which device and which number format this machine runs best."""

import json
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from hierdiff.errors import MisuseError
from hierdiff.settings import home

T = TypeVar("T")

_ROWS, _IN, _OUT, _LAYERS = 8, 576, 1536, 24


def device() -> torch.device:
    """The first CUDA device, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def alone(work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread that ends with it, and with it the pool of OpenMP that torch has there.

    The engine's thread has a pool of its own. When there are more pools' threads than cores, GNU's OpenMP stops
    spinning at its barriers and sleeps instead, which made a step half as slow again: only the engine may keep one.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hierdiff-alone") as pool:
        return pool.submit(work).result()


def best_dtype(on: torch.device) -> torch.dtype:
    """bfloat16 where its matrix products are faster than float32's, measured once per machine and remembered.

    `HIERDIFF_DTYPE` (`float32` or `bfloat16`) decides without measuring. The choice is remembered because a format
    that changed from run to run would change a seed's text.
    """
    named = os.environ.get("HIERDIFF_DTYPE", "").strip()
    if named and named not in ("float32", "bfloat16"):
        raise MisuseError(f"HIERDIFF_DTYPE is '{named}'; it may be float32 or bfloat16", about="HIERDIFF_DTYPE")
    if named:
        return torch.float32 if named == "float32" else torch.bfloat16
    if on.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if kept(described(on), _faster) == "bfloat16" else torch.float32


def _faster() -> str:
    return "bfloat16" if _seconds(torch.bfloat16) < 0.9 * _seconds(torch.float32) else "float32"


def described(on: torch.device) -> str:
    """What a measurement of speed depends on besides the work: the machine, torch and its threads."""
    if on.type == "cuda":
        return f"{torch.cuda.get_device_name(on)}:torch{torch.__version__}"
    return f"{platform.machine()}:{_cpu()}:torch{torch.__version__}:{torch.get_num_threads()}"


def kept(key: str, measure: Callable[[], str], check: Callable[[str], object] = str) -> str:
    """What was measured on this machine under a key, now or in an earlier run. What `check` raises ValueError for is
    measured again."""
    memory = home() / "machine.json"
    known = _remembered(memory)
    try:
        check(known[key])
    except (KeyError, ValueError):
        known[key] = measure()
        _remember(memory, known)
    return known[key]


def _seconds(dtype: torch.dtype) -> float:
    """Fastest of five passes through a stack of linear layers larger than the processor's cache."""
    row = torch.ones(_ROWS, _IN, dtype=dtype)
    layers = [torch.full((_OUT, _IN), 1e-3, dtype=dtype) for _ in range(_LAYERS)]
    return min(_pass(row, layers) for _ in range(5))


@torch.inference_mode()
def _pass(row: Tensor, layers: list[Tensor]) -> float:
    start = time.perf_counter()
    for layer in layers:
        torch.nn.functional.linear(row, layer)
    return time.perf_counter() - start


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    wanted = [
        line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "cpu family", "model\t"))
    ]
    return "/".join(wanted[:3])


def _remembered(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _remember(path: Path, known: dict[str, str]) -> None:
    """Write it if that is possible: a read-only home costs a measurement a run, no more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known, indent=1), encoding="utf-8")
    except OSError:
        return

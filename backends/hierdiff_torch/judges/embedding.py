"""Sentence embeddings from a folder that holds a sentence transformer on BERT, such as all-MiniLM-L6-v2.

The mean of the last layer over a sentence's tokens (or its first token, where the folder says so), brought to length 1
(Reimers and Gurevych 2019, arXiv 1908.10084): the cosine of two of them says how much two sentences mean the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from hierdiff.errors import ModelError
from hierdiff_torch.judges.reading import LONGEST, config, read_encoder
from hierdiff_torch.models.files import read_json

BATCH = 32
"""Sentences in one pass."""
_KNOWN = ("Transformer", "Pooling", "Normalize")


def _bert(fields: Any) -> nn.Module:
    return BertModel(config(BertConfig, fields), add_pooling_layer=False)


@final
class SentenceBert:
    """Turns sentences into vectors of length 1. Raises ModelError for a folder that it cannot read."""

    def __init__(self, folder: Path) -> None:
        self._first = _first_token(folder)
        self._encoder = read_encoder(folder, {"bert": _bert}, prefix="bert.", longest=_longest(folder))

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text. Texts of like length share a pass; that changes nothing in what comes out."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        found: dict[int, list[float]] = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            rows: list[list[float]] = self._embed([texts[number] for number in batch]).tolist()
            found.update(zip(batch, rows, strict=True))
        return [found[number] for number in range(len(texts))]

    def _embed(self, texts: list[str]) -> Tensor:
        out, real = self._encoder.run(self._encoder.tokenizer.encode_batch(texts))
        states: Tensor = out.last_hidden_state
        mask = real[..., None].to(states.dtype)
        pooled = states[:, 0] if self._first else (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        return nn.functional.normalize(pooled, dim=-1).to(torch.float32)


def _first_token(folder: Path) -> bool:
    """Whether a sentence is its first token, and not the mean of all; raises ModelError for any other way."""
    modules = folder / "modules.json"
    if modules.is_file():
        text = modules.read_text("utf-8", "replace")
        kinds = [part.split('"')[0] for part in text.split("sentence_transformers.models.")[1:]]
        unknown = [kind for kind in kinds if kind not in _KNOWN]
        if unknown:
            raise ModelError(f"{modules} asks for a layer '{unknown[0]}' that is not read here", about=str(folder))
    if not (folder / "1_Pooling" / "config.json").is_file():
        return False
    said = read_json(folder / "1_Pooling" / "config.json")
    ways = [name for name, on in said.items() if name.startswith("pooling_mode") and on is True]
    if ways not in (["pooling_mode_mean_tokens"], ["pooling_mode_cls_token"]):
        raise ModelError(f"{folder / '1_Pooling'} pools by {', '.join(ways) or 'nothing'}: mean or cls are read")
    return ways == ["pooling_mode_cls_token"]


def _longest(folder: Path) -> int:
    path = folder / "sentence_bert_config.json"
    said = read_json(path).get("max_seq_length") if path.is_file() else None
    return min(LONGEST, said) if isinstance(said, int) and said > 0 else LONGEST

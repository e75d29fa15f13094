"""Natural language inference with a cross-encoder: whether one sentence contradicts another, entails it, or neither.

A folder in the hub's format with a classifier of three classes, such as those that were fine-tuned on SNLI and MNLI.
Which class is which is read from config.json's `id2label`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedConfig,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from hierdiff.errors import ModelError
from hierdiff_torch.judges.reading import Make, config, read_encoder

BATCH = 16
"""Pairs in one pass."""
LABELS = ("contradiction", "neutral", "entailment")


def _made(model: Callable[..., nn.Module], settings: Callable[..., PreTrainedConfig]) -> Make:
    return lambda fields: model(config(settings, fields))


KINDS: Mapping[str, Make] = {
    "bert": _made(BertForSequenceClassification, BertConfig),
    "deberta-v2": _made(DebertaV2ForSequenceClassification, DebertaV2Config),
    "distilbert": _made(DistilBertForSequenceClassification, DistilBertConfig),
    "roberta": _made(RobertaForSequenceClassification, RobertaConfig),
}


@final
class CrossEncoder:
    """Gives for each pair of sentences the probabilities (contradiction, neutral, entailment). Raises ModelError for a
    folder that it cannot read."""

    def __init__(self, folder: Path) -> None:
        self._encoder = read_encoder(folder, KINDS)
        self._classes = _classes(self._encoder.fields, folder)

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float, float]]:
        """The probabilities of each pair, premise first. Pairs of like length share a pass."""
        order = sorted(range(len(pairs)), key=lambda number: sum(map(len, pairs[number])))
        found: dict[int, tuple[float, float, float]] = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            encodings = self._encoder.tokenizer.encode_batch([pairs[number] for number in batch])
            out, _ = self._encoder.run(encodings)
            logits: Tensor = out.logits
            rows: list[list[float]] = logits.float().softmax(-1)[:, self._classes].tolist()
            found.update({number: (row[0], row[1], row[2]) for number, row in zip(batch, rows, strict=True)})
        return [found[number] for number in range(len(pairs))]


def _classes(fields: Mapping[str, Any], folder: Path) -> list[int]:
    """The numbers of the three classes, in our order."""
    given = fields.get("id2label")
    named = {str(name).lower(): int(number) for number, name in given.items()} if isinstance(given, dict) else {}
    lost = [label for label in LABELS if label not in named]
    if lost or len(named) != len(LABELS):
        raise ModelError(
            f"{folder / 'config.json'} must name three classes in 'id2label': {', '.join(LABELS)}", about=str(folder)
        )
    return [named[label] for label in LABELS]

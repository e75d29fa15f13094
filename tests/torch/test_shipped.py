"""The adapter that the package brings: small, quick to read, and with the record of its training."""

import json
import time

from hierdiff_torch.loading import WEIGHTS
from hierdiff_torch.models.adapter_file import read_adapter


def test_it_is_small_and_quick_to_read() -> None:
    assert WEIGHTS.stat().st_size < 40e6
    started = time.process_time()
    tensors, about = read_adapter(WEIGHTS)
    assert time.process_time() - started < 1.0
    assert tensors["mask"].shape == (576,) and about["rank"] == 32


def test_its_training_is_on_record() -> None:
    _, about = read_adapter(WEIGHTS)
    record = json.loads(WEIGHTS.with_suffix(".json").read_text("utf-8"))
    assert record["about"]["recipe"] == about["recipe"] and record["about"]["data"] == about["data"]
    assert record["step"] == about["steps"] == len(record["curve"]) == about["recipe"]["steps"]
    first, last = record["held"][0], next(one for one in record["held"] if one["step"] == about["steps"])
    assert (first["block"], first["ratio"]) == (last["block"], last["ratio"]) and last["nats"] < first["nats"]

"""Sections: where the time of the engine's steps goes, by the wall clock around the parts of a step."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface

from hierdiff_torch import attention, committing, engine
from hierdiff_torch.models.loaded import Loaded

BODY = "other layers (norms, rotary, gates)"


class Sections:
    """While it is entered, every step of every engine over `model` is timed by its parts."""

    def __init__(self, model: Loaded) -> None:
        self._model = model
        self._undo: list[Callable[[], object]] = []
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()

    def __enter__(self) -> "Sections":
        attend = attention.attend
        AttentionInterface.register(attention.NAME, self._timed("attention", attend))
        self._undo.append(lambda: AttentionInterface.register(attention.NAME, attend))
        for module in self._model.body.modules():
            if isinstance(module, nn.Linear):
                self._patch(module, "forward", "linear layers")
        self._patch(Loaded, "hidden", "body")
        self._patch(self._model.head, "forward", "head")
        self._patch(Loaded, "logits", "logits")
        self._patch(committing, "_judged", "shaping and candidates")
        self._patch(engine, "commit", "commit")
        for module, name in ((engine, "asks_of"), (engine, "opened"), (engine, "wanted_of"), (engine, "pack")):
            self._patch(module, name, "asking and packing")
        return self

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._undo):
            undo()

    def rows(self, steps: int, total: float) -> list[list[str]]:
        """Part, milliseconds a step, share, calls a step."""
        found = self.seconds
        inside = {
            BODY: found["body"] - found["linear layers"] - found["attention"],
            "logits to float32": found["logits"] - found["head"],
            "policy, writing, closing": found["commit"] - found["shaping and candidates"],
        }
        left = total - found["body"] - found["logits"] - found["commit"] - found["asking and packing"]
        parts = {
            "linear layers": found["linear layers"],
            "attention": found["attention"],
            BODY: inside[BODY],
            "head": found["head"],
            "logits to float32": inside["logits to float32"],
            "shaping and candidates": found["shaping and candidates"],
            "policy, writing, closing": inside["policy, writing, closing"],
            "asking and packing": found["asking and packing"],
            "the rest of the step": left,
            "all": total,
        }
        return [
            [name, f"{value / steps * 1e3:.2f}", f"{value / total:.1%}", f"{self.calls[name] / steps:.0f}"]
            for name, value in parts.items()
        ]

    def _patch(self, owner: Any, name: str, label: str) -> None:
        old = getattr(owner, name)
        own = name in vars(owner)
        setattr(owner, name, self._timed(label, old))
        self._undo.append(lambda: setattr(owner, name, old) if own else delattr(owner, name))

    def _timed(self, label: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - started
                self.calls[label] += 1

        return timed


@torch.inference_mode()
def bound(model: Loaded, width: int, rows: int) -> float:
    """How many times as fast one matrix product over all rows is as one for each, over the model's linear layers: more
    than that nobody can gain by running rows together, but for what a step costs besides."""
    layers = [module for module in model.body.modules() if isinstance(module, nn.Linear)]

    def seconds(tokens: int) -> float:
        states = {layer.in_features: torch.ones(tokens, layer.in_features, dtype=model.dtype) for layer in layers}
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter()
            for layer in layers:
                layer(states[layer.in_features].to(model.device))
            best = min(best, time.perf_counter() - started)
        return best

    return rows * seconds(width) / seconds(rows * width)

"""Passes: the two packed forwards give what every block gives that is run by itself."""

import random
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from hierdiff_torch.models.adapter import Adapter, attach, blank
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.training import passes
from hierdiff_torch.training.layouts import IGNORED, Layout, layout
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.texts import Sample


def adapted() -> tuple[Loaded, Adapter]:
    """The tiny model with an adapter that changes something."""
    base = tiny()
    tensors = blank(base.body, 3, 0)
    draws = torch.Generator().manual_seed(1)
    for name in tensors:
        if name.endswith(".up"):
            tensors[name] = torch.randn(tensors[name].shape, generator=draws) * 0.05
    adapter = attach(base.body, tensors)
    for parameter in adapter.parameters.values():
        parameter.requires_grad_(True)
    return base, adapter


def drawn(infill: float) -> Layout:
    draws = random.Random(3)
    texts = [Sample(tuple(draws.randrange(250) for _ in range(size)), 5, True) for size in (30, 22)]
    recipe = Recipe(infill=infill, blocks=(4, 8), weights=(0.5, 0.5))
    return layout(texts, recipe, mask=260, end=258, draws=draws, early=False)


def logits(base: Loaded, adapter: Adapter, tokens: Tensor, positions: Tensor, seen: Tensor, noisy: Tensor) -> Tensor:
    """One sequence, with transformers' own attention; the adapter is where the engine has it in a packed forward."""
    mask = torch.zeros(seen.shape).masked_fill(~seen, float("-inf"))[None, None]
    adapter.noisy.index = noisy
    body = cast(Any, base.body)
    found = body(input_ids=tokens[None], position_ids=positions[None], attention_mask=mask, use_cache=False)
    adapter.noisy.index = None
    return base.logits(found.last_hidden_state[0]).float()


def one_by_one(base: Loaded, adapter: Adapter, batch: Layout, teacher: float) -> tuple[Tensor, float]:
    """Loss and likelihood, every noisy block in a forward of its own."""
    cast(Any, base.body).config._attn_implementation = "eager"
    length, losses, nats = batch.clean.shape[1], list[Tensor](), list[float]()
    for row in range(len(batch.clean)):
        for place in (batch.targets[row] != IGNORED).nonzero().flatten().tolist():
            clean = batch.noisy_seen[row, place, :length].nonzero().flatten()
            block = batch.noisy_seen[row, place, length:].nonzero().flatten()
            size = len(clean)
            seen = torch.ones(size + len(block), size + len(block), dtype=torch.bool)
            seen[:size] = False
            seen[:size, :size] = batch.clean_seen[row][clean][:, clean]
            tokens = torch.cat((batch.clean[row, clean], batch.noisy[row, block]))
            positions = torch.cat((batch.clean_positions[row, clean], batch.noisy_positions[row, block]))
            found = logits(base, adapter, tokens, positions, seen, torch.arange(size, len(tokens)))
            scores = found[size + block.tolist().index(place)].log_softmax(-1)
            target, taught = int(batch.targets[row, place]), int(batch.taught[row, place])
            wanted = F.one_hot(torch.tensor(target), len(scores)).float()
            if taught >= 0:
                text = batch.clean[row, : taught + 1]
                causal = torch.ones(len(text), len(text), dtype=torch.bool).tril()
                none = torch.tensor([], dtype=torch.int64)
                known = logits(base, adapter, text, torch.arange(len(text)), causal, none)[-1].softmax(-1)
                wanted = (1 - teacher) * wanted + teacher * known.detach()
            losses.append(-(wanted * scores).sum())
            nats.append(-float(scores[target].detach()))
    return torch.stack(losses).mean(), sum(nats) / len(nats)


@pytest.mark.parametrize("infill", [0.0, 1.0])
def test_packed_forwards_are_those_of_single_blocks(infill: float) -> None:
    base, adapter = adapted()
    batch = drawn(infill)
    cast(Any, base.body).config._attn_implementation = passes.NAME
    packed = passes.run(base.body, cast(Tensor, base.head.weight), adapter, batch, 0.5)
    torch.autograd.backward(packed.loss)
    grads = {name: cast(Tensor, one.grad).clone() for name, one in adapter.parameters.items()}
    for parameter in adapter.parameters.values():
        parameter.grad = None
    loss, nats = one_by_one(base, adapter, batch, 0.5)
    torch.autograd.backward(loss)
    assert packed.count == int((batch.targets != IGNORED).sum())
    assert float(packed.loss.detach()) == pytest.approx(float(loss.detach()), abs=2e-4)
    assert packed.nats == pytest.approx(nats, abs=2e-4)
    for name, one in adapter.parameters.items():
        torch.testing.assert_close(grads[name], one.grad, atol=2e-4, rtol=2e-3)


def test_the_clean_stream_is_the_base_alone() -> None:
    plain = tiny()
    base, adapter = adapted()
    tokens = torch.arange(20)
    causal = torch.ones(20, 20, dtype=torch.bool).tril()
    none = torch.tensor([], dtype=torch.int64)
    for one in (plain, base):
        cast(Any, one.body).config._attn_implementation = "eager"
    mine = logits(base, adapter, tokens, torch.arange(20), causal, none)
    assert torch.equal(mine, logits(plain, adapter, tokens, torch.arange(20), causal, none))

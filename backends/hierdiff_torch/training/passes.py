"""Passes: the clean forward, which nothing learns in, the noisy one, and the loss between them.

The native class runs both; its attention comes through the library's interface and reads the keys and values that the
clean forward has left.
"""

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AttentionInterface

from hierdiff_torch.models.adapter import Adapter
from hierdiff_torch.training.layouts import IGNORED, Layout

NAME = "hierdiff_training"
_CHUNK = 512
"""Places whose logits are held at once."""


@dataclass(slots=True)
class Keys:
    """What each token of the running forward sees `(texts, 1, queries, keys)`, and of each layer the keys and values of
    the clean stream, written by the clean forward (`clean`) and read by the noisy one."""

    seen: Tensor
    clean: bool
    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list[tuple[Tensor, Tensor]])


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    keys: Keys,
    **_: object,
) -> tuple[Tensor, None]:
    """`(texts, heads, queries, head_dim)` to `(texts, queries, heads, head_dim)`."""
    if keys.clean:
        keys.layers.append((key, value))
    else:
        before, said = keys.layers[cast(int, module.layer_idx)]
        key, value = torch.cat((before, key), 2), torch.cat((said, value), 2)
    mixed = F.scaled_dot_product_attention(
        query, key, value, attn_mask=keys.seen, scale=scaling, enable_gqa=key.shape[1] != query.shape[1]
    )
    return mixed.transpose(1, 2), None


AttentionInterface.register(NAME, attend)


@dataclass(slots=True)
class Seen:
    """What a batch gave: the loss that is to fall, `(1,)`; over its targets the negative log-likelihood in nats and how
    often the likeliest token is the right one; and how many targets there were."""

    loss: Tensor
    nats: float
    right: float
    count: int


def run(body: Any, head: Tensor, adapter: Adapter, batch: Layout, teacher: float) -> Seen:
    """Both forwards and the loss of a batch. `head` `(vocabulary, width)` makes logits of hidden states.

    The target of a place is its token; where the base may teach, a share `teacher` of it is the base's own distribution
    there, given all of the text before.
    """
    keys = Keys(batch.clean_seen.unsqueeze(1), clean=True)
    adapter.noisy.all = False
    with torch.no_grad():
        clean = body(input_ids=batch.clean, position_ids=batch.clean_positions, use_cache=False, keys=keys)
    keys.seen, keys.clean = batch.noisy_seen.unsqueeze(1), False
    adapter.noisy.all = True
    try:
        noisy = body(input_ids=batch.noisy, position_ids=batch.noisy_positions, use_cache=False, keys=keys)
    finally:
        adapter.noisy.all = False
    row, place = (batch.targets != IGNORED).nonzero(as_tuple=True)
    taught = batch.taught[row, place]
    known = clean.last_hidden_state[row, taught.clamp(min=0)]
    share = (taught >= 0).float() * teacher
    found = _Loss.apply(noisy.last_hidden_state[row, place], head, batch.targets[row, place], known, share)
    loss, nats, right = cast(tuple[Tensor, Tensor, Tensor], found)
    return Seen(loss, float(nats.detach()), float(right.detach()), len(row))


class _Loss(torch.autograd.Function):
    """Mean cross-entropy against tokens mixed with the base's distributions. Because the head does not learn, the
    gradient is made together with the loss, a few places at a time, and no logits are kept."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, head: Tensor, targets: Tensor, known: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`hidden` and `known` `(places, width)`, `targets` and `share` `(places,)`."""
        count = max(1, len(targets))
        grads = torch.empty_like(hidden)
        loss, nats, right = 0.0, 0.0, 0.0
        for at in range(0, len(targets), _CHUNK):
            part = slice(at, at + _CHUNK)
            scores = F.linear(hidden[part], head).float()
            aim, mixed = targets[part].unsqueeze(1), share[part].unsqueeze(1)
            right += float((scores.argmax(-1, keepdim=True) == aim).sum())
            scores = scores.log_softmax(-1)
            hard = scores.gather(1, aim)
            nats -= float(hard.sum())
            wanted = F.linear(known[part], head).float().softmax(-1).mul_(mixed)
            loss -= float((wanted * scores).sum()) + float((hard * (1 - mixed)).sum())
            wanted.scatter_add_(1, aim, 1 - mixed)
            grads[part] = (scores.exp_().sub_(wanted).div_(count)).to(head.dtype) @ head
        ctx.save_for_backward(grads)
        return (
            hidden.new_tensor(loss / count, dtype=torch.float32),
            torch.tensor(nats / count),
            torch.tensor(right / count),
        )

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None, None, None]:
        """The gradient that was made on the way."""
        (grads,) = ctx.saved_tensors
        return grads * outer[0].to(grads.dtype), None, None, None, None

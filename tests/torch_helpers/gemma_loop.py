"""DiffusionGemma in the plainest way, to hold the reader, the sampler and the engine against its golden cases.

The sampler is ours; the logits come from a `Runner`. `Native` runs transformers' own class over everything again at
every forward. `Packed` runs our entry points on tokens of several rows in one sequence, with an attention that says in
a few lines which key a query sees. The cases were made with transformers 5.23 and torch 2.13 in float32.
"""

import json
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.models.diffusion_gemma.modeling_diffusion_gemma import DiffusionGemmaForBlockDiffusion

from hierdiff_torch.draws import Draws, Seeded
from hierdiff_torch.models.gemma import Gemma
from hierdiff_torch.uniform import Sketch, Uniform, advance, believed, ended, start

FOLDER = Path(__file__).resolve().parents[1] / "torch" / "parity" / "diffusion_gemma"
CHECKPOINT = FOLDER / "checkpoint"
PLAIN = "hierdiff-plain"


@dataclass(frozen=True, slots=True)
class Case:
    """One golden generation: what was run, the ids it gave, each step of it and the logits of two forwards."""

    name: str
    seed: int
    prompts: list[list[int]]
    settings: dict[str, Any]
    ids: list[list[int]]
    steps: list[dict[str, Any]]
    logits: tuple[dict[str, Any], dict[str, Any]]

    @property
    def uniform(self) -> Uniform:
        """The settings of its sampler."""
        of = self.settings
        return Uniform(
            steps=of["max_denoising_steps"],
            bound=of["entropy_bound"],
            hot=of["t_max"],
            cold=of["t_min"],
            stable=of["stability_threshold"],
            sure=of["confidence_threshold"],
        )


def case(name: str, folder: Path = FOLDER) -> Case:
    """The case of this name in a folder."""
    of = json.loads((folder / f"{name}.json").read_text("utf-8"))
    logits = (of["first_forward_logits"], of["second_forward_logits"])
    return Case(name, of["seed"], of["prompt_ids"], of["settings"], of["expected_ids"], of["canvas_steps"], logits)


class Shared:
    """The draws of a batch: one generator, asked once for all rows, each of which takes its share in turn."""

    def __init__(self, seed: int, rows: int) -> None:
        self._source = Seeded(seed)
        self._waiting = [deque[Tensor]() for _ in range(rows)]
        self.rows = [cast(Draws, Share(self, row)) for row in range(rows)]

    def take(self, row: int, kind: str, places: int, vocabulary: int) -> Tensor:
        """This row's part of the next draw; every row asks for the same ones in the same order."""
        if not self._waiting[row]:
            drawn: Tensor = getattr(self._source, kind)(places * len(self._waiting), vocabulary)
            for queue, part in zip(self._waiting, drawn.split(places), strict=True):
                queue.append(part)
        return self._waiting[row].popleft()


@dataclass(frozen=True, slots=True)
class Share:
    """One row's draws of a batch's. Uniform noise asks for nothing but exponentials and tokens."""

    batch: Shared
    row: int

    def exponential(self, places: int, vocabulary: int) -> Tensor:
        """Exponential with rate 1, float32 `(places, vocabulary)`."""
        return self.batch.take(self.row, "exponential", places, vocabulary)

    def tokens(self, places: int, vocabulary: int) -> Tensor:
        """Uniform token ids, int64 `(places,)`."""
        return self.batch.take(self.row, "tokens", places, vocabulary)


class Runner(Protocol):
    """Logits for the canvases of a batch."""

    def encode(self, texts: list[list[int]]) -> None:
        """Take in the tokens of each row that were not there yet."""
        ...

    def denoise(self, canvases: Tensor, before: Tensor | None) -> Tensor:
        """Logits `(rows, width, vocabulary)` of canvases `(rows, width)`, and of what was believed before."""
        ...


class Native:
    """transformers' own class from its own reader; texts are padded on the left and run anew at every forward."""

    def __init__(self, attention: str) -> None:
        self._model = DiffusionGemmaForBlockDiffusion.from_pretrained(CHECKPOINT, attn_implementation=attention).eval()
        self._texts: list[list[int]] = []

    def encode(self, texts: list[list[int]]) -> None:
        """Remember the texts."""
        self._texts = [old + new for old, new in zip(self._texts or [[] for _ in texts], texts, strict=True)]

    @torch.inference_mode()
    def denoise(self, canvases: Tensor, before: Tensor | None) -> Tensor:
        """Encoder and decoder over everything."""
        longest = max(map(len, self._texts))
        ids = torch.tensor([[0] * (longest - len(text)) + text for text in self._texts])
        keys = torch.tensor([[0] * (longest - len(text)) + [1] * len(text) for text in self._texts])
        return self._model(
            input_ids=ids,
            attention_mask=keys,
            decoder_input_ids=canvases,
            decoder_attention_mask=torch.cat((keys, torch.ones_like(canvases)), dim=1),
            self_conditioning_logits=before,
        ).logits


@dataclass(slots=True)
class Looks:
    """What the plain attention is told of a packed forward: for each token its row, its position, the position from
    which a window counts back and the last position that it sees. What is kept are keys and values of each layer."""

    rows: Tensor
    positions: Tensor
    anchors: Tensor
    last: Tensor
    keep: bool
    kept: "Kept"


@dataclass(slots=True)
class Kept:
    """The encoder's keys and values of all rows, by layer, and whose they are and where."""

    rows: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    positions: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    layers: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict[int, tuple[Tensor, Tensor]])


def plain(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    sliding_window: int | None,
    step: Looks,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention of packed tokens over what is kept and themselves, by a mask over all of them."""
    layer = cast(int, module.layer_idx)
    if layer in step.kept.layers:
        old_key, old_value = step.kept.layers[layer]
        key, value = torch.cat((old_key, key), dim=2), torch.cat((old_value, value), dim=2)
    if step.keep:
        step.kept.layers[layer] = (key, value)
    rows = torch.cat((step.kept.rows, step.rows))
    positions = torch.cat((step.kept.positions, step.positions))
    seen = (rows == step.rows.unsqueeze(-1)) & (positions <= step.last.unsqueeze(-1))
    if sliding_window is not None:
        seen &= positions > (step.anchors - sliding_window).unsqueeze(-1)
    share = query.shape[1] // key.shape[1]
    scores = query @ key.repeat_interleave(share, dim=1).transpose(-1, -2) * scaling
    weights = scores.masked_fill(~seen, float("-inf")).softmax(-1, dtype=torch.float32).to(query.dtype)
    return (weights @ value.repeat_interleave(share, dim=1)).transpose(1, 2), None


AttentionInterface.register(PLAIN, cast(Any, plain))


class Packed:
    """Our entry points, with the plain attention. Rows are packed side by side; each is at positions of its own."""

    def __init__(self, model: Gemma) -> None:
        cast(Any, model.config.text_config)._attn_implementation = PLAIN
        self._model, self._kept = model, Kept()
        self._lengths: list[int] = []

    @torch.inference_mode()
    def encode(self, texts: list[list[int]]) -> None:
        """Run new text causally, and keep its keys and values."""
        firsts = self._lengths or [0] * len(texts)
        looks = self._looks([len(text) for text in texts], firsts, keep=True)
        looks.anchors = looks.last = looks.positions
        tokens = torch.tensor([sum(texts, start=list[int]())])
        self._model.encode(tokens, looks.positions.unsqueeze(0), looks)
        self._kept.rows = torch.cat((self._kept.rows, looks.rows))
        self._kept.positions = torch.cat((self._kept.positions, looks.positions))
        self._lengths = [first + len(text) for first, text in zip(firsts, texts, strict=True)]

    @torch.inference_mode()
    def denoise(self, canvases: Tensor, before: Tensor | None) -> Tensor:
        """Run canvases, and keep nothing."""
        looks = self._looks([canvases.shape[1]] * len(canvases), self._lengths, keep=False)
        told = None if before is None else self._model.condition(before).flatten(0, 1).unsqueeze(0)
        logits = self._model.denoise(canvases.reshape(1, -1), looks.positions.unsqueeze(0), told, looks)
        return logits.view(*canvases.shape, -1)

    def _looks(self, widths: list[int], firsts: list[int], *, keep: bool) -> Looks:
        counts = torch.tensor(widths)
        first = torch.tensor(firsts).repeat_interleave(counts)
        within = torch.cat([torch.arange(width) for width in widths])
        last = first + counts.repeat_interleave(counts) - 1
        return Looks(torch.arange(len(widths)).repeat_interleave(counts), first + within, first, last, keep, self._kept)


@dataclass(slots=True)
class Ran:
    """What a run did: the tokens of each row, each step in the words of the golden cases, the logits of each step."""

    ids: list[list[int]]
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    logits: list[Tensor] = field(default_factory=list[Tensor])


def generated(case: Case, runner: Runner, vocabulary: int) -> Ran:
    """All canvases of a case. A row that has met its end token is denoised on, as the reference does, and padded."""
    of, settings = case.settings, case.uniform
    width, eos, pad = of["canvas_length"], of["eos_id"], of["pad_id"]
    draws = Shared(case.seed, len(case.prompts)).rows
    ran = Ran([list(prompt) for prompt in case.prompts])
    over = [False] * len(ran.ids)
    new = ran.ids
    for _ in range(-(-of["max_new_tokens"] // width)):
        runner.encode([list(tokens) for tokens in new])
        sketches = _denoised(runner, [start(one, width, vocabulary) for one in draws], draws, settings, ran)
        new = [sketch.best.tolist() for sketch in sketches]
        for row, tokens in enumerate(new):
            keep = 0 if over[row] else ended(tokens, {eos})
            if keep is not None:
                tokens[keep:] = [pad] * (width - keep)
                over[row] = True
            ran.ids[row] = ran.ids[row] + tokens
        if all(over):
            break
    return ran


def _denoised(runner: Runner, sketches: list[Sketch], draws: list[Draws], settings: Uniform, ran: Ran) -> list[Sketch]:
    """One canvas of each row, until all are done. Rows that are done draw on, so that the others' draws stay theirs."""
    before: Tensor | None = None
    while not all(sketch.done for sketch in sketches):
        shown = torch.stack([sketch.tokens for sketch in sketches])
        logits = runner.denoise(shown, before)
        told = [believed(sketch, one, settings) for sketch, one in zip(sketches, logits, strict=True)]
        was, sketches = sketches, []
        for sketch, one, draw in zip(was, logits, draws, strict=True):
            moved = advance(replace(sketch, done=False), one, draw, settings)
            sketches.append(sketch if sketch.done else moved)
        before = torch.stack(told)
        ran.logits.append(logits)
        ran.steps.append(
            {
                "input_canvas": shown.tolist(),
                "accepted": [sketch.accepted.tolist() for sketch in sketches],
                "next_canvas": [sketch.tokens.tolist() for sketch in sketches],
                "argmax_canvas": [sketch.best.tolist() for sketch in sketches],
                "finished": [sketch.done for sketch in sketches],
            }
        )
    return sketches

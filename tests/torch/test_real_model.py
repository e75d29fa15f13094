"""The default model itself, in float32: the engine against transformers' own generate, and many at once against one."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch_helpers.filling import finished
from torch_helpers.folders import theirs
from torch_helpers.reference import greedy
from torch_helpers.rows_of import row, run

from hierdiff.canvas import Canvas
from hierdiff.errors import ModelError
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.engine import Engine
from hierdiff_torch.loading import WEIGHTS
from hierdiff_torch.models.checkpoint import adapted, read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.pull import pull
from hierdiff_torch.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

HOME = os.environ.get("HIERDIFF_HOME")
"""The user's own, read before any fixture moves it: the model is fetched once and not for every test."""

PROMPTS = [
    "Explain in plain words why the tides rise and fall twice a day.",
    "Write the first paragraph of a report on flood damage in a harbour town.",
    "List three things that a lighthouse keeper had to do every night.",
]
COUNT = 48


@pytest.fixture(scope="module")
def smol() -> Iterator[Path]:
    """The folder of the default model, fetched if it is not there."""
    with pytest.MonkeyPatch.context() as patch:
        if HOME is None:
            patch.delenv("HIERDIFF_HOME", raising=False)
        else:
            patch.setenv("HIERDIFF_HOME", HOME)
        try:
            yield pull(lambda doing, done, of: None)
        except ModelError as error:
            pytest.skip(f"the default model cannot be fetched: {error}")


@pytest.fixture(scope="module")
def model(smol: Path) -> Loaded:
    """The default model in float32."""
    return read_checkpoint(smol, dtype=torch.float32, device=torch.device("cpu"))


def test_greedy_text_is_that_of_transformers(smol: Path, model: Loaded) -> None:
    """All prompts at once in the engine, one after the other in transformers."""
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    user, assistant = model.family.chat.user, model.family.chat.assistant
    prompts = [
        vocabulary.markers(user[0]) + vocabulary.encode(text) + vocabulary.markers(user[1] + assistant)
        for text in PROMPTS
    ]
    pairs = [row(str(number), prompt, COUNT) for number, prompt in enumerate(prompts)]
    run(Engine(model), [one for one, _ in pairs])
    reference = theirs(smol)
    for prompt, (_, part) in zip(prompts, pairs, strict=True):
        assert part.tokens == greedy(reference, prompt, COUNT)


async def test_eight_sections_at_once_say_what_each_says_alone(model: Loaded) -> None:
    many = [
        Canvas.open(
            f"s{number}",
            width=32,
            shared="You write one section of a report on the sea. Plain prose.",
            own=f"Section {number}: {text}",
            seed=number,
        )
        for number, text in enumerate([*PROMPTS, *PROMPTS[::-1], *PROMPTS[:2]])
    ]
    together, apart = TorchBackend(model), TorchBackend(model)
    expected = [(await finished(apart, one)).text for one in many]
    found = await asyncio.gather(*(finished(together, one) for one in many))
    assert [one.text for one in found] == expected
    assert len(set(expected)) == len(many)
    await together.close()
    await apart.close()


async def test_the_shipped_adapter_drafts_and_the_text_is_the_base_s_own(smol: Path, model: Loaded) -> None:
    drafting = adapted(read_checkpoint(smol, dtype=torch.float32, device=torch.device("cpu")), WEIGHTS)
    canvases = [Canvas.open(f"s{number}", width=24, own=prompt, seed=number) for number, prompt in enumerate(PROMPTS)]
    texts: list[list[str]] = []
    for block in (1, 4):
        backend = TorchBackend(drafting, block=block)
        texts.append([done.text for done in await asyncio.gather(*(finished(backend, one) for one in canvases))])
        work = backend.work
        await backend.close()
    assert texts[0] == texts[1]
    assert work.checked > work.accepted > 0

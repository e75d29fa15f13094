"""Two streams in one network: what the base verifies is the base's own text, whatever the adapter drafts."""

import asyncio
from pathlib import Path

import pytest
from torch_helpers.drafting import ABOUT, write_drafter

from hierdiff.canvas import Canvas
from hierdiff.errors import MisuseError, ModelError
from hierdiff_torch import TorchBackend
from hierdiff_torch.denoising import Verify
from hierdiff_torch.models.adapter import blank
from hierdiff_torch.models.adapter_file import write_adapter
from hierdiff_torch.models.checkpoint import adapted
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import tiny
from hierdiff_torch.policies import Threshold

OWNS = ["Tell of bees.", "Rivers", "Why do trains run late in winter?"]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drafter(tmp_path_factory.mktemp("adapter") / "adapter.safetensors")


def written(
    model: Loaded, *, greedy: bool = False, **options: int | Verify | Threshold
) -> tuple[list[str], TorchBackend]:
    backend = TorchBackend(model, greedy=greedy, **options)  # pyright: ignore[reportArgumentType]

    async def fill(number: int, own: str) -> str:
        canvas = Canvas.open(f"s{number}", width=40, shared="A report.", own=own, seed=number)
        return [step async for step in backend.fill(canvas)][-1].text

    async def everything() -> list[str]:
        texts = await asyncio.gather(*(fill(number, own) for number, own in enumerate(OWNS)))
        await backend.close()
        return list(texts)

    return asyncio.run(everything()), backend


@pytest.mark.parametrize("greedy", [True, False])
@pytest.mark.parametrize("block", [2, 4, 8])
@pytest.mark.parametrize("threshold", [0.0, 0.3])
def test_verified_text_is_the_text_of_block_one(adapter: Path, block: int, threshold: float, *, greedy: bool) -> None:
    alone, _ = written(adapted(tiny(), adapter), greedy=greedy, block=1)
    blocks, backend = written(adapted(tiny(), adapter), greedy=greedy, block=block, policy=Threshold(threshold))
    assert blocks == alone
    assert 0 <= backend.work.accepted < backend.work.checked


@pytest.mark.parametrize("greedy", [True, False])
@pytest.mark.parametrize("block", [2, 4, 8])
def test_text_drafted_ahead_is_the_text_of_block_one(adapter: Path, block: int, *, greedy: bool) -> None:
    alone, _ = written(adapted(tiny(), adapter), greedy=greedy, block=1)
    blocks, backend = written(adapted(tiny(), adapter), greedy=greedy, block=block, ahead=True)
    assert blocks == alone
    assert 0 <= backend.work.accepted < backend.work.checked
    _, turns = written(adapted(tiny(), adapter), greedy=greedy, block=block)
    assert backend.work.forwards < turns.work.forwards


def test_greedy_text_is_the_bases_own(adapter: Path) -> None:
    base, _ = written(tiny(), greedy=True)
    assert written(adapted(tiny(), adapter), greedy=True, block=4)[0] == base


def test_without_verification_the_adapter_writes_alone(adapter: Path) -> None:
    texts, backend = written(adapted(tiny(), adapter), block=4, verify="off")
    assert backend.work.checked == 0
    assert texts != written(adapted(tiny(), adapter), block=4)[0]


def test_plausible_tokens_stay(adapter: Path) -> None:
    exact = written(adapted(tiny(), adapter), block=8, policy=Threshold(0.0))[1].work
    plausible = written(adapted(tiny(), adapter), block=8, policy=Threshold(0.0), verify="plausible")[1].work
    assert plausible.checked > 0
    assert plausible.accepted * exact.checked >= exact.accepted * plausible.checked


def test_two_engines_on_one_model_do_not_meet(adapter: Path) -> None:
    model = adapted(tiny(), adapter)
    alone = [written(model, block=4)[0], written(model, block=8, verify="off")[0]]

    async def at_once() -> list[list[str]]:
        ways: list[dict[str, int | Verify]] = [{"block": 4}, {"block": 8, "verify": "off"}]
        jobs = [asyncio.to_thread(lambda way=way: written(model, **way)[0]) for way in ways]
        return await asyncio.gather(*jobs)

    assert asyncio.run(at_once()) == alone


def test_tokens_are_counted_once(adapter: Path) -> None:
    texts, backend = written(adapted(tiny(), adapter), block=8, policy=Threshold(0.0))
    assert backend.work.tokens >= sum(map(len, texts))
    assert backend.work.tokens <= sum(map(len, texts)) + 3 * 16


def test_a_model_without_an_adapter_has_nothing_to_verify() -> None:
    with pytest.raises(MisuseError, match="with an adapter"):
        TorchBackend(tiny(), verify="exact")
    with pytest.raises(MisuseError, match="with an adapter"):
        TorchBackend(tiny(), block=4)


def test_drafting_ahead_is_for_a_given_block_that_is_verified(adapter: Path) -> None:
    model = adapted(tiny(), adapter)
    with pytest.raises(MisuseError, match="'ahead'"):
        TorchBackend(model, ahead=True)
    with pytest.raises(MisuseError, match="'ahead'"):
        TorchBackend(model, block=4, verify="off", ahead=True)


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    tensors = blank(tiny().body, 4, 0)
    tensors.pop("mask")
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, tensors, ABOUT)
    with pytest.raises(ModelError, match="not an adapter for tiny"):
        adapted(tiny(), path)
    write_adapter(path, blank(tiny().body, 4, 0), {"recipe": 1})
    with pytest.raises(ModelError, match="which blocks"):
        adapted(tiny(), path)
    path.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match=r"adapter\.safetensors"):
        adapted(tiny(), path)

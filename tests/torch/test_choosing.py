"""How many tokens are drafted at a time: what the choice goes by, and that no text depends on it."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_helpers.drafting import drafter, write_drafter

from hierdiff.canvas import Canvas
from hierdiff.settings import home
from hierdiff_torch import TorchBackend, costs
from hierdiff_torch.choosing import AGAIN, Chooser, Plan, Stayed
from hierdiff_torch.costs import Costs, costs_of, measured, read
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.policies import Threshold

FLAT = Costs((1, 32, 128), (10.0, 10.0, 40.0), (10.0, 10.0, 40.0))
DEAR = Costs((1, 32, 128), (10.0, 10.0, 40.0), (13.0, 13.0, 52.0))
STEEP = Costs((1, 128), (10.0, 1280.0), (10.0, 1280.0))
OWNS = ["Tell of bees.", "Rivers", "Why do trains run late in winter?"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drafter(tmp_path_factory.mktemp("adapter") / "adapter.safetensors")


@pytest.fixture
def measures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Flat costs instead of measured ones, and which models were measured."""
    found: list[str] = []

    def flat(model: Loaded, sizes: object) -> Costs:
        found.append(model.name)
        return FLAT

    monkeypatch.setattr(costs, "measured", flat)
    return found


def texts(backend: TorchBackend, owns: list[str] = OWNS) -> list[str]:
    async def fill(number: int, own: str) -> str:
        canvas = Canvas.open(f"s{number}", width=40, shared="A report.", own=own, seed=number)
        return [step async for step in backend.fill(canvas)][-1].text

    async def everything() -> list[str]:
        found = await asyncio.gather(*(fill(number, own) for number, own in enumerate(owns)))
        await backend.close()
        return list(found)

    return asyncio.run(everything())


def test_costs_lie_between_the_measured_ones_and_never_fall() -> None:
    some = Costs((1, 4, 8), (10.0, 16.0, 12.0), (20.0, 26.0, 40.0))
    assert [some.of(rows, noisy=False) for rows in (1, 2, 4, 6, 8, 16)] == [10, 12, 16, 16, 16, 32]
    assert [some.of(rows, noisy=True) for rows in (1, 3, 8, 80)] == [20, 24, 40, 400]


@given(st.lists(st.tuples(st.floats(0.01, 1e5), st.floats(0.01, 1e5)), min_size=2, max_size=8))
def test_costs_are_remembered_as_text(pairs: list[tuple[float, float]]) -> None:
    some = Costs(tuple(2**at for at in range(len(pairs))), *zip(*pairs, strict=True))  # type: ignore[arg-type]
    again = read(some.text)
    assert again.sizes == some.sizes
    assert again.plain == pytest.approx(some.plain, rel=1e-3) and again.noisy == pytest.approx(some.noisy, rel=1e-3)


@pytest.mark.parametrize("text", ["", "1:2", "1:2:3", "2:1:1 4:1:1", "1:1:1 1:1:1", "1:0:1 2:1:1", "a:b:c d:e:f"])
def test_what_is_no_list_of_costs_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read(text)


@given(st.text(max_size=60))
def test_no_text_is_taken_for_costs_by_accident(text: str) -> None:
    with suppress(ValueError):
        assert read(text).of(3, noisy=True) > 0


def test_an_adapter_that_is_believed_gets_large_blocks_until_the_machine_is_full() -> None:
    chooser = Chooser(FLAT)
    for _ in range(40):
        chooser.seen(15, 15)
    assert chooser.plan(1).block == 16
    sizes = [chooser.plan(rows).block for rows in (1, 4, 16, 64, 128)]
    assert sizes == sorted(sizes, reverse=True)
    assert Chooser(STEEP).plan(16) == Plan(1)


def test_an_adapter_whose_drafts_fail_is_dropped_after_a_few_blocks_and_tried_again_much_later() -> None:
    chooser = Chooser(DEAR)
    plans = [chooser.plan(1)]
    while plans[-1].block > 1:
        chooser.seen(plans[-1].block - 1, 0)
        plans.append(chooser.plan(1))
    drafted = len(plans) - 1
    assert 1 <= drafted < 20
    later = [chooser.plan(1).block for _ in range(3 * AGAIN)]
    assert 2 <= sum(block > 1 for block in later) <= 3


def test_a_place_that_was_never_tried_is_believed_to_be_as_the_one_before() -> None:
    stayed = Stayed()
    for _ in range(200):
        stayed.seen(1, 1)
    one, two = stayed.expected(1), stayed.expected(2)
    assert one > 0.99 and two - one == pytest.approx(one**2)
    for _ in range(400):
        stayed.seen(3, 0)
    assert stayed.expected(15) < 0.3


def test_the_text_is_that_of_block_one_whatever_is_chosen(path: Path, measures: list[str]) -> None:
    alone = texts(TorchBackend(drafter(path), block=1))
    chosen = TorchBackend(drafter(path))
    assert texts(chosen) == alone
    assert chosen.work.checked > 0 and measures == ["tiny"]


def test_a_machine_on_which_drafts_cost_too_much_drafts_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "measured", lambda *_: STEEP)
    alone, chosen = TorchBackend(drafter(path), block=1), TorchBackend(drafter(path))
    assert texts(chosen) == texts(alone)
    assert (chosen.work.forwards, chosen.work.rows) == (alone.work.forwards, alone.work.rows)
    assert chosen.work.checked == 0


def test_where_the_text_would_depend_on_it_nothing_is_chosen(path: Path, measures: list[str]) -> None:
    model = drafter(path)
    for backend in (
        TorchBackend(model, block=8),
        TorchBackend(model, verify="off"),
        TorchBackend(model, policy=Threshold(0.5)),
        TorchBackend(model, infill="window"),
    ):
        asyncio.run(backend.close())
    assert measures == []
    together = texts(TorchBackend(model, verify="plausible"))
    assert texts(TorchBackend(model, verify="plausible"), OWNS[:1]) == together[:1]
    assert texts(TorchBackend(model, verify="plausible", block=4)) == together


def test_costs_are_measured_once_for_a_model(path: Path, measures: list[str]) -> None:
    model = drafter(path)
    assert costs_of(model) == costs_of(model) == FLAT
    assert measures == ["tiny"]
    memory = home() / "machine.json"
    known = json.loads(memory.read_text(encoding="utf-8"))
    memory.write_text(json.dumps({key: "1:2:x" for key in known}), encoding="utf-8")
    assert costs_of(model) == FLAT and measures == ["tiny"] * 2


def test_forwards_are_really_measured(path: Path) -> None:
    found = measured(drafter(path), (1, 64))
    assert found.sizes == (1, 64) and all(one > 0 for one in (*found.plain, *found.noisy))

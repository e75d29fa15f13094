"""TorchBackend through its public face: the contract, many canvases at once, withdrawing, closing, scoring, failing."""

import asyncio
import math
import threading
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch_helpers.filling import finished, opened, states
from torch_helpers.reference import plain

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.errors import BackendError, CanvasError
from hierdiff.protocols import Backend
from hierdiff.testing import check_backend
from hierdiff_torch import backend as backend_module
from hierdiff_torch.backend import TorchBackend
from hierdiff_torch.models.family import Chat
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer, tiny

PATIENCE = 20.0
"""Seconds after which a test that waits for ever is given up."""


def canvas(number: int, width: int = 16) -> Canvas:
    shared = "Write about the sea." if number % 2 else ""
    return Canvas.open(f"c{number}", width=width, shared=shared, own=f"Section {number}: tides.", seed=number)


def bare() -> Loaded:
    """The tiny model as a family without chat markers."""
    model = tiny()
    return replace(model, family=replace(model.family, chat=Chat()))


def broken() -> Loaded:
    """The tiny model with a head that is not a number."""
    model = tiny()
    head = torch.nn.Linear(32, model.config.vocab_size, bias=False)
    torch.nn.init.constant_(head.weight, math.nan)
    return replace(model, head=head)


@pytest.mark.parametrize(("width", "rows"), [(24, 16), (64, 2)])
async def test_it_keeps_the_contract_of_backends(width: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state is looked at, also those that come too fast to be shown."""
    monkeypatch.setattr(backend_module, "_EVERY", 0.0)
    backend = TorchBackend(tiny(), rows=rows)
    assert isinstance(backend, Backend)
    await check_backend(backend, width=width)
    await backend.close()
    await backend.close()


async def test_same_seed_same_text_alone_or_in_company() -> None:
    backend, other = TorchBackend(tiny(), rows=3), TorchBackend(tiny())
    many = [canvas(number, 8 + 3 * number) for number in range(7)]
    together = await asyncio.gather(*(finished(backend, one) for one in many))
    alone = [await finished(other, one) for one in many]
    assert [one.text for one in together] == [one.text for one in alone]
    assert len({one.text for one in together}) == len(many)
    again = await finished(other, many[3].changed(seed=99))
    assert again.text != alone[3].text
    await backend.close()
    await other.close()


async def test_the_same_canvas_may_be_open_twice() -> None:
    backend = TorchBackend(tiny(), rows=1)
    first, second = await asyncio.gather(finished(backend, canvas(1)), finished(backend, canvas(1)))
    assert first == second
    await backend.close()


async def test_who_reads_slowly_gets_the_last_canvas_too() -> None:
    backend = TorchBackend(tiny())
    last: Canvas | None = None
    async for state in backend.fill(canvas(1)):
        await asyncio.sleep(0.3)
        last = state
    assert last is not None and not last.holes
    assert last == await finished(backend, canvas(1))
    await backend.close()


async def test_progress_is_told_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Token by token, or as often as anyone can read it."""
    backend = TorchBackend(tiny())
    quick = await states(backend, canvas(1, 200))
    monkeypatch.setattr(backend_module, "_EVERY", 0.0)
    every = await states(backend, canvas(1, 200))
    assert every[-1] == quick[-1]
    assert 2 <= len(quick) < len(every) / 2
    assert [one.tokens for one in every] == sorted(one.tokens for one in every)
    await backend.close()


async def test_closing_an_iterator_withdraws_its_row_and_the_others_go_on() -> None:
    backend, other = TorchBackend(tiny()), TorchBackend(tiny())
    expected = await finished(other, canvas(2, 40))
    kept = asyncio.create_task(finished(backend, canvas(2, 40)))
    async with opened(backend, canvas(1, 2000)) as run:
        await anext(run)
    async with asyncio.timeout(PATIENCE):
        assert (await kept).text == expected.text
    await asyncio.sleep(0.05)
    before = backend.cost.forwards
    await asyncio.sleep(0.1)
    assert backend.cost.forwards == before < 1000
    await backend.close()
    await other.close()


async def test_closing_the_backend_ends_open_canvases_with_an_error() -> None:
    """Those that run, those that wait for a place, and a score; whatever comes afterwards is told so at once."""
    backend = TorchBackend(tiny(), rows=2)
    tasks = [asyncio.create_task(finished(backend, canvas(number, 1500))) for number in range(5)]
    async with opened(backend, canvas(9, 1500)) as run:
        await anext(run)
        async with asyncio.timeout(PATIENCE):
            await backend.close()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, BackendError)
        assert f"'c{number}'" in str(outcome) and "closed" in str(outcome) and outcome.about == f"c{number}"
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(BackendError, match="closed"):
            await finished(backend, canvas(1))
        with pytest.raises(BackendError, match="closed"):
            await backend.score(Canvas(id="s", section="s", pieces=(Ink(text="The sea."),)))


async def test_closing_right_after_opening_does_not_hang() -> None:
    """The rows may still be on their way to the engine."""
    for _ in range(20):
        backend = TorchBackend(tiny())
        tasks = [asyncio.create_task(finished(backend, canvas(number, 500))) for number in range(3)]
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            await backend.close()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, BackendError) for outcome in outcomes)


async def test_a_canvas_longer_than_the_positions_is_refused() -> None:
    backend = TorchBackend(tiny())
    for width, own in [(9000, ""), (16, "sea " * 3000)]:
        with pytest.raises(CanvasError, match=r"'long'.*positions.*smaller") as raised:
            await finished(backend, Canvas.open("long", width=width, own=own))
        assert raised.value.about == "long"
    with pytest.raises(CanvasError, match=r"'long'.*positions"):
        await backend.score(Canvas(id="long", section="long", pieces=(Ink(text="sea " * 3000),)))
    assert (await finished(backend, canvas(1))).text
    await backend.close()


async def test_a_row_that_fails_names_its_canvas_and_spares_the_backend() -> None:
    backend = TorchBackend(broken())
    outcomes = await asyncio.gather(*(finished(backend, canvas(n)) for n in range(3)), return_exceptions=True)
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, BackendError)
        assert f"'c{number}'" in str(outcome) and "NaN" in str(outcome) and outcome.about == f"c{number}"
    with pytest.raises(BackendError, match=r"'s'.*NaN"):
        await backend.score(Canvas(id="s", section="s", pieces=(Ink(text="The sea."),)))
    await backend.close()


async def test_a_step_that_fails_ends_each_canvas_with_an_error_of_its_own() -> None:
    model = tiny()
    backend = TorchBackend(replace(model, head=torch.nn.Linear(7, 7)))
    outcomes = await asyncio.gather(*(finished(backend, canvas(n)) for n in range(2)), return_exceptions=True)
    assert outcomes[0] is not outcomes[1]
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, BackendError) and f"'c{number}'" in str(outcome)
        assert outcome.__cause__ is not None
    await backend.close()


SCORED = "The wall “is” 3 m high; naïve café owners — and 🌊 — know.\n"


@pytest.mark.parametrize("lead", ["", "## Tides\n\n"])
@pytest.mark.parametrize("shared", ["", "Write about the sea."])
async def test_scores_are_those_of_a_plain_forward(shared: str, lead: str) -> None:
    """Given the context and the lead, and never given the text itself."""
    model = tiny()
    backend = TorchBackend(model)
    pieces = (Ink(text=SCORED[:9]), Ink(text=SCORED[9:]))
    whole = Canvas(id="s", section="s", pieces=pieces, shared=shared, own="Tides.", lead=lead)
    scores = await backend.score(whole)
    system = f"<|im_start|>system\n{shared}<|im_end|>\n" if shared else ""
    context = f"{system}<|im_start|>user\nTides.<|im_end|>\n<|im_start|>assistant\n{lead}"
    before, tokens = (byte_tokenizer().encode(text).ids for text in (context, SCORED))
    with torch.no_grad():
        logits = plain(model)(input_ids=torch.tensor([before + tokens]), use_cache=False).logits[0]
    expected = logits.log_softmax(-1)[len(before) - 1 : -1].gather(-1, torch.tensor(tokens).unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(torch.tensor([one.logprob for one in scores]), expected, atol=1e-4, rtol=1e-4)
    assert "".join(SCORED[one.start : one.stop] for one in scores) == SCORED
    assert all(left.stop == right.start for left, right in pairwise(scores))
    await backend.close()


async def test_a_long_text_is_scored_whole() -> None:
    backend = TorchBackend(tiny())
    text = "The sea rose again. " * 60
    scores = await backend.score(Canvas(id="s", section="s", pieces=(Ink(text=text),), own="Tides."))
    assert len(scores) == len(text) and scores[-1].stop == len(text)
    await backend.close()


async def test_what_cannot_be_scored() -> None:
    backend = TorchBackend(tiny())
    with pytest.raises(CanvasError, match="holes"):
        await backend.score(canvas(1))
    assert list(await backend.score(Canvas(id="s", section="s", pieces=(Ink(text=""),)))) == []
    await backend.close()


@pytest.mark.parametrize("shared", ["", "Write about the sea."])
async def test_a_model_without_chat_markers_needs_no_context(shared: str) -> None:
    backend = TorchBackend(bare())
    async with asyncio.timeout(PATIENCE):
        done = await finished(backend, Canvas.open("c", width=8, shared=shared))
        assert done.text and not done.holes
        scores = await backend.score(Canvas(id="s", section="s", pieces=(Ink(text="The sea."),), shared=shared))
        assert len(scores) == 8
        assert list(await backend.score(Canvas(id="s", section="s", pieces=(Ink(text=""),)))) == []
    await backend.close()


async def test_holes_with_nothing_between_them_are_filled() -> None:
    """Seeds enough that lines end at their newline, their limit and anywhere."""
    backend = TorchBackend(tiny())
    pieces = (Hole(width=6, close="line"), Hole(width=6, close="span"), Ink(text=" "), Hole(width=12))
    many = [Canvas(id=f"h{seed}", section="h", pieces=pieces, seed=seed) for seed in range(12)]
    async with asyncio.timeout(PATIENCE):
        for done in await asyncio.gather(*(finished(backend, one) for one in many)):
            assert not done.holes and len(done.filled) == 3
    await backend.close()


async def test_a_canvas_without_holes_comes_back_as_it_is() -> None:
    backend = TorchBackend(tiny())
    whole = Canvas(id="s", section="s", pieces=(Ink(text="The sea."),))
    assert await states(backend, whole) == [whole]
    await backend.close()


async def test_greedy_takes_no_notice_of_the_seed() -> None:
    backend = TorchBackend(tiny(), greedy=True)
    texts = {(await finished(backend, canvas(1).changed(seed=seed))).text for seed in (1, 2, 3)}
    assert len(texts) == 1
    assert backend.capabilities.fingerprint != TorchBackend(tiny()).capabilities.fingerprint
    await backend.close()


async def test_the_cost_is_counted() -> None:
    backend = TorchBackend(tiny())
    done = [await finished(backend, canvas(number)) for number in (1, 2)]
    cost = backend.cost
    assert cost.canvases == 2
    assert cost.tokens >= sum(one.tokens for one in done)
    assert cost.rows > cost.forwards > 0 and cost.seconds > 0
    await backend.close()


def test_one_event_loop_after_the_other() -> None:
    backend = TorchBackend(tiny())

    async def leave_open() -> None:
        run = backend.fill(canvas(3, 2000))
        await anext(run)

    first = asyncio.run(finished(backend, canvas(1)))
    asyncio.run(leave_open())
    second = asyncio.run(finished(backend, canvas(1)))
    assert first.text == second.text
    asyncio.run(backend.close())


async def test_no_thread_before_the_first_canvas_and_none_after_the_end() -> None:
    def engines() -> int:
        return sum(thread.name == "hierdiff-engine" for thread in threading.enumerate())

    before = engines()
    backend = TorchBackend(tiny())
    assert engines() == before
    await finished(backend, canvas(1))
    assert engines() == before + 1
    await backend.close()
    assert engines() == before

"""Admission: what rows are said to take is what they take, and no more runs at once than fits."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_helpers.rows_of import MOST_STEPS, as_family, hole, row, run, scripted, unmasked

from hierdiff.errors import CanvasError
from hierdiff_torch.admission import Memory, available
from hierdiff_torch.cache import Cache
from hierdiff_torch.engine import Engine
from hierdiff_torch.parts import HolePart, InkPart
from hierdiff_torch.policies import Scheduled
from hierdiff_torch.rows import Row

MODEL = as_family(block=4, shift=False)
KINDS: dict[str, dict[str, Any]] = {
    "causal": {},
    "block": {"attention": "block"},
    "guided": {"guidance": 0.5},
    "reorder": {"around": "reorder", "reach": 20},
    "window": {"around": "window", "reach": 20},
    "full": {"attention": "full", "block": 0},
    "windows": {"attention": "full", "block": 8},
}


def held(engine: Engine) -> int:
    """The bytes that the shelf really has."""
    return sum(layer.nbytes for layer in engine.cache.shelf)


def some_rows(kind: str, sizes: list[int]) -> list[Row]:
    """Rows of these sizes, with ink behind a first hole, and a second one."""
    return [
        scripted(
            str(number),
            [InkPart([number] * size), hole(size, unmasked(MODEL)), InkPart([7] * 10), hole(9, unmasked(MODEL))],
            model=MODEL,
            policy=Scheduled(2),
            **KINDS[kind],
        )
        for number, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_rows_take_is_what_was_said(kind: str) -> None:
    """The shelf has room for each row's own tokens, rounded up, from its first step to its last."""
    engine = Engine(MODEL)
    rows = some_rows(kind, [30, 70, 120])
    said = engine.cache.bytes(sum(one.streams for one in rows), max(one.room for one in rows))
    estimate = engine.memory.bytes(rows)
    for one in rows:
        engine.add(one)
    peak = 0
    while not engine.idle:
        engine.step()
        peak = max(peak, held(engine))
    assert all(one.error is None for one in rows)
    assert peak == said < estimate
    longest, streams = max(len(one.text) for one in rows), sum(one.streams for one in rows)
    per_token = engine.cache.bytes_per_token
    assert per_token == 2 * 2 * 8 * 2 * 4
    assert longest * streams * per_token <= peak <= (longest + 64 + 64) * streams * per_token
    assert held(engine) == 0


def test_a_row_that_could_never_run_is_refused() -> None:
    engine = Engine(MODEL, memory=1_000_000)
    one, _ = row("wide", [1] * 10, 3000, model=MODEL)
    with pytest.raises(
        CanvasError, match=r"canvas 'wide' needs [\d,]+ MB for 3,0\d\d tokens, and 1 MB may be used"
    ) as raised:
        engine.add(one)
    assert raised.value.about == "wide" and engine.idle
    small, part = row("small", [1] * 10, 6, model=MODEL)
    run(engine, [small])
    assert len(part.tokens) == 6


def test_rows_wait_for_memory_and_all_are_filled() -> None:
    """With room for two of them, no more than two run at once, and none is lost."""
    pairs = [row(str(number), [number] * 40, 30, model=MODEL, policy=Scheduled(2)) for number in range(6)]
    rows = [one for one, _ in pairs]
    measure = Engine(MODEL)
    limit = measure.memory.bytes(rows[:2])
    assert measure.memory.bytes(rows[:3]) > limit
    engine, most = Engine(MODEL, memory=limit), 0
    for one in rows:
        engine.add(one)
    while not engine.idle:
        engine.step()
        most = max(most, len(engine.running))
        assert engine.memory.bytes(engine.running) <= limit
        assert held(engine) <= limit
    assert most == 2
    assert all(len(part.tokens) == 30 for _, part in pairs)


def test_the_places_of_short_rows_are_short() -> None:
    """Also when a long one has gone and others were always waiting."""
    long, _ = row("long", [1] * 400, 12, model=MODEL)
    pairs = [row(str(number), [number] * 9, 12, model=MODEL) for number in range(8)]
    limit = Engine(MODEL).memory.bytes([long])
    engine = Engine(MODEL, memory=limit)
    one, many = engine.cache.bytes(1, long.room), engine.cache.bytes(8, pairs[0][0].room)
    peaks = {True: 0, False: 0}
    for waiting in (long, *(short for short, _ in pairs)):
        engine.add(waiting)
    while not engine.idle:
        engine.step()
        alone = long in engine.running
        assert len(engine.running) == 1 or not alone
        peaks[alone] = max(peaks[alone], held(engine))
    assert peaks[True] == one and peaks[False] <= max(one, many)
    assert all(len(part.tokens) == 12 for _, part in pairs)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=2, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 150), st.integers(0, 9)), min_size=2, max_size=6))
def test_rows_never_take_more_than_they_said(kind: str, sizes: list[tuple[int, int]]) -> None:
    """Whoever comes and goes, what a row may yet take does not grow, and the shelf is no larger than that asks for."""
    engine, steps = Engine(MODEL), 0
    rows = some_rows(kind, [size for size, _ in sizes])
    said = [one.room for one in rows]
    most = sum(one.streams for one in rows)

    def watched() -> None:
        nonlocal said
        engine.step()
        now = [one.room for one in rows]
        assert all(later <= earlier for later, earlier in zip(now, said, strict=True))
        assert held(engine) <= engine.cache.bytes(most, max(said))
        assert all(len(one.text) <= room for one, room in zip(rows, said, strict=True))
        said = now if engine.idle else said

    for one, (_, wait) in zip(rows, sizes, strict=True):
        engine.add(one)
        for _ in range(wait):
            watched()
    while not engine.idle:
        watched()
        steps += 1
        assert steps < MOST_STEPS
    assert all(one.error is None for one in rows)


def test_a_shared_prefix_is_counted_once() -> None:
    memory = Memory(MODEL, Cache(MODEL.layers, dtype=MODEL.dtype, device=MODEL.device), 1 << 30)
    prefix = tuple(range(200))
    apart = [row(str(number), [7] * 4, 8, prefix=(number, *prefix[1:]), model=MODEL)[0] for number in range(3)]
    shared = [row(str(number), [7] * 4, 8, prefix=prefix, model=MODEL)[0] for number in range(3)]
    per_token = 2 * 2 * 8 * 2 * 4
    assert memory.bytes(apart) - memory.bytes(shared) == 2 * 200 * per_token


def test_prefixes_of_rows_that_have_gone_take_only_what_is_free() -> None:
    def made(number: int) -> tuple[Row, HolePart]:
        return row(str(number), [7] * 4, 4, prefix=(number, *range(200)), model=MODEL)

    wide = Engine(MODEL)
    limited = Engine(MODEL, memory=wide.memory.bytes([made(0)[0]]))
    for number in range(6):
        for engine in (wide, limited):
            one, part = made(number)
            run(engine, [one])
            assert len(part.tokens) == 4
    per_prefix = 201 * wide.cache.bytes_per_token
    assert wide.cache.prefix_bytes == 4 * per_prefix
    assert limited.cache.prefix_bytes == per_prefix
    before = limited.work.prefix_rows
    run(limited, [made(5)[0]])
    assert limited.work.prefix_rows == before


def test_free_memory_is_a_number_of_bytes() -> None:
    assert (1 << 20) < available(torch.device("cpu")) < (1 << 50)

"""Pace: which number of threads a step gets, told by a clock of the test's own."""

from collections.abc import Callable

import pytest

from hierdiff_torch.pace import FIRST, LAST, WINDOW, Pace


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(pace: Pace, clock: Clock, steps: int, cost: Callable[[int], float], size: int = 8) -> list[int]:
    """So many steps, each as long as `cost` says for its threads; the threads they ran on."""
    used: list[int] = []
    for _ in range(steps):
        pace.begin()
        used.append(pace.threads)
        clock.now += cost(pace.threads)
        pace.end(size)
    return used


def calm(threads: int) -> float:
    return 0.05 if threads == 2 else 0.08


def busy(threads: int) -> float:
    return 0.25 if threads == 2 else 0.08


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_on_a_calm_machine_all_threads_are_used_but_for_a_few_trials(clock: Clock) -> None:
    used = run(Pace(2, clock=clock), clock, 2000, calm)
    assert used[:FIRST] == [2] * FIRST
    assert 0 < used.count(1) <= 10 * WINDOW


def test_on_a_busy_machine_one_thread_is_used(clock: Clock) -> None:
    used = run(Pace(2, clock=clock), clock, 2000, busy)
    assert used.count(2) <= FIRST + 12 * WINDOW


def test_a_machine_that_becomes_busy_is_noticed_at_once_and_its_calm_after_a_while(clock: Clock) -> None:
    pace = Pace(2, clock=clock)
    run(pace, clock, 500, calm)
    assert run(pace, clock, 40, busy).count(2) <= 3 * WINDOW
    after = run(pace, clock, 3 * LAST, calm)
    assert after[-LAST // 2 :].count(2) > LAST // 2 - 3 * WINDOW


def test_steps_of_other_sizes_are_not_compared(clock: Clock) -> None:
    pace = Pace(2, clock=clock)
    for number in range(200):
        cost = 0.05 * (1 + number % 7)
        run(pace, clock, 1, lambda _, cost=cost: cost, size=number)
    assert pace.threads == 2


def test_a_single_thread_is_left_alone(clock: Clock) -> None:
    assert set(run(Pace(1, clock=clock), clock, 100, lambda _: 0.1)) == {1}

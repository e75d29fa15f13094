"""Forwards: what Fast-dLLM v2 wrote at each step, from the tokens of its forwards.

A forward holds a block (or, with its block cache, a part of one); what a forward wrote is what the next one has that it
had not. The last ones are told by the result.
"""

from dataclasses import replace

from benchmarks.golden.case import Case, Written


def from_forwards(case: Case) -> Case:
    """The case with the steps that its forwards show; other cases stay as they are."""
    if not case.forwards or case.steps:
        return case
    size, part = case.count("block_size"), case.count("small_block_size", case.count("block_size"))
    prompt, expected = case.prompts[0], case.expected[0]
    canvas = list(prompt)
    steps: list[tuple[Written, ...]] = []
    start = 0
    for number, forward in enumerate(case.forwards):
        if number == 0 and forward.keeps:
            start = len(forward.ids)
            continue
        at = start
        if len(forward.ids) < size:
            block = canvas[start : start + size]
            at += block.index(case.mask) // part * part if case.mask in block else 0
        steps.append(_written(case, canvas, at, forward.ids))
        if forward.keeps:
            start += size
    steps.append(_written(case, canvas, start, expected[start:]))
    return replace(case, steps=tuple(step for step in steps if step))


def _written(case: Case, canvas: list[int], at: int, ids: tuple[int, ...]) -> tuple[Written, ...]:
    """What these tokens say that the canvas did not, which holds it from now on."""
    canvas += [case.mask or 0] * (at + len(ids) - len(canvas))
    found: list[Written] = []
    for place, token in enumerate(ids, at):
        if token not in (case.mask, canvas[place]):
            found.append(Written(0, place, token))
            canvas[place] = token
    return tuple(found)

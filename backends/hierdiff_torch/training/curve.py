"""Curve: how the loss of a run fell, as a picture that needs nothing but itself (SVG)."""

import math
from collections.abc import Sequence
from html import escape

from hierdiff_torch.training.state import Record

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 860, 420, 64, 220, 44, 52
_INK, _GRID, _LOSS = "#333", "#ddd", "#1f4e8c"
_COLOURS = ("#c2410c", "#15803d", "#7e22ce", "#a16207", "#0e7490", "#be123c")
_KEPT = 0.9
"""Share of the smoothed loss that is kept from one step to the next."""

Dots = list[tuple[float, float]]


def curve_svg(record: Record, title: str) -> str:
    """The training loss, faint and smoothed, and the held-out figures of each probe."""
    loss: Dots = [(point.step + 1, point.loss) for point in record.curve]
    held: dict[str, Dots] = {}
    for one in record.held:
        held.setdefault(f"held out: blocks of {one.block}, {one.ratio:.0%}", []).append((one.step, one.nats))
    every = [y for dots in (loss, *held.values()) for _, y in dots] or [0.0, 1.0]
    steps = max([1.0, *(x for dots in (loss, *held.values()) for x, _ in dots)])
    across, up = ticks(0.0, steps), ticks(min(every), max(every))
    place = _Place(steps, up[0], up[-1])
    parts = [_text(_LEFT, 24, title, size=15), *_axes(place, across, up)]
    parts += [_line(place, loss, _LOSS, "0.25", 1), _line(place, smoothed(loss), _LOSS, "1", 2)]
    legend = [("training, smoothed", _LOSS)]
    for number, (name, dots) in enumerate(held.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(_line(place, dots, colour, "0.6", 1))
        parts += [f'<circle cx="{place.x(x):.1f}" cy="{place.y(y):.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        legend.append((name, colour))
    for number, (name, colour) in enumerate(legend):
        at = _TOP + 10 + 20 * number
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 16}" y="{at - 8}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(_WIDTH - _RIGHT + 32, at + 1, name))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
    head += f'height="{_HEIGHT}" font-family="sans-serif"><title>{escape(_plain(title))}</title>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *filter(None, parts), "</svg>", ""])


def smoothed(dots: Dots) -> Dots:
    """A running mean that forgets, without the pull of its beginning."""
    out: Dots = []
    mean, weight = 0.0, 0.0
    for x, y in dots:
        mean, weight = _KEPT * mean + (1 - _KEPT) * y, _KEPT * weight + (1 - _KEPT)
        out.append((x, mean / weight))
    return out


def ticks(low: float, high: float) -> list[float]:
    """About five round numbers, the first at most `low` and the last at least `high`."""
    span = max(high - low, 1e-3)
    size = 10.0 ** math.floor(math.log10(span / 5))
    size *= next(factor for factor in (1, 2, 5, 10) if span / (size * factor) <= 6)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(number * size, 10) for number in range(first, max(last, first + 1) + 1)]


class _Place:
    """Where a step and a loss are in the picture."""

    def __init__(self, steps: float, low: float, high: float) -> None:
        self._steps, self._low, self._high = steps, low, high

    def x(self, step: float) -> float:
        return _LEFT + step / self._steps * (_WIDTH - _LEFT - _RIGHT)

    def y(self, loss: float) -> float:
        return _HEIGHT - _BOTTOM - (loss - self._low) / (self._high - self._low) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(place: _Place, across: Sequence[float], up: Sequence[float]) -> list[str]:
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts: list[str] = []
    for loss in up:
        y = place.y(loss)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_GRID}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{loss:g}", anchor="end"))
    for step in across:
        x = place.x(step)
        if x <= right + 0.5 and step == int(step):
            parts.append(f'<line x1="{x:.1f}" y1="{floor}" x2="{x:.1f}" y2="{floor + 5}" stroke="{_INK}"/>')
            parts.append(_text(x, floor + 20, f"{step:g}", anchor="middle"))
    parts.append(f'<path d="M{_LEFT},{_TOP} V{floor} H{right}" fill="none" stroke="{_INK}"/>')
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 12, "step", anchor="middle"))
    middle = (_TOP + floor) / 2
    turned = f' transform="rotate(-90 16 {middle:.1f})"'
    return [*parts, _text(16, middle, "loss, nats a token", anchor="middle", more=turned)]


def _line(place: _Place, dots: Dots, colour: str, opacity: str, width: int) -> str:
    if len(dots) < 2:
        return ""
    points = " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in dots)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-opacity="{opacity}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, said: str, *, size: int = 12, anchor: str = "start", more: str = "") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{_INK}"{more}'
    return f"<text {where}>{escape(_plain(said))}</text>"


def _plain(said: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in said)

"""Inline SVG: horizontal bars with the spread of the runs, and ladders of latencies.

Colours and fonts come from the page's style sheet, so that one drawing serves light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_WIDTH = 960
_LABEL_WIDTH = 330
_VALUE_WIDTH = 150
_BAR = 13
_GAP = 9
_AXIS = 22
_MARGIN = 30
_PLOT = _WIDTH - _LABEL_WIDTH - _VALUE_WIDTH


@dataclass(frozen=True)
class Bar:
    """One server's median, the extremes of its runs, and the text beside it."""

    server: str
    color: str
    value: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Ladder:
    """One server's latencies at one load, ascending, each with its name and text."""

    server: str
    color: str
    steps: tuple[tuple[str, float, str], ...]


def bars(rows: list[tuple[str, list[Bar]]], caption: str, own_scale: bool) -> str:
    """A group of bars for every row, on one linear scale or each group on its own."""
    longest = max(bar.high for _, group in rows for bar in group) or 1.0
    body: list[str] = []
    top = 0
    for label, group in rows:
        body.append(_row_label(label, top, len(group)))
        limit = (max(bar.high for bar in group) or 1.0) if own_scale else longest
        for bar in group:
            body.append(_bar(bar, top, _PLOT / limit))
            top += _BAR
        top += _GAP
    return _drawing(body, top, caption)


def ladders(rows: list[tuple[str, list[Ladder]]], caption: str) -> str:
    """For every row and server a line from its lowest to its highest latency, on a log scale."""
    values = [value for _, group in rows for ladder in group for _, value, _ in ladder.steps]
    lowest, highest = min(values), max(values)
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    decades = max(1, last - first)

    def x_of(value: float) -> float:
        return _LABEL_WIDTH + (math.log10(value) - first) / decades * (_PLOT + _VALUE_WIDTH - _MARGIN)

    body: list[str] = []
    top = 0
    for label, group in rows:
        body.append(_row_label(label, top, len(group)))
        for ladder in group:
            body.append(_ladder(ladder, top + _BAR / 2, x_of))
            top += _BAR
        top += _GAP
    grid = [_gridline(x_of(10.0 ** power), top, f"{10.0 ** power:g} ms")
            for power in range(first, first + decades + 1)]
    return _drawing(grid + body, top + _AXIS, caption)


def _bar(bar: Bar, top: int, scale: float) -> str:
    width, middle = max(1.0, bar.value * scale), top + _BAR / 2
    low, high = _LABEL_WIDTH + bar.low * scale, _LABEL_WIDTH + bar.high * scale
    return (
        f"<g><title>{escape(bar.server)}: {escape(bar.text)}, runs from {bar.low:.4g} to "
        f"{bar.high:.4g}</title>"
        f'<rect class="{bar.color}" x="{_LABEL_WIDTH}" y="{top + 1}" width="{width:.1f}" '
        f'height="{_BAR - 2}" rx="2"/>'
        f'<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>'
        f'<text class="value" x="{max(high, _LABEL_WIDTH + width) + 6:.1f}" '
        f'y="{top + _BAR - 3}">{escape(bar.text)}</text></g>'
    )


def _ladder(ladder: Ladder, middle: float, x_of: Callable[[float], float]) -> str:
    first, last = x_of(ladder.steps[0][1]), x_of(ladder.steps[-1][1])
    marks = "".join(
        f'<circle class="{ladder.color}" cx="{x_of(value):.1f}" cy="{middle}" '
        f'r="{2.5 + 0.7 * index:.1f}"><title>{escape(ladder.server)}: {escape(name)} '
        f"{escape(text)}</title></circle>"
        for index, (name, value, text) in enumerate(ladder.steps)
    )
    return f'<path class="line {ladder.color}" d="M{first:.1f} {middle}H{last:.1f}"/>{marks}'


def _row_label(label: str, top: int, rows: int) -> str:
    middle = top + rows * _BAR / 2 + 4
    return f'<text class="row" x="{_LABEL_WIDTH - 10}" y="{middle}">{escape(label)}</text>'


def _gridline(x: float, bottom: int, label: str) -> str:
    return (f'<path class="grid" d="M{x:.1f} 0V{bottom - _GAP}"/>'
            f'<text class="axis" x="{x:.1f}" y="{bottom + 8}">{escape(label)}</text>')


def _drawing(body: list[str], height: int, caption: str) -> str:
    return (f'<figure><figcaption>{escape(caption)}</figcaption>'
            f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(caption)}">'
            f'{"".join(body)}</svg></figure>')

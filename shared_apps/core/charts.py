"""Charts as SVG, drawn on the server without JavaScript or inline styles.

Each chart comes in three drawings of the same data, for narrow, medium and wide boxes, so that its text keeps its size.
`templates/components/chart.html` shows the one that fits, with the figures in a table for screen readers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

Number = int | float
Format = Callable[[Number], str]
PALETTE_SIZE = 6
GRID_LINES = 4
LABEL_ROOM = 26
# CSS class, width, height, and how many labels fit below the axis.
SIZES = (("chart-narrow", 330, 210, 4), ("chart-medium", 560, 240, 8), ("chart-wide", 880, 280, 12))
ROUND_FACTORS = (1, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 3.6, 4, 4.8, 5, 6, 8, 10, 12)
SMALLEST_BAR_GAP = 2.0


@dataclass(frozen=True, slots=True)
class Series:
    """One named row of figures, in the order of the chart's labels."""

    name: str
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart and the figures behind it; `rows` is (label, formatted values)."""

    kind: str
    title: str
    axis: str
    names: list[str]
    rows: list[tuple[str, list[str]]]
    legend: list[dict[str, object]]
    drawings: list[SafeString]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The drawing area: outer size, the room left of the plot, and the top of the scale."""

    css: str
    width: int
    height: int
    left: int
    top_value: float
    count: int

    @property
    def bottom(self) -> int:
        return self.height - LABEL_ROOM

    @property
    def step(self) -> float:
        return (self.width - self.left) / max(self.count, 1)

    def y(self, value: Number) -> float:
        return self.bottom - (self.bottom - 10) * float(value) / self.top_value

    def middle(self, index: int) -> float:
        return self.left + self.step * (index + 0.5)


def nice_top(highest: float) -> float:
    """The smallest round number that is at least `highest` and divides well into four; whole for whole figures."""
    if highest <= 0:
        return float(GRID_LINES)
    scale = 10.0 ** math.floor(math.log10(highest))
    whole = highest == int(highest)
    tops = (round(scale * factor, 9) for factor in ROUND_FACTORS)
    return next(top for top in tops if top >= highest and (not whole or top % GRID_LINES == 0))


def line(title: str, labels: Sequence[str], series: Sequence[Series], *, format: Format = str, axis: str = "") -> Chart:
    """Lines over time; series differ by dash as well as by colour."""
    return _chart("line", title, labels, series, format, axis, _draw_lines)


def bars(title: str, labels: Sequence[str], series: Sequence[Series], *, format: Format = str, axis: str = "") -> Chart:
    """Bars side by side, one group a label."""
    return _chart("bars", title, labels, series, format, axis, _draw_bars)


def stacked(
    title: str, labels: Sequence[str], series: Sequence[Series], *, format: Format = str, axis: str = ""
) -> Chart:
    """Bars made of parts; the height is the sum."""
    return _chart("stacked", title, labels, series, format, axis, _draw_stacks)


def spark(values: Sequence[Number]) -> SafeString:
    """A word-sized line without axes; decorative, so write the figure next to it."""
    if len(values) < 2:
        return mark_safe("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = [(2 + 92 * i / (len(values) - 1), 25 - 22 * (value - low) / span) for i, value in enumerate(values)]
    return format_html(
        '<svg class="spark series-1" viewBox="0 0 96 28" aria-hidden="true"><path class="chart-line" d="{}"/>'
        '<circle cx="{}" cy="{}" r="2.5" fill="currentColor"/></svg>',
        _path(points),
        *(f"{part:.1f}" for part in points[-1]),
    )


def _chart(
    kind: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    format: Format,
    axis: str,
    draw: Callable[[_Frame, Sequence[Series]], list[str]],
) -> Chart:
    for one in series:
        if len(one.values) != len(labels):
            raise ValueError(f"series {one.name!r} has {len(one.values)} values for {len(labels)} labels")
    if any(value < 0 for one in series for value in one.values):
        raise ValueError("these charts start at zero: negative values need another drawing")
    top = nice_top(_highest(kind, labels, series))
    left = 12 + 7 * max(len(format(_whole(top * part / GRID_LINES))) for part in range(GRID_LINES + 1))

    def drawing(css: str, width: int, height: int, most_labels: int) -> SafeString:
        frame = _Frame(css, width, height, left, top, len(labels))
        return _svg(frame, [*_grid(frame, format), *draw(frame, series), *_axis_labels(frame, labels, most_labels)])

    return Chart(
        kind=kind,
        title=title,
        axis=axis or str(_("Period")),
        names=[one.name for one in series],
        rows=[(label, [format(one.values[i]) for one in series]) for i, label in enumerate(labels)],
        legend=[{"name": one.name, "number": _colour(i)} for i, one in enumerate(series)] if len(series) > 1 else [],
        drawings=[drawing(*size) for size in SIZES],
    )


def _highest(kind: str, labels: Sequence[str], series: Sequence[Series]) -> float:
    if kind == "stacked":
        return max((sum(one.values[i] for one in series) for i in range(len(labels))), default=0)
    return max((value for one in series for value in one.values), default=0)


def _whole(value: float) -> Number:
    return int(value) if value == int(value) else value


def _colour(index: int) -> int:
    return index % PALETTE_SIZE + 1


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _svg(frame: _Frame, shapes: Sequence[str]) -> SafeString:
    """One drawing. Shapes are written from our own numbers; the text among them is escaped where it is written."""
    size = f'viewBox="0 0 {frame.width} {frame.height}" width="{frame.width}" height="{frame.height}"'
    return mark_safe(f'<svg class="{frame.css}" {size}>{"".join(shapes)}</svg>')  # noqa: S308 — as said above


def _grid(frame: _Frame, format: Format) -> list[str]:
    shapes = []
    for part in range(GRID_LINES + 1):
        value = _whole(frame.top_value * part / GRID_LINES)
        y = f"{frame.y(value):.1f}"
        css = "chart-grid" if part else "chart-base"
        shapes.append(
            f'<path class="{css}" d="M{frame.left} {y}H{frame.width}"/>'
            f'<text x="{frame.left - 8}" y="{y}" dy=".32em" text-anchor="end">{escape(format(value))}</text>'
        )
    return shapes


def _axis_labels(frame: _Frame, labels: Sequence[str], most: int) -> list[str]:
    every = max(1, math.ceil(len(labels) / most))
    return [
        f'<text x="{frame.middle(i):.1f}" y="{frame.height - 8}" text-anchor="middle">{escape(label)}</text>'
        for i, label in enumerate(labels)
        if i % every == 0
    ]


def _draw_lines(frame: _Frame, series: Sequence[Series]) -> list[str]:
    shapes = []
    for number, one in enumerate(series):
        points = [(frame.middle(i), frame.y(value)) for i, value in enumerate(one.values)]
        if not points:
            continue
        path, colour, (end_x, end_y) = _path(points), _colour(number), points[-1]
        area = ""
        if len(series) == 1:
            area = (
                f'<path class="chart-area" d="{path}L{end_x:.1f} {frame.bottom}L{points[0][0]:.1f} {frame.bottom}Z"/>'
            )
        shapes.append(
            f'<g class="series-{colour}">{area}<path class="chart-line chart-dash-{colour}" d="{path}"/>'
            f'<circle class="chart-dot" cx="{end_x:.1f}" cy="{end_y:.1f}" r="4"/></g>'
        )
    return shapes


def _bar(x: float, width: float, bottom: float, top: float, colour: int) -> str:
    height = max(bottom - top, 0)
    return f'<rect class="chart-bar series-{colour}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>'


def _draw_bars(frame: _Frame, series: Sequence[Series]) -> list[str]:
    room = frame.step * 0.7
    width = min(36.0, room / max(len(series), 1) - SMALLEST_BAR_GAP)
    shapes = []
    for number, one in enumerate(series):
        offset = (number - len(series) / 2) * (width + SMALLEST_BAR_GAP)
        for i, value in enumerate(one.values):
            shapes.append(_bar(frame.middle(i) + offset, width, frame.bottom, frame.y(value), _colour(number)))
    return shapes


def _draw_stacks(frame: _Frame, series: Sequence[Series]) -> list[str]:
    width = min(40.0, frame.step * 0.62)
    shapes = []
    for i in range(frame.count):
        below: Number = 0
        for number, one in enumerate(series):
            bottom, top = frame.y(below), frame.y(below + one.values[i])
            if one.values[i]:
                gap = 1.0 if below else 0.0
                shapes.append(_bar(frame.middle(i) - width / 2, width, bottom - gap, top, _colour(number)))
            below += one.values[i]
    return shapes

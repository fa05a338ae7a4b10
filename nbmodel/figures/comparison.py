"""Figures of versions side by side: their metrics, and what differs between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from nbmodel.display import number
from nbmodel.figures.charted import Charts
from nbmodel.figures.plotly_chart import color, empty_figure, symbol, text
from nbmodel.figures.scales import drawable, finite, real
from nbmodel.figures.versions import metric_charts, metric_names
from nbmodel.records import VersionInfo

MAX_AXES = 12  # of parallel coordinates, and metrics of one figure
COLUMNS = 4  # of subplots
LOG_RATIO = 100  # from this range on, an axis of positive numbers is logarithmic
ZERO_RATIO = 0.5  # an axis begins at 0 if the smallest value is below this part of the largest
MARGIN = 0.25  # of the range of the values, above and below them
NO_VALUE = -0.16  # the height of versions without a value, below the axis

Values = Sequence[float | None]


def comparison_charts(versions: Sequence[VersionInfo]) -> Charts:
    """Return ``metrics``, each metric, and ``parallel``: all numbers that differ."""
    charts = {
        chart: partial(metrics_side_by_side, versions, metrics, title)
        for chart, (title, metrics) in metric_charts(metric_names(versions)).items()
    }
    return charts | {"parallel": partial(parallel_coordinates, versions)}


def metrics_side_by_side(
    versions: Sequence[VersionInfo], names: Sequence[str], title: str = "Metrics"
) -> Any:
    """Draw metrics as dots, a subplot for each metric and a color for each version.

    Dots have no base line, so an axis may begin near the values. At most `MAX_AXES` are drawn.
    """
    drawn = names[:MAX_AXES]
    columns = min(COLUMNS, len(drawn)) or 1
    rows = math.ceil(len(drawn) / columns) or 1
    titles = [text(name) for name in drawn] if len(drawn) > 1 else None
    figure = empty_figure(f"{title} by version", rows, columns, subplot_titles=titles)
    for index, name in enumerate(drawn):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        values = [drawable(version.metrics.get(name)) for version in versions]
        for order, (version, value) in enumerate(zip(versions, values, strict=True)):
            figure.add_trace(_dot(version, name, value, order, first=index == 0), **place)
        if finite_values := finite(values):
            figure.update_yaxes(range=_range(finite_values), **place)
    return figure


def _dot(
    version: VersionInfo, name: str, value: float | None, order: int, *, first: bool
) -> dict[str, Any]:
    value_text = "no value" if value is None else number(value)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": text(version.ref),
        "legendgroup": str(order),
        "showlegend": first,
        "x": [text(version.ref)],
        "y": [value],
        "text": [value_text],
        "textposition": "top center",
        "hoverinfo": "text",
        "hovertext": [f"<b>{text(version.ref)}</b><br>{text(name)} <b>{value_text}</b>"],
        "marker": {"color": color(order), "symbol": symbol(order), "size": 10},
    }


def _range(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    free = (high - low or abs(high) or 1.0) * MARGIN
    return [0.0 if 0 <= low < high * ZERO_RATIO else low - free, high + free]


def parallel_coordinates(versions: Sequence[VersionInfo]) -> Any:
    """Draw parameters and metrics that differ, an axis for each and a line for each version.

    An axis runs from the smallest value to the largest one. Versions without a value have a place
    below it, so that every line is complete. `customdata` holds the values.
    """
    axes = differing_numbers(versions)
    figure = empty_figure("Parameters and metrics that differ")
    for place, version in enumerate(versions):
        values = [axis[place] for axis in axes.values()]
        heights = [_height(value, axis) for value, axis in zip(values, axes.values(), strict=True)]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "name": text(version.ref),
                "x": [text(name) for name in axes],
                "y": heights,
                "text": ["no value" if value is None else number(value) for value in values],
                "textposition": "middle right",
                "customdata": values,
                "hoverinfo": "x+text+name",
                "line": {"color": color(place)},
                "marker": {"symbol": symbol(place), "size": 9},
            }
        )
    low = NO_VALUE - 0.06 if any(None in axis for axis in axes.values()) else -0.07
    figure.update_yaxes(visible=False, range=[low, 1.07])
    return figure


def differing_numbers(versions: Sequence[VersionInfo]) -> dict[str, list[float | None]]:
    """Return the parameters and metrics that are not the same number in all versions."""
    axes: dict[str, list[float | None]] = {}
    for mappings in ([v.params for v in versions], [v.metrics for v in versions]):
        for name in dict.fromkeys(name for mapping in mappings for name in mapping):
            values = [real(mapping.get(name)) for mapping in mappings]
            if finite(values) and len(set(values)) > 1 and len(axes) < MAX_AXES:
                axes[name if name not in axes else f"{name} (metric)"] = values
    return axes


def _height(value: float | None, axis: Values) -> float:
    if value is None:
        return NO_VALUE
    low, high = min(finite(axis)), max(finite(axis))
    if low == high:
        return 0.5
    if low > 0 and high / low >= LOG_RATIO:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)

"""Figures of versions: metrics over versions, versions side by side, the data of one version."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, TypeGuard

from nbmodel.display import first_line, moment, number
from nbmodel.figures.charted import Charts
from nbmodel.figures.lineage import lineage_graph
from nbmodel.figures.plotly_chart import GRAY, MAX_NAME, color, empty_figure, symbol, text
from nbmodel.figures.scales import drawable, families, finite
from nbmodel.records import VersionInfo

MAX_AXES = 12  # of parallel coordinates
MAX_TICKS = 20
LOG_RATIO = 100  # from this range on, an axis of positive numbers is logarithmic

_OTHER_CHARTS = ("metrics", "lineage", "parallel")
_PREFIX = "metric:"

Labels = Mapping[str, Sequence[str]]


def history_charts(versions: Sequence[VersionInfo], labels: Labels) -> Charts:
    """Return the charts of a history: ``metrics``, one for each metric, and ``lineage``."""
    names = metric_names(versions)
    # The newest comes first in a log, also among versions of the same second.
    ordered = list(reversed(versions))
    ordered.sort(key=lambda version: version.time)
    charts = {
        chart: partial(metrics_over_versions, ordered, labels, metrics, title)
        for chart, (title, metrics) in _metric_charts(names).items()
    }
    return {**charts, "lineage": partial(lineage_graph, ordered)} if ordered else {}


def comparison_charts(versions: Sequence[VersionInfo]) -> Charts:
    """Return the charts of versions side by side."""
    names = metric_names(versions)
    bars = {
        chart: partial(metrics_side_by_side, versions, metrics, title)
        for chart, (title, metrics) in _metric_charts(names).items()
    }
    return bars | {"parallel": partial(parallel_coordinates, versions)}


def _metric_charts(names: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    """Return the title and the metrics of each chart: all metrics, then each alone."""
    if not names:
        return {}
    alone = {_chart_of(name): (name, [name]) for name in names}
    return {"metrics": ("Metrics", list(names)), **alone}


def _chart_of(metric: str) -> str:
    """Return the name of a metric's chart; the prefix tells it from a chart of another kind."""
    is_taken = metric in _OTHER_CHARTS or metric.startswith(("data(", _PREFIX))
    return f"{_PREFIX}{metric}" if is_taken else metric


def profile_charts(profile: Mapping[str, Any]) -> Charts:
    """Return one chart ``data(COLUMN)`` for each column of a data profile that has counts."""
    return {
        f"data({column.get('name')})": partial(training_data, column)
        for column in _columns(profile)
        if _bins(column) is not None
    }


def missing_profile_charts(profile: Mapping[str, Any]) -> dict[str, str]:
    """Return why ``data(COLUMN)`` does not exist, for the columns without counts."""
    return {
        f"data({column.get('name')})": f"The column {column.get('name')!r} has no figure: the "
        "data profile counts the values of numbers and categories only."
        for column in _columns(profile)
        if _bins(column) is None
    }


def _columns(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    columns = profile.get("columns")  # a stranger may have written anything
    return [c for c in columns if isinstance(c, dict)] if isinstance(columns, list) else []


def metric_names(versions: Sequence[VersionInfo]) -> list[str]:
    """Return the names of the metrics of versions, each once."""
    return list(dict.fromkeys(name for version in versions for name in version.metrics))


def metrics_over_versions(
    versions: Sequence[VersionInfo], labels: Labels, names: Sequence[str], title: str = "Metrics"
) -> Any:
    """Draw metrics over versions, oldest first; metrics of another size have another axis."""
    groups = families({name: [v.metrics.get(name) for v in versions] for name in names})
    models = ", ".join(dict.fromkeys(version.model for version in versions))
    figure = empty_figure(f"{title} of {models}", max(1, len(groups)), shared_xaxes=True)
    for row, group in enumerate(groups, 1):
        for name in group:
            for place, line in enumerate(_branches(versions)):
                trace = _line(versions, line, name, names.index(name), main=place == 0)
                figure.add_trace(trace, row=row, col=1)
    step = math.ceil(len(versions) / MAX_TICKS) or 1
    ticks = list(range(0, len(versions), step))
    figure.update_xaxes(tickvals=ticks, ticktext=[text(versions[i].ref) for i in ticks])
    for position, version in enumerate(versions):
        if words := labels.get(version.commit):
            figure.add_vline(x=position, line={"color": GRAY, "width": 1, "dash": "dot"})
            figure.add_annotation(
                x=position, y=1, yref="paper", yanchor="bottom", showarrow=False,
                text=text(" ".join(words), 20),
            )  # fmt: skip
    return figure


def _branches(versions: Sequence[VersionInfo]) -> list[list[int]]:
    """Return the positions of each branch's versions, after the version that it started from."""
    position = {version.commit: index for index, version in enumerate(versions)}
    lines: dict[tuple[str, str], list[int]] = {}
    for index, version in enumerate(versions):
        start = position.get(version.parents[0]) if version.parents else None
        line = lines.setdefault((version.model, version.branch), [] if start is None else [start])
        line.append(index)
    return list(lines.values())


def _line(
    versions: Sequence[VersionInfo], line: Sequence[int], name: str, place: int, *, main: bool
) -> dict[str, Any]:
    chosen = [versions[index] for index in line]
    values = [drawable(version.metrics.get(name)) for version in chosen]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": text(name) if main else text(f"{name}, {chosen[-1].branch}"),
        "legendgroup": text(name),
        "x": list(line),
        "y": values,
        "customdata": [version.ref for version in chosen],
        "hoverinfo": "text",
        "hovertext": [_hover(*pair, name) for pair in zip(chosen, values, strict=True)],
        "line": {"color": color(place), "dash": "solid" if main else "dot"},
        "marker": {"symbol": symbol(place), "size": 8},
    }


def _hover(version: VersionInfo, value: float | None, name: str) -> str:
    shown = "no value" if value is None else number(value)
    lines = [f"<b>{text(version.ref)}</b>", f"{text(name)} <b>{shown}</b>"]
    return "<br>".join([*lines, text(first_line(version.message)), text(moment(version.time))])


def metrics_side_by_side(
    versions: Sequence[VersionInfo], names: Sequence[str], title: str = "Metrics"
) -> Any:
    """Draw metrics as bars, a color for each version."""
    groups = families({name: [v.metrics.get(name) for v in versions] for name in names})
    figure = empty_figure(f"{title} by version", 1, max(1, len(groups)))
    for column, group in enumerate(groups, 1):
        for place, version in enumerate(versions):
            values = [drawable(version.metrics.get(name)) for name in group]
            bars = {
                "type": "bar",
                "name": text(version.ref),
                "legendgroup": str(place),
                "showlegend": column == 1,
                "x": [text(name) for name in group],
                "y": values,
                "text": ["" if value is None else number(value) for value in values],
                "hoverinfo": "x+y+name",
                "marker": {"color": color(place), "pattern": {"shape": PATTERNS[place % 4]}},
            }
            figure.add_trace(bars, row=1, col=column)
    figure.update_layout(barmode="group")
    return figure


PATTERNS = ("", "/", ".", "x")


def parallel_coordinates(versions: Sequence[VersionInfo]) -> Any:
    """Draw parameters and metrics that differ, an axis for each and a line for each version.

    An axis runs from the smallest value to the largest one. `customdata` holds the values.
    """
    axes = differing_numbers(versions)
    figure = empty_figure("Parameters and metrics that differ")
    for place, version in enumerate(versions):
        values = [axis[place] for axis in axes.values()]
        heights = [_height(value, axis) for value, axis in zip(values, axes.values(), strict=True)]
        names = [text(name) for name in axes]
        shown = ["" if value is None else number(value) for value in values]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "name": text(version.ref),
                "x": names,
                "y": heights,
                "text": shown,
                "textposition": "middle right",
                "customdata": values,
                "hoverinfo": "x+text+name",
                "line": {"color": color(place)},
                "marker": {"symbol": symbol(place), "size": 9},
            }
        )
    figure.update_yaxes(visible=False, range=[-0.07, 1.07])
    return figure


def differing_numbers(versions: Sequence[VersionInfo]) -> dict[str, list[float | None]]:
    """Return the parameters and metrics that are not the same number in all versions."""
    axes: dict[str, list[float | None]] = {}
    for mappings in ([v.params for v in versions], [v.metrics for v in versions]):
        for name in dict.fromkeys(name for mapping in mappings for name in mapping):
            values = [_real(mapping.get(name)) for mapping in mappings]
            if len(set(finite(values))) > 1 and len(axes) < MAX_AXES:
                axes[name if name not in axes else f"{name} (metric)"] = values
    return axes


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return drawable(float(value))
    except OverflowError:
        return None


def _height(value: float | None, axis: Sequence[float | None]) -> float | None:
    if value is None:
        return None
    low, high = min(finite(axis)), max(finite(axis))
    if low > 0 and high / low >= LOG_RATIO:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def training_data(column: Mapping[str, Any]) -> Any:
    """Draw one column of a data profile: a histogram, or the most frequent values."""
    figure = empty_figure(f"{column.get('name')} in the training data")
    bins = _bins(column)
    if bins is not None:
        figure.add_trace({"type": "bar", "marker": {"color": color(0)}, **bins})
    figure.update_yaxes(title={"text": "rows"})
    return figure


def _bins(column: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the bars of a column; None if the profile has no counts of the known form."""
    histogram, top = column.get("histogram"), column.get("top")
    if isinstance(histogram, dict):
        edges, counts = histogram.get("edges"), histogram.get("counts")
        if not (_are_numbers(edges) and _are_numbers(counts) and len(edges) == len(counts) + 1):
            return None
        pairs = list(pairwise(edges))
        return {
            "x": [(low + high) / 2 for low, high in pairs],
            "width": [high - low for low, high in pairs],
            "y": list(counts),
            "hoverinfo": "text",
            "hovertext": [
                f"{number(low)} to {number(high)}: <b>{count:,}</b> rows"
                for (low, high), count in zip(pairs, counts, strict=True)
            ],
        }
    if not isinstance(top, list):
        return None
    pairs_ = [item for item in top if isinstance(item, list) and len(item) == 2]
    if not pairs_ or not _are_numbers([count for _, count in pairs_]):
        return None
    rest = column.get("other")
    others = [["other values", rest]] if isinstance(rest, int) and rest else []
    named = [*pairs_, *others]
    return {"x": [text(value, MAX_NAME) for value, _ in named], "y": [count for _, count in named]}


def _are_numbers(values: object) -> TypeGuard[list[float]]:
    return isinstance(values, list) and all(
        isinstance(value, int | float) and not isinstance(value, bool) and _real(value) is not None
        for value in values
    )

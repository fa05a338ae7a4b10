"""Figures of versions: metrics over versions, and the data of one version."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, TypeGuard

from nbmodel.display import first_line, moment, number
from nbmodel.figures.charted import Charts
from nbmodel.figures.lineage import lineage_graph
from nbmodel.figures.plotly_chart import (
    MAX_NAME,
    color,
    empty_figure,
    symbol,
    text,
    vertical_line,
)
from nbmodel.figures.scales import drawable, families, real
from nbmodel.records import VersionInfo

MAX_TICKS = 20

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
        for chart, (title, metrics) in metric_charts(names).items()
    }
    return {**charts, "lineage": partial(lineage_graph, ordered)} if ordered else {}


def metric_charts(names: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
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
    shapes = []
    for position, version in enumerate(versions):
        if words := labels.get(version.commit):
            shapes += [vertical_line(position, row) for row in range(1, len(groups) + 1)]
            figure.add_annotation(
                x=position, y=1, yref="paper", yanchor="bottom", showarrow=False,
                text=text(" ".join(words), 20),
            )  # fmt: skip
    figure.update_layout(shapes=shapes)
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
    line_versions = [versions[index] for index in line]
    values = [drawable(version.metrics.get(name)) for version in line_versions]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": text(name) if main else text(f"{name}, {line_versions[-1].branch}"),
        "legendgroup": text(name),
        "x": list(line),
        "y": values,
        "customdata": [version.ref for version in line_versions],
        "hoverinfo": "text",
        "hovertext": [_hover(*pair, name) for pair in zip(line_versions, values, strict=True)],
        "line": {"color": color(place), "dash": "solid" if main else "dot"},
        "marker": {"symbol": symbol(place), "size": 8},
    }


def _hover(version: VersionInfo, value: float | None, name: str) -> str:
    value_text = "no value" if value is None else number(value)
    lines = [f"<b>{text(version.ref)}</b>", f"{text(name)} <b>{value_text}</b>"]
    return "<br>".join([*lines, text(first_line(version.message)), text(moment(version.time))])


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
    bars = [*pairs_, *others]
    return {"x": [text(value, MAX_NAME) for value, _ in bars], "y": [count for _, count in bars]}


def _are_numbers(values: object) -> TypeGuard[list[float]]:
    return isinstance(values, list) and all(
        isinstance(value, int | float) and not isinstance(value, bool) and real(value) is not None
        for value in values
    )

"""Figures of a report: metrics over time, anomalies, alerts; `drift_figures` draws drift."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nbmodel.display import number
from nbmodel.figures.charted import Charts
from nbmodel.figures.plotly_chart import (
    BAD,
    GRAY,
    Shape,
    axes,
    color,
    empty_figure,
    horizontal_line,
    symbol,
    text,
    vertical_line,
)
from nbmodel.figures.scales import drawable, families
from nbmodel.monitor.drift.detection import drift_measures
from nbmodel.monitor.quality.metrics import METRICS, PREFERRED_METRICS
from nbmodel.monitor.quality.timeseries import VOLUME, Series
from nbmodel.monitor.report.drift_figures import drift_map, source_name, utc_times

if TYPE_CHECKING:
    from nbmodel.monitor.report.result import MonitorReport

STATES = {"firing": "x", "pending": "triangle-up", "no data": "circle-open", "ok": "circle"}
STATE_COLORS = {"firing": BAD, "pending": "#b8902a", "no data": GRAY, "ok": "#2f9e72"}


def report_charts(report: MonitorReport) -> Charts:
    """Return the charts of a report by name."""
    names = list(dict.fromkeys(item.metric for item in report.series))
    quality = sorted((n for n in names if n in METRICS), key=[*PREFERRED_METRICS, *METRICS].index)
    metric_groups = {"quality": quality} if quality else {}
    metric_groups |= {name: [name] for name in [*quality, *names]}
    charts: dict[str, Any] = {
        chart: partial(over_time, report, metrics) for chart, metrics in metric_groups.items()
    }
    measures = {finding.measure for finding in report.findings}
    charts |= {
        f"drift({measure.name})": partial(drift_map, report, measure.name)
        for measure in drift_measures()
        if measure.name in measures
    }
    if report.anomalies:
        charts["anomalies"] = partial(anomalies_over_time, report)
    if report.alerts:
        charts["alerts"] = partial(alert_states, report)
    return charts


# -- over time -----------------------------------------------------------------------


def over_time(report: MonitorReport, names: Sequence[str]) -> Any:
    """Draw metrics over time above the rows of each window; anomalies and rollouts are marked.

    A point is in the middle of its window. Times are in UTC.
    """
    metrics = [name for name in names if name != VOLUME]
    values = {n: [v for s in report.series if s.metric == n for v in s.values] for n in metrics}
    groups = [*families(values), [VOLUME]]
    heights = [*[3.0] * (len(groups) - 1), 1.0]
    title = f"{report.model}: {', '.join(names)}"
    figure = empty_figure(title, len(groups), shared_xaxes=True, row_heights=heights)
    sources = _sources(report)
    shapes: list[Shape] = []
    for row, group in enumerate(groups, 1):
        for item in report.series:
            if item.metric in group:
                place = sources.index((item.version, item.stage))
                trace = _series(item, report.width, place, len(metrics) > 1)
                figure.add_trace(trace, row=row, col=1)
        figure.add_trace(_anomalies(report, group), row=row, col=1)
        shapes += _mark_limits(figure, report, group, row)
        shapes += _fired_shades(report, group, row)
        figure.update_yaxes(title={"text": text(", ".join(group), 40)}, row=row, col=1)
    figure.update_xaxes(title={"text": "time (UTC)"}, row=len(groups), col=1)
    figure.update_yaxes(title={"text": "rows"}, rangemode="tozero", row=len(groups), col=1)
    for start in report.version_starts:
        when = utc_times([start.time])[0]
        shapes += [vertical_line(when, row) for row in range(1, len(groups) + 1)]
        figure.add_annotation(
            x=when, y=1, yref="paper", yanchor="bottom", showarrow=False,
            text=text(source_name(start.version, start.stage), 24),
        )  # fmt: skip
    # In one call: plotly checks all shapes again for each one that is added.
    figure.update_layout(barmode="stack", shapes=shapes)
    return figure


def _mark_limits(figure: Any, report: MonitorReport, group: Sequence[str], row: int) -> list[Shape]:
    """Name the limits of rules and measures; return their lines."""
    limits = {threshold: f"threshold {number(threshold)}" for threshold in _thresholds(group)}
    for limit in report.limits:
        if limit.metric in group:
            limits[limit.rule.threshold] = f"alert {limit.rule}"
    for value, words in limits.items():
        x, y = axes(row)
        figure.add_annotation(
            x=1, xref=f"{x} domain", xanchor="right", y=value, yref=y, yanchor="bottom",
            showarrow=False, text=text(words, 48), font={"size": 10, "color": BAD},
        )  # fmt: skip
    return [horizontal_line(value, row) for value in limits]


def _fired_shades(report: MonitorReport, group: Sequence[str], row: int) -> list[Shape]:
    """Return the shades of the periods in which alerts fired."""
    x, y = axes(row)
    spans = joined([(each.start, each.end) for each in report.fired if each.metric in group])
    starts = utc_times([start for start, _ in spans])
    ends = utc_times([end for _, end in spans])
    return [
        {
            "type": "rect", "xref": x, "yref": f"{y} domain", "x0": start, "x1": end,
            "y0": 0, "y1": 1, "fillcolor": BAD, "opacity": 0.12, "line": {"width": 0},
            "layer": "below",
        }
        for start, end in zip(starts, ends, strict=True)
    ]  # fmt: skip


def joined(periods: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the same periods as few that do not overlap; the panel joins them too."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(periods):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return result


def _series(item: Series, width: int, place: int, named: bool) -> dict[str, Any]:
    """Return the line of a metric, or the bars of the volume."""
    source = source_name(item.version, item.stage)
    shared = {
        "name": text(f"{source}, {item.metric}" if named else source),
        "legendgroup": text(source),
        "hoverinfo": "x+y+name",
    }
    if item.metric == VOLUME:
        return shared | {
            "type": "bar",
            "x": utc_times(item.times, width // 2),
            "y": [drawable(value) for value in item.values],
            "width": width / 1000 * 0.86,  # milliseconds
            "showlegend": False,
            "marker": {"color": color(place), "opacity": 0.55},
        }
    times, values = _with_gaps(item, width)
    return shared | {
        "type": "scatter",
        "mode": "lines+markers",
        "x": utc_times(times, width // 2),
        "y": values,
        "line": {"color": color(place)},
        "marker": {"symbol": symbol(place), "size": 6},
    }


def _with_gaps(item: Series, width: int) -> tuple[list[int], list[float | None]]:
    """Return times and values, with None where windows without a value are between two points."""
    times: list[int] = []
    values: list[float | None] = []
    for time, value in zip(item.times, item.values, strict=True):
        if times and time - times[-1] > 1.5 * width:
            times.append(times[-1] + width)
            values.append(None)
        times.append(time)
        values.append(drawable(value))
    return times, values


def _anomalies(report: MonitorReport, metrics: Sequence[str]) -> dict[str, Any]:
    marked = [anomaly for anomaly in report.anomalies if anomaly.metric in metrics]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "anomaly",
        "showlegend": False,
        "x": utc_times([anomaly.start for anomaly in marked], report.width // 2),
        "y": [drawable(anomaly.value) for anomaly in marked],
        "hoverinfo": "text",
        "hovertext": [text(f"{anomaly.detector}: {anomaly.reason}", 200) for anomaly in marked],
        "marker": {"symbol": "circle-open", "size": 13, "color": BAD, "line": {"width": 2}},
    }


def anomalies_over_time(report: MonitorReport) -> Any:
    """Draw every anomaly: its window, its metric, and the detector as color and marker."""
    figure = empty_figure(f"{report.model}: anomalies")
    detectors = dict.fromkeys(anomaly.detector for anomaly in report.anomalies)
    for place, detector in enumerate(detectors):
        marked = [anomaly for anomaly in report.anomalies if anomaly.detector == detector]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "markers",
                "name": text(detector),
                "x": utc_times([anomaly.start for anomaly in marked], report.width // 2),
                "y": [text(anomaly.metric) for anomaly in marked],
                "customdata": [drawable(anomaly.value) for anomaly in marked],
                "hoverinfo": "text",
                "hovertext": [
                    f"{text(source_name(a.version, a.stage))}<br>{text(a.metric)} "
                    f"<b>{number(a.value)}</b><br>{text(a.reason, 200)}"
                    for a in marked
                ],
                "marker": {"symbol": symbol(place), "color": color(place), "size": 9},
            }
        )
    return figure


# -- alerts --------------------------------------------------------------------------


def alert_states(report: MonitorReport) -> Any:
    """Draw the state of each alert, and since when its condition has held."""
    figure = empty_figure(f"{report.model}: alerts")
    for state, marker in STATES.items():
        outcomes = [s.outcome for s in report.alerts if s.outcome.state == state]
        names = [text(f"{source_name(o.version, o.stage)}: {o.rule}") for o in outcomes]
        since = [outcome.since or report.until for outcome in outcomes]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "markers",
                "name": state,
                "x": utc_times(since),
                "y": names,
                "customdata": [outcome.value for outcome in outcomes],
                "hoverinfo": "text",
                "hovertext": [text(outcome.text(), 200) for outcome in outcomes],
                "marker": {"symbol": marker, "color": STATE_COLORS[state], "size": 12},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [(report.until - time) / 1000 for time in since],  # milliseconds
                    "color": STATE_COLORS[state],
                    "width": 0,
                },
            }
        )
    return figure


# -- shared --------------------------------------------------------------------------


def _sources(report: MonitorReport) -> list[tuple[str, str]]:
    """Return every version and stage, in the order of the log, so that each keeps its color."""
    logged = [(row.version, row.stage) for row in report.logged]
    return list(dict.fromkeys([*logged, *((s.version, s.stage) for s in report.series)]))


def _thresholds(metrics: Sequence[str]) -> list[float]:
    """Return the threshold of a measure of drift such as ``psi(age)``."""
    names = {metric.partition("(")[0] for metric in metrics if "(" in metric}
    return [measure.threshold for measure in drift_measures() if measure.name in names]

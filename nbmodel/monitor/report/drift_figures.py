"""Figures of drift: a map of columns by windows, and the distribution of one column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.display import number
from nbmodel.figures.plotly_chart import BAD, GRAY, HEAT, color, empty_figure, text
from nbmodel.figures.scales import drawable
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import DriftFinding, drift_measures
from nbmodel.monitor.drift.references import ColumnReference
from nbmodel.monitor.quality.timeseries import VOLUME

if TYPE_CHECKING:
    from nbmodel.monitor.report.distribution import Distribution
    from nbmodel.monitor.report.result import MonitorReport

MAX_HEAT = 4  # the darkest color stands for this many times the threshold


def drift_map(report: MonitorReport, measure: str) -> Any:
    """Draw one measure of drift: columns by windows, for each version and stage.

    If there are several, the map above them shows the drift as served: each window is that of the
    version and stage that answered most rows. A cross marks the windows in which the column
    drifted. A large value without a cross may be due to chance.
    """
    findings = [finding for finding in report.findings if finding.measure == measure]
    sources = list(dict.fromkeys((f.version, f.stage) for f in findings))
    limit = next(m.threshold for m in drift_measures() if m.name == measure)
    maps = {
        source_name(*source): [f for f in findings if (f.version, f.stage) == source]
        for source in sources
    }
    if len(sources) > 1:
        maps = {"as served": _as_served(report, findings), **maps}
    figure = empty_figure(
        f"{report.model}: drift by {measure}, threshold {number(limit)}", len(maps),
        shared_xaxes=True, subplot_titles=[*map(text, maps)],
    )  # fmt: skip
    for row, group in enumerate(maps.values(), 1):
        for trace in _heat(group, limit, report.width):
            figure.add_trace(trace, row=row, col=1)
    figure.update_layout(coloraxis={"colorscale": HEAT, "cmin": 0, "cmax": MAX_HEAT * limit})
    return figure


def _as_served(report: MonitorReport, findings: Sequence[DriftFinding]) -> list[DriftFinding]:
    """Return the findings on the version and stage that answered most rows of each window."""
    most: dict[int, tuple[float, tuple[str, str]]] = {}
    for series in report.series:
        if series.metric == VOLUME:
            for start, rows in zip(series.times, series.values, strict=True):
                if rows > most.get(start, (0.0, ("", "")))[0]:
                    most[start] = (rows, (series.version, series.stage))
    return [f for f in findings if f.start in most and most[f.start][1] == (f.version, f.stage)]


def _heat(findings: Sequence[DriftFinding], limit: float, width: int) -> list[dict[str, Any]]:
    """Return the map, columns with the most drift at the top, and the crosses on it."""
    columns: dict[str, dict[int, DriftFinding]] = defaultdict(dict)
    for finding in findings:
        columns[finding.column][finding.start] = finding

    def badness(column: str) -> tuple[int, float]:
        cells = columns[column].values()
        return sum(cell.drifted for cell in cells), max(cell.value for cell in cells)

    names = sorted(columns, key=badness)  # plotly draws the last row at the top
    starts = sorted({finding.start for finding in findings})
    cells = [[columns[name].get(start) for start in starts] for name in names]
    drifted = [f for row in cells for f in row if f is not None and f.drifted]
    heat = {
        "type": "heatmap",
        "x": utc_times(starts, width // 2),
        "y": [text(name) for name in names],
        "z": [[None if cell is None else drawable(cell.value) for cell in row] for row in cells],
        "coloraxis": "coloraxis",
        "hoverinfo": "x+y+z",
    }
    crosses = {
        "type": "scatter",
        "mode": "markers",
        "name": "drift",
        "showlegend": False,
        "x": utc_times([finding.start for finding in drifted], width // 2),
        "y": [text(finding.column) for finding in drifted],
        "hoverinfo": "skip",
        "marker": {"symbol": "x", "size": 8, "color": "white", "line": {"width": 1, "color": BAD}},
    }
    return [heat, crosses]


def distribution_figure(distribution: Distribution) -> Any:
    """Draw the shares of a column's bins in the reference and in the window."""
    reference = distribution.reference
    names = [text(name) for name in bin_names(reference)]
    subject = source_name(distribution.version, distribution.stage)
    figure = empty_figure(f"{reference.name} of {subject}")
    current = windows.window_label(distribution.start, 1)
    for name, counts, tint, pattern in (
        ("reference", reference.counts, GRAY, "/"),
        (f"current, from {current}", distribution.counts, color(0), ""),
    ):
        figure.add_trace(
            {
                "type": "bar",
                "name": text(name),
                "x": names,
                "y": shares(counts),
                "customdata": list(counts),
                "marker": {"color": tint, "pattern": {"shape": pattern}},
            }
        )
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(barmode="group")
    return figure


def bin_names(reference: ColumnReference) -> list[str]:
    """Return what each count of a reference stands for."""
    if reference.kind == "category":
        return [*map(str, reference.values), "others"]
    edges = [number(edge) for edge in reference.edges]
    inner = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *inner, f"above {edges[-1]}"] if edges else ["every value"]


def shares(counts: Sequence[float]) -> list[float]:
    """Return counts as parts of their sum."""
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


# -- shared by all figures of a report -------------------------------------------------


def source_name(version: str, stage: str) -> str:
    """Return how a figure names a version that answered in a stage."""
    return f"{version} in {stage}" if stage else version


def utc_times(times: Sequence[int], shift: int = 0) -> Any:
    """Return times for plotly, in UTC, from microseconds since the epoch."""
    return (np.asarray(times, dtype="int64") + shift).astype("datetime64[us]")

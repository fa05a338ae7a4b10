"""Figures of an evaluation: lines through points, values with intervals, and a table of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbmodel.display import number
from nbmodel.figures.plotly_chart import GRAY, HEAT, color, empty_figure, symbol, text

MAX_ROWS = 60  # of a chart of intervals


class CurvePoints(NamedTuple):
    """The points of a line, in the order in which they are connected."""

    x: Sequence[float | None]
    y: Sequence[float | None]


class Interval(NamedTuple):
    """A value with the ends of its interval; None without one."""

    value: float
    low: float | None
    high: float | None


def line_chart(
    title: str,
    x_title: str,
    y_title: str,
    lines: Mapping[str, CurvePoints],
    *,
    diagonal: bool = False,
) -> Any:
    """Draw lines, each with its name, color and marker.

    Parameters
    ----------
    title, x_title, y_title : str
    lines : mapping of str to CurvePoints
    diagonal : bool
        Whether a line from 0, 0 to 1, 1 shows what chance alone, or a perfect calibration, gives.
    """
    figure = empty_figure(title)
    if diagonal:
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [0, 1],
                "y": [0, 1],
                "line": {"color": GRAY, "dash": "dash"},
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
    for place, (name, line) in enumerate(lines.items()):
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": text(name),
                "showlegend": len(lines) > 1,
                "x": list(line.x),
                "y": list(line.y),
                "line": {"color": color(place)},
                "marker": {"symbol": symbol(place), "size": 5},
            }
        )
    figure.update_xaxes(title_text=text(x_title))
    figure.update_yaxes(title_text=text(y_title))
    return figure


def interval_chart(title: str, x_title: str, rows: Mapping[str, Mapping[str, Interval]]) -> Any:
    """Draw values with their intervals, one row for each name; at most `MAX_ROWS`.

    Parameters
    ----------
    title, x_title : str
    rows : mapping of str to mapping of str to Interval
        The values of each row, by the name of the series.
    """
    figure = empty_figure(title)
    drawn = dict(list(rows.items())[:MAX_ROWS])
    series = list(dict.fromkeys(name for values in drawn.values() for name in values))
    for place, name in enumerate(series):
        points = {row: values[name] for row, values in drawn.items() if name in values}
        ends = [
            (p.value if p.low is None else p.low, p.value if p.high is None else p.high)
            for p in points.values()
        ]
        pairs = list(zip(points.values(), ends, strict=True))
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "markers",
                "name": text(name),
                "showlegend": len(series) > 1,
                "x": [p.value for p in points.values()],
                "y": [text(row) for row in points],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [high - p.value for p, (_, high) in pairs],
                    "arrayminus": [p.value - low for p, (low, _) in pairs],
                },
                "hoverinfo": "text",
                "hovertext": [
                    f"{text(row)} <b>{number(p.value)}</b> {number(low)} to {number(high)}"
                    for (row, p), (low, high) in zip(points.items(), ends, strict=True)
                ],
                "marker": {"color": color(place), "symbol": symbol(place), "size": 9},
            }
        )
    figure.update_xaxes(title_text=text(x_title))
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def count_table(title: str, names: Sequence[str], counts: Sequence[Sequence[float]]) -> Any:
    """Draw a confusion matrix: rows are the true classes, columns the predicted ones."""
    labels = [text(name) for name in names]
    figure = empty_figure(title)
    figure.add_trace(
        {
            "type": "heatmap",
            "x": labels,
            "y": labels,
            "z": [list(row) for row in counts],
            "text": [[number(count) for count in row] for row in counts],
            "texttemplate": "%{text}",
            "colorscale": HEAT,
            "hovertemplate": "actual %{y}, predicted %{x}: %{z}<extra></extra>",
        }
    )
    figure.update_xaxes(title_text="predicted", type="category")
    figure.update_yaxes(title_text="actual", type="category", autorange="reversed")
    return figure

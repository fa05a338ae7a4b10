"""The only module that imports plotly: an empty figure with colors, axes and safe texts.

Backgrounds are transparent and texts gray, so that a figure can be read on a light page and on a
dark one. Series differ by color and by marker, so that color alone never carries the meaning.
"""

from __future__ import annotations

from typing import Any

from nbmodel.display import cut, visible
from nbmodel.errors import ExtraMissing

# The colors of the panel: labextension/src/view/contents.css.
SERIES = ("#3f7ee0", "#e07b39", "#2f9e72", "#b4559f", "#b8902a", "#d4505f", "#3d9fb8", "#8576d4")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star", "hexagon")
BAD = "#d4505f"
GRAY = "#767676"  # contrast above 4 on white and on #111
GRID = "rgba(128, 128, 128, 0.25)"
HEAT = "Cividis"  # for color vision deficiencies: Nunez et al. (2018), PLoS ONE 13(7)
MAX_NAME = 60  # characters of a name in a chart

Shape = dict[str, Any]

# plotly reads some HTML in texts, and TeX between dollar signs.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})


def text(value: object, limit: int = MAX_NAME) -> str:
    """Return text that plotly shows unchanged: it has no markup, link or formula."""
    return cut(visible(value), limit).translate(_ENTITIES)


def color(position: int) -> str:
    """Return the color of a series by its position."""
    return SERIES[position % len(SERIES)]


def symbol(position: int) -> str:
    """Return the marker of a series by its position."""
    return SYMBOLS[position % len(SYMBOLS)]


def axes(row: int) -> tuple[str, str]:
    """Return the names of the axes of a subplot, by its row from 1."""
    suffix = "" if row == 1 else str(row)
    return f"x{suffix}", f"y{suffix}"


def vertical_line(position: object, row: int = 1) -> Shape:
    """Return a dotted line across the height of a subplot, for `update_layout`."""
    x, y = axes(row)
    return {
        "type": "line", "xref": x, "yref": f"{y} domain", "x0": position, "x1": position,
        "y0": 0, "y1": 1, "line": {"color": GRAY, "width": 1, "dash": "dot"},
    }  # fmt: skip


def horizontal_line(position: float, row: int = 1) -> Shape:
    """Return a dashed line across the width of a subplot, for `update_layout`."""
    x, y = axes(row)
    return {
        "type": "line", "xref": f"{x} domain", "yref": y, "x0": 0, "x1": 1,
        "y0": position, "y1": position, "line": {"color": BAD, "dash": "dash"},
    }  # fmt: skip


def empty_figure(title: str, rows: int = 1, columns: int = 1, **options: Any) -> Any:
    """Return a figure with styled axes and no data.

    Parameters
    ----------
    title : str
        Shown above the figure.
    rows, columns : int
        Number of subplots.
    **options
        Further arguments of `plotly.subplots.make_subplots`.

    Raises
    ------
    ExtraMissing
        If plotly is not installed.
    """
    try:
        from plotly import subplots
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "plotly":
            raise
        raise ExtraMissing("plotly", "plot", "A figure") from error
    figure = subplots.make_subplots(rows=rows, cols=columns, **options)
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRAY, "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(
        title={"text": text(title, 200)},
        font={"color": GRAY},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        colorway=list(SERIES),
        hovermode="closest",
        legend={"orientation": "h"},
    )
    return figure

"""From a figure of plotly or matplotlib to files. Neither package is imported here."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

from nbmodel.attachments.names import PLOTLY_SUFFIX
from nbmodel.errors import InvalidValue

MAX_SVG_BYTES = 256 << 10  # a larger SVG draws slowly, and its PNG shows the same
_DPI = 144  # dots per inch: sharp on a screen with two dots for each pixel


def files_of(name: str, figure: Any) -> dict[str, bytes]:
    """The files of a figure, by name.

    Parameters
    ----------
    name : str
    figure : object
        A figure of plotly or matplotlib, or an object that holds one: matplotlib's axes, a display
        of scikit-learn, a grid of seaborn.

    Raises
    ------
    InvalidValue
        If it is another object, or cannot be drawn.
    """
    writer, drawn = _writer_of(figure) or _holder_of(figure) or (None, None)
    if writer is None:
        raise InvalidValue(
            f"--figure {name}: {_type_of(figure)} is not a figure of plotly or matplotlib.",
            "Pass a figure of one of them. Save any other chart to a file, and attach that: "
            "--file chart.html.",
        )
    try:
        return writer(name, drawn)
    except Exception as error:  # drawing runs code of another package
        why = str(error).strip() or type(error).__name__
        raise InvalidValue(
            f"--figure {name}: it cannot be drawn: {why[:300]}",
            "Show the figure in a cell first, and correct it there.",
        ) from error


def _plotly(name: str, figure: Any) -> dict[str, bytes]:
    return {f"{name}{PLOTLY_SUFFIX}": figure.to_json().encode()}


def _matplotlib(name: str, figure: Any) -> dict[str, bytes]:
    image, drawing = io.BytesIO(), io.BytesIO()
    settings = sys.modules["matplotlib"].rc_context({"svg.hashsalt": name})
    with warnings.catch_warnings(), settings:
        warnings.simplefilter("ignore")  # of missing glyphs; the user has seen the figure
        figure.savefig(image, format="png", dpi=_DPI, bbox_inches="tight")
        # Without a date and with the salt, the same figure gives the same file.
        figure.savefig(drawing, format="svg", bbox_inches="tight", metadata={"Date": None})
    files = {f"{name}.png": image.getvalue()}
    if len(svg := drawing.getvalue()) <= MAX_SVG_BYTES:
        files[f"{name}.svg"] = svg
    return files


_Writer = Callable[[str, Any], dict[str, bytes]]
# By module and name of a class, or of one of its bases.
_WRITERS: dict[tuple[str, str], _Writer] = {
    ("plotly.basedatatypes", "BaseFigure"): _plotly,
    ("matplotlib.figure", "Figure"): _matplotlib,
}
_HOLDERS = ("figure", "figure_")  # attributes of axes and grids, and of scikit-learn's displays
_HOLDER_PACKAGES = ("matplotlib", "seaborn", "sklearn")


def _writer_of(figure: Any) -> tuple[_Writer, Any] | None:
    for base in type(figure).__mro__:
        writer = _WRITERS.get((base.__module__, base.__name__))
        if writer is not None:
            return writer, figure
    return None


def _holder_of(value: Any) -> tuple[_Writer, Any] | None:
    packages = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    if packages.isdisjoint(_HOLDER_PACKAGES):
        return None
    for name in _HOLDERS:
        writer = _writer_of(getattr(value, name, None))
        if writer is not None:
            return writer
    return None


def _type_of(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"

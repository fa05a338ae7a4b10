"""The graph of versions: which version each one was made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nbmodel.display import first_line
from nbmodel.figures.plotly_chart import GRAY, color, empty_figure, symbol, text
from nbmodel.records import VersionInfo


def lineage_graph(versions: Sequence[VersionInfo]) -> Any:
    """Draw versions, oldest first, with a row for each branch.

    A solid line leads from a parent to its child. A dotted line leads from a version to one that
    was made from it, such as an ensemble.
    """
    versions = sorted(versions, key=lambda version: version.time)
    figure = empty_figure("Lineage")
    position = {version.commit: index for index, version in enumerate(versions)}
    parents = [(parent, v.commit) for v in versions for parent in v.parents]
    uses = [(use.commit, v.commit) for v in versions for use in v.uses]
    for name, dash, edges in (("parent", "solid", parents), ("made from", "dot", uses)):
        visible_edges = [(a, b) for a, b in edges if a in position and b in position]
        if visible_edges:
            figure.add_trace(
                _edges(versions, [(position[a], position[b]) for a, b in visible_edges], name)
            )
            figure.data[-1].line.dash = dash
    for place, branch in enumerate(dict.fromkeys(map(_branch, versions))):
        branch_versions = [version for version in versions if _branch(version) == branch]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "markers",
                "name": text(branch),
                "x": [position[version.commit] for version in branch_versions],
                "y": [text(branch)] * len(branch_versions),
                "customdata": [version.ref for version in branch_versions],
                "hoverinfo": "text",
                "hovertext": [
                    f"<b>{text(v.ref)}</b><br>{text(first_line(v.message))}"
                    for v in branch_versions
                ],
                "marker": {"symbol": symbol(place), "color": color(place), "size": 11},
            }
        )
    figure.update_xaxes(visible=False)
    return figure


def _branch(version: VersionInfo) -> str:
    return f"{version.model}:{version.branch}"


def _edges(
    versions: Sequence[VersionInfo], pairs: Iterable[tuple[int, int]], name: str
) -> dict[str, Any]:
    """Return lines between pairs of versions; None separates them."""
    x: list[int | None] = []
    y: list[str | None] = []
    for start, end in pairs:
        x += [start, end, None]
        y += [text(_branch(versions[start])), text(_branch(versions[end])), None]
    line = {"color": GRAY, "width": 1}
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": line,
        "hoverinfo": "skip",
    }  # fmt: skip

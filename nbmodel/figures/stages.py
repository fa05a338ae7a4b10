"""Which version held each stage, as bars over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nbmodel.display import first_line
from nbmodel.figures.plotly_chart import color, empty_figure, text
from nbmodel.records import StageMove

# Fills that differ without color, by the position of a version.
PATTERNS = ("", "/", "x", "-", "|", "+", ".", "\\")


def stage_bars(
    model: str,
    spans: Sequence[tuple[StageMove, int | None]],
    names: Mapping[str, str],
    now: int,
) -> Any:
    """Draw a row for each stage, and a bar for each time in which a version held it.

    Parameters
    ----------
    model : str
    spans : sequence of (StageMove, int or None)
        The move that began each span, and its end in seconds since the epoch. None means that the
        version still holds the stage.
    names : mapping of str to str
        References of the versions, by commit id.
    now : int
        Where a bar without an end stops, in seconds since the epoch.
    """
    figure = empty_figure(f"Stages of {model}")
    for position, commit in enumerate(dict.fromkeys(move.commit for move, _ in spans)):
        periods = [(move, end) for move, end in spans if move.commit == commit]
        name = text(names.get(commit) or commit[:7])
        figure.add_trace(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "base": _times(move.time for move, _ in periods),
                "x": [1000 * max((end or now) - move.time, 1) for move, end in periods],
                "y": [text(move.stage) for move, _ in periods],
                "text": [name] * len(periods),
                "hoverinfo": "text",
                "hovertext": [_hover(name, move) for move, _ in periods],
                "marker": {
                    "color": color(position),
                    "pattern": {"shape": PATTERNS[position % len(PATTERNS)]},
                },
            }
        )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(type="date", title="time (UTC)")
    return figure


def _times(seconds: Iterable[int]) -> list[datetime]:
    return [datetime.fromtimestamp(each, UTC).replace(tzinfo=None) for each in seconds]


def _hover(name: str, move: StageMove) -> str:
    reason = text(first_line(move.message))
    return "<br>".join(filter(None, [f"<b>{name}</b>", text(move.author.name), reason]))

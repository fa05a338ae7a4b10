"""What a notebook shows of a widget that has no kernel: HTML and text with the same facts.

Git hosts, nbviewer, nbconvert and editors without a channel for widgets show the HTML. It has no
scripts and no links. It has at most `MAX_HTML_BYTES`, because the file of the notebook contains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbmodel.display import Table, cut, escaped, first_line, metrics, moment, styled

# With this type, JupyterLab shows the HTML while the widget of a saved notebook has no kernel: see
# labextension/src/lab/savedOutput.ts.
SAVED_OUTPUT_MIME = "application/vnd.nbmodel.widget+json"
MAX_HTML_BYTES = 100_000
MAX_TEXT_CHARACTERS = 8000  # in place of HTML that is too large; escaped, at most ten times as many
MAX_ROWS = 20  # of versions, and of stages
MAX_CELL_CHARACTERS = 120
NOTE = "This is the state when the output was saved. Run the cell again to see the current state."

Json = Mapping[str, Any]
Section = tuple[str, Table | str]  # a title, and a table or a remark below it


def bounded(html: str, text: str) -> str:
    """Return HTML with styles and a note; if it is too large, the beginning of the text instead."""
    note = f'<div class="dim">{escaped(NOTE)}</div>'
    view = styled(f"{html}{note}")
    if len(view.encode()) <= MAX_HTML_BYTES:
        return view
    return styled(f"<pre>{escaped(cut(text, MAX_TEXT_CHARACTERS))}</pre>{note}")


def text_of(sections: Sequence[Section]) -> str:
    """Return sections as text."""
    parts = [
        part if isinstance(part, str) else part.text() for pair in sections for part in pair if part
    ]
    return "\n".join(parts)


def html_of(sections: Sequence[Section]) -> str:
    """Return sections as HTML."""
    return "".join(
        (f"<h4>{escaped(title)}</h4>" if title else "")
        + (f'<div class="dim">{escaped(part)}</div>' if isinstance(part, str) else part.html())
        for title, part in sections
    )


def registry_sections(initial: Json, home: Json) -> list[Section]:
    """Return what a panel of a registry shows first: stages, and the first rows.

    Parameters
    ----------
    initial : mapping
        The answers ``registry`` and ``rows`` of `nbmodel.views`.
    home : mapping
        The answer ``home``.
    """
    registry, page = initial["registry"], initial["rows"]
    head = f"registry {registry['name']}  {registry['models']} models"
    versions = page["rows"][:MAX_ROWS]
    if not versions:
        return [(head, registry["hint"] or "no versions")]
    sections: list[Section] = []
    tiles = home["tiles"][:MAX_ROWS]
    if tiles:
        sections.append((head, _stages(tiles)))
        sections += _more(home["total"] - len(tiles))
    sections.append(("versions" if tiles else head, _versions(versions)))
    return [*sections, *_more(page["total"] - len(versions))]


def _more(count: int) -> list[Section]:
    return [("", f"... {count} more")] if count > 0 else []


def _stages(tiles: Sequence[Json]) -> Table:
    rows = [
        (
            tile["stage"],
            tile["row"]["ref"],
            moment(tile["since"]),
            tile["author"],
            first_line(tile["message"]),
            _metric(tile["metric"]),
        )
        for tile in tiles
    ]
    return _table(("stage", "version", "since", "by", "why", "metric"), rows, "stage")


def _metric(metric: Json | None) -> str:
    if metric is None:
        return ""
    value = metrics([(metric["name"], float(metric["value"]))])
    if metric["before"] is None:
        return value
    return f"{value}, before: {metrics([('', float(metric['before']))]).strip()}"


def _versions(rows: Sequence[Json]) -> Table:
    cells = [
        (
            row["ref"],
            " ".join([*row["stages"], *row["releases"]]),
            metrics((name, float(value)) for name, value in row["metrics"]),
            moment(row["time"]),
            row["author"],
            first_line(row["message"]),
        )
        for row in rows
    ]
    return _table(("version", "labels", "metrics", "date", "author", "message"), cells, "labels")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], labels: str) -> Table:
    cells = [[cut(cell, MAX_CELL_CHARACTERS) for cell in row] for row in rows]
    return Table(headings, cells, labels=frozenset({labels}))

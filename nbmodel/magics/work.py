"""``%%model_work``: a cell that is run by whoever works, and left out for whoever only looks.

One notebook can so be both: the one that trains and serves, and the dashboard of what came of
it. The line is taken off before IPython sees the cell: what follows is a cell like any other,
with its own output, errors and history.
"""

from __future__ import annotations

from nbmodel.config import NbModel

MARK = "%%model_work"


def without_mark(lines: list[str]) -> list[str]:
    """A cell's lines without the mark; none of them under Voilà, and where all is read-only."""
    if not lines or lines[0].strip() != MARK:
        return lines
    return [] if NbModel.instance().refuses_changes() else lines[1:]

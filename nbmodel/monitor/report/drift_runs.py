"""Since when columns have drifted without a break."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding


def drifted_columns(findings: Iterable[DriftFinding]) -> list[str]:
    """Return the columns that drifted, first those by most measures."""
    counts = Counter(finding.column for finding in findings if finding.drifted)
    return [column for column, _ in counts.most_common()]


def run_starts(findings: Iterable[DriftFinding], columns: Sequence[str]) -> dict[str, int]:
    """Return the first window of the run of drift that ends in the last window of each column.

    A window with too few rows neither continues nor ends a run.

    Parameters
    ----------
    findings : iterable of DriftFinding
        Of one version in one stage.
    columns : sequence of str
        Columns that drifted in their last window.

    Returns
    -------
    dict of str to int
        By column, microseconds since the epoch.
    """
    windows: dict[str, dict[int, bool]] = defaultdict(dict)
    for finding in findings:
        if finding.rows >= MIN_WINDOW_ROWS:
            before = windows[finding.column].get(finding.start, False)
            windows[finding.column][finding.start] = before or finding.drifted
    starts = {}
    for column in columns:
        for start in sorted(windows[column], reverse=True):
            if not windows[column][start]:
                break
            starts[column] = start
    return starts

"""The first window of a version: found in any log, and counted once."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from nbmodel.monitor.common import windows
from nbmodel.monitor.drift import first_window as module
from nbmodel.monitor.drift.first_window import MIN_FIRST_ROWS, first_window, note_days
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.monitor.conftest import DAY, HOUR, START, entry


def put(root, rows):
    """Log some rows: (day, hour, version, count)."""
    with PredictionLog(root, "churn", LogSettings(write_interval_s=60)) as log:
        for day, hour, version, count in rows:
            log.put(
                entry(
                    id=[f"{day}-{hour}-{version}-{n}" for n in range(count)],
                    inputs=np.ones((count, 2)), outputs=np.ones(count), version=version,
                    time=np.full(count, START + day * DAY + hour * HOUR), latency=np.ones(count),
                )
            )  # fmt: skip
            assert log.flush()


def found(root, version, width):
    return first_window(root, "churn", version, width, list_parts(root, "churn", parts.PREDICTIONS))


def expected(rows, version, width):
    counts = defaultdict(int)
    for day, hour, each, count in rows:
        if each == version:
            counts[windows.window_start(START + day * DAY + hour * HOUR, width)] += count
    return min((start for start, count in counts.items() if count >= MIN_FIRST_ROWS), default=None)


@pytest.mark.parametrize("width", [HOUR, 7 * HOUR, DAY, 3 * DAY, 7 * DAY])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_first_one_of_all_windows_in_any_log(root, seed, width):
    rng = np.random.default_rng(seed)
    rows = [
        (int(day), int(rng.integers(24)), f"churn@{rng.integers(1, 4)}", int(rng.integers(1, 120)))
        for day in rng.choice(90, 30)
    ]
    put(root, rows)
    for version in ("churn@1", "churn@2", "churn@3", "churn@4"):
        assert found(root, version, width) == expected(rows, version, width)


def test_days_are_read_again_only_if_their_parts_change(root, monkeypatch):
    put(root, [(day, 1, "churn@1", 5) for day in range(30)])
    reads = []
    real = module.open_log
    monkeypatch.setattr(module, "open_log", lambda *a, **k: reads.append(k) or real(*a, **k))
    assert found(root, "churn@1", DAY) is None
    reads.clear()
    assert found(root, "churn@1", DAY) is None
    assert found(root, "churn@2", DAY) is None
    assert reads == []
    put(root, [(12, 2, "churn@1", 195)])
    assert found(root, "churn@1", DAY) == START + 12 * DAY
    assert [(k["since"], k["until"]) for k in reads] == [(START + 12 * DAY, START + 13 * DAY)]


def test_rows_that_were_read_for_something_else_are_remembered(root, monkeypatch):
    rows = [(day, 1, "churn@1", 5 if day < 20 else 250) for day in range(24)]
    put(root, rows)
    listed = list_parts(root, "churn", parts.PREDICTIONS)
    with open_log(root, "churn", until=START + 23 * DAY) as log:
        note_days(root, "churn", DAY, listed, log.windows(DAY), START + 23 * DAY)
    monkeypatch.delattr(module, "open_log")
    assert found(root, "churn@1", DAY) == START + 20 * DAY


def test_parts_without_a_date_are_read_as_a_whole(root):
    put(root, [(day, 1, "churn@1", 50) for day in range(3)] + [(5, 1, "churn@1", 250)])
    folder = root / parts.folder_of("churn", parts.PREDICTIONS)
    for path in sorted(folder.glob("date=*/*.parquet"))[:1]:
        path.rename(folder / path.name)
    assert found(root, "churn@1", DAY) == START + 5 * DAY
    assert found(root, "churn@1", 7 * DAY) == START

"""When versions start to answer, computed from the log alone."""

from __future__ import annotations

import pytest

from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.writer import PredictionLog
from nbmodel.monitor.quality.rollouts import version_starts
from tests.monitor.conftest import DAY, HOUR, START, entry


@pytest.fixture
def served(root):
    """Versions of prod by day: 1, 1, 2, none, 2, 1 and 2, 1; of test: 3 on the last."""
    days = [[1], [1], [2], [], [2], [1, 2], [1]]
    with PredictionLog(root, "churn") as writing:
        for day, versions in enumerate(days):
            for version in versions:
                for hour in (9 + version, 20):
                    time, number = START + day * DAY + hour * HOUR, day * 100 + version * 10 + hour
                    writing.put(entry(number, time=time, version=f"churn@{version}"))
        writing.put(entry(1, time=START + 6 * DAY, version="churn@3", stage="test"))
    return root


def starts(root, since=None, until=None, width=DAY):
    with open_log(root, "churn", since=since, until=until) as log:
        return [
            (start.version[-1], start.stage, (start.time - START) / DAY)
            for start in version_starts(log, width, since)
        ]


def test_a_version_starts_where_the_window_before_has_none_of_its_rows(served):
    assert starts(served) == [
        ("1", "prod", 10 / 24),
        ("2", "prod", 2 + 11 / 24),
        ("1", "prod", 5 + 10 / 24),
        ("3", "test", 6.0),
    ]


def test_the_start_of_the_time_range_is_not_a_version_start(served):
    assert starts(served, since=START + DAY) == starts(served)[1:]
    assert starts(served, since=START + 2 * DAY + 15 * HOUR) == starts(served)[2:]
    assert starts(served, since=START + 4 * DAY) == starts(served)[2:]
    assert starts(served, since=START + 5 * DAY, until=START + 6 * DAY) == starts(served)[2:3]
    assert starts(served, since=START) == starts(served)


def test_shorter_windows_show_more_starts(served):
    assert [start for start in starts(served, width=6 * HOUR) if start[1] == "test"] == [
        ("3", "test", 6.0)
    ]
    assert len(starts(served, width=HOUR)) > len(starts(served))


def test_an_empty_log_has_no_version_starts(root):
    assert starts(root) == starts(root, since=START) == []

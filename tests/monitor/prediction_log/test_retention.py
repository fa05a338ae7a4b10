"""Old parts are removed, by age and by size."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from nbmodel.monitor.prediction_log.retention import prune
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.storage import open_storage
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.monitor.conftest import DAY, START, entry, query_log

FOLDER = "model=churn/kind=predictions/date=2026-03-04"
NOW = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.fixture
def ten_days(root):
    with PredictionLog(root, "churn") as log:
        for day in range(10):
            log.put(entry(day, time=START + day * DAY))
            log.label([f"r{day}"], [1], START + day * DAY)
    with PredictionLog(root, "other") as log:
        log.put(entry(0))
    return open_storage(root)


def left(root):
    return [row[0] for row in query_log(root, "SELECT id FROM predictions ORDER BY id")[0]]


def test_old_parts_are_removed(root, ten_days):
    done = prune(ten_days, "churn", days=3, now=NOW)
    assert left(root) == ["r6", "r7", "r8", "r9"]
    assert len(done.removed_parts) == 12
    assert "12 parts removed" in str(done)
    assert query_log(root, "SELECT count(*) FROM predictions", "other")[0] == [(1,)]


def test_the_oldest_parts_are_removed_first_to_meet_a_size(root, ten_days):
    total = sum(part.size for part in ten_days.parts("model=churn"))
    done = prune(ten_days, "churn", size=total // 2, now=NOW)
    assert done.remaining_bytes <= total // 2
    assert left(root) == [f"r{day}" for day in range(10 - len(left(root)), 10)]
    assert 3 <= len(left(root)) <= 6


def test_a_clock_set_back_removes_nothing(root, ten_days):
    assert prune(ten_days, "churn", days=1, now=NOW - timedelta(days=4000)).removed_parts == ()
    assert len(left(root)) == 10


def test_files_that_are_not_parts_remain(root, ten_days):
    stranger = root / "model=churn" / "notes.txt"
    stranger.write_text("mine")
    prune(ten_days, "churn", size=1)
    assert stranger.read_text() == "mine"
    assert left(root) == []


def test_temporary_files_of_killed_writers_are_removed_after_a_day(root, ten_days):
    folder = root / FOLDER
    old, new = folder / ".part-1-a-1-1.parquet.tmp", folder / ".part-2-a-1-1.parquet.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    prune(ten_days, "churn")
    assert not old.exists()
    assert new.exists()
    assert len(left(root)) == 10


def test_a_log_at_a_url_is_pruned_too():
    url = "memory://monitor-prune/log"
    with PredictionLog(url, "churn") as log:
        for day in range(3):
            log.put(entry(day, time=START + day * DAY))
    place = open_storage(url)
    place.files.pipe_file(f"{place.root}/{FOLDER}/.part-9-a-1-1.parquet.tmp", b"half")
    assert len(prune(place, "churn", days=7.5, now=NOW).removed_parts) == 2
    assert left(url) == ["r2"]
    assert len(place.files.find(place.root)) == 2  # what may still be written is left alone


def test_a_log_prunes_itself(root, ten_days):
    with PredictionLog(root, "churn", LogSettings(keep_days=1.0)) as log:
        log.put(entry(99, time=4 * 10**15))  # some hundred years from now
        assert log.flush()
    assert left(root) == ["r99"]

"""Windows start at full units of the clock, in Python as in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import sql, windows
from nbmodel.monitor.common.windows import UNITS

NOW = datetime(2026, 3, 12, 15, 30, tzinfo=UTC)


@settings(deadline=None)
@given(
    time=st.integers(-2_000_000_000_000_000, 4_000_000_000_000_000),
    width=st.sampled_from([*UNITS.values(), 7 * UNITS["s"], 2 * UNITS["w"], 90 * UNITS["m"]]),
)
def test_windows_in_sql_equal_those_in_python(time, width):
    start = windows.window_start(time, width)
    assert start <= time < start + width
    query_log = f"SELECT {sql.window_start('t', width)} FROM (SELECT make_timestamp({time}) AS t)"
    assert duckdb.connect().execute(query_log).fetchall() == [(start,)]


def test_weeks_start_on_monday():
    start = windows.window_start(windows.microseconds(NOW), UNITS["w"])
    assert windows.to_datetime(start) == datetime(2026, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("2 d", 172_800), ("1w", 604_800)],
)
def test_durations(text, seconds):
    assert windows.parse_duration(text) == seconds * 1_000_000


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1y", "1.5h", "1h1m", "9" * 20 + "d"])
def test_invalid_durations_are_refused(text):
    with pytest.raises(InvalidValue):
        windows.parse_duration(text)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=-5))),
         datetime(2026, 3, 1, 5, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times_and_ages(given_, wanted):
    assert windows.to_datetime(windows.parse_time(given_, NOW)) == wanted


def test_invalid_times_are_refused():
    with pytest.raises(InvalidValue, match="Write 7d"):
        windows.parse_time("yesterday", NOW)


def test_window_labels():
    assert windows.window_label(windows.microseconds(NOW), UNITS["h"]) == "2026-03-12 15:30"
    assert windows.window_label(windows.microseconds(NOW), UNITS["d"]) == "2026-03-12"


@pytest.mark.parametrize(
    ("span", "rows", "length"),
    [
        ("1h", 100_000, "5m"),
        ("5m", 100_000, "1m"),
        ("3h", 100_000, "15m"),
        ("1d", 100_000, "1h"),
        ("3d", 100_000, "6h"),
        ("20d", 100_000, "1d"),
        ("52w", 100_000, "1d"),
        ("200w", 100_000, "1w"),
        ("2000w", 100_000, "4w"),
        ("1h", 400, "15m"),  # a hundred rows each; of five minutes they would be too few
        ("1h", 120, "1h"),
        ("1h", 60, "6h"),
        ("20d", 60, "1d"),
    ],
)
def test_windows_fit_the_log(span, rows, length):
    assert windows.fitting_window(windows.parse_duration(span), rows, 50) == length


def test_a_log_of_one_moment_is_one_window():
    assert windows.fitting_window(0, 1000, 50) == "1m"

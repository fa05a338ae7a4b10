"""A log in many small parts, which is stored when it is opened: the same answers, read once."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log import log_views, part_damage
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import WINDOW_COLUMNS, open_log
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.monitor.conftest import DAY, HOUR, START, entry

DAYS = 24
EVERYTHING = "SELECT * FROM predictions ORDER BY time, id"


@pytest.fixture
def days(root):
    """A part for each of many days: three rows of two versions, with a text and a missing value."""
    with PredictionLog(root, "churn", LogSettings(write_interval_s=60)) as log:
        for day in range(DAYS):
            for number in range(3):
                values = {
                    "age": np.array([float(day)]),
                    "city": np.array([None if number else "Köln"]),
                }
                log.put(
                    entry(
                        id=f"{day}-{number}", inputs=values, names=(),
                        time=START + day * DAY + number * HOUR,
                        version=f"churn@{1 + day // 20}",
                    )
                )  # fmt: skip
            assert log.flush()
    return sorted(root.rglob("*.parquet"))


def read(root, **options):
    with open_log(root, "churn", **options) as log:
        return log.rows(EVERYTHING), log.windows(DAY), log.contents(), log.columns, log.warnings


@pytest.mark.parametrize(
    "bounds", [{}, {"since": START + 2 * DAY + HOUR, "until": START + 20 * DAY}]
)
def test_a_stored_log_has_the_rows_and_types_of_its_parts(root, days, monkeypatch, bounds):
    stored = read(root, **bounds)
    monkeypatch.setattr(log_views, "MIN_STORED_PARTS", DAYS + 1)
    assert stored == read(root, **bounds)
    assert len(stored[0]) == (3 * DAYS if not bounds else 2 + 3 * 17)


def test_many_rows_are_not_stored(root, days, monkeypatch):
    stored = read(root)
    monkeypatch.setattr(log_views, "MAX_STORED_ROWS", 3 * DAYS - 1)
    with open_log(root, "churn") as log:
        for part in days:
            part.unlink()
        assert log.rows("SELECT count(*) FROM predictions") == [(0,)]  # a view over no parts
    assert len(stored[0]) == 3 * DAYS


def test_only_some_columns_are_read_and_no_labels(root, days):
    with open_log(root, "churn", only=WINDOW_COLUMNS, labels=False) as log:
        assert {"in.age", "in.city", "out.predict"}.isdisjoint(log.columns)
        windows, contents = log.windows(DAY), log.contents()
    assert (windows, contents) == read(root)[1:3]


@pytest.mark.parametrize("number", [0, DAYS // 2, DAYS - 1])
def test_the_part_that_the_error_names_is_examined_alone(root, days, monkeypatch, number):
    days[number].write_bytes(b"PAR1" + bytes(2000) + b"PAR1")
    examined = []
    real = part_damage.problem

    def problem(connection, storage, part):
        examined.append(part.path)
        return real(connection, storage, part)

    monkeypatch.setattr(part_damage, "problem", problem)
    with open_log(root, "churn") as log:
        assert log.rows("SELECT count(*) FROM predictions") == [(3 * (DAYS - 1),)]
        (skipped,) = log.skipped
    assert days[number] == root / skipped.path
    assert examined == [skipped.path]


def test_several_damaged_parts_are_all_skipped(root, days):
    broken = [days[2], days[5], days[11], days[17], days[18], days[20]]
    for path in broken:
        path.write_bytes(b"")
    rows, *_, warnings = read(root)
    assert len(rows) == 3 * (DAYS - len(broken))
    assert sorted(warnings) == sorted(
        f"{path.relative_to(root)} was skipped: it is not a complete Parquet file. "
        "Restore it from a copy, or delete it."
        for path in broken
    )
    shutil.copy(days[0], broken[0])  # repaired: what is known of a part ends with the part
    assert len(read(root)[0]) == 3 * (DAYS - len(broken) + 1)


@pytest.mark.parametrize(
    "place",
    ["model=churn", "model=churn/kind=labels", "model=churn/kind=predictions/date=2026-03-05"],
)
def test_a_file_in_place_of_a_folder_is_named(root, days, place):
    path = root / place
    shutil.rmtree(path, ignore_errors=True)
    path.write_text("a file")
    with pytest.raises(InvalidValue) as caught:
        list_parts(root, "churn")
    assert f"The log of churn cannot be read: {place} is not a folder." in str(caught.value)

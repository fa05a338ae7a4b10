"""A log with damage, gaps, foreign files, and changes while it is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.monitor.conftest import COMMIT, DAY, START, entry, query_log

FOLDER = "model=churn/kind=predictions/date=2026-03-02"


@pytest.fixture
def three(root):
    """Three parts of ten rows."""
    with PredictionLog(root, "churn", LogSettings(write_interval_s=60)) as log:
        for number in range(30):
            log.put(entry(number))
            if number % 10 == 9:
                assert log.flush()
    return sorted((root / FOLDER).glob("*.parquet"))


def cut(path):
    os.truncate(path, path.stat().st_size - 7)


def emptied(path):
    path.write_bytes(b"")


def garbage(path):
    path.write_bytes(b"PAR1" + os.urandom(2000) + b"PAR1")


def torn(path):
    """The footer is there, the pages are not."""
    data = bytearray(path.read_bytes())
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    data[4:footer] = bytes(footer - 4)
    path.write_bytes(data)


def another(path):
    pq.write_table(pa.table({"some": [1], "time": ["noon"]}), path)


@pytest.mark.parametrize("damage", [cut, emptied, garbage, torn, another])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_damaged_part_is_skipped_and_named(root, three, damage, number):
    damage(three[number])
    query = 'SELECT count(*), count(id), count("in.age"), sum("out.predict") FROM predictions'
    rows, warnings = query_log(root, query)
    assert rows[0][:3] == (20, 20, 20)
    assert len(warnings) == 1
    assert three[number].name in warnings[0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_part_whose_statistics_contradict_its_rows_is_skipped(root, three, number):
    """DuckDB leaves out the condition on times, because the footer says that all fulfil it."""
    table = pq.ParquetFile(three[number]).read()
    pq.write_table(table, three[number], compression="none", use_dictionary=False)
    column = (
        pq.ParquetFile(three[number]).metadata.row_group(0).column(table.column_names.index("time"))
    )
    data = bytearray(three[number].read_bytes())
    all_there = b"\x02\0\0\0" + bytes([2 * len(table), 1])  # levels: one run of the value 1
    place = data.index(all_there, column.data_page_offset)
    assert place < column.data_page_offset + column.total_compressed_size
    data[place + len(all_there) - 1] = 0  # all are null
    three[number].write_bytes(data)
    assert pq.ParquetFile(three[number]).read().column("time").null_count == len(table)
    with open_log(root, "churn") as log:
        (version,) = log.contents()
        assert version.rows == 20
        (warning,) = log.warnings
    assert three[number].name in warning
    assert "its rows contradict its statistics" in warning


def test_a_log_of_damaged_parts_is_empty(root, three):
    for path in three:
        cut(path)
    rows, warnings = query_log(root, "SELECT count(*) FROM predictions")
    assert rows == [(0,)]
    assert len(warnings) == 3


def test_a_missing_log_is_empty(root):
    with open_log(root, "churn") as log:
        assert log.contents() == []
        assert log.unknown_labels() == 0
        assert log.rows("SELECT count(*) FROM predictions") == [(0,)]


def test_a_part_that_is_being_written_is_not_read(root, three):
    (root / FOLDER / ".part-1-a-1-1.parquet.tmp").write_bytes(b"half")
    rows, warnings = query_log(root, "SELECT count(*) FROM predictions")
    assert (rows, warnings) == ([(30,)], [])


def test_a_part_that_is_removed_while_it_is_read_is_not_an_error(root, three):
    with open_log(root, "churn") as log:
        three[0].unlink()
        assert log.rows("SELECT count(*) FROM predictions") == [(20,)]
        assert log.warnings == []


def test_an_interrupted_merge_repeats_no_row(root, three):
    merged = root / FOLDER / "part-00000000000000009-abcdef01-1-000009-m1.parquet"
    tables = [pq.ParquetFile(path).read() for path in three[:2]]
    pq.write_table(pa.concat_tables(tables), merged)
    listed = Path(f"{merged}.replaces")
    listed.write_text(str([path.name for path in three[:2]]).replace("'", '"'))
    assert query_log(root, "SELECT count(*), count(DISTINCT id) FROM predictions")[0] == [(30, 30)]
    merged.unlink()  # killed before the part got its name: the list alone means nothing
    assert query_log(root, "SELECT count(*), count(DISTINCT id) FROM predictions")[0] == [(30, 30)]


def test_only_the_time_range_is_read(root):
    with PredictionLog(root, "churn") as log:
        for day in range(5):
            log.put(entry(day, time=START + day * DAY))
    with open_log(root, "churn", since=START + DAY, until=START + 3 * DAY) as log:
        assert [row[0] for row in log.rows("SELECT id FROM predictions ORDER BY id")] == [
            "r1",
            "r2",
        ]


def test_contents_list_versions_and_stages(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0))
        log.put(entry(1, stage="canary", version="churn@2"))
        log.put(entry(2))
    with open_log(root, "churn") as log:
        first, second = log.contents()
    assert (first.version, first.commit, first.stage, first.rows) == ("churn@1", COMMIT, "prod", 2)
    assert (first.first, first.last) == (START, START + 2)
    assert second.stage == "canary"


def test_a_part_of_another_tool_with_fewer_columns_is_read(root, three):
    table = pa.table({"id": ["x"], "time": pa.array([START], pa.timestamp("us")), "in.age": [1.5]})
    pq.write_table(table, root / FOLDER / "spark-0.parquet")
    rows, warnings = query_log(
        root, "SELECT version, stage, \"in.age\" FROM predictions WHERE id = 'x'"
    )
    assert (rows, warnings) == ([("", "", 1.5)], [])


def test_hostile_names_of_columns_and_folders(tmp_path):
    root = tmp_path / 'it\'s "here"; --'
    name = "a\"b'c; DROP VIEW predictions --"
    with PredictionLog(root, "churn") as log:
        log.put(entry(1, names=(name, "b")))
    quoted = name.replace('"', '""')
    assert query_log(root, f'SELECT "in.{quoted}" FROM predictions')[0] == [(1.0,)]


def test_too_little_memory_is_an_error_not_a_crash(root):
    with PredictionLog(root, "churn") as log:
        rows = 50_000
        log.put(entry(id="big", inputs=np.zeros((rows, 2)), outputs=np.zeros(rows)))
        assert log.flush()
    with (
        open_log(root, "churn", memory="2MB", threads=1) as log,
        pytest.raises(InvalidValue, match="more memory than it may use"),
    ):
        log.rows("SELECT list(id ORDER BY random()) FROM predictions")
    with pytest.raises(InvalidValue), open_log(root, "churn", memory="plenty"):
        pass


TIMES = {
    "none": (pa.timestamp("us", "UTC"), None),
    "infinity": (pa.timestamp("us", "UTC"), (1 << 63) - 1),
    "minus infinity": (pa.timestamp("us"), -(1 << 63) + 1),
    "a year that no date has": (pa.timestamp("us", "UTC"), 10**18),
    "nanoseconds": (pa.timestamp("ns"), None),
}


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("kind", ["predictions", "labels"])
def test_rows_with_an_impossible_time_are_in_no_window(root, three, kind, name):
    """Found by `tests/fuzzing`: the contents of a log are sorted by time."""
    dtype, time = TIMES[name]
    table = pa.table({"id": ["x", "y"], "time": pa.array([time, 0], dtype)})
    folder = root / FOLDER.replace("kind=predictions", f"kind={kind}")
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "part-1.parquet")
    with open_log(root, "churn") as log:
        assert sum(group.rows for group in log.contents()) == (31 if kind == "predictions" else 30)
        assert log.rows(f"SELECT id FROM {kind} WHERE id IN ('x', 'y')") == [("y",)]
        assert log.warnings == []

"""Requests that are recorded one at a time are logged like entries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nbmodel.monitor.prediction_log.entries import Entry
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.streams import BLOCK_ROWS, ScoredRequest, Stream, stream_tables
from nbmodel.monitor.prediction_log.writer import PredictionLog

DAY = 86_400_000_000
START = 19_000 * DAY
NAMES = ("age", "city")
PLAIN = Stream(version="churn@1", commit="a" * 40, stage="prod", names=NAMES)
BARE = Stream(version="churn@3", commit="c" * 40)
CHANCES = Stream(
    version="churn@2", commit="b" * 40, method="predict_proba", names=NAMES, classes=("no", "yes")
)


def entry(scored: ScoredRequest) -> Entry:
    stream = scored.stream
    return Entry(
        id=scored.id,
        inputs=scored.inputs,
        outputs=scored.outputs,
        version=stream.version,
        commit=stream.commit,
        time=scored.time,
        stage=stream.stage,
        method=stream.method,
        latency=scored.latency,
        names=stream.names,
        classes=stream.classes,
    )


def rows_of(items, settings=None):
    rows = []
    for day, table in stream_tables(items, settings or LogSettings()):
        rows += [{"day": day} | row for row in table.to_pylist()]
    return sorted(rows, key=lambda row: (row["time"], row["id"]))


def matrix(*rows):
    return np.array(rows, dtype=float)


MIXED = [
    ScoredRequest(PLAIN, "one", matrix([1, 2]), np.array([0]), START + 5, 0.1),
    ScoredRequest(PLAIN, "two", matrix([3, np.nan], [5, 6]), np.array([1, 0]), START + 6, 0.2),
    ScoredRequest(PLAIN, "next day", matrix([7, 8]), np.array([1]), START + DAY, 0.3),
    ScoredRequest(PLAIN, "before 1970", matrix([7, 8]), np.array([1]), -1, 0.3),
    ScoredRequest(CHANCES, "chances", matrix([9, 9]), matrix([0.25, 0.75]), START + 7, 0.4),
    ScoredRequest(BARE, "wider", matrix([1, 2, 3]), np.array([2]), START + 8, 0.5),
    ScoredRequest(PLAIN, "texts", {"age": np.array([4.0]), "city": np.array(["Rome"], object)},
           np.array(["no"], object), START + 9, 0.6),
    ScoredRequest(PLAIN, "texts too", {"age": np.array([4.0]), "city": np.array([None], object)},
           np.array(["yes"], object), START + 10, 0.7),
]  # fmt: skip


@pytest.mark.parametrize("items", [*([item] for item in MIXED), MIXED[:2], MIXED[6:]])
def test_requests_and_entries_give_the_same_table(items):
    assert rows_of(items) == rows_of([entry(each) for each in items])


def test_mixed_requests_keep_their_rows_days_and_methods():
    rows = rows_of(MIXED)
    assert [row["id"] for row in rows] == [
        "before 1970", "one", "two/0", "two/1", "chances", "wider", "texts",
        "texts too", "next day",
    ]  # fmt: skip
    by_id = {row["id"]: row for row in rows}
    assert by_id["before 1970"]["day"] == "1969-12-31"
    assert by_id["next day"]["day"] == by_id["one"]["day"].replace("08", "09")
    assert by_id["two/0"]["in.city"] is None
    assert by_id["two/1"]["in.city"] == 6
    assert by_id["two/1"]["latency"] == 0.2
    assert by_id["chances"]["out.predict_proba.yes"] == 0.75
    assert by_id["chances"]["version"] == "churn@2"
    assert by_id["wider"]["in.2"] == 3
    assert by_id["texts too"]["in.city"] is None
    assert by_id["texts"]["out.predict"] == "no"


def test_sampling_keeps_the_same_rows_of_requests_and_entries():
    items = [
        ScoredRequest(PLAIN, str(n), matrix([n, n]), np.array([n]), START, 0.1) for n in range(200)
    ]
    settings = LogSettings(sample=0.3)
    rows = rows_of(items, settings)
    assert {row["id"] for row in rows} == {str(n) for n in range(200) if settings.keeps(str(n))}
    assert rows == rows_of([entry(each) for each in items], settings)


def fresh(stream: Stream) -> Stream:
    return Stream(
        version=stream.version, commit=stream.commit, stage=stream.stage, method=stream.method,
        names=stream.names, classes=stream.classes,
    )  # fmt: skip


def logged(folder, hand_over):
    with PredictionLog(folder, "churn", LogSettings(write_interval_s=0.05)) as log:
        hand_over(log)
        assert log.flush()
        state = log.state
    with open_log(folder, "churn") as reader:
        query = 'SELECT id, version, method, time, latency, "in.age" FROM predictions ORDER BY ALL'
        return state.written, reader.rows(query)


def test_put_and_record_log_the_same_rows(tmp_path):
    """Single rows of numbers, which go into blocks, between rows that do not."""
    ones = [
        ScoredRequest(stream, f"{stream.method} {n}", matrix([n, -n]), output, START + n, n / 7)
        for n in range(BLOCK_ROWS + 300)
        for stream, output in ((PLAIN, np.array([n % 2])), (CHANCES, matrix([0.5, n])))
    ]
    others = [each for each in MIXED if each.id != "wider"]
    whole = ScoredRequest(PLAIN, "whole", np.array([[1, 2]]), np.array([1]), START, 0.1)
    items = [*ones[:50], *others, *ones[50:], whole, ones[0]._replace(id="last")]
    streams = {id(each.stream): fresh(each.stream) for each in items}

    def by_record(log):
        for each in items:
            log.record(streams[id(each.stream)], *each[1:])
            if each.id.endswith(" 700"):
                log.flush()

    def by_put(log):
        for each in items:
            assert log.put(entry(each))

    result = logged(tmp_path / "note", by_record)
    assert result[0] == sum(each.rows for each in items)
    assert result == logged(tmp_path / "put", by_put)


def test_rows_beyond_the_queue_are_dropped_and_counted(tmp_path):
    stream = fresh(PLAIN)
    settings = LogSettings(max_queued_rows=10, write_interval_s=60)
    with PredictionLog(tmp_path, "churn", settings) as log:
        for n in range(15):
            log.record(stream, str(n), matrix([n, n]), np.array([n]), START, 0.1)
        assert (log.state.waiting, log.dropped) == (10, 5)
    log.record(stream, "late", matrix([1, 1]), np.array([1]), START, 0.1)
    assert (log.state.written, log.dropped) == (10, 6)
    with open_log(tmp_path, "churn") as reader:
        ids = {id_ for (id_,) in reader.rows("SELECT id FROM predictions")}
    assert ids == {str(n) for n in range(10)}


@pytest.mark.parametrize(
    "odd",
    [
        ("another dtype", np.array([[7, 1]]), np.array([1.0])),
        ("another width", np.array([[1.0, 2.0, 3.0]]), np.array([1.0])),
        ("columns", {"age": np.array([5.0])}, np.array([1.0])),
        ("two rows", np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])),
        ("another output", np.array([[1.0, 2.0]]), np.array(["yes"])),
    ],
    ids=lambda odd: odd[0],
)
def test_a_row_that_fits_no_block_is_logged_with_its_neighbors(tmp_path, odd):
    stream = fresh(PLAIN)
    with PredictionLog(tmp_path, "churn", LogSettings(write_interval_s=60)) as log:
        for n in range(3):
            log.record(stream, str(n), np.array([[n, n + 0.5]]), np.array([float(n)]), START, 0.1)
        name, inputs, outputs = odd
        log.record(stream, name, inputs, outputs, START, 0.1)
        log.record(stream, "last", np.array([[9.0, 9.5]]), np.array([9.0]), START, 0.1)
        assert log.flush()
    with open_log(tmp_path, "churn") as reader:
        rows = dict(reader.rows('SELECT id, "in.age" FROM predictions'))
    assert (rows["0"], rows["2"], rows["last"]) == (0, 2, 9)
    assert len(rows) == 4 + len(odd[2])


def test_concurrent_requests_lose_no_row(tmp_path):
    def hand_over(log):
        def send(number):
            stream = fresh(PLAIN)
            for n in range(3000):
                log.record(stream, f"{number}-{n}", matrix([n, n]), np.array([n]), START + n, 0.1)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(send, range(4)))

    written, rows = logged(tmp_path, hand_over)
    assert written == len(rows) == len({row[0] for row in rows}) == 12_000

"""The log of a server: it does not block, writes complete parts, and counts every row."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from nbmodel.errors import ExtraMissing, InvalidName, InvalidValue
from nbmodel.monitor.common import optional
from nbmodel.monitor.prediction_log.entries import Entry
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.monitor.conftest import COMMIT, DAY, START, entry, query_log


def part_files(root, kind="predictions"):
    return sorted(Path(root).glob(f"model=churn/kind={kind}/date=*/*.parquet"))


def test_rows_come_back_as_they_were(root):
    with PredictionLog(root, "churn") as log:
        for number in range(100):
            assert log.put(entry(number))
    rows, warnings = query_log(
        root,
        'SELECT id, epoch_us(time), version, "commit", stage, method, latency, "in.age", '
        '"in.income", "out.predict" FROM predictions ORDER BY time',
    )
    assert rows == [
        (f"r{n}", START + n, "churn@1", COMMIT, "prod", "predict", 0.001, float(n), 1.0, n + 1.0)
        for n in range(100)
    ]
    assert warnings == []
    assert log.state.written == 100
    assert log.state.waiting == log.dropped == 0


def test_parts_are_hive_partitions(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0))
        log.put(entry(1, time=START + DAY))
        log.label(["r0"], [1], START + DAY)
    assert [path.parent.name for path in part_files(root)] == ["date=2026-03-02", "date=2026-03-03"]
    assert [path.parent.name for path in part_files(root, "labels")] == ["date=2026-03-03"]
    schema = pq.read_schema(part_files(root)[0])
    assert str(schema.field("time").type) == "timestamp[us, tz=UTC]"


def test_entries_of_every_shape_are_in_one_log(root):
    mixed = {
        "color": np.array(["red", None], object),
        "size": np.array([1, 2]),
        "odd": np.array([object, "\ud800"], object),
    }
    with PredictionLog(root, "churn") as log:
        log.put(entry(0))
        log.put(
            entry(
                1, id="two", inputs=mixed, names=(), method="predict_proba",
                outputs=np.array([[0.25, 0.75], [0.5, 0.5]]), classes=("no", "yes"),
            )
        )  # fmt: skip
        log.put(entry(2, id="img", inputs=np.zeros((1, 2, 2)), names=(), outputs=np.array(["cat"])))
    rows, _ = query_log(
        root,
        'SELECT id, "in.color", "in.size", "in.1,1", "out.predict_proba.yes", "out.predict" '
        "FROM predictions ORDER BY id",
    )
    assert rows == [
        ("img", None, None, 0.0, None, "cat"),
        ("r0", None, None, None, None, "1.0"),
        ("two/0", "red", 1, None, 0.75, None),
        ("two/1", None, 2, None, 0.5, None),
    ]
    assert log.dropped == 0


def test_names_that_differ_in_case_only_stay_apart(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(5, names=("Age", "age")))
    rows, _ = query_log(root, 'SELECT "in.Age", "in.age~2" FROM predictions')
    assert rows == [(5.0, 1.0)]


def test_nan_is_missing_and_infinity_is_not(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0, inputs=np.array([[np.nan, np.inf]])))
    assert query_log(root, 'SELECT "in.age", "in.income" FROM predictions')[0] == [(None, np.inf)]


def test_an_entry_that_cannot_be_logged_does_not_affect_others(root, caplog):
    with PredictionLog(root, "churn") as log:
        for number in range(9):
            log.put(entry(number))
        log.put(entry(9, id=["only one id"], inputs=np.zeros((2, 2)), outputs=np.zeros(2)))
        assert log.flush()
        assert log.dropped == 2
        assert log.state.written == 9
    assert "cannot be logged" in caplog.text
    assert query_log(root, "SELECT count(*) FROM predictions")[0] == [(9,)]


def test_a_full_queue_drops_and_counts(root):
    settings = LogSettings(max_queued_rows=10, write_interval_s=60)
    log = PredictionLog(root, "churn", settings)
    taken = [log.put(entry(number)) for number in range(25)]
    assert taken == [True] * 10 + [False] * 15
    assert log.dropped == 15
    log.close()
    assert log.state.written == 10
    assert not log.put(entry(99))
    assert log.dropped == 16


def test_many_threads_lose_nothing(root):
    log = PredictionLog(root, "churn", LogSettings(write_interval_s=0.01, max_part_rows=200))

    def work(first):
        for number in range(first, first + 500):
            assert log.put(entry(number))

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    rows, _ = query_log(root, "SELECT count(*), count(DISTINCT id) FROM predictions")
    assert rows == [(3000, 3000)]
    assert log.state.written == 3000


def test_small_parts_are_merged_and_nothing_is_doubled(root, monkeypatch):
    monkeypatch.setattr("nbmodel.monitor.prediction_log.retention.MERGED_PARTS", 5)
    with PredictionLog(root, "churn", LogSettings(write_interval_s=60)) as log:
        for number in range(26):
            log.put(entry(number))
            assert log.flush()
    names = [path.name for path in part_files(root)]
    assert len(names) == 2
    assert sum("-m2" in name for name in names) == 1
    rows, _ = query_log(root, "SELECT count(*), count(DISTINCT id) FROM predictions")
    assert rows == [(26, 26)]
    assert not list(root.rglob("*.replaces"))


# -- redaction and sampling ----------------------------------------------------


def test_redacted_columns_are_left_out_or_hashed(root):
    settings = LogSettings(redact={"age": "hash", "income": "drop"})
    with PredictionLog(root, "churn", settings) as log:
        for number in (1, 2, 1):
            log.put(entry(number))
    rows, _ = query_log(root, 'SELECT "in.age.sha256" FROM predictions')
    hashes = [row[0] for row in rows]
    assert sorted(map(hashes.count, hashes)) == [1, 2, 2]
    assert all(len(digest) == 64 for digest in hashes)
    names = pq.read_schema(part_files(root)[0]).names
    assert "in.age" not in names
    assert not any("income" in name for name in names)
    assert b"income" not in part_files(root)[0].read_bytes()


def test_a_star_redacts_every_input(root):
    with PredictionLog(root, "churn", LogSettings(redact={"*": "drop"})) as log:
        log.put(entry(1))
    assert not [
        name for name in pq.read_schema(part_files(root)[0]).names if name.startswith("in.")
    ]


def test_the_key_of_hashes_is_the_users_alone(root, isolated_home):
    with PredictionLog(root, "churn", LogSettings(redact={"age": "hash"})) as log:
        log.put(entry(1))
    (key,) = isolated_home.rglob("redaction.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32


def test_a_sample_keeps_rows_and_their_labels(root):
    ids = [f"r{number}" for number in range(1000)]
    with PredictionLog(root, "churn", LogSettings(sample=0.3)) as log:
        for number in range(1000):
            log.put(entry(number))
        log.label(ids, [1] * 1000, START)
    logged = {row[0] for row in query_log(root, "SELECT id FROM predictions")[0]}
    labeled = {row[0] for row in query_log(root, "SELECT id FROM labels")[0]}
    assert logged == labeled
    assert 240 < len(logged) < 360
    assert log.dropped == 0


@pytest.mark.parametrize(
    "wrong",
    [{"sample": 1.5}, {"sample": float("nan")}, {"max_queued_rows": 0}, {"write_interval_s": -1.0},
     {"keep_days": float("inf")}, {"redact": {"a": "burn"}}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidValue):
        LogSettings(**wrong)


# -- what may go wrong ---------------------------------------------------------


WRITER = textwrap.dedent("""
    import sys, time
    from nbmodel.monitor.prediction_log.writer import PredictionLog
    from nbmodel.monitor.prediction_log.settings import LogSettings
    from tests.monitor.conftest import entry
    log = PredictionLog(sys.argv[1], "churn", LogSettings(write_interval_s=0.005))
    number = 0
    while True:
        log.put(entry(number))
        number += 1
        if number % 20 == 0:
            print(log.state.written, flush=True)
            time.sleep(0.001)
""")


def test_a_killed_writer_leaves_a_readable_log(root):
    """At eight moments; every row that was counted as written is there."""
    written = 0
    for attempt in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        lines = [process.stdout.readline()]
        while lines[-1].strip() == "0":
            lines.append(process.stdout.readline())
        time.sleep(0.013 * attempt)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        written += max(int(line) for line in lines if line.strip().isdigit())
    rows, warnings = query_log(root, 'SELECT count(*), count("in.age") FROM predictions')
    assert warnings == []
    assert rows[0][0] == rows[0][1] >= written > 0


def test_a_full_disk_is_reported_once_and_scoring_continues(tmp_path):
    """In a small file system that really fills and is freed again."""
    code = """
        import logging, os, subprocess, sys, time
        import numpy as np
        logging.basicConfig(format="%(message)s", stream=sys.stdout)
        from nbmodel.monitor.prediction_log import writer
        from nbmodel.monitor.prediction_log.writer import PredictionLog
        from nbmodel.monitor.prediction_log.settings import LogSettings
        from tests.monitor.conftest import entry, query_log
        writer.RETRY_SECONDS = (0.05, 0.05)
        folder = sys.argv[1]
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
        ballast = os.path.join(folder, "ballast")
        with open(ballast, "wb") as file:
            file.write(bytes(960 << 10))
        settings = LogSettings(write_interval_s=0.01, max_queued_rows=3000)
        log = PredictionLog(folder, "churn", settings)
        rows = np.random.default_rng(0).random((2000, 20))
        big = dict(inputs=rows, outputs=rows[:, 0], names=[f"f{n}" for n in range(20)])
        assert log.put(entry(1, **big))
        while log.state.failures < 3:
            time.sleep(0.01)
        print("problem:", log.state.problem)
        before = time.monotonic()
        assert not log.put(entry(2, **big))  # dropped, as the writer waits for the disk
        assert log.dropped == 2000
        os.unlink(ballast)
        assert log.flush(20)
        assert log.state.problem == ""
        log.put(entry(3, id="after"))
        log.close()
        print(query_log(folder, "SELECT count(*), count(*) FILTER (id = 'after') FROM predictions"))
    """
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be logged") == 2  # the warning, and the state's problem
    assert "No space left" in done.stdout
    assert "logged again" in done.stdout
    assert "[(2001, 1)], []" in done.stdout


def test_a_disk_that_stays_full_does_not_delay_closing(root, caplog):
    root.parent.mkdir(exist_ok=True)
    root.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        log = PredictionLog(root, "churn", LogSettings(write_interval_s=0.01))
        log.put(entry(1))
        log.close()
    assert log.dropped == 1
    assert log.state.failures >= 1
    assert "cannot be logged" in caplog.text


def test_a_clock_that_is_set_back_overwrites_no_part(root):
    with PredictionLog(root, "churn") as log:
        for number, when in enumerate((START + DAY, START, START - 40 * 365 * DAY)):
            log.put(entry(number, time=when))
            log.flush()
    rows, _ = query_log(root, "SELECT id FROM predictions ORDER BY time")
    assert [row[0] for row in rows] == ["r2", "r1", "r0"]


def test_rows_that_wait_when_the_interpreter_exits_are_written(root):
    code = (
        "import sys; from nbmodel.monitor import PredictionLog, LogSettings; "
        "from tests.monitor.conftest import entry; "
        "log = PredictionLog(sys.argv[1], 'churn', LogSettings(write_interval_s=600)); "
        "log.put(entry(1))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(root)], check=True, cwd=Path(__file__).parents[2],
        env=os.environ, timeout=60,
    )  # fmt: skip
    assert query_log(root, "SELECT id FROM predictions")[0] == [("r1",)]


def test_an_invalid_model_name_is_refused(root):
    with pytest.raises(InvalidName):
        PredictionLog(root, "../churn")


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "minisom", None)
    with pytest.raises(ExtraMissing, match=r'pip install "nbmodel\[monitor\]"'):
        optional.import_optional("minisom", "The self-organizing map")


def test_a_log_at_a_url_of_fsspec(people):
    root = "memory://monitor-test/log"
    with PredictionLog(root, "churn") as log:
        for number in range(10):
            log.put(entry(number))
        assert log.flush()
        log.label(["r1"], [1], START)
    rows, warnings = query_log(root, "SELECT count(*), count(DISTINCT id) FROM predictions")
    assert rows == [(10, 10)]
    assert warnings == []
    assert query_log(root, "SELECT id FROM labels")[0] == [("r1",)]


def test_a_url_with_an_unknown_scheme_is_refused():
    with pytest.raises(InvalidValue, match="cannot hold a log"):
        PredictionLog("nothing-such://somewhere", "churn")


def test_an_entry_has_an_id_for_each_row():
    assert entry(3).ids() == ["r3"]
    several = Entry(
        id="q",
        inputs=np.zeros((2, 1)),
        outputs=np.zeros(2),
        version="churn@1",
        commit=COMMIT,
        time=START,
    )
    assert several.ids() == ["q/0", "q/1"]

"""Batch jobs log rows, labels, times and ids in the forms that notebooks have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

import nbmodel
from nbmodel.errors import InvalidInput, InvalidName, InvalidValue, NotFound, WriteFailed
from nbmodel.monitor import label, log
from nbmodel.monitor.common.windows import microseconds
from nbmodel.monitor.prediction_log.settings import LogSettings, default_root
from tests.monitor.conftest import query_log

WHEN = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def frame():
    return pd.DataFrame({"age": [1.0, 2.0, 3.0], "income": [4.0, 5.0, np.nan]})


def logged(registry, query):
    return query_log(default_root(registry.context.location), query)[0]


def test_rows_and_labels_are_logged_together(registry, frame):
    done = log("churn@prod", frame, [1, 0, 1], [1, 1, 1], WHEN, context=registry.context)
    assert done.version.ref == "churn@2"
    rows = logged(
        registry,
        'SELECT version, stage, "in.age", "in.income", "out.predict", label, value, '
        "epoch_us(p.time) FROM predictions p JOIN labels l USING (id) ORDER BY 3",
    )
    at = microseconds(WHEN)
    assert rows == [
        ("churn@2", "prod", 1.0, 4.0, 1, "1", 1.0, at),
        ("churn@2", "prod", 2.0, 5.0, 0, "1", 1.0, at),
        ("churn@2", "prod", 3.0, None, 1, "1", 1.0, at),
    ]
    assert "3 rows logged" in str(done)


@pytest.mark.parametrize("form", [lambda f: f.to_numpy(), lambda f: f.to_dict("list")])
def test_arrays_and_mappings_take_the_signatures_names(registry, frame, form):
    log("churn@1", form(frame), [1, 0, 1], context=registry.context)
    assert logged(registry, 'SELECT sum("in.age"), sum("in.income"), any_value(stage) '
                            "FROM predictions") == [(6.0, 9.0, "")]  # fmt: skip


def test_columns_the_version_does_not_take_are_left_out_and_named(registry, frame):
    done = log("churn", frame.assign(name="Ann"), [1, 0, 1], context=registry.context)
    assert done.left_out == ("name",)
    assert "left out name" in str(done)


def test_columns_that_do_not_match_are_named(registry, frame):
    context = registry.context
    with pytest.raises(InvalidInput, match="'income'"):
        log("churn", frame[["age"]], [1, 0, 1], context=context)
    with pytest.raises(InvalidInput, match="has 1 columns"):
        log("churn", frame[["age"]].to_numpy(), [1, 0, 1], context=context)
    with pytest.raises(InvalidInput, match="has 3 rows, not 2"):
        log("churn", frame, [1, 0], context=context)
    with pytest.raises(InvalidInput, match="y_true has 1 rows"):
        log("churn", frame, [1, 0, 1], [1], context=context)
    with pytest.raises(InvalidInput, match="ids has 1 rows"):
        log("churn", frame, [1, 0, 1], ids=["a"], context=context)
    with pytest.raises(InvalidInput, match="single value"):
        log("churn", frame, 1, context=context)
    with pytest.raises(NotFound):
        log("churn@99", frame, [1, 0, 1], context=context)
    assert logged(registry, "SELECT count(*) FROM predictions") == [(0,)]


@pytest.mark.parametrize(
    "when",
    [
        WHEN,
        WHEN.replace(tzinfo=None),
        WHEN.astimezone(timezone(timedelta(hours=5))),
        np.datetime64("2026-03-02T12:00"),
        pd.Timestamp(WHEN),
        [WHEN] * 3,
        np.array(["2026-03-02T12:00"] * 3, "datetime64[s]"),
        pd.Series([WHEN] * 3),
        pd.Series([WHEN] * 3).dt.tz_convert("America/New_York"),
        pd.DatetimeIndex([WHEN] * 3),
        "2026-03-02T12:00",
        ["2026-03-02T12:00", WHEN, "2026-03-02T14:00+02:00"],
        np.array(["2026-03-02T12:00"] * 3),
        pd.Series(["2026-03-02T12:00"] * 3),
    ],
    ids=repr,
)
def test_times_in_every_form(registry, frame, when):
    log("churn", frame, [1, 0, 1], when=when, context=registry.context)
    rows = logged(registry, "SELECT DISTINCT epoch_us(time) FROM predictions")
    assert rows == [(microseconds(WHEN),)]


@pytest.mark.parametrize(
    "when", [["x"] * 3, "noon", 12, [None] * 3, np.array(["NaT"] * 3, "M8[s]")]
)
def test_invalid_times_are_refused(registry, frame, when):
    with pytest.raises((InvalidValue, InvalidInput)):
        log("churn", frame, [1, 0, 1], when=when, context=registry.context)


def test_a_text_that_is_not_a_time_is_refused_with_an_example(registry, frame):
    with pytest.raises(InvalidValue, match=r"'noon' is not a time\.\nWrite 7d, 2026-03-01"):
        log("churn", frame, [1, 0, 1], when="noon", context=registry.context)


def test_an_age_is_a_time(registry, frame):
    log("churn", frame, [1, 0, 1], when="7d", context=registry.context)
    ((time,),) = logged(registry, "SELECT DISTINCT epoch_us(time) FROM predictions")
    age = datetime.now(UTC) - datetime.fromtimestamp(time / 1e6, UTC)
    assert timedelta(days=7) <= age < timedelta(days=7, minutes=5)


def test_rows_of_many_days_are_in_the_folders_of_their_days(registry, frame):
    times = [WHEN, WHEN + timedelta(days=1), WHEN - timedelta(days=400)]
    log("churn", frame, [1, 0, 1], [0, 0, 1], when=times, ids=["a", "b", "c"],
        context=registry.context)  # fmt: skip
    rows = logged(
        registry,
        'SELECT id, "in.age", value, epoch_us(p.time) FROM predictions p JOIN labels USING (id) '
        "ORDER BY id",
    )
    assert rows == [
        ("a", 1.0, 0.0, microseconds(times[0])), ("b", 2.0, 0.0, microseconds(times[1])),
        ("c", 3.0, 1.0, microseconds(times[2])),
    ]  # fmt: skip
    folders = {path.parent.name for path in default_root(registry.context.location).rglob("*.par*")}
    assert folders == {"date=2026-03-02", "date=2026-03-03", "date=2025-01-26"}


def test_labels_are_logged_days_later_by_the_returned_ids(registry, frame):
    done = log("churn", frame, [1, 0, 1], when=WHEN, context=registry.context)
    count = label("churn", done.ids, [1, 0, 0], date(2026, 3, 9), context=registry.context)
    assert count == 3
    assert logged(registry, "SELECT sum(value) FROM predictions JOIN labels USING (id)") == [(1.0,)]
    with pytest.raises(InvalidName):
        label("../x", ["a"], [1], context=registry.context)
    with pytest.raises(InvalidInput):
        label("churn", ["a"], [1, 2], context=registry.context)
    with pytest.raises(InvalidInput, match=r"There is 1 label for 2 ids\."):
        label("churn", ["a", "b"], [1], context=registry.context)


def test_sampling_and_redaction_apply_to_batches(registry):
    frame = pd.DataFrame({"age": np.arange(2000.0), "income": np.arange(2000.0)})
    settings = LogSettings(sample=0.25, redact={"income": "drop", "age": "hash"})
    log("churn", frame, frame.age, frame.age, settings=settings, context=registry.context)
    ((rows, labels, hashes),) = logged(
        registry,
        'SELECT count(*), count(l.id), count(DISTINCT "in.age.sha256") '
        "FROM predictions p LEFT JOIN labels l USING (id)",
    )
    assert 400 < rows < 600
    assert labels == hashes == rows


def test_columns_of_every_kind(tmp_path):
    frame = pd.DataFrame(
        {
            "text": ["a", None, "c"],
            "kind": pd.Categorical(["x", "y", "x"]),
            "flag": [True, False, True],
            "day": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
            "whole": pd.array([1, None, 3], "Int64"),
        }
    )
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"no": "signature"}, "net", data=frame)
        log("net", frame, [0, 1, 0], root=tmp_path / "log", context=registry.context)
    columns = (
        'count("in.text"), count("in.kind"), count("in.flag"), count("in.day"), sum("in.whole")'
    )
    assert query_log(tmp_path / "log", f"SELECT {columns} FROM predictions", "net")[0] == [
        (2, 3, 3, 2, 4)
    ]


def test_a_folder_that_cannot_be_written_is_named(registry, frame, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed, match="the log of churn"):
        log("churn", frame, [1, 0, 1], root=tmp_path / "file", context=registry.context)


def test_the_registry_of_the_working_folder_is_the_default(registry, frame, monkeypatch):
    monkeypatch.chdir(registry.path.parent)
    log("churn", frame, [1, 0, 1])
    assert logged(registry, "SELECT count(*) FROM predictions") == [(3,)]

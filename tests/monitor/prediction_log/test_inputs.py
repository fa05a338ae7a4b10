"""Batches of every form and dtype are logged unchanged, and do not drift without a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse

import nbmodel
from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.monitor import log
from nbmodel.monitor.common.arrays import column_array, join_columns
from nbmodel.monitor.common.windows import microseconds
from nbmodel.monitor.prediction_log.timestamps import to_epoch_micros
from nbmodel.monitor.report.report import make_report
from tests.monitor.conftest import DAY, START, query_log

ROWS = 2000
WHEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = WHEN + timedelta(days=9)


def name_of(value):
    """An id that is the same in every process: no address of an object."""
    return f"{type(value).__name__} {getattr(value, 'dtype', getattr(value, 'type', ''))}".strip()


@pytest.fixture
def empty(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        yield registry


def report_on(registry, model, **options):
    report = make_report(registry.context, model, now=NOW, window="1d", **options)
    assert not [line for line in report.warnings if "not in the log" in line]
    return report


def numbers(rng, rows=ROWS):
    return rng.normal(5, 2, rows).round(1)


def holes(values, rng):
    return np.where(rng.random(len(values)) < 0.1, None, values)


def durations(rng, unit="us"):
    return (rng.exponential(3000, ROWS) * 1e6).astype("m8[us]").astype(f"m8[{unit}]")


TEXTS = np.array(["red", "green", "", "rot~2", "o'b\"x"], object)
ZONE = "America/New_York"
MOMENTS = pd.to_datetime(np.arange(ROWS) * 3600, unit="s")

COLUMNS = {
    "float32": lambda rng: numbers(rng).astype(np.float32),
    "float16": lambda rng: numbers(rng).astype(np.float16),
    "Float32": lambda rng: pd.array(holes(numbers(rng), rng), "Float32"),
    "float[pyarrow]": lambda rng: pd.array(numbers(rng), "float[pyarrow]"),
    "double[pyarrow]": lambda rng: pd.array(numbers(rng), "double[pyarrow]"),
    "Int64": lambda rng: pd.array(holes(rng.integers(0, 50, ROWS), rng), "Int64"),
    "uint8": lambda rng: rng.integers(0, 255, ROWS).astype("u1"),
    "boolean": lambda rng: pd.array(holes(rng.random(ROWS) < 0.4, rng), "boolean"),
    "bool[pyarrow]": lambda rng: pd.array(rng.random(ROWS) < 0.4, "bool[pyarrow]"),
    "object": lambda rng: holes(rng.choice(TEXTS, ROWS), rng),
    "string": lambda rng: pd.array(holes(rng.choice(TEXTS, ROWS), rng), "string"),
    "string[pyarrow]": lambda rng: pd.array(rng.choice(TEXTS, ROWS), pd.ArrowDtype(pa.string())),
    "dictionary": lambda rng: pd.array(
        rng.choice(TEXTS, ROWS), pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "category": lambda rng: pd.Categorical(holes(rng.choice(TEXTS, ROWS), rng)),
    "category of ints": lambda rng: pd.Categorical(rng.integers(1, 5, ROWS)),
    "category of bools": lambda rng: pd.Categorical(rng.random(ROWS) < 0.4),
    "category of times": lambda rng: pd.Categorical(rng.choice(MOMENTS[:4], ROWS)),
    "category of zoned times": lambda rng: pd.Categorical(
        rng.choice(MOMENTS[:4].tz_localize(ZONE), ROWS)
    ),
    "category of mixed": lambda rng: pd.Categorical(
        rng.choice(np.array([True, "a", 2.5], object), ROWS)
    ),
    "cut": lambda rng: pd.cut(numbers(rng), [-50, 2, 4, 6, 50]),
    "interval": lambda rng: pd.Series(pd.cut(numbers(rng), [-50, 2, 4, 6, 50])).astype(object),
    "period": lambda rng: pd.PeriodIndex(rng.choice(["2026-01", "2026-02"], ROWS), freq="M"),
    "decimal": lambda rng: [Decimal(str(n)) for n in numbers(rng)],
    "decimal[pyarrow]": lambda rng: pd.array(
        [Decimal(str(n)) for n in numbers(rng)], pd.ArrowDtype(pa.decimal128(9, 2))
    ),
    "sparse": lambda rng: pd.arrays.SparseArray(numbers(rng) * (rng.random(ROWS) < 0.1)),
    "timedelta64[us]": durations,
    "timedelta64[ns]": lambda rng: durations(rng, "ns"),
    "timedelta64[s]": lambda rng: durations(rng, "s"),
    "duration[pyarrow]": lambda rng: pd.array(
        pd.Series(durations(rng)), pd.ArrowDtype(pa.duration("ms"))
    ),
    "datetime64[ns]": lambda rng: rng.choice(MOMENTS, ROWS),
    "datetime64[us, zone]": lambda rng: pd.Series(rng.choice(MOMENTS, ROWS)).dt.tz_localize("UTC"),
    "timestamp[pyarrow]": lambda rng: pd.array(
        pd.Series(rng.choice(MOMENTS, ROWS)), pd.ArrowDtype(pa.timestamp("us", ZONE))
    ),
    "dates": lambda rng: rng.choice(np.array([date(2026, 1, 1), date(2026, 1, 2)]), ROWS),
    "complex": lambda rng: numbers(rng) + 1j,
    "lists": lambda rng: pd.Series([[1, 2]] * ROWS),
    'odd "name\'': lambda rng: numbers(rng),
    "": lambda rng: numbers(rng),
    "Float32 ": lambda rng: numbers(rng),
    "FLOAT32": lambda rng: numbers(rng),
}  # fmt: skip


def table(seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: draw(rng) for name, draw in COLUMNS.items()})


def test_every_dtype_is_logged_completely_and_does_not_drift(empty):
    empty.commit({"a": "model"}, "m", data=table(0))
    for day in range(3):
        log("m", table(day + 1), np.zeros(ROWS), when=WHEN + timedelta(days=day),
            context=empty.context)  # fmt: skip
    report = report_on(empty, "m")
    assert [group.rows for group in report.logged] == [3 * ROWS]
    assert {f.column for f in report.findings} >= set(COLUMNS)
    assert not report.drifted, report.drifted
    by_column = {}
    for finding in report.findings:
        by_column.setdefault(finding.column, set()).add(finding.measure)
    measured = {name for name, found in by_column.items() if found > {"missing"}}
    only_missing = set(COLUMNS) - measured
    assert only_missing == {
        "period", "interval", "complex", "lists", "dates", "datetime64[ns]",
        "datetime64[us, zone]", "timestamp[pyarrow]",
    } - measured  # fmt: skip
    for name in ("cut", "timedelta64[us]", "timedelta64[s]", "duration[pyarrow]", "boolean"):
        assert by_column[name] >= {"psi", "js", "missing"}, name


def test_inputs_are_rounded_to_the_precision_of_the_training_data(empty):
    rng = np.random.default_rng(3)
    tenths = rng.integers(0, 10, ROWS) / 10
    frame = pd.DataFrame({"a": tenths.astype(np.float32), "b": tenths.astype(np.float16)})
    empty.commit({"a": "model"}, "m", data=frame)
    asked_ = pd.DataFrame({"a": tenths, "b": tenths})
    log("m", asked_, np.zeros(ROWS), when=WHEN, context=empty.context)
    report = report_on(empty, "m")
    assert {f.value for f in report.findings if f.measure != "p"} == {0.0}


def test_an_older_log_is_rounded_when_it_is_read(empty, tmp_path):
    from nbmodel.monitor.prediction_log.writer import PredictionLog
    from tests.monitor.conftest import entry

    tenths = np.random.default_rng(3).integers(0, 10, ROWS) / 10
    frame = pd.DataFrame({"a": tenths.astype(np.float32), "t": tenths.astype("m8[ms]")})
    frame["t"] = pd.to_timedelta(np.arange(ROWS) % 7, unit="s").astype("timedelta64[ms]")
    committed = empty.commit({"a": "model"}, "m", data=frame)
    with PredictionLog(tmp_path / "log", "m") as writing:
        writing.put(entry(
            id=[str(n) for n in range(ROWS)], outputs=np.zeros(ROWS), version="m@1",
            commit=committed.version.commit, names=(),
            inputs={"a": tenths, "t": np.arange(ROWS) % 7 * 1000},
        ))  # fmt: skip
    report = report_on(empty, "m", root=tmp_path / "log")
    exact = [f for f in report.findings if f.measure in ("psi", "ks", "range")]
    assert {(f.column, f.value) for f in exact} == {("a", 0.0), ("t", 0.0)}


# -- forms ---------------------------------------------------------------------


@pytest.fixture
def matrix():
    return np.random.default_rng(0).normal(size=(300, 4)).round(2)


@pytest.mark.parametrize(
    "form",
    [
        sparse.csr_matrix, sparse.csc_array, sparse.coo_array, lambda m: m, lambda m: m.tolist(),
        lambda m: m.astype(np.float32), np.asfortranarray, lambda m: np.ma.masked_array(m),
        lambda m: pd.DataFrame(m, columns=list("abcd")),
        lambda m: pd.DataFrame(m, columns=list("abcd")).iloc[:, ::-1],
        lambda m: pa.table({name: m[:, n] for n, name in enumerate("abcd")}),
        lambda m: {name: m[:, n] for n, name in enumerate("abcd")},
    ],
)  # fmt: skip
def test_forms_of_a_matrix(empty, matrix, form):
    empty.commit({"a": "model"}, "m", data=pd.DataFrame(matrix, columns=list("abcd")))
    done = log("m", form(matrix), np.zeros(300), when=WHEN, context=empty.context)
    rows = query_log(done.root, 'SELECT "in.a", "in.b", "in.c", "in.d" FROM predictions', "m")[0]
    assert np.allclose(sorted(rows), sorted(map(tuple, matrix)))


def test_polars_frames_and_times(empty, matrix):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: matrix[:, n] for n, name in enumerate("abcd")})
    empty.commit({"a": "model"}, "m", data=frame)
    times = polars.Series([WHEN.replace(tzinfo=None)] * 300)
    done = log("m", frame, np.zeros(300), when=times, context=empty.context)
    rows = query_log(done.root, 'SELECT "in.a", epoch_us(time) FROM predictions', "m")[0]
    assert sorted(rows) == [(value, microseconds(WHEN)) for value in sorted(matrix[:, 0])]
    zoned = polars.Series([WHEN] * 3).dt.convert_time_zone("Asia/Tokyo")
    assert to_epoch_micros(zoned, 3).tolist() == [microseconds(WHEN)] * 3
    assert (
        to_epoch_micros(zoned.cast(polars.Date), 3).tolist() == [microseconds(WHEN) - DAY // 2] * 3
    )


def test_sparse_and_tensors_without_names(empty, matrix):
    empty.commit({"a": "model"}, "s", data=sparse.csr_matrix(matrix))
    log("s", sparse.csr_matrix(matrix), np.zeros(300), when=WHEN, context=empty.context)
    images = np.arange(300 * 4.0).reshape(300, 2, 2)
    empty.commit({"a": "model"}, "t", data=images)
    log("t", images, np.zeros(300), when=WHEN, context=empty.context)
    for model, names in (("s", ["0", "1", "2", "3"]), ("t", ["0,0", "0,1", "1,0", "1,1"])):
        report = report_on(empty, model)
        psi = {f.column: f.value for f in report.findings if f.measure == "psi"}
        assert psi == {**dict.fromkeys(names, 0.0)}


def test_several_tensors_by_name(empty):
    data = {"pixels": np.arange(300 * 4.0).reshape(300, 2, 2), "age": np.arange(300.0)}
    empty.commit({"a": "model"}, "m", data=data)
    log("m", data, np.zeros(300), when=WHEN, context=empty.context)
    psi = {f.column: f.value for f in report_on(empty, "m").findings if f.measure == "psi"}
    assert psi == dict.fromkeys(
        ("pixels[0,0]", "pixels[0,1]", "pixels[1,0]", "pixels[1,1]", "age"), 0
    )


def test_texts_of_one_dimension(empty):
    words = pd.Series(["some", "words"] * 100)
    empty.commit({"a": "model"}, "m", data=words)
    for form in (words, words.tolist(), words.to_numpy()):
        log("m", form, np.zeros(200), when=WHEN, context=empty.context)
    report = report_on(empty, "m")
    news = {f.column: f.value for f in report.findings if f.measure == "new"}
    assert news == {"X": 0.0, "out.predict": 0.0}


def test_repeated_column_names(empty, matrix):
    frame = pd.DataFrame(matrix, columns=["a", "a", "A", "b"])
    empty.commit({"a": "model"}, "m", data=frame)
    done = log("m", frame, np.zeros(300), when=WHEN, context=empty.context)
    rows = query_log(done.root, 'SELECT "in.a", "in.a~2", "in.A~3", "in.b" FROM predictions', "m")[
        0
    ]
    assert np.allclose(sorted(rows), sorted(map(tuple, matrix)))
    psi = [f.value for f in report_on(empty, "m").findings if f.measure == "psi"]
    assert psi == [0.0] * 4


@pytest.mark.parametrize("form", [5, "text", np.float64(3), sparse.coo_array([1.0, 2.0]), object()])
def test_data_that_is_not_a_table_is_refused(empty, matrix, form):
    empty.commit({"a": "model"}, "m", data=pd.DataFrame(matrix))
    with pytest.raises(InvalidInput, match="X "):
        log("m", form, np.zeros(300), context=empty.context)


# -- more columns than are watched ------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_the_same_of_very_many_columns_are_profiled_logged_and_monitored(empty, named):
    values = np.random.default_rng(0).normal(size=(60, 1500))
    frame = pd.DataFrame(values, columns=[f"x{n}" for n in range(1500)])
    empty.commit({"a": "model"}, "m", data=frame if named else values)
    data = frame.iloc[:, ::-1].assign(target=1) if named else sparse.csr_matrix(values)
    done = log("m", data, np.zeros(60), when=WHEN, context=empty.context)
    assert "1,000 of 1,500 columns" in str(done)
    report = report_on(empty, "m")
    assert [group.rows for group in report.logged] == [60]
    assert f"{report.logged[0].version}: 1,000 of 1,500 columns are monitored." in report.warnings
    psi = [f.value for f in report.findings if f.measure == "psi"]
    assert psi == [0.0] * 1000


def test_a_target_in_the_profile_does_not_change_the_monitored_columns():
    from nbmodel.provenance.data.column_selection import places

    names = [f"x{n}" for n in range(5000)]
    few = {place.name for place in places([(name, ()) for name in names])}
    more = {place.name for place in places([(name, ()) for name in ["target", *names]])}
    assert len(few) == len(more) == 1000
    assert len(few & more) >= 999


def test_a_server_logs_rows_of_very_many_columns(root):
    from nbmodel.monitor.prediction_log.writer import PredictionLog
    from tests.monitor.conftest import entry

    names = tuple(f"x{n}" for n in range(1200))
    with PredictionLog(root, "churn") as writing:
        writing.put(entry(1, inputs=np.zeros((1, 1200)), names=names))
        writing.put(entry(2, inputs={name: np.zeros(1) for name in names}, names=()))
        writing.put(entry(3, inputs=np.zeros((1, 1200)), names=()))
        writing.put(entry(4, inputs={"a": np.zeros((1, 40, 40))}, names=()))
    assert writing.state.dropped == 0
    assert query_log(root, "SELECT count(*) FROM predictions")[0] == [(4,)]


# -- times -----------------------------------------------------------------------

NAIVE = WHEN.replace(tzinfo=None)
TOKYO = WHEN.astimezone(timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    "when",
    [
        pd.Series([NAIVE] * 3),
        pd.Series([NAIVE] * 3, index=[7, 7, 9]),
        pd.Series([NAIVE] * 3).astype("datetime64[s]"),
        pd.Series([TOKYO] * 3),
        pd.Series([TOKYO, WHEN, NAIVE], dtype=object),
        pd.Series([NAIVE] * 3).astype("timestamp[ns][pyarrow]"),
        pd.Series([TOKYO] * 3).astype("timestamp[us, tz=Asia/Tokyo][pyarrow]"),
        pd.DatetimeIndex([NAIVE] * 3),
        pd.DatetimeIndex([TOKYO] * 3),
        pd.Index([TOKYO, WHEN, NAIVE], dtype=object),
        pa.array([NAIVE] * 3),
        pa.chunked_array([[TOKYO], [TOKYO] * 2]),
        [NAIVE, WHEN, TOKYO],
        (pd.Timestamp(NAIVE), np.datetime64(NAIVE), pd.Timestamp(TOKYO)),
        np.array([TOKYO, WHEN, NAIVE]),
        np.array([NAIVE] * 3, "datetime64[m]"),
    ],
    ids=name_of,
)
def test_times_without_a_zone_are_utc_and_others_are_converted(when):
    assert to_epoch_micros(when, 3).tolist() == [microseconds(WHEN)] * 3


def test_dates_are_midnight_in_utc():
    day = date(2026, 3, 2)
    assert to_epoch_micros(day, 3) == START
    for days in ([day] * 3, pa.array([day] * 3), pd.Series([day] * 3)):
        assert to_epoch_micros(days, 3).tolist() == [START] * 3


@pytest.mark.parametrize(
    "when",
    [
        pd.NaT, [NAIVE, pd.NaT, NAIVE], pd.Series([NAIVE, None, NAIVE]), pd.Series([1, 2, 3]),
        pd.Series(["soon"] * 3), pd.array([NAIVE, None, NAIVE], "timestamp[us][pyarrow]"),
        np.datetime64("NaT"), pa.array([None] * 3), [None] * 3,
    ],
    ids=name_of,
)  # fmt: skip
def test_values_that_are_not_times_are_refused(when):
    with pytest.raises(InvalidValue, match=r"time"):
        to_epoch_micros(when, 3)


# -- arrays ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        (pd.cut(pd.Series([1.0, 2.0, None]), [0, 1, 2]), ["(0, 1]", "(1, 2]", None]),
        (pd.Series(pd.cut([1.0, 2.0], [0, 1, 2])).astype(object), ["(0, 1]", "(1, 2]"]),
        (pd.Series(pd.PeriodIndex(["2026-01", None], freq="M")), ["2026-01", None]),
        (pd.Series(pd.to_timedelta([1500, None], unit="ms")), [1.5, None]),
        (np.array([3, "NaT"], "m8[h]"), [10800.0, None]),
        (np.array(["2026-01", "NaT"], "M8[M]"), [datetime(2026, 1, 1), None]),
        (pd.Series([[1], None]), ["[1]", None]),
        (np.array([1 + 2j]), ["(1+2j)"]),
        (pd.Series(pd.Categorical([(1, 2), None])), ["(1, 2)", None]),
        (np.array([b"ab"]), ["ab"]),
        (pd.Series([Decimal("1.5"), 2.5, pd.NA]), ["1.5", "2.5", None]),
        ([2**70], [str(2**70)]),
        (pd.Series([1.5, None], dtype="float16"), [1.5, None]),
        (pd.arrays.SparseArray([0.0, 1.0]), [0.0, 1.0]),
        (pa.array([{"a": 1}]), ["{'a': 1}"]),
    ],
    ids=name_of,
)
def test_values_that_parquet_cannot_hold_become_texts_or_numbers(values, stored):
    values = pd.Series(values) if isinstance(values, pd.arrays.SparseArray) else values
    assert column_array(values).to_pylist() == stored


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        ([np.array([1]), np.array([2.5])], [1, 2.5]),
        ([pd.Series([1]), pd.Series([2.5])], [1, 2.5]),
        ([pd.Series(["a"]), pd.Series([1])], ["a", "1"]),
        ([pd.Series(["a"], dtype="category"), pd.Series(["b", None], dtype="category")],
         ["a", "b", None]),
        ([pd.Series(["a"], dtype="category"), np.array(["b"], object)], ["a", "b"]),
        ([pd.Series([None, None]), pd.Series([1.5])], [None, None, 1.5]),
        ([pd.array([1, None], "Int64"), pd.array([True], "boolean")], ["1", None, "true"]),
        ([pd.Series([None]), np.array([None])], [None, None]),
    ],
    ids=name_of,
)  # fmt: skip
def test_pieces_of_a_column_are_joined(pieces, joined):
    assert column_array(join_columns(pieces)).to_pylist() == joined

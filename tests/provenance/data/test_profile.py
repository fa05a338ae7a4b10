import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nbmodel.errors import InvalidValue
from nbmodel.monitor.drift.binning import Bins
from nbmodel.provenance.data.numeric import BINS, QUANTILES, VENTILES
from nbmodel.provenance.data.profile import columns, dumps, profile
from nbmodel.records import Column


def described(data):
    result = profile(data)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    return result


def only(data):
    (column,) = described(data)["columns"]
    return column


# -- numbers -----------------------------------------------------------------


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e6, 1e6)))
def test_numbers_agree_with_numpy(values):
    column = only(values)
    assert (column["min"], column["max"]) == (values.min(), values.max())
    assert column["mean"] == pytest.approx(values.mean(), rel=1e-9, abs=1e-9)
    assert column["std"] == pytest.approx(values.std(), rel=1e-6, abs=1e-6)
    result = list(column["quantiles"].values())
    assert result == pytest.approx(np.quantile(values, QUANTILES), rel=1e-9, abs=1e-9)
    assert sum(column["histogram"]["counts"]) == len(values)


def test_a_histogram_agrees_with_numpy():
    values = np.random.default_rng(0).normal(size=1000)
    counts, edges = np.histogram(values, bins=BINS)
    assert only(values)["histogram"] == {"edges": edges.tolist(), "counts": counts.tolist()}


WHOLE = st.lists(st.integers(-3, 60), min_size=1, max_size=300).map(np.array)
TAILED = hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e3, 1e3)).map(
    lambda values: values**5
)


@settings(deadline=None, max_examples=300)
@given(WHOLE | TAILED | WHOLE.map(lambda values: np.maximum(values, 40)))
def test_bins_are_exact_and_common_values_have_separate_bins(values):
    column = only(values)
    if "bins" not in column:
        return
    edges, counts = np.array(column["bins"]["edges"]), column["bins"]["counts"]
    assert (np.diff(edges) > 0).all()
    assert counts == np.histogram(values, edges)[0].tolist()
    again = Bins(edges.tolist(), 1)  # as the log is counted
    again.add(values.astype(float), np.array([0]))
    assert again.counts[0].tolist() == [0, *counts, 0]
    assert max(counts) < max(column["histogram"]["counts"])
    for value, count in zip(*np.unique(values, return_counts=True), strict=True):
        if count >= len(values) / VENTILES:
            assert counts[np.searchsorted(edges, value, side="right") - 1] == count


def test_bins_where_most_values_fall_into_one_of_the_equal_bins():
    rng = np.random.default_rng(0)
    delays = np.floor(rng.exponential(30, 10_000) ** 1.3) * (rng.random(10_000) < 0.3)
    column = only(delays)
    assert max(column["histogram"]["counts"]) > 8000
    edges, counts = column["bins"]["edges"], column["bins"]["counts"]
    assert (edges[:2], counts[0]) == ([0.0, 1.0], int((delays < 1).sum()))
    assert max(counts[1:]) <= 0.06 * len(delays)
    assert "bins" not in only(rng.normal(size=10_000))
    assert "bins" not in only(np.arange(100) % 7)
    assert "bins" not in only(np.arange(100) % 2)


def test_infinity_and_nan_are_counted_apart():
    column = only(np.array([np.nan, np.inf, -np.inf, 1.0, 3.0, np.nan]))
    assert (column["missing"], column["infinite"]) == (2, 2)
    assert (column["min"], column["max"], column["mean"], column["std"]) == (1.0, 3.0, 2.0, 1.0)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [np.inf]])
def test_without_a_finite_value_everything_is_null(values):
    column = only(np.array(values, np.float64))
    assert column["kind"] == "number"
    assert [column[k] for k in ("min", "max", "mean", "quantiles", "histogram")] == [None] * 5


def test_a_constant_column():
    column = only(np.full(10, 7))
    assert column["histogram"] == {"edges": [7.0, 7.0], "counts": [10]}
    assert (column["min"], column["max"], column["std"]) == (7, 7, 0.0)


@pytest.mark.parametrize(
    "values",
    [
        np.array([-1.7e308, 1.7e308]),
        np.array([2**63 - 1, -(2**63)]),
        np.array([2**64 - 1], np.uint64),
        np.array([5e-324, 1e-323]),
        np.array([60000, 60000, 3], np.float16),
        np.array([10**30, -(10**5000), 1], object),
        np.array([1, 2], ">i4"),
    ],
)
def test_extreme_numbers(values):
    assert only(values)["kind"] == "number"


def test_integers_are_kept_exactly():
    column = only(np.array([2**62 + 1, 2**53 + 1]))
    assert (column["min"], column["max"]) == (2**53 + 1, 2**62 + 1)


def test_durations_are_seconds():
    column = only(np.array([1500, 500], "m8[ms]"))
    assert (column["kind"], column["min"], column["max"]) == ("number", 0.5, 1.5)


# -- other kinds -------------------------------------------------------------


def test_rare_categories_are_not_in_the_profile():
    column = only(pd.Series(["a"] * 6 + ["b"] * 5 + ["rare"] * 4, name="c"))
    assert column["kind"] == "category"
    assert column["top"] == [["a", 6], ["b", 5]]
    assert (column["unique"], column["other"]) == (3, 4)


def test_at_most_fifty_categories_are_listed():
    column = only(pd.Series([f"c{n}" for n in range(60)] * 5))
    assert (len(column["top"]), column["unique"], column["other"]) == (50, 60, 50)


def test_mostly_unique_text_gives_lengths_only():
    names = [f"person {n}" for n in range(20)]
    column = only(names)
    assert column == {
        "name": "X",
        "dtype": "object",
        "kind": "text",
        "missing": 0,
        "unique": 20,
        "length": {"min": 8, "max": 9, "mean": 8.5},
    }


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(min_size=8, max_size=12), min_size=1, max_size=40))
def test_no_value_of_fewer_than_five_rows_is_in_a_profile(values):
    text = json.dumps(described({"c": values})["columns"][0].get("top", []))
    for value in set(values):
        assert values.count(value) >= 5 or json.dumps(value)[1:-1] not in text


def test_booleans_keep_both_values():
    assert only(np.array([True, True, False]))["top"] == [[True, 2], [False, 1]]
    assert only(pd.Series([True, None], dtype="boolean"))["missing"] == 1
    assert only(pd.Series([True, None, False], dtype=object))["kind"] == "boolean"


def test_times_with_a_zone_are_converted_to_utc():
    times = pd.Series(pd.to_datetime(["2024-01-01 12:00", None, "2024-01-03 12:00"]))
    plain, zoned = only(times), only(times.dt.tz_localize("Europe/Berlin"))
    assert (plain["kind"], plain["missing"]) == ("datetime", 1)
    assert plain["min"].startswith("2024-01-01T12:00:00")
    assert zoned["max"].startswith("2024-01-03T11:00:00")
    assert "Berlin" in zoned["dtype"]


def test_times_as_objects():
    values = [date(2024, 1, 1), datetime(2024, 1, 2, tzinfo=UTC), None]
    column = only(values)
    assert (column["kind"], column["missing"]) == ("datetime", 1)
    assert column["max"].startswith("2024-01-02T00:00:00")


def test_categoricals_count_their_categories():
    column = only(pd.Series(pd.Categorical([1] * 5 + [2, None], categories=[1, 2, 3])))
    assert (column["dtype"], column["missing"]) == ("category", 1)
    assert (column["top"], column["unique"], column["other"]) == ([[1, 5]], 2, 1)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "UInt8"])
def test_nullable_numbers(dtype):
    column = only(pd.Series([1, None, 3], dtype=dtype))
    assert (column["kind"], column["missing"], column["mean"]) == ("number", 1, 2.0)


def test_sparse_periods_and_intervals():
    assert only(pd.Series(pd.arrays.SparseArray([0.0, 0.0, 1.0])))["mean"] == pytest.approx(1 / 3)
    assert only(pd.Series(pd.period_range("2024", periods=3, freq="Y")))["kind"] == "other"
    assert only(pd.Series(pd.interval_range(0, 3)))["types"] == {"Interval": 3}


def test_mixed_objects_give_their_types():
    column = only(pd.Series([1, "a", None, [2], {"k": 1}], dtype=object))
    assert (column["kind"], column["missing"]) == ("other", 1)
    assert column["types"] == {"int": 1, "str": 1, "list": 1, "dict": 1}
    assert only(np.array([1 + 2j]))["types"] == {"complex128": 1}
    assert only([Decimal("1.5"), 2, 2.5, Decimal("NaN")])["mean"] == 2.0


def test_names_may_repeat_and_need_not_be_text():
    frame = pd.DataFrame([[1, "x", 2.0]] * 6, columns=["a", "a", 3])
    result = described(frame)["columns"]
    assert [(c["name"], c["kind"]) for c in result] == [
        ("a", "number"),
        ("a", "category"),
        ("3", "number"),
    ]


# -- containers --------------------------------------------------------------

TABLE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]])


@pytest.mark.parametrize(
    "data",
    [
        TABLE,
        np.asfortranarray(TABLE),
        TABLE.tolist(),
        [tuple(row) for row in TABLE],
        list(TABLE),
        torch.tensor(TABLE, requires_grad=True),
        torch.tensor(TABLE, dtype=torch.bfloat16),
        scipy.sparse.csr_matrix(TABLE),
        scipy.sparse.coo_array(TABLE),
        {"0": TABLE[:, 0], "1": TABLE[:, 1].tolist()},
        {"X": TABLE},
        pd.DataFrame(TABLE),
        np.rec.fromarrays(TABLE.T, names="a,b"),
        np.ma.masked_array(TABLE),
    ],
)
def test_containers_of_two_columns(data):
    result = described(data)
    assert result["rows"] == 3
    assert [c["mean"] for c in result["columns"]] == [3.0, 5.0]


@pytest.mark.parametrize(
    "data", [[], np.empty((0, 3)), pd.DataFrame(), {}, pd.DataFrame({"a": []})]
)
def test_empty_data(data):
    assert described(data)["rows"] == 0


def test_a_frame_without_columns_has_rows():
    assert described(pd.DataFrame(index=range(4))) | {"fingerprint": ""} == {
        "format": 1,
        "rows": 4,
        "fingerprint": "",
        "columns": [],
    }


def test_masked_values_are_missing():
    assert only(np.ma.masked_array([1, 2, 3], mask=[0, 1, 0]))["missing"] == 1
    assert only([1, None, 2.5, float("nan")])["missing"] == 2


def test_images_are_flattened_and_capped():
    images = np.arange(3 * 20 * 30 * 3, dtype=np.float32).reshape(3, 20, 30, 3)
    result = described(images)
    assert result["flattened"] == {"width": 1800, "profiled": 1000}
    assert len(result["columns"]) == 1000
    assert [result["columns"][i]["name"] for i in (0, -1)] == ["0,0,0", "19,29,2"]
    assert result["columns"][-1]["max"] == images[-1, -1, -1, -1]
    assert "flattened" not in described(images[:, :10])


def test_progress_counts_columns():
    calls = []
    profile(TABLE, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize("data", [3, "text", np.float64(1), object(), np.array(5), {"a": 3}])
def test_data_other_than_a_table_is_refused(data):
    with pytest.raises(InvalidValue):
        profile(data)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(InvalidValue, match="differ in length: 1, 2 rows"):
        profile({"a": [1, 2], "b": [1]})


def test_ragged_rows_are_objects():
    assert only([[1, 2], [3]])["types"] == {"list": 2}
    assert described([[1, "a"], [2.5, "b"]])["columns"][0]["mean"] == 1.75


# -- fingerprint -------------------------------------------------------------


def mark(data):
    return profile(data)["fingerprint"]


def test_the_fingerprint_is_of_content():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [[1], {"k"}, 2.5]})
    assert mark(frame) == mark(frame.copy()) == mark(frame.set_axis([7, 8, 9], axis=0))
    others = [
        frame.iloc[::-1],
        frame.rename(columns={"a": "z"}),
        frame.astype({"a": "int32"}),
        frame.astype({"a": "Int64"}),
        frame[["b", "a", "c"]],
        frame.iloc[:2],
        frame.assign(b=["x", "y", "None"]),
        frame.assign(b=["xy", "", None]),
        frame.assign(c=[[1], {"j"}, 2.5]),
    ]
    assert len({mark(other) for other in [frame, *others]}) == 1 + len(others)


def test_the_fingerprint_does_not_depend_on_memory_layout():
    wide = np.random.default_rng(0).normal(size=(1000, 7))
    twice = np.repeat(wide, 2, axis=1)[:, ::2]
    assert mark(wide) == mark(np.asfortranarray(wide)) == mark(twice) == mark(wide.astype(">f8"))
    assert len({mark(wide), mark(wide.T), mark(wide[::-1])}) == 3
    sparse = scipy.sparse.csr_matrix([[0, 1], [2, 0]])
    assert mark(sparse) == mark(sparse.tocsc()) != mark(sparse[::-1])


def test_the_fingerprint_is_the_same_in_another_process():
    code = (
        "from nbmodel.provenance.data.profile import profile\n"
        "print(profile({'a': ['x', None, {'p', 'q', 'r'}], 'b': [1.0, 2.0, 3.0]})['fingerprint'])"
    )
    marks = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in "123"
    }
    assert marks == {mark({"a": ["x", None, {"p", "q", "r"}], "b": [1.0, 2.0, 3.0]}) + "\n"}


def test_values_that_cannot_be_pickled_have_a_fingerprint():
    assert mark([lambda: 1, "a"]) == mark([lambda: 2, "a"])


# -- signature ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TABLE, (Column("X", "float64", (-1, 2)),)),
        (TABLE[:, 0], (Column("X", "float64", (-1,)),)),
        (np.zeros((5, 8, 8), np.uint8), (Column("X", "uint8", (-1, 8, 8)),)),
        (scipy.sparse.csr_matrix(TABLE), (Column("X", "float64", (-1, 2)),)),
        (torch.zeros(4, 3), (Column("X", "float32", (-1, 3)),)),
        (pd.Series([1], name="y"), (Column("y", "int64", (-1,)),)),
        (
            pd.DataFrame({"a": [1], "b": [1.5]}),
            (Column("a", "int64", (-1,)), Column("b", "float64", (-1,))),
        ),
        (
            {"a": [1, 2], "img": np.zeros((2, 4))},
            (Column("a", "int64", (-1,)), Column("img", "float64", (-1, 4))),
        ),
    ],
)
def test_columns_for_a_signature(data, expected):
    assert columns(data) == expected


def test_no_framework_is_imported():
    code = (
        "import sys, nbmodel.provenance.data.profile, nbmodel.provenance.notebook.session\n"
        "from nbmodel.provenance import cells, environment\n"
        "from nbmodel.provenance.dataflow import slicing\n"
        "assert not {'pandas', 'scipy', 'torch', 'sklearn', 'IPython'} & set(sys.modules)\n"
        "nbmodel.provenance.data.profile.profile([[1, 2.5]])\n"
        "assert not {'pandas', 'scipy', 'torch', 'sklearn', 'IPython'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("dtype", [np.longdouble, np.clongdouble])
def test_the_padding_of_a_long_double_is_not_part_of_the_data(dtype):
    """numpy leaves the bytes that pad it as they were."""
    digests = set()
    for filling in (0, 255):
        raw = np.full(8 * np.dtype(dtype).itemsize, filling, np.uint8)
        values = raw.view(dtype)
        values[:] = np.arange(8) / 3
        digests.add(profile(values)["fingerprint"])
    assert len(digests) == 1
    assert profile(np.arange(8, dtype=dtype) / 5)["fingerprint"] not in digests


# -- many columns at once ----------------------------------------------------

NUMBERS = st.floats(width=32) | st.sampled_from([0.0, 1.0, 5e-324, 1e300, np.nan, np.inf, -np.inf])


def tables(rows):
    column = st.lists(NUMBERS, min_size=rows, max_size=rows)
    return st.lists(column, min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12).flatmap(tables), st.sampled_from(["f8", "f4", "i8", "u2"]))
def test_a_column_is_described_equally_alone_and_in_a_table(columns_of, dtype):
    with np.errstate(all="ignore"):
        wide = [np.array(values).astype("f8") for values in columns_of]
        if dtype[0] != "f":
            wide = [np.nan_to_num(values, posinf=9, neginf=0).clip(0, 60_000) for values in wide]
        arrays = {str(n): values.astype(dtype) for n, values in enumerate(wide)}
    together = profile(pd.DataFrame(arrays))["columns"]
    alone = [profile({name: values})["columns"][0] for name, values in arrays.items()]
    assert together == alone


def test_columns_of_several_dtypes_stay_in_order():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "a": rng.random(50), "b": rng.random(50), "text": list("abcde") * 10,
            "c": rng.random(50).astype("f4"), "d": rng.integers(0, 9, 50),
            "e": rng.integers(0, 9, 50), "f": rng.random(50),
        }
    )  # fmt: skip
    result = profile(table)["columns"]
    assert [(c["name"], c["dtype"]) for c in result] == [
        (name, str(dtype)) for name, dtype in table.dtypes.items()
    ]
    for column in result:
        if column["kind"] == "number":
            assert column["mean"] == pytest.approx(table[column["name"]].mean(), rel=1e-6)


def test_the_file_has_a_line_for_each_column():
    table = pd.DataFrame({"a": [1.0, 2.0], "ü\n": ["x", "y"]})
    result = profile(table)
    text = dumps(result)
    assert json.loads(text) == result
    lines = text.decode().splitlines()
    assert [line[:3] for line in lines] == [
        "{",
        ' "f',
        ' "r',
        ' "f',
        ' "c',
        "  {",
        "  {",
        " ]",
        "}",
    ]
    assert json.loads(dumps(profile(pd.DataFrame()))) == profile(pd.DataFrame())

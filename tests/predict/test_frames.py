"""Every dtype of a notebook's frame is restored from the rows of a request."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas
import polars
import pyarrow
import pytest
import scipy.sparse

from nbmodel.errors import InvalidInput
from nbmodel.predict import input_detection
from nbmodel.predict.column_values import encode
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.frames import builder
from nbmodel.predict.inputs import from_json, to_json

N = 6
TIMES = pandas.date_range("2026-01-01T10:00", periods=N, freq="37h")


class Nothing:
    """An object without state: only the data says what it takes."""


def frame() -> pandas.DataFrame:
    """A column of each dtype, most with a missing value."""
    texts, numbers = ["a", "b", None, "c", "a", "b"], [1, 2, None, 4, 5, 2**53 + 1]
    flags = [True, False, None, True, True, False]
    category = pandas.Categorical(["x", "y", None, "x", "y", "x"], ["z", "y", "x"], ordered=True)
    return pandas.DataFrame(
        {
            "float": [0.1, None, 3, 4, 5, 6],
            "float32": np.arange(N, dtype="float32") / 10,
            "int": np.arange(N) + 2**53,
            "uint8": np.arange(N, dtype="uint8"),
            "bool": [True, False] * 3,
            "str": texts,
            "string": pandas.array(texts, "string"),
            "object": pandas.Series(texts, dtype=object),
            "dates": pandas.Series([datetime.date(2026, 3, n + 1) for n in range(N)], dtype=object),
            "nullable": pandas.array(numbers, "Int64"),
            "Float32": pandas.array([0.5, None, 1, 2, 3, 4], "Float32"),
            "boolean": pandas.array(flags, "boolean"),
            "arrow": pandas.array(numbers, "int64[pyarrow]"),
            "arrow text": pandas.array(texts, "string[pyarrow]"),
            "arrow flag": pandas.array(flags, "bool[pyarrow]"),
            "arrow time": pandas.array(TIMES, "timestamp[us][pyarrow]"),
            "arrow zoned": pandas.array(TIMES, "timestamp[us, tz=Asia/Tokyo][pyarrow]"),
            "category": category,
            "years": pandas.Categorical([2020, 2021, 2020, 2022, 2020, 2021]),
            "time": TIMES,
            "zoned": TIMES.tz_localize("Europe/Berlin"),
            "span": TIMES - TIMES[0],
            "month": TIMES.to_period("M"),
            "cut": pandas.cut(np.arange(N), 3),
            "sparse": pandas.arrays.SparseArray([0.0, 0, 1, 0, 2, 0]),
        }
    )


FRAME = frame()


def records(column: pandas.Series) -> list:
    """The column as a client writes it: JSON's own types, else ISO 8601 or plain text."""
    if pandas.api.types.is_datetime64_any_dtype(column.dtype):
        return [None if v is pandas.NaT else v.isoformat() for v in column]
    missing = column.isna()
    if pandas.api.types.is_timedelta64_dtype(column.dtype):
        return [pandas.Timedelta(v).isoformat() for v in column]
    values = [
        v if isinstance(v, str | int | float | bool) else v.item() if hasattr(v, "item") else str(v)
        for v in column
    ]
    return [None if gap else value for value, gap in zip(values, missing, strict=True)]


@pytest.mark.parametrize("name", FRAME.columns)
def test_a_column_keeps_its_dtype(name):
    wanted = FRAME[[name]]
    inputs = from_json(
        json.loads(json.dumps(to_json(input_detection.inputs_of(Nothing(), wanted))))
    )
    if name in ("category", "years", "cut"):  # too few rows: the values are not stored
        assert all(value is None for value in inputs.columns[0].categories)
    decoder = Decoder(inputs)
    rows = decoder.from_records([{name: value} for value in records(wanted[name])])
    got = builder(inputs)(rows)
    if name in ("category", "years", "cut"):
        assert got[name].dtype.ordered == wanted[name].dtype.ordered
        assert got[name].astype(object).tolist() == wanted[name].astype(object).tolist() or (
            got[name].isna().tolist() == wanted[name].isna().tolist()
        )
    else:
        pandas.testing.assert_frame_equal(got, wanted)


def test_categories_of_enough_rows_keep_their_order():
    column = pandas.Categorical(["b", "a"] * 5, categories=["b", "rare", "a"], ordered=True)
    inputs = input_detection.inputs_of(Nothing(), pandas.DataFrame({"g": column}))
    assert inputs.columns[0].categories == ("b", None, "a")
    got = builder(inputs)(Decoder(inputs).from_records([{"g": "a"}, {"g": "new"}]))["g"]
    assert got.cat.categories.tolist() == ["b", "rare 1", "a", "new"]
    assert got.cat.ordered


@pytest.mark.parametrize(
    "labels",
    [[0, 1], [("a", 1), ("a", 2)], ["records", "inputs"], ["same", "same"], ["<b>", "naïve 名"]],
)
def test_odd_labels_survive_encode_and_decode(labels):
    columns = pandas.MultiIndex.from_tuples(labels) if isinstance(labels[0], tuple) else labels
    wanted = pandas.DataFrame([[1.5, 2.5]], columns=columns)
    inputs = from_json(
        json.loads(json.dumps(to_json(input_detection.inputs_of(Nothing(), wanted))))
    )
    assert len(set(inputs.names)) == 2
    got = builder(inputs)(
        Decoder(inputs).from_records([dict(zip(inputs.names, [1.5, 2.5], strict=True))])
    )
    pandas.testing.assert_frame_equal(got, wanted)


def test_polars_frames_survive_encode_and_decode():
    wanted = polars.DataFrame(
        {
            "n": [1, None, 2**53 + 1],
            "f": [0.5, None, 2.0],
            "s": ["a", None, "c"],
            "b": [True, None, False],
            "t": [datetime.datetime(2026, 1, 1, 12), None, datetime.datetime(2026, 1, 2)],
            "d": [datetime.date(2026, 1, 1), None, datetime.date(2026, 1, 2)],
            "e": polars.Series(["x", "y", None], dtype=polars.Enum(["x", "y"])),
            "c": polars.Series(["p", "q", None], dtype=polars.Categorical),
        }
    ).with_columns(z=polars.col("t").dt.replace_time_zone("Europe/Berlin"))
    inputs = from_json(
        json.loads(json.dumps(to_json(input_detection.inputs_of(Nothing(), wanted))))
    )
    sent = [
        {k: v.isoformat() if isinstance(v, datetime.date) else v for k, v in row.items()}
        for row in wanted.to_dicts()
    ]
    got = builder(inputs)(Decoder(inputs).from_records(sent))
    assert got.schema == wanted.schema
    assert got.equals(wanted)


def test_sparse_lists_and_tensors():
    sparse = scipy.sparse.random(5, 4, 0.5, "csr", dtype="float32", random_state=0)
    inputs = input_detection.inputs_of(Nothing(), sparse)
    got = builder(inputs)(Decoder(inputs).from_records(sparse.toarray().tolist()))
    assert (got != sparse).nnz == 0
    assert got.dtype == "float32"
    texts = input_detection.inputs_of(Nothing(), ["one text", "another"])
    assert builder(texts)(Decoder(texts).from_records(["a", "b"])) == ["a", "b"]
    two = input_detection.inputs_of(
        Nothing(), {"image": np.zeros((3, 2, 2), "float32"), "age": np.zeros(3)}
    )
    rows = Decoder(two).from_records([{"image": [[1, 2], [3, 4]], "age": 5}])
    got = builder(two)(rows)
    assert got["image"].shape == (1, 2, 2)
    assert got["image"].dtype == "float32"


def test_a_column_that_no_request_can_express_is_named():
    column = pandas.array([[1], [2]], pandas.ArrowDtype(pyarrow.list_(pyarrow.int64())))
    with pytest.raises(InvalidInput, match=r"'nested' has the type .*cannot express"):
        Decoder(input_detection.inputs_of(Nothing(), pandas.DataFrame({"nested": column})))


def test_columns_that_the_model_does_not_name_are_left_out():
    class Fitted:
        feature_names_in_ = np.array(["b", "a"], object)

    data = pandas.DataFrame({"a": [1.0], "target": [1], "b": [2.0]})
    inputs = input_detection.inputs_of(Fitted(), data)
    assert inputs.names == ("b", "a")
    assert input_detection.unused_columns(inputs, data) == ("target",)


def test_times_of_a_frame_survive_encode():
    zoned = FRAME["zoned"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    assert encode(zoned, "Europe/Berlin")[0] == "2026-01-01T09:00:00.000000Z"

"""A value out of the range of its column is refused, and never changed to another value."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pytest

from nbmodel.errors import InvalidInput
from nbmodel.predict import input_detection
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.frames import builder


def built(table, *records):
    inputs = input_detection.inputs_of(object(), table)
    return builder(inputs)(Decoder(inputs).from_records(records))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int8", 300), ("uint8", -1), ("uint64", -1), ("bool", 5), ("bool", 0.5),
        ("float32", 1e300), ("float16", 1e5), ("int32", 2**31), ("Float32", 1e300),
        ("float[pyarrow]", 1e300), ("int64", 10**400), ("int64", [1]), ("float64", [1, 2]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("other", [1.5, 2, "text"])
def test_a_value_out_of_the_range_of_its_column_is_refused(dtype, value, other):
    table = pandas.DataFrame({"a": pandas.array([0, 1], dtype=dtype), "b": [other, other]})
    with pytest.raises(InvalidInput, match="'a'"):
        built(table, {"a": value, "b": other})
    with pytest.raises(InvalidInput, match="'a'"):
        built(table, {"a": value, "b": other}, {"a": None, "b": other})


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int8", -128), ("uint8", 255), ("uint64", 2**64 - 1), ("bool", True), ("float32", 0.1)],
)
def test_a_value_in_the_range_of_its_column_is_accepted(dtype, value):
    table = pandas.DataFrame({"a": np.array([0, 1], dtype), "b": [1.5, 2.5]})
    frame = built(table, {"a": value, "b": 1.5})
    assert frame.dtypes.tolist() == table.dtypes.tolist()
    assert frame["a"][0] == np.array(value, dtype)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [(polars.Int8, 300), (polars.UInt8, -1), (polars.Float32, 1e300), (polars.Enum(["x"]), "z")],
)
def test_a_polars_column_refuses_values_out_of_its_range(dtype, value):
    first = "x" if isinstance(dtype, polars.Enum) else 1
    table = polars.DataFrame({"a": polars.Series([first], dtype=dtype), "b": [1.0]})
    with pytest.raises(Exception, match=r"'a'"):
        built(table, {"a": value, "b": 1.0})
    assert built(table, {"a": first, "b": 1.0}).equals(table)


def times(unit, zone=None):
    values = pandas.to_datetime(["2020-01-01", "2021-01-01"]).astype(f"datetime64[{unit}]")
    return pandas.DataFrame({"d": values.tz_localize(zone)})


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("value", ["1500-01-01", "9999-12-31T23:59:59", "0001-01-01", 9e18])
def test_a_time_out_of_range_is_not_wrapped(zone, value):
    with pytest.raises(InvalidInput, match="'d'"):
        built(times("ns", zone), {"d": value})


def test_a_time_without_an_end_is_refused():
    decoder = Decoder(input_detection.inputs_of(object(), times("us")))
    with pytest.raises(InvalidInput, match="inf is not a time"):
        decoder.from_columns({"d": np.array([np.inf])})


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("value", ["20240131", "2024-01-31", "2024-W05-3", "20240131T000000"])
def test_a_day_can_be_written_in_several_ways(zone, value):
    time = built(times("ns", zone), {"d": value})["d"][0]
    assert time == pandas.Timestamp("2024-01-31", tz=zone)


def test_nanoseconds_are_not_lost():
    text = "2024-01-31T00:00:00.123456789"
    assert built(times("ns"), {"d": text})["d"][0] == pandas.Timestamp(text)
    for sent in (f"{text}Z", f"{text}+00:00", text):
        time = built(times("ns", "UTC"), {"d": sent})["d"][0]
        assert time == pandas.Timestamp(text, tz="UTC")


@pytest.mark.parametrize("value", ["2024-03-31T02:30:00", "2024-10-27T02:30:00"])
def test_a_local_time_that_is_twice_or_never_is_refused(value):
    with pytest.raises(InvalidInput, match="send it with its offset"):
        built(times("ns", "Europe/Berlin"), {"d": value})
    time = built(times("ns", "Europe/Berlin"), {"d": f"{value}+01:00"})["d"][0]
    assert time == pandas.Timestamp(f"{value}+01:00")

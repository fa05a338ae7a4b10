"""Columns as slices, from any container."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.slice_columns import MAX_LEVELS, bin_column, cross, slice_column

DAYS = [datetime.date(2020, 1, day) for day in range(1, 10)]
TEXTS = ["b", None, "a", "b"]
NUMBERS = [1, 2, None, 7, 8, 9]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype="category"),
        pd.Series(TEXTS, dtype=object),
        np.array(TEXTS, dtype=object),
        pl.Series(TEXTS),
        pl.Series(TEXTS, dtype=pl.Categorical),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:2], TEXTS[2:]]),
        TEXTS,
    ],
)
def test_texts_are_levels_in_their_order(column):
    codes, levels = bin_column(column)
    assert levels == ("a", "b", "missing")
    assert codes.tolist() == [1, 2, 0, 1]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(NUMBERS),
        pd.Series(NUMBERS, dtype="Int64"),
        pd.Series(NUMBERS, dtype="Float32"),
        np.array(NUMBERS, dtype=float),
        pl.Series(NUMBERS),
        pa.array(NUMBERS),
        pa.chunked_array([NUMBERS]),
    ],
)
def test_numbers_are_split_at_quantiles(column):
    codes, levels = bin_column(column, 2)
    assert levels == ("[1, 7)", "[7, 9]", "missing")
    assert codes.tolist() == [0, 0, 2, 1, 1, 1]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.to_datetime(DAYS)),
        pd.Series(pd.to_datetime(DAYS).tz_localize("UTC")),
        np.array(DAYS, dtype="datetime64[D]"),
        pl.Series(DAYS),
        pa.array(DAYS),
    ],
)
def test_dates_are_split_at_quantiles(column):
    codes, levels = bin_column(column, 2)
    assert levels == ("[2020-01-01, 2020-01-05)", "[2020-01-05, 2020-01-09]")
    assert codes.tolist() == [0] * 4 + [1] * 5


def test_dates_of_one_day_show_the_time_and_may_be_missing():
    times = np.datetime64("2020-01-01T00") + np.arange(8).astype("m8[h]")
    codes, levels = bin_column(np.append(times, np.datetime64("NaT")), 2)
    assert levels[0] == "[2020-01-01T00:00:00, 2020-01-01T04:00:00)"
    assert (levels[-1], codes[-1]) == ("missing", 2)


@pytest.mark.parametrize("column", [pd.Series([True, False, True]), np.array([True, False, True])])
def test_truth_values(column):
    codes, levels = bin_column(column)
    assert (codes.tolist(), levels) == ([1, 0, 1], ("False", "True"))


def test_bins_hold_about_equally_many_rows():
    codes, levels = bin_column(np.random.default_rng(0).normal(size=10_000), 5)
    assert len(levels) == 5
    assert np.bincount(codes) == pytest.approx(2000, abs=2)


def test_few_different_numbers_are_levels_and_a_frequent_one_has_its_bin():
    assert bin_column(np.array([3, 1, 2, 1]))[1] == ("1", "2", "3")
    assert bin_column(np.full(5, 1.5))[1] == ("1.5",)
    codes, levels = bin_column(np.array([0] * 90 + list(range(1, 11))))
    assert levels == ("[0, 1)", "[1, 10]")
    assert np.bincount(codes).tolist() == [90, 10]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, np.float32])
@pytest.mark.parametrize("scale", [1, 100])
def test_numbers_of_every_type_have_the_same_bins(kind, scale):
    is_byte = np.dtype(kind).itemsize == 1
    start = np.iinfo(kind).min if is_byte else 0
    values = np.arange(240) * (1 if is_byte else scale) + start
    codes, levels = bin_column(values.astype(kind), 3)
    assert codes.tolist() == [0] * 80 + [1] * 80 + [2] * 80
    assert levels[0].startswith(f"[{start}, ")


def test_edges_that_are_close_are_written_in_full():
    _, levels = bin_column(1_000_000 + np.arange(8) / 1000, 2)
    assert levels == ("[1000000.0, 1000000.004)", "[1000000.004, 1000000.007]")


def test_rare_values_become_one_level():
    values = np.concatenate([np.repeat(np.arange(60), np.arange(60, 0, -1)), [-1]]).astype(str)
    codes, levels = bin_column(pd.Series([*values, None]))
    assert len(levels) == MAX_LEVELS + 1
    assert levels[-2:] == ("other", "missing")
    counts = dict(zip(levels, np.bincount(codes), strict=True))
    assert (counts["0"], counts["missing"]) == (60, 1)
    assert counts["other"] == sum(range(1, 12)) + 1  # the numbers from 49, and -1


def test_values_that_read_the_same_stay_apart():
    _, levels = bin_column(np.array([1, "1"], dtype=object))
    assert sorted(levels) == ["'1'", "1"]
    long = ["x" * 200 + end for end in "ab"]
    assert len(set(bin_column(long)[1])) == 2


def test_no_values():
    assert bin_column(np.array([np.nan, np.nan]))[1] == ("missing",)
    assert bin_column([None, None])[1] == ("missing",)
    assert bin_column(np.array([]))[1] == ()


@pytest.mark.parametrize(
    ("column", "bins", "why"),
    [
        (np.ones((3, 2)), 4, "A slice needs one column"),
        (np.array([1, 2]), 1, "1 bins are not enough"),
        (np.array([{}, {}], dtype=object), 4, "cannot be made of values such as {}"),
    ],
)
def test_what_cannot_be_sliced(column, bins, why):
    with pytest.raises(InvalidValue, match=why):
        bin_column(column, bins)


def test_two_columns_together():
    region = slice_column("region", np.array(["n", "s", "n", "s"]))
    sex = slice_column("sex", np.array(["f", "f", "m", "f"]))
    both = cross(region, sex)
    assert both.columns == ("region", "sex")
    assert both.levels == (("n", "f"), ("n", "m"), ("s", "f"))
    assert both.codes.tolist() == [0, 2, 1, 2]
    with pytest.raises(InvalidValue, match="region has 4 rows, and sex has 1"):
        cross(region, slice_column("sex", np.array(["f"])))

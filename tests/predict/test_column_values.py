"""Values of a request become typed columns, and columns become the same values again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.errors import InvalidInput
from nbmodel.predict import column_types, durations
from nbmodel.predict.column_values import decode, encode

NAIVE = column_types.datetime("us")
BERLIN = column_types.datetime("us", "Europe/Berlin")
SECONDS = column_types.duration("us")


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (NAIVE, ["2026-03-01T12:30:00"], "2026-03-01T12:30:00.000000"),
        (NAIVE, ["2026-03-01"], "2026-03-01T00:00:00.000000"),
        (NAIVE, [1_000], "1970-01-01T00:00:01.000000"),
        (BERLIN, ["2026-07-01T12:00:00+02:00"], "2026-07-01T10:00:00.000000"),
        (BERLIN, ["2026-07-01T12:00:00"], "2026-07-01T10:00:00.000000"),  # of the column's zone
        (BERLIN, ["2026-07-01T10:00:00Z"], "2026-07-01T10:00:00.000000"),
        (column_types.DATE, ["2026-03-01"], "2026-03-01"),
    ],
)
def test_times_are_texts_or_milliseconds(kind, values, wanted):
    assert str(decode("when", kind, values)[0]) == wanted


def test_times_keep_their_nanoseconds():
    kind = column_types.datetime("ns")
    text = "2026-03-01T12:30:00.123456789"
    assert str(decode("when", kind, [text])[0]) == text


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (NAIVE, "2026-13-01", "Row 0, column 'x': '2026-13-01' is not a time"),
        (NAIVE, "2026-03-01T12:00:00Z", "has a time zone, and the column has none"),
        (NAIVE, 1e30, "do not fit"),
        (NAIVE, True, "is not a time"),
        (SECONDS, "soon", "is not a duration"),
        (column_types.DATE, 5, "is not a date"),
        (column_types.TEXT, 5, "is not a text"),
        (column_types.INTEGER, 1.5, "is not a whole number"),
        (column_types.INTEGER, True, "is not a whole number"),
        (column_types.INTEGER, "1", "is not a whole number"),
        (column_types.BOOLEAN, 2, "is not true or false"),
        (column_types.BOOLEAN, "true", "is not true or false"),
        (column_types.CATEGORY, ["a"], "is not a text or a number"),
        (column_types.ANY, {"a": 1}, "is not a text or a number"),
    ],
)
def test_a_value_that_does_not_fit_is_named(kind, value, message):
    with pytest.raises(InvalidInput, match=message):
        decode("x", kind, [value])


@pytest.mark.parametrize(
    "kind",
    [
        NAIVE,
        BERLIN,
        SECONDS,
        column_types.DATE,
        column_types.TEXT,
        column_types.INTEGER,
        column_types.BOOLEAN,
        column_types.CATEGORY,
        column_types.FLOAT,
        column_types.number(np.dtype("float32")),
    ],
)
def test_null_is_missing_in_every_family(kind):
    column = decode("x", kind, [None])
    assert encode(column) == [None]


def test_whole_numbers_beyond_float64_stay_exact():
    big = 2**53 + 1
    assert decode("x", column_types.INTEGER, [big, None]).tolist() == [big, None]
    assert decode("x", column_types.number(np.dtype("int64")), [big]).tolist() == [big]
    assert encode(np.array([big])) == [big]


@pytest.mark.parametrize("kind", [NAIVE, BERLIN, SECONDS])
def test_a_column_is_read_back_from_its_text(kind):
    column = np.array([0, 1, -1, 10**15, np.iinfo(np.int64).min]).astype(kind.dtype)
    again = decode("x", kind, encode(column, kind.zone))
    assert np.array_equal(again, column, equal_nan=True)


@given(st.floats(width=32) | st.floats())
def test_a_number_is_read_back_bit_for_bit(number):
    kind = column_types.number(np.dtype("float64"))
    written = encode(np.array([number]))
    if written[0] not in ("Infinity", "-Infinity"):
        again = decode("x", kind, written)
        assert again.tobytes() == np.array([number]).tobytes() or np.isnan(number)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P1DT2H", 93_600), ("PT0.5S", 0.5), ("-PT1M", -60), ("P2W", 1_209_600),
        ("1 days 02:00:00", 93_600), ("-1 days +23:59:59", -1), ("0 days 00:00:00.25", 0.25),
    ],
)  # fmt: skip
def test_durations_as_iso_8601_and_as_pandas_prints_them(text, seconds):
    import pandas

    assert durations.nanoseconds(text) == round(seconds * 10**9)
    assert pandas.Timedelta(text).total_seconds() == seconds


@given(st.integers(-(10**18), 10**18))
def test_a_duration_is_read_back_exactly(count):
    assert durations.nanoseconds(durations.as_text(count)) == count


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "P1M", "one day"])
def test_a_text_that_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration"):
        durations.nanoseconds(text)

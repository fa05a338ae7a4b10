"""Values as parameters, and the texts of summaries."""

from __future__ import annotations

import datetime
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.flavors.description import (
    MAX_ARRAYS,
    DescriptionBuilder,
    amount,
    describe,
    features,
    plural,
    scalar,
)
from nbmodel.records import Column


class Loud:
    def __repr__(self):
        raise AssertionError("an unknown repr was called")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("text", "text"),
        (np.float64(0.5), 0.5),
        (np.int32(4), 4),
        (np.bool_(True), True),
        ([1, "a"], "[1, 'a']"),
        ((1, 2.5), "(1, 2.5)"),
        ({"b", "a"}, "{'a', 'b'}"),
        ({"C": [0.1, 1]}, "{'C': [0.1, 1]}"),
        (np.array([1, 2]), "[1, 2]"),
        (np.zeros((30, 30)), "array of float64, shape (30, 30)"),
        (int, "builtins.int"),
        (math.sqrt, "sqrt"),
        (range(3), "range(0, 3)"),
        (datetime.date(2020, 1, 2), "datetime.date(2020, 1, 2)"),
        (Loud(), "Loud(...)"),
        ([Loud()], "[Loud(...)]"),
        (list(range(1000)), "[1000 items]"),
        (1 + 2j, "(1+2j)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_scalar(value, expected):
    result = scalar(value)
    assert result == expected
    assert type(result) is type(expected)


def test_texts_are_cut():
    assert len(scalar("x" * 5000)) == 1000
    assert len(scalar(["y" * 500] * 10)) == 200


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(plain)
def test_every_value_becomes_a_json_scalar(value):
    result = scalar(value)
    assert result is None or isinstance(result, str | int | float | bool)
    json.dumps(result)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (850, "850"), (9_999, "9999"), (12_000, "12 K"), (1_234_567, "1.23 M")],
)
def test_amount(number, text):
    assert amount(number) == text


def test_plural():
    assert plural(1, "tree") == "1 tree"
    assert plural(1_200_000, "parameter") == "1.2 M parameters"


def test_features():
    assert features(["a", "b"], 2, ("int64", "object")) == (
        Column("a", "int64", (-1,)),
        Column("b", "object", (-1,)),
    )
    assert features(None, 3, "float64") == (Column("X", "float64", (-1, 3)),)
    assert features(None, 2, ("int64", "float64")) == (Column("X", "", (-1, 2)),)
    assert features(None, 0) == ()


def test_the_number_of_described_arrays_is_limited():
    builder = DescriptionBuilder("python", {})
    for number in range(MAX_ARRAYS + 10):
        builder.array(str(number), np.zeros(1))
    assert len(builder.arrays) == MAX_ARRAYS


def test_failing_step_affects_only_itself():
    builder = DescriptionBuilder("python", {})
    builder.attempt(lambda: builder.param("before", 1))
    builder.attempt(lambda: 1 / 0)
    builder.attempt(lambda: builder.param("after", 2))
    assert builder.build().params == {"before": 1, "after": 2}


def test_objects_that_contain_themselves_are_described():
    loop = {"w": np.ones(2)}
    loop["self"] = loop
    deep = []
    for _ in range(2000):
        deep = [deep]
    assert "w" in describe(loop).arrays
    assert describe(deep).flavor == "python"
